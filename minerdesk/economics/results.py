"""The model's answer: four businesses on one basis, their breakevens, and which of them keeps most.

`evaluate` is the only way from inputs to results; window, reports and command line all show what it returns.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from minerdesk.economics import hosting, mining
from minerdesk.economics.inputs import Inputs, Lease
from minerdesk.economics.network import hashprice_btc_per_ph_day, implied_hashrate_eh_s


class Business(StrEnum):
    """The four uses of a megawatt. The values are the names in files and on the command line."""

    MINING = "mining"
    GPU_CLOUD = "gpu_cloud"
    COLOCATION = "colocation"
    POWERED_SHELL = "powered_shell"

    @property
    def label(self) -> str:
        """Return the name on screen."""
        return _LABELS[self]


_LABELS = {
    Business.MINING: "Mining",
    Business.GPU_CLOUD: "GPU cloud",
    Business.COLOCATION: "Colocation",
    Business.POWERED_SHELL: "Powered shell",
}


@dataclass(frozen=True, kw_only=True)
class NetworkState:
    """The network that the model runs on: observed, or typed over. None is unknown.

    `hashprice_usd_per_ph_day` is the typed one if there is one, else the one computed from the rest.
    """

    difficulty: float | None
    btc_price_usd: float | None
    subsidy_btc: float | None
    fees_btc_per_block: float | None
    hashprice_usd_per_ph_day: float | None
    hashprice_btc_per_ph_day: float | None
    implied_hashrate_eh_s: float | None


def network_state(
    *,
    difficulty: float | None,
    btc_price_usd: float | None,
    subsidy_btc: float | None,
    fees_btc_per_block: float | None,
    typed_hashprice_usd_per_ph_day: float | None = None,
) -> NetworkState:
    """Compute hashprice and implied hash rate from what is known; what can't be computed is None.

    A typed USD hashprice overrides the computed one; the BTC hashprice is then typed hashprice / BTC price.
    """
    computed_btc = (
        hashprice_btc_per_ph_day(difficulty, subsidy_btc, fees_btc_per_block)
        if difficulty is not None and subsidy_btc is not None and fees_btc_per_block is not None
        else None
    )
    if typed_hashprice_usd_per_ph_day is not None:
        usd: float | None = typed_hashprice_usd_per_ph_day
        btc = typed_hashprice_usd_per_ph_day / btc_price_usd if btc_price_usd else None
    else:
        btc = computed_btc
        usd = computed_btc * btc_price_usd if computed_btc is not None and btc_price_usd is not None else None
    return NetworkState(
        difficulty=difficulty,
        btc_price_usd=btc_price_usd,
        subsidy_btc=subsidy_btc,
        fees_btc_per_block=fees_btc_per_block,
        hashprice_usd_per_ph_day=usd,
        hashprice_btc_per_ph_day=btc,
        implied_hashrate_eh_s=implied_hashrate_eh_s(difficulty) if difficulty is not None else None,
    )


@dataclass(frozen=True, kw_only=True)
class BusinessResult:
    """One business per MWh at the utility meter, from revenue to what is left after capital.

    Attributes
    ----------
    power_cost_usd_per_mwh, opex_usd_per_mwh, capital_usd_per_mwh
        The three steps down; power cost is 0 where the tenant pays it, negative where power is paid for taking.
    after_capital_usd_per_mw_year
        The same end per MW of meter capacity and year: the basis of every decision, for the megawatt is scarce.
    """

    business: Business
    mwh_per_year: float
    revenue_usd_per_mwh: float
    power_cost_usd_per_mwh: float
    opex_usd_per_mwh: float
    capital_usd_per_mwh: float
    mw: float

    @property
    def net_of_power_usd_per_mwh(self) -> float:
        """Revenue less power."""
        return self.revenue_usd_per_mwh - self.power_cost_usd_per_mwh

    @property
    def net_of_opex_usd_per_mwh(self) -> float:
        """Revenue less power and running cost."""
        return self.net_of_power_usd_per_mwh - self.opex_usd_per_mwh

    @property
    def after_capital_usd_per_mwh(self) -> float:
        """What is left after the capital charge too."""
        return self.net_of_opex_usd_per_mwh - self.capital_usd_per_mwh

    @property
    def after_capital_usd_per_mw_year(self) -> float:
        """What a MW of meter capacity keeps in a year: the value per MWh times the MWh of a MW-year."""
        return self.after_capital_usd_per_mwh * self.mwh_per_year / self.mw


@dataclass(frozen=True, kw_only=True)
class Breakevens:
    """Where the answer turns. None: no such point, or the network is unknown.

    Short run (opex and capital left out): the all-in power price, hashprice and BTC price at which mining's revenue
    equals its power cost. Indifference (per MW-year after capital): the GPU rate and rents at which that business
    equals mining, and the hashprice at which mining equals colocation.
    """

    power_usd_per_mwh: float | None = None
    hashprice_usd_per_ph_day: float | None = None
    btc_price_usd: float | None = None
    gpu_rate_usd_per_gpu_hour: float | None = None
    colo_rent_usd_per_kw_month: float | None = None
    shell_rent_usd_per_kw_month: float | None = None
    hashprice_equal_to_colocation_usd_per_ph_day: float | None = None
    hashprice_equal_to_gpu_cloud_usd_per_ph_day: float | None = None
    hashprice_equal_to_powered_shell_usd_per_ph_day: float | None = None
    gpu_own_breakeven_usd_per_gpu_hour: float | None = None


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything computed from one set of inputs on one state of the network. Mining is missing if hashprice is."""

    network: NetworkState
    businesses: dict[Business, BusinessResult]
    breakevens: Breakevens

    def ranking(self) -> list[BusinessResult]:
        """Return the businesses by what a MW-year keeps after capital, best first."""
        return sorted(self.businesses.values(), key=lambda result: -result.after_capital_usd_per_mw_year)


