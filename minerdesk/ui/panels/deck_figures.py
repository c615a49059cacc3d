"""The figures of the network beside its charts, and under them what is assumed of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics.results import Business
from minerdesk.economics.security_declarations import DECK
from minerdesk.network_report import pools_object
from minerdesk.provenance.catalogue import is_several
from minerdesk.ui import theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.panels.forms import FieldForm
from minerdesk.ui.panels.parts import FigureLabel, plain_label, tip
from minerdesk.ui.theme import CAPTION_PX, Appearance
from minerdesk.units import SECONDS_PER_DAY

WIDTH_PX = 296
_FORM_PX = 172
_LABELS = {
    "security.fleet_efficiency_j_per_th": "All &machines",
    "security.attack_asic_usd_per_th": "Attack: price",
    "security.attack_power_usd_per_mwh": "Attack: power",
    "security.attack_hours": "Attack: hours",
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: its name, how it is written, what it means."""

    name: str
    write: Callable[[Deck], str]
    help: str


def _day(time_s: int | None) -> str:
    return words.NOTHING if time_s is None else words.day(datetime.fromtimestamp(time_s, UTC))


def _retarget(deck: Deck) -> str:
    progress = deck.view.figures.progress
    found = progress.retarget if progress else None
    if found is None:
        return words.NOTHING
    return f"{words.percent(found.change_fraction, change=True)} ± {words.percent(found.band_fraction)}"


def _expected(deck: Deck) -> str:
    progress = deck.view.figures.progress
    return words.difficulty(progress.expected_difficulty) if progress else words.NOTHING


def _retarget_date(deck: Deck) -> str:
    progress = deck.view.figures.progress
    return words.day(progress.retarget.date) if progress and progress.retarget else words.NOTHING


def _ribbons(deck: Deck) -> str:
    found = deck.view.figures
    return found.ribbon_state.value if found.ribbon_state else words.NOTHING


def _halving(deck: Deck) -> str:
    found = deck.view.figures.halving
    return f"{words.figure(found.blocks_left)} blocks" if found else words.NOTHING


def _budget(deck: Deck, name: str) -> float | None:
    found = deck.view.figures.security
    return getattr(found, name) if found else None


def _match(deck: Deck, *, after_halving: bool) -> str:
    found = deck.view.matches(after_halving=after_halving).get(Business.COLOCATION)
    return words.usd(found.btc_price_usd) if found else words.NOTHING


def _fees(deck: Deck) -> str:
    found = deck.view.matches().get(Business.COLOCATION)
    if found is None:
        return words.NOTHING
    return "enough" if found.fees_btc_per_block is None else f"{words.figure(found.fees_btc_per_block, 2)} BTC"


def _attack(deck: Deck) -> str:
    found = deck.view.attack_cost
    return words.money(found.total_usd) if found else words.NOTHING


def _pools(deck: Deck) -> str:
    found = pools_object(deck.snapshot) if deck.view.as_of is None else None
    return f"{found['pools_for_51_percent']} pools, HHI {found['hhi']:.2f}" if found else words.NOTHING


def _largest_pool(deck: Deck) -> str:
    found = pools_object(deck.snapshot) if deck.view.as_of is None else None
    return words.percent(found["largest_share"]) if found else words.NOTHING


def _interest(deck: Deck) -> str:
    found = deck.market.current()
    return words.money(found.latest.usd) if found else words.NOTHING


def _interest_change(deck: Deck) -> str:
    found = deck.market.current()
    return words.percent(found.latest.change_30d, change=True) if found else words.NOTHING


def _interest_covers(deck: Deck) -> str:
    found = deck.market.current()
    return found.interest.venue.label if found else words.NOTHING


def _price(deck: Deck) -> str:
    found = deck.view.figures.price_usd
    return words.money(found) if found is not None and found < 100 else words.usd(found)


