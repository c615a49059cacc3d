"""Where every number comes from: key figures with formula and inputs, then each value with source, date and age."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QPushButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics.case import value_words as value_words_of_input
from minerdesk.economics.results import Business, BusinessResult
from minerdesk.economics.schema import FIELDS
from minerdesk.observations import QUANTITIES, Observation
from minerdesk.report_tables import input_origin
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS, TYPED_LABEL
from minerdesk.ui.panels.cards import HASHPRICE_KEY, HASHPRICE_PARTS, Card, cards
from minerdesk.ui.panels.parts import HalfHigh, plain_label
from minerdesk.ui.panels.provenance import (
    believed,
    described_in,
    full_source,
    gravest,
    source_label,
    standing_in,
    value_words,
)
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SPACE_PX

_OWN_INPUTS = {
    Business.MINING: "mining.",
    Business.GPU_CLOUD: "gpu.",
    Business.COLOCATION: "colo.",
    Business.POWERED_SHELL: "shell.",
}
_SHARED_INPUTS = ("power.price_usd_per_mwh", "power.adder_usd_per_mwh")

HEADER = ("Number", "Value", "Source", "As of (UTC)", "State and age")


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number: what is said of it in the table, how it came about, and the providers behind it."""

    name: str
    cells: tuple[str, ...]
    explained: str
    providers: tuple[str, ...]


def numbers(snapshot: Snapshot) -> list[Number]:
    """Return the key figures, then what each business keeps, then every value that the desk believes."""
    figures = []
    for card in cards(snapshot):
        parts = _parts(card.quantities, snapshot)
        figures.append(
            Number(
                name=card.name,
                cells=(card.title, words.with_unit(card.value, card.unit), *_origin(card, parts, snapshot)),
                explained=_explained(card, parts, snapshot),
                providers=_providers(parts),
            )
        )
    figures += [_business(name, result, snapshot) for name, result in snapshot.results.businesses.items()]
    return figures + [_value(found, snapshot) for found in believed(snapshot)]


def _business(business: Business, result: BusinessResult, snapshot: Snapshot) -> Number:
    """Return what a business keeps after capital: the steps to it, and every input with its value and origin."""
    parts = _parts(HASHPRICE_PARTS, snapshot) if business is Business.MINING else []
    if business is Business.MINING and HASHPRICE_KEY in snapshot.typed_at:
        parts = []
    steps = (
        ("revenue", result.revenue_usd_per_mwh),
        ("less power", result.net_of_power_usd_per_mwh),
        ("less opex", result.net_of_opex_usd_per_mwh),
        ("less capital", result.after_capital_usd_per_mwh),
    )
    told = ", ".join(f"{step} {words.usd_per_mwh(value)}" for step, value in steps)
    worst = gravest(parts, snapshot.now)
    return Number(
        name=f"{business.value}, kept",  # the card of the business has its plain name
        cells=(
            f"{business.label}, after capital",
            words.with_unit(words.usd_per_mwh(result.after_capital_usd_per_mwh), "$/MWh"),
            ", ".join(dict.fromkeys(["Your inputs", *(source_label(found.source) for found in parts)])),
            words.day_and_time(min([snapshot.now, *(found.as_of for found in parts)])),
            standing_in(snapshot, worst, *(found.quantity for found in parts)).text if worst else "computed now",
        ),
        explained="\n".join(
            [
                f"What a MWh at the meter leaves, step by step, $/MWh: {told}.",
                f"Inputs: {_inputs(business, snapshot)}.",
                *(line for found in parts for line in described_in(snapshot, found)),
            ]
        ),
        providers=_providers(parts),
    )


def _inputs(business: Business, snapshot: Snapshot) -> str:
    """List the inputs of a business, each with its value and whether it was typed or is this program's default."""
    keys = [key for key in snapshot.values if key.startswith(_OWN_INPUTS[business]) or key in _SHARED_INPUTS]
    return "; ".join(
        f"{FIELDS[key].label} {_written(key, snapshot)} ({input_origin(snapshot, key).partition(':')[0]})"
        for key in keys
    )


def _written(key: str, snapshot: Snapshot) -> str:
    value = snapshot.values[key]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value_words_of_input(FIELDS[key], value) if isinstance(value, int | float) else str(value)


def _parts(names: Sequence[str], snapshot: Snapshot) -> list[Observation]:
    return [found for name in names if (found := snapshot.observed(name)) is not None]


