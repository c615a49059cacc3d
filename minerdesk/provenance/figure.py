"""What a declaration of a computed figure says: one :class:`Figure` each, whatever the page that shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from minerdesk.snapshot import Snapshot
from minerdesk.words import JOINED

#: What an entry of `Figure.inputs` may begin with; without a mark it is the key of an input, or an observed quantity.
FIGURE, FILE, TABLE, ROW = "=", "file:", "table:", "row:"
#: The prices of the market that is looked at, or of the scenario's own.
MARKET = "market"
#: The rental rates that sources told, each seller's by itself.
GPU_RECORD = "gpu record"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The declaration of one computed figure.

    Attributes
    ----------
    name, label
        Its key, and its name for people.
    formula
        How it is computed, in words and symbols, with its unit; and what is left out.
    inputs
        What it stands on, in the order of the formula: keys of inputs (``mining.*`` are all of a group), observed
        quantities, other figures (``=hashprice``), bundled tables (``file:asics.csv``), tables that the user keeps
        (``table:fleet``), cells of the row that it stands in (``row:Machines``), the prices of the `MARKET`, the
        `GPU_RECORD`.
    shows
        Where it is shown: ``place/entry``, an entry being a heading, a curve or a label; ``*`` stands for any.
    instead
        An optional input that takes its place when it is typed, empty for none.
    value
        Writes it, with its unit, off a snapshot; None where only its page computes it.
    """

    name: str
    label: str
    formula: str
    inputs: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    instead: str = ""
    value: Callable[[Snapshot], str] | None = None


def entry_of(text: str) -> str:
    """Return a heading or label as it is declared: on one line, a word that was broken in two in one.

    >>> entry_of("Over-\\nhead"), entry_of("Load\\nMW"), entry_of(f"$/{JOINED}MWh")
    ('Over-head', 'Load MW', '$/MWh')
    """
    return " ".join(text.replace("-\n", "-").replace(JOINED, "").split())
