"""What each strategy of the plan comes to, as rows of words: for the table on screen and the page of a file."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from minerdesk import words
from minerdesk.economics.plan.results import PlanResult, StrategyResult
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.economics.plan.worth import Worth
from minerdesk.ui.charts.export import Plate
from minerdesk.ui.charts.gantt import paint_gantt
from minerdesk.ui.charts.geometry import BOTTOM_PX, TOP_PX
from minerdesk.ui.charts.model import ChartSpec, View
from minerdesk.ui.charts.paint import gutter_px, paint_plot
from minerdesk.ui.charts.strokes import Brushwork, paint_text, paint_worded, pen, text_height
from minerdesk.ui.plan import (
    ORDER,
    Shown,
    Study,
    cash_chart,
    gantt_spec,
    month_at,
    month_words,
    role_of,
    span_words,
)
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, REGULAR, SEMIBOLD, Theme

_HEAD_PX, _LINE_PX, _ROW_PX, _GAP_PX = 28.0, 14.0, 24.0, 20.0
_CASH_SHARE, _LABEL_SHARE = 0.55, 0.15


@dataclass(frozen=True, kw_only=True)
class ResultColumn:
    """One column: its heading in two lines at most, its width on screen, what it means."""

    heading: str
    width_px: int
    help: str


@dataclass(frozen=True, kw_only=True)
class ResultCell:
    """One figure in words, what there is to say of it, and the theme's role where it is a loss or a breach."""

    text: str
    note: str = ""
    role: str = "text"


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """One strategy: its colour, its name, its figures in the order of the columns."""

    strategy: Strategy
    role: str
    cells: tuple[ResultCell, ...]
    is_best: bool


COLUMNS = (
    ResultColumn(heading="Strategy", width_px=104, help="What is done with the site."),
    ResultColumn(
        heading="NPV",
        width_px=74,
        help="Net present value of all cash at the plan’s discount rate, after loan and tax where they are on.",
    ),
    ResultColumn(
        heading="Against\nmining on",
        width_px=80,
        help="NPV less that of mining on: what the paid-for fleet gives up counts as a cost.",
    ),
    ResultColumn(
        heading="IRR",
        width_px=62,
        help="Rate a year at which the cash is worth nothing today. None and several are said, never papered over.",
    ),
    ResultColumn(heading="Payback", width_px=78, help="When the cumulative cash is back at zero, from today."),
    ResultColumn(heading="Discounted\npayback", width_px=78, help="The same with every month discounted to today."),
    ResultColumn(heading="Peak\nfunding", width_px=70, help="The largest cumulative shortfall, and when."),
    ResultColumn(
        heading="Least\nDSCR",
        width_px=66,
        help="Net operating income over debt service, the worst twelve months. In the first year of repayment the "
        "months since its start count, ramp and all.",
    ),
)


def result_rows(study: Study) -> tuple[ResultRow, ...]:
    """Return a row a strategy; without a plan every figure is unknown."""
    result = study.result
    if result is None:
        unknown = tuple(ResultCell(text=words.NOTHING) for _ in COLUMNS[1:])
        return tuple(
            ResultRow(
                strategy=strategy,
                role=role_of(strategy, study),
                cells=(ResultCell(text=strategy.label), *unknown),
                is_best=False,
            )
            for strategy in ORDER
        )
    best = max(ORDER, key=lambda strategy: result.strategies[strategy].npv_usd)
    return tuple(
        ResultRow(
            strategy=strategy,
            role=role_of(strategy, study),
            cells=_cells(strategy, study, result),
            is_best=strategy is best,
        )
        for strategy in ORDER
    )


def _cells(strategy: Strategy, study: Study, result: PlanResult) -> tuple[ResultCell, ...]:
    found, more = result.strategies[strategy], result.incremental.get(strategy)
    if strategy is Strategy.KEEP_MINING:
        more = None
    unlevered = f"Without the loan {words.money(found.unlevered_npv_usd)}." if found.min_dscr is not None else ""
    capex = f"Capital to build {words.money(found.capex_usd)}." if found.capex_usd else ""
    dark = f"Dark megawatts would have earned {words.money(found.lost_while_dark_usd)} mining."
    beside = [capex, dark if found.lost_while_dark_usd else "", unlevered]
    return (
        ResultCell(text=strategy.label, note=" ".join(filter(None, beside))),
        _money(found.npv_usd),
        ResultCell(text=words.NOTHING) if more is None else _money(more.npv_usd, signed=True),
        _rate(found, more),
        _span(found.payback_months, result),
        _span(found.discounted_payback_months, result),
        _peak(found, result),
        _cover(found, study),
    )


def _money(value: float, *, signed: bool = False) -> ResultCell:
    note = f"{words.usd(value)}" + (": a loss" if value < 0 and not signed else "")
    return ResultCell(text=words.money(value, signed=signed), note=note, role="cost" if value < 0 else "text")


