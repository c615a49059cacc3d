"""What a figure stands on at one moment: each input with its value, who gave it and of when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from minerdesk import words
from minerdesk.economics.case import value_words
from minerdesk.economics.schema import FIELDS
from minerdesk.observations import Observation, Origin
from minerdesk.provenance.catalogue import FIGURES, page_of
from minerdesk.provenance.figure import FIGURE, FILE, GPU_RECORD, MARKET, ROW, TABLE, Figure
from minerdesk.quantities import QUANTITIES
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import label_of
from minerdesk.store.tables import Credit

_MARKET_FILE = "power_price_duration.csv"
#: Each table that a user keeps: what it is called, and what stands in for an empty one.
_TABLES = {
    "fleet": ("Machine classes", "the fleet of the inputs stands in"),
    "deals": ("Leases of your own", "only those that are bundled"),
    "phases": ("Phases", "this program assumes two of a quarter of the site"),
    "published": ("Published values of your own", "only those that are bundled"),
    "zones": ("Price zones of your own", "found in the closes"),
}


#: The figures in whose place another may be typed.
REPLACEABLE = tuple(name for name, figure in FIGURES.items() if figure.instead)


class Who(StrEnum):
    """Who answers for a value."""

    OBSERVED = "observed"
    TYPED = "typed"
    DEFAULT = "default"
    COMPUTED = "computed"
    BUNDLED = "bundled"
    ROW = "this row"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One input of a figure as it is now.

    Attributes
    ----------
    ref, label
        Its reference as declared, and its name.
    value
        Written with its unit; empty of one that is observed, see `found`, and where a table or a series has none.
    who, told
        Who answers for it, and in words whom or what it comes from.
    dated
        Of when it is, in words; empty where that has no meaning.
    found
        The observation, if it is observed.
    """

    ref: str
    label: str
    value: str = ""
    who: Who
    told: str
    dated: str = ""
    found: Observation | None = None


@lru_cache(maxsize=512)
def expanded(ref: str) -> tuple[str, ...]:
    """Return the references that one stands for: all inputs of a group, or itself.

    >>> expanded("power.*")
    ('power.price_usd_per_mwh', 'power.adder_usd_per_mwh', 'power.contract')
    """
    return tuple(key for key in FIELDS if key.startswith(ref[:-1])) if ref.endswith("*") else (ref,)


@lru_cache(maxsize=1_024)
def leaves(name: str, typed: frozenset[str]) -> tuple[str, ...]:
    """Return all that a figure stands on in the end, through the figures in between; those of `typed` are typed."""
    if name in typed:
        return ()
    found: dict[str, None] = {}
    for ref in (one for declared in FIGURES[name].inputs for one in expanded(declared)):
        below = leaves(ref.removeprefix(FIGURE), typed) if ref.startswith(FIGURE) else (ref,)
        found |= dict.fromkeys(below)
    return tuple(found)