def _days_since_peak(deck: Deck) -> str:
    found = deck.view.figures.peak
    return words.figure((found.latest_time - found.peak_time) // SECONDS_PER_DAY) if found else words.NOTHING


def _peak(deck: Deck) -> str:
    found = deck.view.figures.peak
    return words.hashrate_eh_s(found.peak) if found else words.NOTHING


#: The figures by heading, in the order in which they are read.
FIGURES: tuple[tuple[str, tuple[Figure, ...]], ...] = (
    (
        "Hash rate",
        (
            Figure(
                name="7-day mean",
                write=lambda d: words.hashrate_eh_s(d.view.figures.hashrate_eh_s[7]),
                help="Observed: blocks found times their difficulty, over seven days.",
            ),
            Figure(
                name="30-day mean",
                write=lambda d: words.hashrate_eh_s(d.view.figures.hashrate_eh_s[30]),
                help="Observed, over thirty days.",
            ),
            Figure(
                name="Implied by difficulty",
                write=lambda d: words.hashrate_eh_s(d.view.figures.implied_hashrate_eh_s),
                help="Difficulty × 2³² / 600 s: another estimator, without luck, but late.",
            ),
            Figure(name="Highest 7-day mean", write=_peak, help="The all-time high of the seven-day mean."),
            Figure(
                name="reached",
                write=lambda d: _day(d.view.figures.peak.peak_time if d.view.figures.peak else None),
                help="The day that ended the highest week.",
            ),
            Figure(name="days since", write=_days_since_peak, help="From that day to the newest of the record."),
            Figure(
                name="From the peak",
                write=lambda d: words.percent(d.view.figures.drawdown_fraction, change=True),
                help="The seven-day mean against its highest; negative below it.",
            ),
            Figure(
                name="Hash ribbons",
                write=_ribbons,
                help="Capitulation while the 30-day mean is under the 60-day mean; recovery once it is back over it, "
                "until the level of the fall is regained.",
            ),
        ),
    ),
    (
        "Difficulty",
        (
            Figure(name="In force", write=lambda d: words.difficulty(d.view.figures.difficulty), help="Difficulty."),
            Figure(
                name="Next retarget",
                write=_retarget,
                help="At the epoch's pace so far, with one standard error: 1/√blocks found.",
            ),
            Figure(
                name="would set it to",
                write=_expected,
                help="By the consensus rule, exactly, if blocks go on at this pace: 2,015 intervals against 2,016 × "
                "600 s, clamped, rounded to compact form.",
            ),
            Figure(name="about", write=_retarget_date, help="When the epoch's 2,016 blocks are found at this pace."),
            Figure(
                name="Next halving in",
                write=_halving,
                help="Counted from the height of the tip; a date would assume ten minutes a block.",
            ),
        ),
    ),
    (
        "Revenue",
        (
            Figure(name="BTC price", write=_price, help="USD per BTC."),
            Figure(
                name="Hashprice",
                write=lambda d: words.with_unit(words.hashprice(d.view.figures.hashprice_usd_per_ph_day), "$/PH/day"),
                help="What one PH/s is expected to earn a day.",
            ),
            Figure(
                name="Puell multiple",
                write=lambda d: words.figure(d.view.figures.puell_multiple, 2),
                help="The day's issuance in USD over its mean of 365 days.",
            ),
            Figure(
                name="Fee share",
                write=lambda d: words.percent(d.view.figures.fee_share, decimals=2),
                help="Fees in the reward of a mean block.",
            ),
            Figure(
                name="Catalogue under water",
                write=lambda d: words.percent(d.view.under_water, decimals=0),
                help="Models out by then that earn less than your all-in power price; models, not machines.",
            ),
        ),
    ),
    (
        "Security",
        (
            Figure(
                name="Budget a day",
                write=lambda d: words.money(_budget(d, "usd_per_day")),
                help="Subsidy and fees, mean of seven days in BTC, at the newest price.",
            ),
            Figure(
                name="Of market cap a year",
                write=lambda d: words.percent(_budget(d, "share_of_market_cap_per_year"), decimals=2),
                help="365 × BTC paid a day over all BTC issued.",
            ),
            Figure(
                name="Per MWh",
                write=lambda d: words.with_unit(words.usd_per_mwh(_budget(d, "usd_per_mwh")), "$/MWh"),
                help="Over the energy of the network at the efficiency that you assume below. Gross.",
            ),
            Figure(
                name="Equals colocation at",
                write=lambda d: _match(d, after_halving=False),
                help="The BTC price at which the network pays per MWh what your colocation hall earns, gross, at "
                "today's hash rate, subsidy and fees.",
            ),
            Figure(name="or at fees a block of", write=_fees, help="The same by fees alone, at the newest price."),
            Figure(
                name="after the next halving",
                write=lambda d: _match(d, after_halving=True),
                help="The BTC price at which it would match with half the subsidy.",
            ),
            Figure(
                name="An attack costs",
                write=_attack,
                help="Machines and energy for 51 % against those who are there, on the terms below. That so many "
                "machines can't be had, sites, staff, what is earned meanwhile and resale are left out.",
            ),
            Figure(
                name="51 % of blocks",
                write=_pools,
                help="How many of the largest pools found 51 % of a week's blocks, and the sum of squared shares. "
                "A pool is no owner: miners leave it within minutes. Not kept for past days.",
            ),
            Figure(name="Largest pool", write=_largest_pool, help="Its share of a week's blocks."),
        ),
    ),
    (
        "Leverage",
        (
            Figure(
                name="Open interest",
                write=_interest,
                help="Futures open interest of one venue, or one aggregator’s set of venues: never of all.",
            ),
            Figure(name="of", write=_interest_covers, help="Whose open interest it is."),
            Figure(
                name="over 30 days", write=_interest_change, help="Its change within its own record over thirty days."
            ),
        ),
    ),
)


class DeckFigures(QWidget):
    """The figures in a column that scrolls, and the inputs of the page under it."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH_PX)
        self.values: dict[str, QLabel] = {}
        listed = QWidget()
        listed.setObjectName("inputs")  # the ground of a card shows through
        grid = QGridLayout(listed)
        grid.setContentsMargins(10, theme.SPACE_PX, 6, theme.SPACE_PX)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        row = 0
        for heading, figures in FIGURES:
            grid.addWidget(plain_label(theme.BODY_PX, "title", heading), row, 0, 1, 2)
            row += 1
            for figure in figures:
                self._add(grid, row, f"{heading}: {figure.name}", figure)
                row += 1
        grid.setRowStretch(row, 1)
        self.form = FieldForm(bridge, appearance, DECK, labels=_LABELS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE_PX)
        layout.addWidget(_card(_scrolling(listed)), 1)
        assumed = _card(self.form)
        assumed.setFixedHeight(_FORM_PX)
        layout.addWidget(assumed)

    def _add(self, grid: QGridLayout, row: int, key: str, figure: Figure) -> None:
        name, value = plain_label(CAPTION_PX, "muted", figure.name), FigureLabel(CAPTION_PX)
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        for label in (name, value):
            label.setToolTip(tip(figure.help))
        whence.link_to(value, lambda: _asked(key, figure, value.text()))
        self.values[key] = value
        grid.addWidget(name, row, 0)
        grid.addWidget(value, row, 1)

    def show_deck(self, deck: Deck) -> None:
        """Show the figures of a moment."""
        for heading, figures in FIGURES:
            for figure in figures:
                label = self.values[f"{heading}: {figure.name}"]
                label.setText(figure.write(deck))
                label.setAccessibleName(f"{heading}, {figure.name}: {label.text()}")
        self.form.render_snapshot(deck.snapshot)


def _asked(key: str, figure: Figure, shown: str) -> list[whence.Asked]:
    """Return the figure of a row; one that fills several is told apart by the row's name."""
    found = whence.at("deck", key, shown)
    if found is None:
        return []
    return [replace(found, of=figure.name)] if is_several(found.figure, "deck") else [found]


def _scrolling(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName("inputsScroll")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setStyleSheet(
        "#inputsScroll, #inputs, #inputsScroll > QWidget { background: transparent; }"
        "QScrollBar:vertical { width: 8px; background: transparent; border: none; }"
        "QScrollBar::handle:vertical { background: palette(mid); border-radius: 3px; min-height: 32px; margin: 0 1px; }"
        "QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0; }"
        "QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical { background: transparent; }"
    )
    area.setWidget(content)
    return area


def _card(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(1, 1, 1, 1)
    layout.addWidget(content)
    return frame