def evaluate(inputs: Inputs, network: NetworkState) -> Results:
    """Compute the four businesses and the breakevens. Pure; the whole model in one call."""
    businesses = business_results(inputs, network)
    return Results(network=network, businesses=businesses, breakevens=_breakevens(inputs, network, businesses))


def business_results(inputs: Inputs, network: NetworkState) -> dict[Business, BusinessResult]:
    """Compute the businesses alone, without their breakevens; mining is missing if hashprice is."""
    businesses = {
        Business.GPU_CLOUD: _cloud_result(inputs),
        Business.COLOCATION: _lease_result(inputs, Business.COLOCATION),
        Business.POWERED_SHELL: _lease_result(inputs, Business.POWERED_SHELL),
    }
    if network.hashprice_usd_per_ph_day is not None:
        mined = mining_result(inputs, network.hashprice_usd_per_ph_day)
        businesses = {Business.MINING: mined, **businesses}
    return businesses


def mining_result(inputs: Inputs, hashprice_usd_per_ph_day: float) -> BusinessResult:
    """Return mining at the given hashprice; a sunk fleet carries no capital charge."""
    return BusinessResult(
        business=Business.MINING,
        mwh_per_year=mining.mwh_per_year(inputs.mining, inputs.site.capacity_mw),
        revenue_usd_per_mwh=mining.fleet_revenue_usd_per_mwh(inputs.mining, hashprice_usd_per_ph_day),
        power_cost_usd_per_mwh=inputs.power.all_in_usd_per_mwh,
        opex_usd_per_mwh=inputs.mining.opex_usd_per_mwh,
        capital_usd_per_mwh=mining.capital_usd_per_mwh(inputs.mining),
        mw=inputs.site.capacity_mw,
    )


def _cloud_result(inputs: Inputs) -> BusinessResult:
    return BusinessResult(
        business=Business.GPU_CLOUD,
        mwh_per_year=hosting.cloud_mwh_per_year(inputs.site.capacity_mw),
        revenue_usd_per_mwh=hosting.cloud_revenue_usd_per_mwh(inputs.gpu),
        power_cost_usd_per_mwh=inputs.power.all_in_usd_per_mwh,
        opex_usd_per_mwh=hosting.cloud_opex_usd_per_mwh(inputs.gpu),
        capital_usd_per_mwh=hosting.cloud_capital_usd_per_mwh(inputs.gpu),
        mw=inputs.site.capacity_mw,
    )


def _lease_of(inputs: Inputs, business: Business) -> Lease:
    return inputs.colo if business is Business.COLOCATION else inputs.shell


