"""The conversion plan as the window shows it: what is chosen, its words, and the specs of its two charts."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from minerdesk import words
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.phases import Phase, mw_words
from minerdesk.economics.plan.results import PlanResult, StrategyResult
from minerdesk.economics.plan.running import running_usd
from minerdesk.economics.plan.strategies import LINES, Strategy
from minerdesk.economics.plan.timeline import phase_timeline
from minerdesk.snapshot import Snapshot
from minerdesk.ui.charts.gantt import GanttBar, GanttSpec, Halving
from minerdesk.ui.charts.model import Cell, ChartSpec, Curve, Floats, Level, Mark, Point
from minerdesk.units import MONTHS_PER_YEAR

#: The order of rows, curves and lists.
ORDER = (Strategy.KEEP_MINING, Strategy.HYBRID, Strategy.CONVERT_ALL)
NO_PLAN = "Nothing to plan yet: no hashprice is known at this date. Type one under Network, or refresh (F5)."
_SCALES = ((2e13, 1e12, "T"), (2e10, 1e9, "B"), (2e7, 1e6, "M"), (0.0, 1e3, "k"))

Table = tuple[list[str], list[list[Cell]]]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How the plan is shown: whose phases and lines, whether cash is discounted, whether as it is without the loan."""

    strategy: Strategy = Strategy.HYBRID
    discounted: bool = False
    before_debt: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A case with the plan that follows from it; both are None where nothing can be planned."""

    case: PlanCase | None = None
    result: PlanResult | None = None

    @classmethod
    def of(cls, case: PlanCase | None) -> "Study":
        """Evaluate a case: a matter of 20 ms; in the window a job."""
        return cls() if case is None else cls(case=case, result=evaluate_plan(case))


def month_at(start: date, months: int) -> date:
    """Return the first day of the month so many months after that of `start`.

    >>> month_at(date(2026, 11, 16), 3)
    datetime.date(2027, 2, 1)
    """
    place = start.year * MONTHS_PER_YEAR + start.month - 1 + months
    return date(int(place // MONTHS_PER_YEAR), int(place % MONTHS_PER_YEAR) + 1, 1)


def month_words(day: date) -> str:
    """Write a month like Jan 2026.

    >>> month_words(date(2026, 1, 1))
    'Jan 2026'
    """
    return f"{words.month(day.month)} {day.year}"


def span_words(months: float) -> str:
    """Write a span from today in months, or in years from two on.

    >>> span_words(50.4), span_words(21.1), span_words(7.2), span_words(1.0)
    ('4.2 years', '21 months', '7.2 months', '1 month')
    """
    if months >= 2 * MONTHS_PER_YEAR:
        return f"{words.general(months / MONTHS_PER_YEAR)} years"
    return "1 month" if months == 1 else f"{float(f'{months:.2g}'):g} months"


def phase_words(phase: Phase, start: date) -> str:
    """Say in a sentence what a phase does when.

    >>> north = Phase(label="North", mw=25, start_month=3, build_months=12)
    >>> phase_words(north, date(2026, 1, 16)).replace("\u202f", " ")
    'North: 25 MW dark from Apr 2026, built in 12 months, ready in Apr 2027.'
    """
    dark, ready = (month_words(month_at(start, month)) for month in (phase.start_month, phase.ready_month))
    if not phase.build_months:
        return f"{phase.label}: {mw_words(phase.mw)} changed over at once in {dark}."
    return (
        f"{phase.label}: {mw_words(phase.mw)} dark from {dark}, built in {phase.build_months} months, ready in {ready}."
    )


def role_of(strategy: Strategy, study: Study) -> str:
    """Return the theme's role of a strategy: mining, the business converted to, and plain text for what has both."""
    if strategy is Strategy.KEEP_MINING:
        return "mining"
    return "text" if strategy is Strategy.HYBRID or study.case is None else study.case.business.value


# -- the sentence -----------------------------------------------------------------------------------------------------


def headline(study: Study, strategy: Strategy = Strategy.HYBRID) -> str:
    """Say in a sentence what a strategy is worth against mining on, what it needs and when that is back.

    Mining on is told by its own worth.
    """
    if study.result is None:
        return NO_PLAN
    found, years = study.result.strategies[strategy], words.years(study.result.months / MONTHS_PER_YEAR)
    if strategy is Strategy.KEEP_MINING:
        verb = "is worth" if found.npv_usd >= 0 else "loses"
        return f"Mining on with the whole site {verb} {words.money(abs(found.npv_usd))} today, over {years}."
    if not found.flows.begun:
        return f"Nothing is converted within {years}: it is mining on, worth {words.money(found.npv_usd)} today."
    gain = study.result.incremental[strategy].npv_usd
    told = [f"{_subject(found)} is worth {words.money(abs(gain))} {'more' if gain >= 0 else 'less'} than mining on"]
    if found.npv_usd < 0:
        told.append(f"loses {words.money(-found.npv_usd)} in present value")
    if found.peak_funding_usd:
        told.append(f"needs {words.money(found.peak_funding_usd)} at its deepest")
        back = found.payback_months
        told.append(f"doesn’t pay back in {years}" if back is None else f"pays back in {span_words(back)}")
    else:
        told.append("needs no funding")
    return f"{', '.join(told[:-1])} and {told[-1]}."


