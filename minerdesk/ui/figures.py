"""From a Snapshot to what charts show: titles that state the result, curves, levels, captions. Draws nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.economics.results import Business, BusinessResult
from minerdesk.observations import Series
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.ui.charts.model import BarsSpec, BusinessBars, ChartSpec, Curve, Level, Point, Seam, Shape
from minerdesk.units import SECONDS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the chart over time compares. `per_mw_year` turns $/MWh into thousands of $ per MW-year.

    Costs are taken off the historical revenue as they stand today: the question is what this fleet at today's costs
    would have kept.
    """

    name: str
    label: str
    value: Callable[[BusinessResult], float]
    unit: str = "$/MWh"
    per_mw_year: bool = False

    @property
    def is_gross(self) -> bool:
        """Whether it is revenue, before any cost."""
        return self.name == "revenue"


BASES: dict[str, Basis] = {
    basis.name: basis
    for basis in (
        Basis(name="revenue", label="Revenue", value=lambda result: result.revenue_usd_per_mwh),
        Basis(name="net_of_power", label="Net of power", value=lambda result: result.net_of_power_usd_per_mwh),
        Basis(name="net_of_opex", label="Net of power and opex", value=lambda result: result.net_of_opex_usd_per_mwh),
        Basis(name="after_capital", label="After capital", value=lambda result: result.after_capital_usd_per_mwh),
        Basis(
            name="mw_year",
            label="After capital per MW-year",
            value=lambda result: result.after_capital_usd_per_mw_year / 1_000,
            unit="k$/MW-year",
            per_mw_year=True,
        ),
    )
}


def comparison_chart(snapshot: Snapshot, basis_name: str = "revenue") -> ChartSpec:
    """Return mining through time against the AI businesses at the rates typed today."""
    basis = BASES[basis_name]
    price = snapshot.trends.price
    return ChartSpec(
        name="compare",
        title=_comparison_title(snapshot, basis),
        y_title=f"{basis.label}, {basis.unit} at the meter"
        if not basis.per_mw_year
        else f"{basis.label}, {basis.unit}",
        curves=(
            Curve(
                name=Business.MINING.value,
                label=f"Mining, {words.efficiency_j_per_th(snapshot.inputs.mining.efficiency_j_per_th)} J/TH",
                unit=basis.unit,
                times=price.times,
                values=_mining_history(snapshot, basis),
                role="mining",
            ),
        ),
        levels=tuple(_levels(snapshot, basis)),
        seams=_seams(price),
        caption=_comparison_caption(snapshot),
        summary=snapshot.verdict.text,
        empty_text="No price history at this date. Refresh (F5) to fetch it.",
        from_zero=basis.is_gross,
    )


def network_chart(snapshot: Snapshot) -> ChartSpec:
    """Return the network's hash rate, observed and implied by difficulty, with its peak."""
    hashrate, drawdown = snapshot.trends.hashrate, snapshot.trends.drawdown
    difficulty = snapshot.trends.difficulty
    points: tuple[Point, ...] = ()
    if drawdown is not None and drawdown.fraction < 0:
        label = f"peak {words.hashrate_eh_s(drawdown.peak)}, {words.day(_moment(drawdown.peak_time))}"
        points = (Point(time_s=drawdown.peak_time, value=drawdown.peak, label=label, role="network"),)
    return ChartSpec(
        name="network",
        title=_network_title(snapshot),
        y_title="Network hash rate, EH/s",
        curves=(
            Curve(
                name="implied",
                label="Implied by difficulty",
                unit="EH/s",
                times=_with_now(difficulty.times, snapshot),
                values=implied_hashrate_eh_s(_with_last(difficulty.values)),
                role="muted",
                shape=Shape.STEP,
                projected=True,  # a statement of the protocol, not a measurement: dashed and lighter
            ),
            Curve(
                name="observed",
                label="7-day mean",
                unit="EH/s",
                times=hashrate.times,
                values=snapshot.trends.hashrate_week_mean_eh_s,
                role="network",
            ),
        ),
        points=points,
        seams=_seams(hashrate),
        caption=_caption(snapshot, [("hash rate", hashrate), ("difficulty", difficulty)]),
        summary=_network_title(snapshot),
        empty_text="No hash-rate history at this date. Refresh (F5) to fetch it.",
        from_zero=False,
    )


def business_bars(snapshot: Snapshot) -> BarsSpec:
    """Return the four businesses per MWh from revenue to what is left after capital."""
    passed = {Business.COLOCATION: snapshot.inputs.colo, Business.POWERED_SHELL: snapshot.inputs.shell}

    def bars(result: BusinessResult) -> BusinessBars:
        lease = passed.get(result.business)
        return BusinessBars(
            name=result.business.value,
            label=result.business.label,
            role=result.business.value,
            revenue=result.revenue_usd_per_mwh,
            power_cost=result.power_cost_usd_per_mwh,
            opex=result.opex_usd_per_mwh,
            capital=result.capital_usd_per_mwh,
            left=result.after_capital_usd_per_mwh,
            note="tenant pays the power"
            if lease is not None and lease.power_passed_through
            else _fleet_note(snapshot, result),
        )

    businesses = tuple(bars(result) for result in snapshot.results.businesses.values())
    return BarsSpec(
        name="waterfall",
        title="From revenue to after capital",
        unit="$/MWh",
        businesses=businesses,
        caption=f"At the inputs of {words.day(snapshot.now)}; per MWh at the utility meter.",
        summary=snapshot.verdict.headline,
    )