class Origins:
    """Answers for one snapshot; every input is looked up once.

    `credits` are those of the bundled tables; `market` is the bundled year that is looked at unless one is chosen.
    """

    def __init__(self, snapshot: Snapshot, credits: Iterable[Credit] = (), market: str = "") -> None:
        self.snapshot = snapshot
        self._credits = {credit.file: credit for credit in credits}
        self._market = market
        self._known: dict[str, Part] = {}
        self._typed = frozenset(name for name in REPLACEABLE if self.typed_instead(FIGURES[name]))

    def typed_instead(self, figure: Figure) -> bool:
        """Whether the user typed the figure itself, in the place of the computed one."""
        return bool(figure.instead) and self.snapshot.values.get(figure.instead) is not None

    def parts(self, figure: Figure, row: Mapping[str, str] | None = None) -> tuple[Part, ...]:
        """Return what a figure stands on; cells of `row` are left out where they are not known."""
        return tuple(self._parts(figure, row or {}))

    def _parts(self, figure: Figure, row: Mapping[str, str]) -> Iterator[Part]:
        refs: Sequence[str] = (figure.instead,) if self.typed_instead(figure) else figure.inputs
        for ref in dict.fromkeys(one for declared in refs for one in expanded(declared)):
            if not ref.startswith(ROW):
                yield self.part(ref)
            elif (heading := ref.removeprefix(ROW)) in row:
                yield Part(ref=ref, label=heading, value=row[heading], who=Who.ROW, told="the same row")

    def observations(self, figure: Figure) -> tuple[Observation, ...]:
        """Return every observation that a figure stands on, those of the figures in between included, each once."""
        found = (self.part(ref).found for ref in self._leaves(figure) if ref in QUANTITIES)
        return tuple(one for one in found if one is not None)

    def bundled(self, figure: Figure) -> tuple[Part, ...]:
        """Return every bundled table that a figure stands on, through the figures in between."""
        named = (self.part(ref) for ref in self._leaves(figure) if ref == MARKET or ref.startswith(FILE))
        return tuple(part for part in named if part.who is Who.BUNDLED)

    def _leaves(self, figure: Figure) -> tuple[str, ...]:
        """Return what a figure stands on in the end; an input or a quantity by itself is none of the catalogue's."""
        return leaves(figure.name, self._typed) if figure.name in FIGURES else figure.inputs

    def part(self, ref: str) -> Part:
        """Return one input as it is now."""
        if ref not in self._known:
            self._known[ref] = self._looked_up(ref)
        return self._known[ref]

    def _looked_up(self, ref: str) -> Part:
        if ref in QUANTITIES:
            return self._quantity(ref)
        if ref.startswith(FIGURE):
            return self._figure(ref)
        if ref.startswith(FILE):
            return self._file(ref, ref.removeprefix(FILE))
        if ref.startswith(TABLE):
            return self._table(ref)
        if ref == GPU_RECORD:
            return self._rates()
        return self._prices() if ref == MARKET else self._input(ref)

    def _quantity(self, name: str) -> Part:
        series = self.snapshot.trends.series.get(name)
        found = self.snapshot.observed(name) or (series.newest() if series is not None else None)
        label = QUANTITIES[name].label
        if found is None:
            return Part(ref=name, label=label, value=words.NOTHING, who=Who.UNKNOWN, told="not known at this date")
        who = Who.TYPED if found.origin is Origin.MANUAL else Who.OBSERVED
        return Part(ref=name, label=label, who=who, told="", found=found)

    def _figure(self, ref: str) -> Part:
        figure = FIGURES[ref.removeprefix(FIGURE)]
        value = figure.value(self.snapshot) if figure.value is not None else f"on the page {page_of(figure.name)}"
        if self.typed_instead(figure):
            return Part(ref=ref, label=figure.label, value=value, who=Who.TYPED, told="You typed it")
        return Part(ref=ref, label=figure.label, value=value, who=Who.COMPUTED, told="computed here")

    def _file(self, ref: str, file: str) -> Part:
        credit = self._credits.get(file)
        if credit is None:
            return Part(ref=ref, label=file, who=Who.BUNDLED, told="carried with the program")
        return Part(ref=ref, label=credit.title, who=Who.BUNDLED, told=credit.origin, dated=credit.as_of)

    def _table(self, ref: str) -> Part:
        name = ref.removeprefix(TABLE)
        label, otherwise = _TABLES[name]
        rows = len(self.snapshot.tables.get(name, ()))
        if not rows:
            return Part(ref=ref, label=label, value="none", who=Who.DEFAULT, told=otherwise)
        count = "1 row" if rows == 1 else f"{words.figure(rows)} rows"
        return Part(ref=ref, label=label, value=count, who=Who.TYPED, told="typed, pasted or imported by you")

    def _rates(self) -> Part:
        newest, label = self.snapshot.gpu_record.newest, "Rental rates that sources told"
        if not newest:
            return Part(ref=GPU_RECORD, label=label, value="none", who=Who.UNKNOWN, told="not known at this date")
        by = dict.fromkeys(label_of(rate.source) for rate in newest)
        dated = words.day(datetime.fromtimestamp(max(rate.day for rate in newest), UTC))
        return Part(
            ref=GPU_RECORD,
            label=label,
            value=f"{words.figure(len(newest))} rates",
            who=Who.OBSERVED,
            told=", ".join(by),
            dated=dated,
        )

    def _prices(self) -> Part:
        own = self.snapshot.power.chosen
        if own is None:
            years = {year.key: year for year in self.snapshot.market_years}
            year = years.get(self.snapshot.power.market) or years.get(self._market)
            carried = self._file(MARKET, _MARKET_FILE)
            return Part(
                ref=MARKET,
                label="Prices of the market",
                value=year.label if year else "",
                who=Who.BUNDLED,
                told=carried.told,
                dated=carried.dated,
            )
        return Part(
            ref=MARKET,
            label="Prices of your own",
            value=own.title or own.name,
            who=Who.OBSERVED if own.fetched_at else Who.TYPED,
            told=own.credit or f"imported from {own.name or 'a file'}",
            dated=f"fetched {words.day_and_time(own.fetched_at)}" if own.fetched_at else "",
        )

    def _input(self, key: str) -> Part:
        field, value = FIELDS[key], self.snapshot.values[key]
        if value is None:  # an optional one: what is observed, computed or estimated counts
            group, _, name = key.partition(".")
            computed = getattr(self.snapshot.results.network, name, None) if group == "network" else None
            written = "" if computed is None else value_words(field, computed)
            return Part(ref=key, label=field.label, value=written, who=Who.COMPUTED, told=field.origin)
        if isinstance(value, bool):
            written = "yes" if value else "no"
        elif isinstance(value, str):
            choice = field.choice(value)
            written = choice.label if choice else value
        else:
            written = value_words(field, value)
        if value == field.default and not field.optional:
            return Part(ref=key, label=field.label, value=written, who=Who.DEFAULT, told=field.origin)
        typed_at = self.snapshot.typed_at.get(key)
        dated = words.day_and_time(typed_at) if typed_at else ""
        return Part(ref=key, label=field.label, value=written, who=Who.TYPED, told="You typed it", dated=dated)
