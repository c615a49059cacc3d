"""The three strategies and their monthly cash.

Cash of a month comes at its end: index 0 is today, index k the end of month k - 1. What is paid at the beginning of
month s stands at index s, so that nothing is received before it is earned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from minerdesk.economics.hosting import gpus_per_mw
from minerdesk.economics.mining import fleet_revenue_usd_per_mwh
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.drivers import Drivers, Floats
from minerdesk.economics.plan.loan import Loan, loan_on
from minerdesk.economics.plan.phases import Phase
from minerdesk.economics.plan.taxes import depreciation_at, tax_at
from minerdesk.economics.plan.timeline import SiteTimeline, lease_of, site_timeline
from minerdesk.economics.results import Business
from minerdesk.units import HOURS_PER_MONTH, KW_PER_MW, MONTHS_PER_YEAR


class Strategy(StrEnum):
    """What is done with the site. The values are the names in files and on the command line."""

    KEEP_MINING = "keep_mining"
    CONVERT_ALL = "convert_all"
    HYBRID = "hybrid"

    @property
    def label(self) -> str:
        """Return the name on screen."""
        return _LABELS[self]


_LABELS = {
    Strategy.KEEP_MINING: "Keep mining",
    Strategy.CONVERT_ALL: "Convert all",
    Strategy.HYBRID: "Hybrid",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class StrategyFlows:
    """One strategy month by month.

    Attributes
    ----------
    mining_mw, building_mw, dark_mw, ai_mw
        MW at the meter in each month, (months,): what mines; what is built or waits for its lease, of which the dark
        ones don't mine meanwhile; what is let.
    lines
        Signed USD by name, in the order of a cash-flow statement, each (..., months + 1); their sum is `cash_usd`.
    cash_usd
        What is left for the owner, after loan and tax.
    unlevered_usd
        The same without the loan, taxed without its interest.
    noi_usd
        Net operating income: revenue less power and opex, before capital, sales, loan and tax; rent as it is earned.
    debt_service_usd
        Interest paid and principal, a positive number.
    dscr
        Net operating income over debt service of the twelve months up to each (fewer after the first repayment); NaN
        before the first repayment of principal and after the last.
    """

    strategy: Strategy
    phases: tuple[Phase, ...]
    mining_mw: Floats
    building_mw: Floats
    dark_mw: Floats
    ai_mw: Floats
    lines: Mapping[str, Floats]
    cash_usd: Floats
    unlevered_usd: Floats
    noi_usd: Floats
    debt_service_usd: Floats
    dscr: Floats

    @property
    def begun(self) -> tuple[Phase, ...]:
        """The phases that take something within the months: what is told as converted."""
        return tuple(phase for phase in self.phases if phase.mw > 0 and phase.start_month < self.mining_mw.size)


#: Every line of a cash-flow statement in its order, and as people read it.
LINES: Mapping[str, str] = {
    "mining_revenue": "Mining revenue",
    "mining_power": "Mining power",
    "mining_opex": "Mining opex",
    "interruption_credits": "Interruption credits",
    "ai_revenue": "AI revenue",
    "ai_power": "AI power",
    "ai_opex": "AI opex",
    "prepayment": "Rent prepaid less credited",
    "asic_purchase": "ASICs bought",
    "asic_resale": "ASICs sold",
    "capital": "Capital of the phases",
    "gpu_refresh": "GPUs replaced",
    "gpu_resale": "GPUs sold",
    "decommissioning": "Taking down",
    "salvage": "Value at the horizon",
    "loan_drawn": "Loan drawn",
    "interest": "Interest",
    "principal": "Principal",
    "loan_left": "Loan repaid at the horizon",
    "tax": "Tax",
}
_OPERATING = ("mining_revenue", "mining_power", "mining_opex", "interruption_credits")
_OPERATING_AI = ("ai_revenue", "ai_power", "ai_opex")
_CENT = 0.01
_FINANCING = ("loan_drawn", "interest", "principal", "loan_left")


def phases_of(case: PlanCase, strategy: Strategy) -> tuple[Phase, ...]:
    """Return the phases of a strategy: none, the typed ones, or these scaled to all that can be converted."""
    if strategy is Strategy.KEEP_MINING:
        return ()
    return case.phases if strategy is Strategy.HYBRID else case.phases_of_all()


def cash_flows(case: PlanCase, drivers: Drivers) -> dict[Strategy, StrategyFlows]:
    """Return the three strategies on drivers of one path or of many; their months are those of the drivers.

    What a MW earns mining is reckoned once for all of them.
    """
    per_mw = mining_usd_per_mw(case, drivers)
    return {
        strategy: strategy_flows(case, drivers, strategy, phases_of(case, strategy), per_mw) for strategy in Strategy
    }


def mining_usd_per_mw(case: PlanCase, drivers: Drivers) -> dict[str, Floats]:
    """Return what one MW at the meter earns and costs mining each month, by line, (..., months).

    Revenue per MWh is the desk's at the month's hashprice, times what refreshes gained; energy ``730 * uptime`` MWh.
    A fleet that stops at a loss stands still, without cost, in months whose revenue and credits don't pay for power
    and opex.
    """
    inputs, months = case.inputs, drivers.months
    gained = site_timeline(case, (), months).hash_factor
    energy = HOURS_PER_MONTH * inputs.mining.uptime_fraction
    revenue = energy * gained * fleet_revenue_usd_per_mwh(inputs.mining, drivers.hashprice_usd_per_ph_day)
    power = -energy * drivers.power_usd_per_mwh
    opex = np.full_like(revenue, -energy * inputs.mining.opex_usd_per_mwh)
    credit = np.full_like(revenue, inputs.plan.interruption_credit_usd_per_kw_year * KW_PER_MW / MONTHS_PER_YEAR)
    lines = dict(zip(_OPERATING, (revenue, power, opex, credit), strict=True))
    if inputs.plan.stops_at_a_loss:
        runs = revenue + power + opex + credit > 0
        lines = {name: line * runs for name, line in lines.items()}
    return lines


def _ai_lines(case: PlanCase, drivers: Drivers, site: SiteTimeline) -> dict[str, Floats]:
    """Return revenue, power and opex of AI each month, (..., months).

    A lease is paid on the let load that is drawn, at least on the take-or-pay share; its opex is a fraction of the
    contract's rent. A GPU cloud sells its utilisation, at least the take-or-pay share; its GPUs idle warm, and their
    opex runs from the first rent on.
    """
    inputs, months = case.inputs, drivers.months
    if case.business is Business.GPU_CLOUD:
        use = np.maximum(drivers.gpu_utilisation_fraction, inputs.plan.gpu_take_or_pay_fraction)
        revenue = drivers.gpu_rate_usd_per_gpu_hour * use * (HOURS_PER_MONTH * site.total("rate_weight", months))
        power = drivers.power_usd_per_mwh * (-HOURS_PER_MONTH * site.ai_mw)
        gpus = gpus_per_mw(inputs.gpu) * site.ai_mw
        opex = -inputs.gpu.opex_usd_per_gpu_year / MONTHS_PER_YEAR * gpus
    else:
        lease, rent = lease_of(inputs), site.total("rent_usd", months)
        revenue = rent * max(lease.load_factor, inputs.plan.take_or_pay_fraction)
        paying_mw = sum((one.paying_share * one.phase.mw for one in site.phases), np.zeros(months))
        drawn_mwh = 0.0 * paying_mw if lease.power_passed_through else HOURS_PER_MONTH * lease.load_factor * paying_mw
        power, opex = -drivers.power_usd_per_mwh * drawn_mwh, -lease.opex_fraction_of_rent * rent
    return dict(zip(_OPERATING_AI, (revenue, power, opex), strict=True))


def strategy_flows(
    case: PlanCase, drivers: Drivers, strategy: Strategy, phases: tuple[Phase, ...], per_mw: Mapping[str, Floats]
) -> StrategyFlows:
    """Return the flows of one strategy with its own phases, given what a MW earns mining."""
    months = drivers.months
    places, shape = months + 1, (*drivers.hashprice_usd_per_ph_day.shape[:-1], months + 1)
    site = site_timeline(case, phases, months)
    loan = loan_on(case.inputs.debt, site.phases, places)
    earned = {name: line * site.mining_mw for name, line in per_mw.items()} | _ai_lines(case, drivers, site)
    lines = {name: _booked(line, shape) for name, line in earned.items()}
    noi = sum(lines.values(), np.zeros(shape))
    at = {
        "prepayment": site.total("prepayment_at", places),
        "asic_purchase": -site.asic_purchase_at,
        "asic_resale": site.asic_resale_at,
        "capital": -site.total("capex_at", places),
        "gpu_refresh": -site.total("gpu_refresh_at", places),
        "gpu_resale": site.total("gpu_resale_at", places),
        "decommissioning": -site.total("decommissioning_at", places),
        "salvage": site.total("salvage_at", places),
        "loan_drawn": loan.drawn_at,
        "interest": -loan.interest_at,
        "principal": -loan.principal_at,
        "loan_left": np.append(np.zeros(months), -loan.left_at_end),
    }
    sales = at["asic_resale"] + at["gpu_resale"] + at["salvage"] + at["decommissioning"]
    income = noi + (sales - _written_off(case, site, places))
    tax, unlevered_tax = (tax_at(case.inputs.tax, income - interest) for interest in (loan.accrued_at, 0.0))
    unlevered = noi + sum(line for name, line in at.items() if name not in _FINANCING) - unlevered_tax
    lines |= {name: np.broadcast_to(line, shape) for name, line in at.items()} | {"tax": -tax}
    return StrategyFlows(
        strategy=strategy,
        phases=phases,
        mining_mw=site.mining_mw,
        building_mw=site.building_mw,
        dark_mw=site.dark_mw,
        ai_mw=site.ai_mw,
        lines=lines,
        cash_usd=noi + sum(at.values()) - tax,
        unlevered_usd=unlevered,
        noi_usd=noi,
        debt_service_usd=np.broadcast_to(loan.service_at, shape),
        dscr=_dscr(noi, loan),
    )


def _booked(line: Floats, shape: tuple[int, ...]) -> Floats:
    """Return what is earned in each month at the end of it; nothing is earned today."""
    booked = np.zeros(shape)
    booked[..., 1:] = line
    return booked


def _written_off(case: PlanCase, site: SiteTimeline, places: int) -> Floats:
    """Return depreciation at each index: of a phase from its first rent on, of machines from their purchase on."""
    tax = case.inputs.tax
    if not tax.enabled:
        return np.zeros(places)
    built = np.zeros(places)
    for one in site.phases:
        if one.lease_month < places:
            built[one.lease_month] += one.capex_at.sum()
    machines = site.asic_purchase_at + site.total("gpu_refresh_at", places)
    is_hall = case.business is not Business.GPU_CLOUD
    return depreciation_at(tax, built, is_hall=is_hall) + depreciation_at(tax, machines, is_hall=False)


def _dscr(noi: Floats, loan: Loan) -> Floats:
    """Return the trailing twelve-month DSCR between the first and the last repayment of principal, else NaN."""
    dscr = np.full(noi.shape, np.nan)
    first, last = loan.first_repayment, loan.last_repayment
    if first is None or last is None:
        return dscr
    tested = slice(first, last + 1)

    def trailing(values: Floats) -> Floats:
        total = np.cumsum(values[..., tested], axis=-1)
        total[..., MONTHS_PER_YEAR:] -= total[..., :-MONTHS_PER_YEAR].copy()
        return total

    dscr[..., tested] = _cover(trailing(noi), trailing(loan.service_at))
    return dscr


def _cover(noi: Floats, service: Floats) -> Floats:
    """Return income over debt service; NaN where that is under a cent, which is no debt."""
    owed = service >= _CENT
    return np.where(owed, noi / np.where(owed, service, 1.0), np.nan)