def _fleet_note(snapshot: Snapshot, result: BusinessResult) -> str:
    if result.business is not Business.MINING:
        return ""
    return (
        "sunk fleet: no capital charge" if snapshot.inputs.mining.asic_price_usd_per_th == 0 else "newly bought fleet"
    )


def _comparison_title(snapshot: Snapshot, basis: Basis) -> str:
    verb = "earns" if basis.is_gross else "keeps"
    shown = {business: words.general(basis.value(result)) for business, result in snapshot.results.businesses.items()}
    ai = f"GPU cloud {shown[Business.GPU_CLOUD]}, colocation {shown[Business.COLOCATION]}"
    if Business.MINING not in shown:
        return f"Mining unknown at this date; {ai} {basis.unit}"
    return f"Mining {verb} {shown[Business.MINING]} {basis.unit}; {ai}"


def _mining_history(snapshot: Snapshot, basis: Basis) -> NDArray[np.float64]:
    revenue = snapshot.mining_revenue_history_usd_per_mwh()
    mined = snapshot.results.businesses.get(Business.MINING)
    if basis.is_gross or mined is None:
        return revenue
    if basis.per_mw_year:
        per_mw_year = (revenue - (mined.revenue_usd_per_mwh - mined.after_capital_usd_per_mwh)) * mined.mwh_per_year
        return per_mw_year / mined.mw / 1_000
    return revenue - (mined.revenue_usd_per_mwh - basis.value(mined))


def _levels(snapshot: Snapshot, basis: Basis) -> Iterable[Level]:
    typed = "network.hashprice_usd_per_ph_day" in snapshot.typed_at
    for business, result in snapshot.results.businesses.items():
        if business is Business.MINING and not typed:
            continue
        label = business.label if business is not Business.MINING else "Mining, typed hashprice"
        keeps = words.usd_per_mwh(result.after_capital_usd_per_mwh)
        yield Level(
            name=business.value,
            value=basis.value(result),
            label=label,
            unit=basis.unit,
            role=business.value,
            note=f", keeps {keeps}" if basis.is_gross else "",
        )
    if basis.is_gross:
        power = snapshot.inputs.power.all_in_usd_per_mwh
        yield Level(name="power", value=power, label="Power cost", unit=basis.unit, role="cost")
    else:
        yield Level(name="zero", value=0.0, label="", unit=basis.unit, role="muted", at_end=False)


def _comparison_caption(snapshot: Snapshot) -> str:
    parts = _caption(snapshot, [("price", snapshot.trends.price), ("difficulty", snapshot.trends.difficulty)])
    return f"AI at the rates typed today; “keeps” is after power, opex and capital. {parts}"


def _caption(snapshot: Snapshot, named: list[tuple[str, Series]]) -> str:
    told = []
    for name, series in named:
        last = series.last_time()
        if last is not None:
            told.append(f"{name} {_source(series.source_names[series.source_index[-1]])} to {words.day(last)}")
    sources = "; ".join([*told, f"as of {words.day_and_time(snapshot.now)} UTC."])
    return sources[:1].upper() + sources[1:]


def _network_title(snapshot: Snapshot) -> str:
    drawdown = snapshot.trends.drawdown
    if drawdown is None:
        return "Network hash rate: unknown at this date"
    latest = words.hashrate_eh_s(drawdown.latest)
    when = (
        ""
        if snapshot.now.timestamp() - drawdown.latest_time < 3 * SECONDS_PER_DAY
        else (f" on {words.day(_moment(drawdown.latest_time))}")
    )
    if drawdown.fraction == 0:
        return f"Network at {latest}{when}: its highest 7-day mean"
    below = words.percent(-drawdown.fraction)
    return f"Network at {latest}{when}, {below} under its peak of {words.day(_moment(drawdown.peak_time))}"


def _with_now(times: NDArray[np.int64], snapshot: Snapshot) -> NDArray[np.int64]:
    """Return the epoch times with the present appended, if the newest difficulty can still be in force."""
    if len(times) == 0:
        return times
    end = min(int(snapshot.now.timestamp()), int(times[-1]) + 14 * SECONDS_PER_DAY)
    return np.append(times, max(end, int(times[-1]) + 1))


def _with_last(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.append(values, values[-1]) if len(values) else values


def _seams(series: Series) -> tuple[Seam, ...]:
    return tuple(Seam(time_s=float(time), label=_source(name)) for time, name in series.seams())


def _source(name: str) -> str:
    """Return a source's name for people."""
    known = PROVIDERS.get(name)
    return known.label if known else name


def _moment(time_s: int) -> datetime:
    return datetime.fromtimestamp(time_s, UTC)