def _rate(found: Worth, more: Worth | None) -> ResultCell:
    """Write a rate where there is one; where there is none, or several, that word."""
    told = [found.irr_note]
    if found.mirr is not None:
        told.append(f"Modified rate, at the discount rate: {words.percent(found.mirr)}.")
    if more is not None:
        told.append(f"Of the cash of converting less that of mining on: {words.inside_sentence(more.irr_note)}")
    note = " ".join(told)
    if len(found.irr) == 1:
        rate = found.irr[0]
        return ResultCell(text=words.percent(rate), note=note, role="cost" if rate < 0 else "text")
    return ResultCell(text="several" if found.irr else "none", note=note, role="muted")


def _span(months: float | None, result: PlanResult) -> ResultCell:
    if months == 0:
        return ResultCell(text="no outlay", note="The cumulative cash never falls below zero.", role="muted")
    if months is None:
        return ResultCell(
            text="never", note=f"It doesn’t come back within {words.years(result.months / 12)}.", role="cost"
        )
    day = month_words(month_at(result.start, int(months)))
    return ResultCell(text=span_words(months), note=f"In {day}, {words.general(months)} months from now.")


def _peak(found: Worth, result: PlanResult) -> ResultCell:
    if found.peak_funding_month is None:
        return ResultCell(text="none", note="The cumulative cash never falls below zero.", role="muted")
    day = month_words(month_at(result.start, found.peak_funding_month))
    usd = found.peak_funding_usd
    return ResultCell(text=words.money(usd), note=f"{words.usd(usd)} by {day}.")


def _cover(found: StrategyResult, study: Study) -> ResultCell:
    least = found.min_dscr
    if least is None or study.case is None:
        return ResultCell(text="no debt", note="No loan is repaid.", role="muted")
    covenant = study.case.inputs.debt.minimum_dscr
    text = f"{words.figure(least, 2)}×"
    if found.dscr_breached_months:
        note = f"Under the covenant of {covenant:g} in {found.dscr_breached_months} months."
        return ResultCell(text=f"{text} ▼", note=note, role="cost")
    return ResultCell(text=text, note=f"Never under the covenant of {covenant:g}.")


def paint_results(painter: QPainter, rect: QRectF, theme: Theme, rows: tuple[ResultRow, ...]) -> None:
    """Write the rows under their headings into `rect`: the name a share of the width, the figures the rest alike."""
    wide = rect.width() * (1 - _LABEL_SHARE) / (len(COLUMNS) - 1)
    right = Qt.AlignmentFlag.AlignRight
    for number, column in enumerate(COLUMNS):
        left = rect.left() + (rect.width() * _LABEL_SHARE + (number - 1) * wide if number else 0.0)
        place = QRectF(left, rect.top(), wide - 8 if number else wide, _HEAD_PX)
        align = right if number else Qt.AlignmentFlag.AlignLeft
        lines = column.heading.split("\n")
        for line, text in enumerate(lines):
            middle = place.bottom() - _LINE_PX * (len(lines) - line)
            heading = QRectF(place.left(), middle, place.width(), _LINE_PX)
            paint_text(painter, heading, text, theme.colour("muted"), align=align)
        for down, row in enumerate(rows):
            top = place.bottom() + 2 + _ROW_PX * down
            painter.setPen(pen(theme.colour("grid")))
            painter.drawLine(QPointF(rect.left(), top), QPointF(rect.right(), top))
            cell = row.cells[number]
            role = cell.role if number else row.role
            weight = SEMIBOLD if row.is_best or not number else REGULAR
            cell_place = QRectF(left, top, place.width(), _ROW_PX)
            paint_text(painter, cell_place, cell.text, theme.colour(role), size_px=BODY_PX, weight=weight, align=align)


def plate(study: Study, shown: Shown) -> Plate:
    """Return results, cash and phases above each other as one picture of a page."""
    rows, cash, gantt = result_rows(study), cash_chart(study, shown), gantt_spec(study, shown.strategy)
    best = "" if study.result is None else study.result.optimum.words

    def paint(painter: QPainter, rect: QRectF, theme: Theme) -> None:
        tall = _HEAD_PX + 2 + _ROW_PX * len(rows) + 4
        paint_results(painter, QRectF(rect.left(), rect.top(), rect.width(), tall), theme, rows)
        top = rect.top() + tall
        if best:
            said = text_height(best, rect.width())
            place = QRectF(rect.left(), top, rect.width(), said)
            paint_text(painter, place, best, theme.colour("muted"), size_px=CAPTION_PX, wrap=True)
            top += said
        top += _GAP_PX
        room = rect.bottom() - top - _GAP_PX
        upper = QRectF(rect.left(), top, rect.width(), room * _CASH_SHARE)
        lower = QRectF(rect.left(), upper.bottom() + _GAP_PX, rect.width(), room * (1 - _CASH_SHARE))
        _paint_cash(painter, paint_worded(painter, upper, (cash.title, cash.caption), theme), cash, theme)
        paint_gantt(painter, paint_worded(painter, lower, (gantt.title, gantt.caption), theme), theme, spec=gantt)

    return Plate(title="", caption="", paint=paint)


def _paint_cash(painter: QPainter, rect: QRectF, spec: ChartSpec, theme: Theme) -> None:
    view = View.of(spec)
    tall = max(rect.height(), TOP_PX + BOTTOM_PX + 40)
    outer = QRectF(rect.left(), rect.top(), rect.width(), tall)
    paint_plot(painter, outer, spec, view, Brushwork(theme), gutter=gutter_px(spec, view))
