"""Where every number comes from: key figures with formula and inputs, then each value with source, date and age."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics.case import value_words as value_words_of_input
from minerdesk.economics.results import Business, BusinessResult
from minerdesk.economics.schema import FIELDS
from minerdesk.observations import Observation
from minerdesk.provenance.catalogue import PAGES, figure_at
from minerdesk.provenance.figure import Figure
from minerdesk.provenance.resolve import Origins, Part
from minerdesk.quantities import QUANTITIES
from minerdesk.report_tables import input_origin
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import BUNDLED_LABEL, PROVIDERS, TYPED_LABEL
from minerdesk.ui.panels.cards import HASHPRICE_KEY, HASHPRICE_PARTS, Card, cards
from minerdesk.ui.panels.number_table import HEADER, NumbersTable
from minerdesk.ui.panels.origin import part_cells
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
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SPACE_PX

_OWN_INPUTS = {
    Business.MINING: "mining.",
    Business.GPU_CLOUD: "gpu.",
    Business.COLOCATION: "colo.",
    Business.POWERED_SHELL: "shell.",
}
_SHARED_INPUTS = ("power.price_usd_per_mwh", "power.adder_usd_per_mwh")

#: The figures that the cards of the strip show, by the catalogue's name for each.
_CARDS = {
    found.name: card
    for card in ("difficulty", "hashrate", "btc_price", "mining", "best_ai")
    if (found := figure_at("strip", card)) is not None
}


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number: what is said of it in the table, how it came about (told when asked), the providers behind it."""

    name: str
    cells: tuple[str, ...]
    explain: Callable[[], str]
    providers: tuple[str, ...]

    @property
    def explained(self) -> str:
        """How it came about."""
        return self.explain()


def numbers(snapshot: Snapshot, origins: Origins | None = None) -> list[Number]:
    """Return the key figures, what each business keeps, every value that is believed, every figure of every page."""
    asked = origins or Origins(snapshot)
    figures = []
    for card in cards(snapshot):
        parts, beside = _parts(card.quantities, snapshot), _parts(card.beside, snapshot)
        figures.append(
            Number(
                name=card.name,
                cells=(card.title, words.with_unit(card.value, card.unit), *_origin(card, parts, snapshot)),
                explain=partial(_explained, card, parts, beside, snapshot),
                providers=_providers([*parts, *beside]),
            )
        )
    figures += [_business(name, result, snapshot) for name, result in snapshot.results.businesses.items()]
    known: _Known = {}
    computed = [
        _figure(page, figure, asked, known)
        for page, listed in PAGES.items()
        for figure in listed
        if figure.name not in {"hashprice", *_CARDS}
    ]
    return figures + [_value(found, snapshot) for found in believed(snapshot)] + computed


#: Source, date and standing by what they follow from: many figures stand on the same.
_Known = dict[tuple[tuple[str, ...], tuple[str, ...], bool], tuple[str, str, str]]


def _figure(page: str, figure: Figure, origins: Origins, known: _Known) -> Number:
    """Return a figure of the catalogue; one that only its page computes has its value there."""
    snapshot, parts = origins.snapshot, origins.observations(figure)
    typed, carried = origins.typed_instead(figure), origins.bundled(figure)
    key = tuple(found.quantity for found in parts), tuple(part.ref for part in carried), typed
    if key not in known:
        known[key] = _figure_origin(parts, carried, snapshot, typed=typed)
    return Number(
        name=figure.name,
        cells=(
            figure.label,
            figure.value(snapshot) if figure.value is not None else f"on the page {page}",
            *known[key],
        ),
        explain=lambda: "\n".join([figure.formula, *_told(figure, origins)]),
        providers=() if typed else _providers(parts),
    )


def _figure_origin(
    parts: Sequence[Observation], carried: Sequence[Part], snapshot: Snapshot, *, typed: bool
) -> tuple[str, str, str]:
    """Return source, date and standing of a figure: of what was observed, else of what is bundled, else of now."""
    named = [TYPED_LABEL] if typed else [source_label(found.source) for found in parts]
    named += [BUNDLED_LABEL] if carried else []
    dated = ", ".join(dict.fromkeys(part.dated for part in carried)) if carried and not parts else ""
    worst = gravest(parts, snapshot.now)
    return (
        ", ".join(dict.fromkeys(named)) or "Your inputs",
        dated or words.day_and_time(min([snapshot.now, *(found.as_of for found in parts)])),
        _stands(worst, snapshot, parts) if worst and not typed else "bundled" if carried else "computed now",
    )


def _stands(worst: Observation, snapshot: Snapshot, parts: Sequence[Observation]) -> str:
    return standing_in(snapshot, worst, *(found.quantity for found in parts)).text


def _is_elsewhere(number: Number) -> bool:
    """Return whether only its page computes a number."""
    return number.cells[1].startswith("on the page ")