def _lease_result(inputs: Inputs, business: Business) -> BusinessResult:
    lease = _lease_of(inputs, business)
    return BusinessResult(
        business=business,
        mwh_per_year=hosting.lease_mwh_per_year(lease, inputs.site.capacity_mw),
        revenue_usd_per_mwh=hosting.lease_revenue_usd_per_mwh(lease),
        power_cost_usd_per_mwh=0.0 if lease.power_passed_through else inputs.power.all_in_usd_per_mwh,
        opex_usd_per_mwh=hosting.lease_opex_usd_per_mwh(lease),
        capital_usd_per_mwh=hosting.lease_capital_usd_per_mwh(lease),
        mw=inputs.site.capacity_mw,
    )


def _breakevens(inputs: Inputs, network: NetworkState, businesses: dict[Business, BusinessResult]) -> Breakevens:
    own_rate = _gpu_rate_keeping(inputs, 0.0)
    mined = businesses.get(Business.MINING)
    if mined is None:
        return Breakevens(gpu_own_breakeven_usd_per_gpu_hour=own_rate)
    power = inputs.power.all_in_usd_per_mwh
    hashprice = mining.breakeven_hashprice_usd_per_ph_day(inputs.mining, power)
    kept = mined.after_capital_usd_per_mw_year

    def hashprice_equal_to(business: Business) -> float | None:
        return _hashprice_keeping(inputs, businesses[business].after_capital_usd_per_mw_year)

    return Breakevens(
        power_usd_per_mwh=mined.revenue_usd_per_mwh,
        hashprice_usd_per_ph_day=_positive(hashprice),
        btc_price_usd=_positive(hashprice / network.hashprice_btc_per_ph_day)
        if network.hashprice_btc_per_ph_day
        else None,
        gpu_rate_usd_per_gpu_hour=_gpu_rate_keeping(inputs, kept),
        colo_rent_usd_per_kw_month=_rent_keeping(inputs, Business.COLOCATION, kept),
        shell_rent_usd_per_kw_month=_rent_keeping(inputs, Business.POWERED_SHELL, kept),
        hashprice_equal_to_colocation_usd_per_ph_day=hashprice_equal_to(Business.COLOCATION),
        hashprice_equal_to_gpu_cloud_usd_per_ph_day=hashprice_equal_to(Business.GPU_CLOUD),
        hashprice_equal_to_powered_shell_usd_per_ph_day=hashprice_equal_to(Business.POWERED_SHELL),
        gpu_own_breakeven_usd_per_gpu_hour=own_rate,
    )


def _gpu_rate_keeping(inputs: Inputs, usd_per_mw_year: float) -> float | None:
    """Return the GPU rate at which the cloud keeps `usd_per_mw_year` after capital."""
    return _linear_root(
        lambda rate: _cloud_result(replace(inputs, gpu=replace(inputs.gpu, rate_usd_per_gpu_hour=rate))),
        usd_per_mw_year,
    )


def _rent_keeping(inputs: Inputs, business: Business, usd_per_mw_year: float) -> float | None:
    """Return the rent at which that lease keeps `usd_per_mw_year` after capital."""

    def at_rent(rent: float) -> BusinessResult:
        lease = replace(_lease_of(inputs, business), rent_usd_per_kw_month=rent)
        changed = replace(inputs, colo=lease) if business is Business.COLOCATION else replace(inputs, shell=lease)
        return _lease_result(changed, business)

    return _linear_root(at_rent, usd_per_mw_year)


def _hashprice_keeping(inputs: Inputs, usd_per_mw_year: float) -> float | None:
    """Return the hashprice at which mining keeps `usd_per_mw_year` after capital."""
    return _linear_root(lambda hashprice: mining_result(inputs, hashprice), usd_per_mw_year)


def _linear_root(result_at: Callable[[float], BusinessResult], usd_per_mw_year: float) -> float | None:
    """Solve ``after capital per MW-year = target`` for a price that enters revenue linearly; None if not positive.

    The full model is asked at two points, so that it is stated only once. A price of zero or less means that the
    business is ahead at any price; no slope (nothing is sold) means that it never gets there. Both are no root.
    """
    at_zero = result_at(0.0).after_capital_usd_per_mw_year
    slope = result_at(1.0).after_capital_usd_per_mw_year - at_zero
    return _positive((usd_per_mw_year - at_zero) / slope) if slope > 0 else None


def _positive(value: float) -> float | None:
    return value if value > 0 else None