def _origin(card: Card, parts: Sequence[Observation], snapshot: Snapshot) -> tuple[str, str, str]:
    """Return source, date and standing of a figure: those of what it stands on, the oldest and gravest."""
    typed_at = snapshot.typed_at.get(HASHPRICE_KEY)
    worst = gravest(parts, snapshot.now)
    if worst is None and card.stands_on_hashprice and typed_at is not None:
        return TYPED_LABEL, words.day_and_time(typed_at), f"typed · {words.age(snapshot.now - typed_at)}"
    if worst is None:
        return words.NOTHING, words.NOTHING, words.NOTHING
    return (
        ", ".join(dict.fromkeys(source_label(found.source) for found in parts)),
        words.day_and_time(min(found.as_of for found in parts)),
        standing_in(snapshot, worst, *(found.quantity for found in parts)).text,
    )


def _value(found: Observation, snapshot: Snapshot) -> Number:
    return Number(
        name=found.quantity,
        cells=(
            QUANTITIES[found.quantity].label,
            value_words(found),
            full_source(found),
            words.day_and_time(found.as_of),
            standing_in(snapshot, found).text,
        ),
        explained="\n".join(described_in(snapshot, found)) + f"\nFetched {words.day_and_time(found.fetched_at)} UTC.",
        providers=_providers([found]),
    )


def _explained(card: Card, parts: Sequence[Observation], snapshot: Snapshot) -> str:
    """Return formula, inputs and observed values of a key figure, each once."""
    inputs = [f"Inputs: {_inputs(Business(card.edge), snapshot)}."] if card.edge else []
    lines = [line for found in parts for line in described_in(snapshot, found)]
    return "\n".join([card.tip, *inputs, *(line for line in lines if line not in card.tip)])


def _providers(parts: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.source for found in parts if found.source in PROVIDERS))


class NumbersView(QWidget):
    """The numbers over the explanation of the one that is chosen. `source_asked(str)` names the provider to show."""

    source_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: list[Number] = []
        self._links: list[QPushButton] = []
        self.table = CellsView("Numbers and their sources")
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        card = QFrame()
        card.setProperty("look", "card")
        self.title, self.explained = plain_label(BODY_PX, "title"), plain_label(BODY_PX)
        self.explained.setWordWrap(True)
        self.explained.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.explained.setAccessibleName("How the number came about")
        self.buttons = QHBoxLayout()
        self.buttons.addStretch(1)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(PADDING_PX, SPACE_PX, PADDING_PX, SPACE_PX)
        inside.addWidget(self.title)
        inside.addWidget(self.explained)
        inside.addLayout(self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_PX)
        layout.addWidget(self.table, 1)
        layout.addWidget(HalfHigh(card))
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.activated.connect(self._on_activated)

    @property
    def current(self) -> Number | None:
        """The number that is chosen, if one is."""
        row = self.table.currentIndex().row()
        return self._numbers[row] if 0 <= row < len(self._numbers) else None

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; the choice stays."""
        found = numbers(snapshot)
        if [number.cells for number in found] == [number.cells for number in self._numbers]:
            self._numbers = found
            return
        chosen = self.current.name if self.current else (found[0].name if found else "")
        across = self.table.verticalScrollBar().value()
        self._numbers = found
        self.table.cells.set_table(HEADER, [number.cells for number in found][::-1])  # it shows the last one first
        self.choose(chosen)
        self.table.verticalScrollBar().setValue(across)

    def choose(self, name: str) -> bool:
        """Choose a number by its name and return whether it is there."""
        names = [number.name for number in self._numbers]
        if name not in names:
            return False
        row = names.index(name)
        self.table.selectRow(row)
        self.table.scrollTo(self.table.cells.index(row, 0))
        self._explain(row)
        return True

    def _on_row(self, index: QModelIndex) -> None:
        if index.isValid():
            self._explain(index.row())

    def _explain(self, row: int) -> None:
        number = self._numbers[row]
        self.title.setText(f"{number.cells[0]}: {number.cells[1]}")
        self.explained.setText(number.explained)
        for button in self._links:
            self.buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._links = []
        for place, provider in enumerate(number.providers):
            button = QPushButton(PROVIDERS[provider].label)
            button.setToolTip("Show this source")
            button.clicked.connect(lambda _checked=False, name=provider: self.source_asked.emit(name))
            self.buttons.insertWidget(place, button)
            self._links.append(button)

    def _on_activated(self, index: QModelIndex) -> None:
        providers = self._numbers[index.row()].providers
        if providers:
            self.source_asked.emit(providers[0])
