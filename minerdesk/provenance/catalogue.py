"""All figures by name, and which of them stands at a place of the window. A new page adds its module here."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType

from minerdesk.economics.schema import FIELDS
from minerdesk.provenance import choices, desk, fleet, network, plan, site, watch
from minerdesk.provenance.figure import Figure, entry_of
from minerdesk.quantities import QUANTITIES

#: The page that shows each group of figures, as people call it.
PAGES: Mapping[str, tuple[Figure, ...]] = MappingProxyType(
    {
        "Desk": desk.FIGURES,
        "Fleet": fleet.FIGURES,
        "Power": site.FIGURES,
        "Indifference and Deals": choices.FIGURES,
        "Plan and Risk": plan.FIGURES,
        "Network": network.FIGURES,
        "Watch": watch.FIGURES,
    }
)

FIGURES: Mapping[str, Figure] = MappingProxyType(
    {figure.name: figure for figures in PAGES.values() for figure in figures}
)

_EXACT = {place: figure for figure in FIGURES.values() for place in figure.shows if "*" not in place}
_PATTERNS = [(place, figure) for figure in FIGURES.values() for place in figure.shows if "*" in place]


@cache
def page_of(name: str) -> str:
    """Return the page that shows a figure."""
    return next(page for page, figures in PAGES.items() if FIGURES[name] in figures)


@cache
def figure_at(place: str, entry: str) -> Figure | None:
    """Return the figure that stands at an entry of a place, None if none is declared.

    Line breaks in an entry count as spaces. A place that is named wins over a pattern, the longest pattern over others.

    >>> figure_at("fleet", "Breakeven\\n$/MWh").name, figure_at("compare", "gpu_rates_0").name
    ('fleet.breakeven', 'gpu_history')
    """
    where = f"{place}/{entry_of(entry)}"
    if where in _EXACT:
        return _EXACT[where]
    # Brackets are part of a heading, not of a pattern.
    found = [(pattern, figure) for pattern, figure in _PATTERNS if fnmatchcase(where, pattern.replace("[", "[[]"))]
    return max(found, key=lambda one: len(one[0]))[1] if found else None


@cache
def is_several(name: str, place: str) -> bool:
    """Return whether a figure fills more than one entry of a place."""
    there = [shown for shown in FIGURES[name].shows if shown.startswith(f"{place}/")]
    return len(there) > 1 or any("*" in shown for shown in there)


def figure_of(name: str) -> Figure:
    """Return a figure by name; of an input or of an observed quantity what stands for one: its help, and itself.

    Raises
    ------
    KeyError
        Nothing has that name.
    """
    if name in FIGURES:
        return FIGURES[name]
    if name in QUANTITIES:
        found = QUANTITIES[name]
        unit = f", {found.unit}" if found.unit else ""
        return Figure(name=name, label=found.label, formula=f"Observed{unit}.", inputs=(name,))
    field = FIELDS[name]
    return Figure(name=name, label=field.label, formula=field.help, inputs=(name,))
