"""The machine classes of a site and its firm AI load on the prices of a contract: what each takes, pays and keeps.

Every class is one MW of constant load that runs while a MWh earns more than it costs at the margin; see
:mod:`minerdesk.economics.contracts`. In order: the best runs on the energy price (exact, with least times and ramp if
prices come in the order of time); then months whose gain is less than the demand charge they would add are left out;
then the credits are taken whose sum exceeds what is lost by stopping in the dearest hours. Without demand charges and
credits the result is the optimum; with least times these two are decided after the runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from minerdesk.economics.contracts import (
    Bools,
    Credit,
    Kind,
    PriceSpan,
    Tariff,
    credits_on,
    demand_usd_per_mw,
    tariff,
)
from minerdesk.economics.dispatch import Dispatch, Pause, dispatch, dispatch_classes, firm_pause
from minerdesk.economics.inputs import Firm, Inputs, Stopping
from minerdesk.economics.loads import Load
from minerdesk.economics.prices import Floats, Ints
from minerdesk.economics.restarts import best_runs
from minerdesk.economics.results import Business, Results

_MINUTES_PER_HOUR = 60


@dataclass(frozen=True, kw_only=True)
class FirmCost:
    """What power costs a MW of firm load over the span: it takes every hour but those in which it may pause.

    `pause` is what it gains by pausing, lost revenue and penalty taken off.
    """

    hours: float
    energy_usd_per_mw: float
    demand_usd_per_mw: float
    pause: Pause

    @property
    def cost_usd_per_mwh(self) -> float:
        """Energy, adder and demand charges less the gain of pauses, per MWh of capacity."""
        return (self.energy_usd_per_mw + self.demand_usd_per_mw - self.pause.gain_usd_per_mw) / self.hours


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteDispatch:
    """A site under one contract. `found` has the dispatch of each load; `total` is that of a MW of them all.

    `on_contract` leaves out the loads with a price of their own; None if no load is on the contract.
    """

    tariff: Tariff
    loads: tuple[Load, ...]
    found: tuple[Dispatch, ...]
    firm: FirmCost

    @property
    def kind(self) -> Kind:
        """The contract."""
        return self.tariff.kind

    @cached_property
    def total(self) -> Dispatch | None:
        """A MW of all loads, by their megawatts; None without any."""
        return _mean(self.found, [load.mw for load in self.loads])

    @cached_property
    def on_contract(self) -> Dispatch | None:
        """A MW of the loads that the contract holds for; None without any."""
        held = [
            (found, load.mw)
            for found, load in zip(self.found, self.loads, strict=True)
            if load.own_price_usd_per_mwh is None
        ]
        return _mean([found for found, _ in held], [mw for _, mw in held])


def dispatch_site(
    span: PriceSpan,
    loads: Sequence[Load],
    inputs: Inputs,
    *,
    kind: Kind | None = None,
    firm_revenue_usd_per_mwh: float = 0.0,
) -> SiteDispatch:
    """Return loads and firm AI on the prices of `span` under a contract; without `kind` under that of the inputs.

    Raises
    ------
    ValueError
        There is no interval, a number is not finite, or a length is not positive.
    """
    on = tariff(kind or Kind(inputs.power.contract), span, inputs.power, inputs.contract)
    held = [place for place, load in enumerate(loads) if load.own_price_usd_per_mwh is None]
    found: dict[int, Dispatch] = {}
    if held:
        stops = np.array([loads[place].stop_at_usd_per_mwh for place in held])
        found = dict(zip(held, _on_contract(on, stops, inputs), strict=True))
    for place, load in enumerate(loads):
        if load.own_price_usd_per_mwh is not None:
            found[place] = dispatch([load.own_price_usd_per_mwh], load.stop_at_usd_per_mwh, hours=[span.total_hours])
    return SiteDispatch(
        tariff=on,
        loads=tuple(loads),
        found=tuple(found[place] for place in range(len(loads))),
        firm=_firm(on, inputs, firm_revenue_usd_per_mwh),
    )


def compare_contracts(
    span: PriceSpan, loads: Sequence[Load], inputs: Inputs, *, firm_revenue_usd_per_mwh: float = 0.0
) -> tuple[SiteDispatch, ...]:
    """Return the site under each kind of contract, everything else as typed, in the order of `Kind`."""
    found: dict[Kind, SiteDispatch] = {
        kind: dispatch_site(span, loads, inputs, kind=kind, firm_revenue_usd_per_mwh=firm_revenue_usd_per_mwh)
        for kind in Kind
        if kind is not Kind.SELL_BACK
    }
    found[Kind.SELL_BACK] = _sold_back(found[Kind.INDEX], inputs, firm_revenue_usd_per_mwh)
    return tuple(found[kind] for kind in Kind)


def _sold_back(index: SiteDispatch, inputs: Inputs, firm_revenue_usd_per_mwh: float) -> SiteDispatch:
    """Return the site with a block that is sold back: it runs as on the index, and the block moves every sum alike."""
    on = tariff(Kind.SELL_BACK, index.tariff.span, inputs.power, inputs.contract)
    moved = index.tariff.energy_always_on_usd_per_mw - on.energy_always_on_usd_per_mw
    return SiteDispatch(
        tariff=on,
        loads=index.loads,
        found=tuple(
            replace(
                one,
                always_on_usd_per_mw=one.always_on_usd_per_mw + moved,
                optimal_usd_per_mw=one.optimal_usd_per_mw + moved,
                energy_usd_per_mw=one.energy_usd_per_mw - moved,
            )
            if load.own_price_usd_per_mwh is None
            else one
            for load, one in zip(index.loads, index.found, strict=True)
        ),
        firm=_firm(on, inputs, firm_revenue_usd_per_mwh),
    )


def firm_revenue_usd_per_mwh(firm: Firm, results: Results) -> float:
    """Return what a MWh of pause costs the firm load in revenue: a GPU cloud's; a lease's rent is due all the same."""
    business = Business(firm.business)
    return results.businesses[business].revenue_usd_per_mwh if business is Business.GPU_CLOUD else 0.0


def _on_contract(on: Tariff, stops: Floats, inputs: Inputs) -> tuple[Dispatch, ...]:
    """Dispatch classes that stop at `stops`: by sums of sorted prices where that is all there is to it."""
    span, contract = on.span, inputs.contract
    credits = credits_on(contract, span.total_hours)
    bound = span.is_ordered and not inputs.stopping.is_free
    if not bound and not credits and not contract.demand_usd_per_kw_month:
        prices, hours = on.levels()
        found = dispatch_classes(prices, stops.tolist(), hours=hours, block_usd_per_mwh=on.block_usd_per_mwh)
        return tuple(replace(one, adder_usd_per_mwh=on.adder_usd_per_mwh) for one in found)
    case = _Case(on=on, inputs=inputs, credits=credits)
    masks = case.best_masks(stops) if bound else (span.prices_usd_per_mwh <= stop for stop in stops)
    return tuple(case.dispatch(float(stop), mask) for stop, mask in zip(stops, masks, strict=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Case:
    """Classes on a tariff with all that a contract may add; what they share is computed once."""

    on: Tariff
    inputs: Inputs
    credits: tuple[Credit, ...]

    @cached_property
    def _bill(self) -> Floats:
        return self.on.span.prices_usd_per_mwh * self.on.span.hours

    @cached_property
    def _total_bill(self) -> float:
        return float(self._bill.sum())

    @cached_property
    def _months(self) -> tuple[Ints, Floats]:
        """The first interval of each month UTC, and the hours of each; one for all without times."""
        span = self.on.span
        if span.times is None:
            return np.zeros(1, dtype=np.int64), np.array([span.total_hours])
        month = span.times.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        first = np.flatnonzero(np.diff(month, prepend=month[0] - 1))
        return first, np.add.reduceat(span.hours, first)

    @cached_property
    def _dearest(self) -> tuple[Ints, Floats]:
        """The dearest intervals at the market, as many as any credit takes, and the hours before each."""
        prices = self.on.span.prices_usd_per_mwh if self.on.market is None else self.on.market
        order = np.argsort(-prices, kind="stable")
        before = np.cumsum(self.on.span.hours[order]) - self.on.span.hours[order]
        most = max(credit.stop_hours for credit in self.credits)
        many = int(np.searchsorted(before, most))
        return order[:many], before[:many]

    def best_masks(self, stops: Floats) -> Iterable[Bools]:
        """Return when each class runs with its least times and its ramp."""
        span, stopping = self.on.span, self.inputs.stopping
        runs = best_runs(
            span.prices_usd_per_mwh,
            span.hours,
            stops,
            np.array([self._start_cost(stop) for stop in stops.tolist()]),
            moments_h=span.moments_h,
            minimum_down_h=stopping.minimum_down_hours,
            minimum_up_h=stopping.minimum_up_hours,
        )
        return (one.mask(len(span.hours)) for one in runs)

    def _start_cost(self, stop_at: float) -> float:
        """Return what a ramp leaves unearned: revenue for so long."""
        return max(stop_at + self.on.adder_usd_per_mwh, 0.0) * ramp_hours(self.inputs.stopping)

    def dispatch(self, stop_at: float, mask: Bools) -> Dispatch:
        """Return one class that would run as `mask` says, after months and credits."""
        span, on = self.on.span, self.on
        demand, mask = self._demand(stop_at, mask)
        held = mask * span.hours
        run_h, cost = float(held.sum()), float(np.dot(held, span.prices_usd_per_mwh))
        credit, stopped_h, spared = self._credit(stop_at, mask)
        run_h, cost = max(run_h - stopped_h, 0.0), cost - spared
        is_bound = span.is_ordered and not self.inputs.stopping.is_free
        starts = int(np.count_nonzero(mask[1:] & ~mask[:-1])) if is_bound else 0
        unearned = starts * self._start_cost(stop_at)
        hours = span.total_hours
        moved = 0.0 if on.block_usd_per_mwh is None else self._total_bill - on.block_usd_per_mwh * hours
        always_demand = demand_usd_per_mw(self.inputs.contract, hours)
        return Dispatch(
            breakeven_usd_per_mwh=stop_at,
            hours=hours,
            run_hours=run_h,
            mean_price_usd_per_mwh=self._total_bill / hours,
            mean_price_running_usd_per_mwh=cost / run_h if run_h else None,
            always_on_usd_per_mw=stop_at * hours - self._total_bill + moved - always_demand,
            optimal_usd_per_mw=stop_at * run_h - cost + moved - unearned - demand + credit,
            adder_usd_per_mwh=on.adder_usd_per_mwh,
            energy_usd_per_mw=cost - moved,
            starts=starts,
            unearned_usd_per_mw=unearned,
            demand_usd_per_mw=demand,
            credits_usd_per_mw=credit,
        )

    def _demand(self, stop_at: float, mask: Bools) -> tuple[float, Bools]:
        """Return the demand charge, and when it still runs: a month must win more than it adds to the charge.

        A month in which it runs adds ``charge * (1 - ratchet)``; if any month pays, the ratchet bills the others too.
        """
        contract = self.inputs.contract
        if not contract.demand_usd_per_kw_month:
            return 0.0, mask
        first, hours = self._months
        ratchet = contract.demand_ratchet_fraction
        charge = hours * demand_usd_per_mw(contract, 1.0)
        ran = np.add.reduceat(mask * self.on.span.hours, first)
        gain = stop_at * ran - np.add.reduceat(mask * self._bill, first)
        on = (ran > 0) & (gain > charge * (1 - ratchet))
        due = float(charge[on].sum() + ratchet * charge[~on].sum())
        if not on.any() or gain[on].sum() <= due:
            return 0.0, np.zeros_like(mask)
        sizes = np.diff(np.append(first, len(mask)))
        return due, mask & np.repeat(on, sizes)

    def _credit(self, stop_at: float, mask: Bools) -> tuple[float, float, float]:
        """Return what credits earn, the run hours given up for them, and the energy spared in those.

        The hours of both credits are the dearest ones, so that those of the lesser lie within those of the greater.
        Taken is what leaves most: none, one, or both.
        """
        best = (0.0, 0.0, 0.0)
        if not self.credits:
            return best
        places, before = self._dearest
        running = mask[places] * 1.0
        choices = [[credit] for credit in self.credits] + ([list(self.credits)] if len(self.credits) > 1 else [])
        left = 0.0
        for choice in choices:
            most = max(credit.stop_hours for credit in choice)
            stopped = np.clip(most - before, 0.0, self.on.span.hours[places]) * running
            hours, spared = float(stopped.sum()), float(np.dot(stopped, self.on.span.prices_usd_per_mwh[places]))
            earned = sum(credit.usd_per_mw for credit in choice)
            net = earned - (stop_at * hours - spared)
            if net > left:
                left, best = net, (earned, hours, spared)
        return best


def ramp_hours(stopping: Stopping) -> float:
    """Return the ramp in hours."""
    return stopping.ramp_minutes / _MINUTES_PER_HOUR


def _firm(on: Tariff, inputs: Inputs, revenue_usd_per_mwh: float) -> FirmCost:
    """Return what a firm load pays: what it doesn't take in a pause it saves, or sells, at the margin."""
    span, firm = on.span, inputs.firm
    hours = span.total_hours
    prices = span.prices_usd_per_mwh + on.adder_usd_per_mwh
    return FirmCost(
        hours=hours,
        energy_usd_per_mw=on.energy_always_on_usd_per_mw + on.adder_usd_per_mwh * hours,
        demand_usd_per_mw=demand_usd_per_mw(inputs.contract, hours),
        pause=firm_pause(
            prices,
            firm.interruptible_hours_a_year,
            hours=span.hours,
            revenue_usd_per_mwh=revenue_usd_per_mwh,
            penalty_usd_per_mwh=firm.penalty_usd_per_mwh,
            known_usd_per_mwh=_known(prices, span, firm.notice_hours),
        ),
    )


def _known(prices: Floats, span: PriceSpan, notice_h: float) -> Floats | None:
    """Return the price that was known `notice_h` before each interval; None where the notice is of no account."""
    if not notice_h or not span.is_ordered:
        return None
    begins = np.cumsum(span.hours) - span.hours if span.moments_h is None else span.moments_h
    seen = np.searchsorted(begins, begins - notice_h + 1e-9, side="right") - 1
    return np.where(seen >= 0, prices[np.maximum(seen, 0)], np.nan)


def _mean(found: Sequence[Dispatch], mw: Sequence[float]) -> Dispatch | None:
    """Return the dispatch of a MW of several loads, each by its megawatts."""
    if len(found) < 2:
        return found[0] if found else None
    share = np.array(mw) / sum(mw)
    means = {item.name: 0.0 for item in fields(Dispatch) if item.name != "mean_price_running_usd_per_mwh"}
    for name in means:
        means[name] = float(np.dot(share, [getattr(one, name) for one in found]))
    paid = float(np.dot(share, [(one.mean_price_running_usd_per_mwh or 0.0) * one.run_hours for one in found]))
    run_h = means["run_hours"]
    return Dispatch(**means, mean_price_running_usd_per_mwh=paid / run_h if run_h else None)