def _told(figure: Figure, origins: Origins) -> Iterator[str]:
    """Say of every input what it is, how much, from whom, of when and how it stands."""
    for part in origins.parts(figure):
        label, value, source, dated, state = part_cells(part, origins)
        yield ", ".join(filter(None, [f"{label}: {value}", source, dated and f"as of {dated}", state])) + "."


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
        explain=partial(_steps_explained, business, told, parts, snapshot),
        providers=_providers(parts),
    )


def _steps_explained(business: Business, told: str, parts: Sequence[Observation], snapshot: Snapshot) -> str:
    return "\n".join(
        [
            f"What a MWh at the meter leaves, step by step, $/MWh: {told}.",
            f"Inputs: {_inputs(business, snapshot)}.",
            *(line for found in parts for line in described_in(snapshot, found)),
        ]
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
    """Return source, date and standing of a figure: those of what its value stands on, the oldest and gravest."""
    if not (card.quantities or card.stands_on_hashprice) and card.value != words.NOTHING:
        return "Your inputs", words.day_and_time(snapshot.now), "computed now"
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
        explain=lambda: "\n".join(
            [*described_in(snapshot, found), f"Fetched {words.day_and_time(found.fetched_at)} UTC."]
        ),
        providers=_providers([found]),
    )


def _explained(card: Card, parts: Sequence[Observation], beside: Sequence[Observation], snapshot: Snapshot) -> str:
    """Return formula, inputs and observed values of a key figure, each once; last what only its lines stand on."""
    inputs = [f"Inputs: {_inputs(Business(card.edge), snapshot)}."] if card.edge else []
    lines = [line for found in parts for line in described_in(snapshot, found)]
    below = [line for found in beside for line in described_in(snapshot, found) if line not in card.tip]
    heading = ["What is said below the figure, but not the figure itself, stands on:"] if below else []
    return "\n".join([card.tip, *inputs, *(line for line in lines if line not in card.tip), *heading, *below])


def _providers(parts: Sequence[Observation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.source for found in parts if found.source in PROVIDERS))


class NumbersView(QWidget):
    """The numbers over the explanation of the one that is chosen. `source_asked(str)` names the provider to show."""

    source_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: list[Number] = []
        self._shown: list[Number] = []
        self._links: list[QPushButton] = []
        self.table = NumbersTable()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by name, value or source")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter the numbers")
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
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)
        layout.addWidget(HalfHigh(card))
        self.filter.textChanged.connect(self._fill)
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.activated.connect(self._on_activated)

    @property
    def current(self) -> Number | None:
        """The number that is chosen, if one is."""
        row = self.table.currentIndex().row()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def render_snapshot(self, snapshot: Snapshot, origins: Origins | None = None) -> None:
        """Show a snapshot; the choice stays."""
        self._numbers = numbers(snapshot, origins)
        self._fill()

    def _fill(self, _text: str = "") -> None:
        """Show the numbers that the filter lets through."""
        wanted = self.filter.text().casefold().split()
        chosen = self.current.name if self.current else (self._numbers[0].name if self._numbers else "")
        self._shown = [one for one in self._numbers if all(word in " ".join(one.cells).casefold() for word in wanted)]
        self.table.cells.set_table(
            HEADER, [number.cells for number in self._shown][::-1]
        )  # it shows the last one first
        if not self._choose(chosen) and self._shown:
            self._choose(self._shown[0].name)

    def choose(self, name: str) -> bool:
        """Choose a number by its name, the catalogue's or that of its card, and return whether it is there."""
        if name not in [number.name for number in self._shown]:
            self.filter.clear()
        if not self._choose(_CARDS.get(name, name)):
            return False
        QTimer.singleShot(0, self, lambda: self.table.scrollTo(self.table.currentIndex()))  # once the card has its room
        return True

    def _choose(self, name: str) -> bool:
        names = [number.name for number in self._shown]
        if name not in names:
            return False
        row = names.index(name)
        if self.table.currentIndex().row() != row or not self.table.selectionModel().hasSelection():
            self.table.selectRow(row)
        self._explain(row)
        return True

    def _on_row(self, index: QModelIndex) -> None:
        if index.isValid():
            self._explain(index.row())

    def _explain(self, row: int) -> None:
        number = self._shown[row]
        self.title.setText(", ".join(number.cells[:2]) if _is_elsewhere(number) else ": ".join(number.cells[:2]))
        told = number.explained
        if told != self.explained.text():  # setting the same text again would lay everything out anew
            self.explained.setText(told)
        if [link.objectName() for link in self._links] == list(number.providers):
            return
        for button in self._links:
            self.buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._links = []
        for place, provider in enumerate(number.providers):
            button = QPushButton(PROVIDERS[provider].label)
            button.setObjectName(provider)
            button.setToolTip("Show this source")
            button.clicked.connect(lambda _checked=False, name=provider: self.source_asked.emit(name))
            self.buttons.insertWidget(place, button)
            self._links.append(button)

    def _on_activated(self, index: QModelIndex) -> None:
        providers = self._shown[index.row()].providers
        if providers:
            self.source_asked.emit(providers[0])