def _subject(found: StrategyResult) -> str:
    phases = found.flows.begun
    count = {1: "one phase", 2: "two phases", 3: "three phases"}.get(len(phases), f"{len(phases)} phases")
    return f"Converting {mw_words(sum(phase.mw for phase in phases))} in {count}"


# -- cash over time ---------------------------------------------------------------------------------------------------


def times_of(result: PlanResult) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the first instant of every month of a plan and of the one after it, seconds UTC."""
    days = (month_at(result.start, month) for month in range(result.months + 1))
    return np.array([int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) for day in days], dtype=np.int64)


def running(study: Study, strategy: Strategy, shown: Shown) -> Floats:
    """Return the running sum of a strategy's cash as it is shown; nothing without a plan."""
    if study.result is None or study.case is None:
        return np.empty(0)
    flows = study.result.strategies[strategy].flows
    cash = flows.unlevered_usd if shown.before_debt else flows.cash_usd
    return running_usd(cash, study.case.inputs.plan.discount_rate if shown.discounted else 0.0)


def cash_chart(study: Study, shown: Shown) -> ChartSpec:
    """Return the running cash of the three strategies with deepest points and paybacks."""
    if study.result is None or study.case is None:
        return ChartSpec(name="plan", title="Cumulative cash", y_title="", empty_text=NO_PLAN, looks_back=False)
    result, case = study.result, study.case
    sums = {strategy: running(study, strategy, shown) for strategy in ORDER}
    size = max(float(np.abs(values).max()) for values in sums.values())
    factor, letter = next((factor, letter) for least, factor, letter in _SCALES if size >= least)
    times = times_of(result)
    curves = tuple(
        Curve(
            name=strategy.value,
            label=strategy.label,
            unit=f"$ {letter}",
            times=times,
            values=sums[strategy] / factor,
            role=role_of(strategy, study),
            note=f"{words.THIN}{letter}",
        )
        for strategy in ORDER
    )
    points = tuple(point for strategy in ORDER for point in _points(strategy, study, sums[strategy], times, factor))
    rate = words.percent(case.inputs.plan.discount_rate)
    debt = "before debt" if shown.before_debt else "after debt" if case.inputs.debt.enabled else "no debt"
    tax = "after tax" if case.inputs.tax.enabled else "before tax"
    basis = f"{f'discounted at {rate}' if shown.discounted else 'not discounted'}, {debt}, {tax}"
    return ChartSpec(
        name="plan",
        title=_cash_title(result, sums, shown),
        y_title=f"Cumulative cash, $ {letter}",
        curves=curves,
        levels=(Level(name="zero", value=0.0, label="", unit="", role="muted", at_end=False),),
        marks=tuple(Mark(time_s=float(times[month]), label="halving") for month in result.halving_months),
        points=points,
        caption=f"All projected: {basis}. {as_of_words(study)}",
        summary=f"{headline(study)} {_cash_title(result, sums, shown)}. Arrow keys move over the months.",
        looks_back=False,
    )


def _points(
    strategy: Strategy, study: Study, values: Floats, times: "np.ndarray[tuple[int], np.dtype[np.int64]]", factor: float
) -> list[Point]:
    """Return the deepest point of a running sum and where it is back at zero, read off the curve that is drawn."""
    lowest = int(values.argmin())
    if values[lowest] >= 0:
        return []
    role = role_of(strategy, study)

    def point(index: int, value: float, text: str) -> Point:
        day = month_words(datetime.fromtimestamp(int(times[index]), UTC).date())
        return Point(
            time_s=float(times[index]), value=value / factor, label=f"{text} {day}", role=role, of=strategy.value
        )

    if lowest == len(values) - 1:  # it is named at the end of the line already
        return []
    found = [point(lowest, float(values[lowest]), f"deepest {words.money(float(values[lowest]))},")]
    back = np.flatnonzero(values[lowest:] >= 0)
    if len(back):
        found.append(point(lowest + int(back[0]), float(values[lowest + back[0]]), "paid back"))
    return found


def _cash_title(result: PlanResult, sums: dict[Strategy, Floats], shown: Shown) -> str:
    """Say which strategy has most in hand at the end, and how much more than the next."""
    first, second, _ = sorted(ORDER, key=lambda strategy: -float(sums[strategy][-1]))
    ahead = words.money(float(sums[first][-1] - sums[second][-1]))
    years = words.years(result.months / MONTHS_PER_YEAR)
    kind = "Discounted" if shown.discounted else "Undiscounted"
    if sums[first][-1] < 0:
        return f"{kind}, “{first.label}” has lost least after {years}, {ahead} less than “{second.label}”"
    return f"{kind}, “{first.label}” has most cash after {years}, {ahead} more than “{second.label}”"


