"""The Snapshot: everything that one moment of the desk shows, frozen. Screen, reports and command line read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics import deals, history
from minerdesk.economics.dispatch import MarketYear, index_breakeven_usd_per_mwh
from minerdesk.economics.gpu_panel import Panel, panel
from minerdesk.economics.gpu_rates import GpuRecord
from minerdesk.economics.history import Drawdown
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.migration import Event
from minerdesk.economics.mining import fleet_revenue_usd_per_mwh
from minerdesk.economics.network import RetargetEstimate
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plausibility import Doubt
from minerdesk.economics.prices import PowerChoice
from minerdesk.economics.results import Results
from minerdesk.economics.risk.inputs import Driver
from minerdesk.economics.risk.planned import RiskCase
from minerdesk.economics.risk.volatility import History, Volatility, volatilities
from minerdesk.economics.schema import Value
from minerdesk.economics.tables import Row
from minerdesk.economics.verdict import Verdict
from minerdesk.errors import FailureKind, Problem
from minerdesk.observations import Observation, RateBand, Series, State
from minerdesk.quantities import STATED_HASHPRICES
from minerdesk.store.bundle import REFERENCE_GPU
from minerdesk.store.tables import Asic

#: The single values that `compare --json` lists, in its order.
LISTED_QUANTITIES = (
    "btc_price_usd",
    "difficulty",
    "tip_height",
    "fees_btc_per_block",
    "network_hashrate_7d_eh_s",
    "gpu_rate_on_demand_usd_per_gpu_hour",
)


@dataclass(frozen=True, kw_only=True)
class SourceFailure:
    """The last failure of a source that has not succeeded since, in words for the user."""

    source: str
    kind: FailureKind
    hint: str
    at: datetime


@dataclass(frozen=True, kw_only=True, eq=False)
class Trends:
    """The series behind the charts, derived once per change of the observations.

    Attributes
    ----------
    hashprice_usd
        $/PH/day at the times of `price`; NaN where a part of it is unknown.
    hashrate_week_mean_eh_s, hashrate_month_mean_eh_s
        At the times of `hashrate`: the mean of the seven, and of the thirty, days that end with each.
    halvings
        When the subsidy was halved, seconds UTC, good to a day.
    series
        Every observed series by quantity, as it is.
    """

    series: Mapping[str, Series]
    price: Series
    fees: Series
    hashrate: Series
    difficulty: Series
    hashprice_usd: NDArray[np.float64]
    hashrate_week_mean_eh_s: NDArray[np.float64]
    hashrate_month_mean_eh_s: NDArray[np.float64]
    drawdown: Drawdown | None
    halvings: tuple[int, ...]

    @classmethod
    def of(cls, series: Mapping[str, Series], now: datetime) -> "Trends":
        """Derive the trends from the observed series; a missing one counts as empty."""

        def get(quantity: str) -> Series:
            return series.get(quantity) or Series.of(quantity, [], [], source="", fetched_at=now)

        price, hashrate = get("btc_price_daily_usd"), get("network_hashrate_daily_eh_s")
        difficulty, fees = get("difficulty_epochs"), get("fees_daily_btc_per_block")
        week_mean = history.trailing_mean(hashrate.times, hashrate.values)
        return cls(
            series=dict(series),
            price=price,
            fees=fees,
            hashrate=hashrate,
            difficulty=difficulty,
            hashprice_usd=history.hashprice_history_usd(price, difficulty, get("epoch_heights"), fees),
            hashrate_week_mean_eh_s=week_mean,
            hashrate_month_mean_eh_s=history.trailing_mean(hashrate.times, hashrate.values, days=30),
            drawdown=history.drawdown(hashrate.times, week_mean),
            halvings=history.halving_times(get("epoch_heights")),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """One moment of the desk.

    Attributes
    ----------
    now, replaying
        The clock, and whether it is frozen at a date for a replay.
    values, typed_at, tables
        Every input by key, when those of the network were typed, and the rows of every table that the user keeps.
    power
        The market looked at, typed rates of currencies, and prices of the scenario's own.
    gpu_rates
        What GPUs were let for by now, by GPU and panel of providers.
    gpu_record
        What every source told of rental rates by GPU, day by day.
    signed_leases
        The bundled AI leases that were signed by now; those of the user's own are rows of a table.
    market_years
        The bundled duration curves of power markets, of the years that are over.
    events
        The bundled storms, seasons and bans that had begun by now.
    catalogue
        The bundled miners that could be bought by now, each with how many sources agree on it.
    observations
        The believed value of each observed quantity, whatever its age; an expired one is never called current.
    failures
        The sources that failed when last asked.
    advice
        What the guard-rails say beside the inputs: warnings, which are problems too, and notes, which are none.
    doubts
        What speaks against an observed value, one for each at most; they are problems too.
    problems
        Everything the user should know about inputs, data and files, each once.
    """

    now: datetime
    replaying: bool
    offline: bool
    values: Mapping[str, Value]
    typed_at: Mapping[str, datetime]
    tables: Mapping[str, tuple[Row, ...]]
    power: PowerChoice
    gpu_rates: tuple[RateBand, ...]
    gpu_record: GpuRecord
    signed_leases: tuple[deals.SignedLease, ...]
    market_years: tuple[MarketYear, ...]
    events: tuple[Event, ...]
    catalogue: tuple[Asic, ...]
    inputs: Inputs
    observations: Mapping[str, Observation]
    trends: Trends
    retarget: RetargetEstimate | None
    results: Results
    verdict: Verdict
    failures: tuple[SourceFailure, ...]
    advice: tuple[Problem, ...]
    doubts: tuple[Doubt, ...]
    problems: tuple[Problem, ...]

    def observed(self, quantity: str) -> Observation | None:
        """Return the believed observation of `quantity`, or None."""
        return self.observations.get(quantity)

    def stated_hashprices(self) -> tuple[Observation, ...]:
        """Return the hashprices that sources state, those that are current: the computed one is held against them."""
        found = (self.observed(name) for name in STATED_HASHPRICES)
        return tuple(one for one in found if one is not None and not one.is_expired(self.now))

    def doubt(self, *quantities: str) -> Doubt | None:
        """Return the doubt about the first of these quantities of which there is one, or None."""
        return next((doubt for name in quantities for doubt in self.doubts if doubt.quantity == name), None)

    def state(self, quantity: str) -> State | None:
        """Return live, cached, bundled or manual for `quantity`, or None if nothing is known."""
        found = self.observations.get(quantity)
        return found.state(self.now) if found else None

    def age(self, quantity: str) -> timedelta | None:
        """Return how long ago the value of `quantity` was true, or None if nothing is known."""
        found = self.observations.get(quantity)
        return max(self.now - found.as_of, timedelta(0)) if found else None

    @property
    def stop_at_usd_per_mwh(self) -> float | None:
        """The energy price above which this fleet stops: its breakeven less what is paid on top; None if unknown."""
        all_in = self.results.breakevens.power_usd_per_mwh
        return None if all_in is None else index_breakeven_usd_per_mwh(all_in, self.inputs.power.adder_usd_per_mwh)

    @property
    def reference_gpu_rates(self) -> tuple[RateBand, ...]:
        """The rates of the GPU that the cloud's defaults are of, one band per panel: bundled, daily, weekly."""
        bundled = [band for band in self.gpu_rates if band.gpu == REFERENCE_GPU.upper()]
        trend = self.gpu_panel(REFERENCE_GPU)
        told = (trend.band() if trend else None, self.gpu_record.weekly_band(REFERENCE_GPU))
        return (*bundled, *(band for band in told if band is not None))

    def gpu_panel(self, gpu: str) -> Panel | None:
        """Return the trend of a GPU's rates over the same providers; None where too few are there on two days."""
        return panel(self.gpu_record.sellers(gpu), gpu)

    def risk_volatilities(self) -> dict[Driver, Volatility]:
        """Return how far each driver moves: typed, estimated from the loaded history, or assumed."""
        history = History(
            price=self.trends.price,
            difficulty=self.trends.difficulty,
            gpu_rates=self.gpu_rates,
            market_years=self.market_years,
        )
        return volatilities(self.inputs.risk, history)

    def risk_case(self) -> RiskCase | None:
        """Return what a Monte Carlo over the plan stands on; None without a hashprice."""
        plan = self.plan_case()
        return None if plan is None else RiskCase(plan=plan, volatility=tuple(self.risk_volatilities().values()))

    def mining_revenue_history_usd_per_mwh(self) -> NDArray[np.float64]:
        """Return this fleet's revenue per MWh at the meter at the times of ``trends.price``."""

        return fleet_revenue_usd_per_mwh(self.inputs.mining, self.trends.hashprice_usd)

    def all_leases(self) -> tuple[deals.SignedLease, ...]:
        """Return every signed lease, bundled or of the user's own."""
        return (*self.signed_leases, *deals.read_rows(self.tables.get("deals", ())))

    def lease_survey(self) -> deals.Survey:
        """Return every signed lease in the usual units, and the own rent among them."""
        return deals.survey(self.all_leases(), self.inputs)

    def plan_case(self) -> PlanCase | None:
        """Return what the conversion planner stands on; None without a hashprice, for mining can't be judged then."""
        tip = self.observed("tip_height")
        return PlanCase.of(
            self.inputs,
            self.results.network,
            tip_height=None if tip is None else int(tip.value),
            rows=self.tables.get("phases", ()),
            start=self.now.date(),
        )