def as_of_words(study: Study) -> str:
    """Say from when and from which hashprice the plan goes on."""
    if study.case is None:
        return ""
    hashprice = words.hashprice(study.case.hashprice_usd_per_ph_day)
    return f"From {month_words(study.case.start)} on, at a hashprice of {hashprice} $/PH/day today; UTC."


# -- phases over time -------------------------------------------------------------------------------------------------


def gantt_spec(study: Study, strategy: Strategy = Strategy.HYBRID) -> GanttSpec:
    """Return phases and megawatts of a strategy."""
    if study.result is None or study.case is None:
        return GanttSpec.nothing("Phases", NO_PLAN)
    result, case = study.result, study.case
    flows = result.strategies[strategy].flows
    times = times_of(result)
    mining, building, ai = (
        np.append(mw, mw[-1:]) for mw in (flows.mining_mw, flows.dark_mw, flows.ai_mw)
    )  # the last month holds to its end

    def describe(month: int) -> str:
        parts = [f"mining {mw_words(float(mining[month]))}"]
        parts += [f"dark {mw_words(float(building[month]))}"] if building[month] else []
        parts += [f"{words.inside_sentence(case.business.label)} {mw_words(float(ai[month]))}"] if ai[month] else []
        return f"{month_words(month_at(result.start, month))}: {', '.join(parts)}."

    bars = tuple(_bar(phase, case, result.months) for phase in flows.phases) if flows.ai_mw.any() else ()
    key = "Hatched until it earns" + (", lighter once only a part is let again." if _any_less(bars) else ".")
    default = "The phases are the default ones." if result.phases_are_default else ""
    return GanttSpec(
        title=_gantt_title(strategy, study),
        caption=" ".join(filter(None, [*([key, default] if bars else []), *result.notes])),
        summary=" ".join([f"{_gantt_title(strategy, study)}.", *(bar.detail for bar in bars)]),
        times=times,
        bars=bars,
        mining_mw=mining,
        building_mw=building,
        ai_mw=ai,
        role=case.business.value,
        ai_label=case.business.label,
        halvings=tuple(Halving(time_s=float(times[month])) for month in result.halving_months),
        describe=describe,
    )


def _any_less(bars: tuple[GanttBar, ...]) -> bool:
    return any(bar.less < bar.end for bar in bars)


def _gantt_title(strategy: Strategy, study: Study) -> str:
    result = study.result
    if result is None or study.case is None:
        return strategy.label
    flows = result.strategies[strategy].flows
    most = float(flows.ai_mw.max())
    if strategy is Strategy.KEEP_MINING or not most:
        return f"{strategy.label}: {mw_words(float(flows.mining_mw[0]))} mine on"
    into = words.inside_sentence(study.case.business.label)
    return f"{strategy.label}: {mw_words(most)} of {into}, {mw_words(float(flows.mining_mw.min()))} go on mining"


def _bar(phase: Phase, case: PlanCase, months: int) -> GanttBar:
    """Return the bar of a phase: hatched until its first rent, filled while it is let, lighter once less of it is."""
    share = phase_timeline(case, phase, months).share
    let = np.flatnonzero(share > 0)
    live = min(int(let[0]) if len(let) else months, months)
    end = int(let[-1]) + 1 if len(let) else live
    less = np.flatnonzero(share[live:end] < 1)
    said = phase_words(phase, case.start)
    if end < months:
        said += f" Its term ends in {month_words(month_at(case.start, end))}."
    elif len(less):
        part = words.percent(float(share[live + less[0]]), decimals=0)
        said += f" From {month_words(month_at(case.start, live + int(less[0])))} on {part} of it is let again."
    return GanttBar(
        label=phase.label,
        mw_words=mw_words(phase.mw),
        start=phase.start_month,
        live=live,
        less=live + int(less[0]) if len(less) else end,
        end=end,
        detail=said,
    )


# -- tables -----------------------------------------------------------------------------------------------------------


def cash_table(study: Study, shown: Shown) -> Table:
    """Return the monthly lines of the shown strategy, their sum and its running sum, oldest first, in $.

    Cash of a month stands at its end, the first instant of the next one; the first row is today.
    """
    if study.result is None:
        return ["Date (UTC)"], []
    result, flows = study.result, study.result.strategies[shown.strategy].flows
    columns = {LINES.get(name, name): values for name, values in flows.lines.items() if values.any()}
    columns["Cash"] = flows.cash_usd
    columns["Cumulative cash"] = running_usd(flows.cash_usd)
    header = ["Date (UTC)", *(f"{name} ($)" for name in columns)]
    rows: list[list[Cell]] = [
        [month_at(result.start, month).isoformat(), *(float(values[month]) for values in columns.values())]
        for month in range(result.months + 1)
    ]
    return header, rows


def study_of(snapshot: Snapshot) -> Study:
    """Return the study of a snapshot, evaluated now."""
    return Study.of(snapshot.plan_case())
