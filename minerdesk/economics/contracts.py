"""What a contract makes of market prices: what a MWh costs at the margin, what is due besides, what stopping earns.

Energy price of an interval, delivery and taxes (`power.adder`) on top of each per MWh taken:

- fixed: the desk's power price in every hour; the market is of no account;
- fixed with sell-back: a block at that price, due in every hour; what is not taken is sold at the market, so a MWh
  costs at the margin what the market pays;
- index: the market's price;
- time of use: one price on peak, another off peak, on a local clock.

Demand charge: ``$/kW-month * 1000`` per MW for each month of 730 h in which a load runs at all; in the others the
ratchet's share of it. Capacity (4CP) credit: ``$/kW-year * 1000 / 8760 * share earned`` $/MWh of capacity. Demand
response: the same of what is paid for standing by, and the MWh called besides.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.inputs import Contract, Power
from minerdesk.economics.prices import Floats, Ints, local_seconds
from minerdesk.units import HOURS_PER_DAY, HOURS_PER_MONTH, HOURS_PER_YEAR, KW_PER_MW, MONTHS_PER_YEAR

Bools = NDArray[np.bool_]

_HOUR_S, _DAY_S, _DAYS_A_WEEK, _WORKDAYS = 3_600, 86_400, 7, 5
_FEW = 2
#: The first of January 1970 was a Thursday.
_WEEKDAY_OF_EPOCH = 3


class Kind(StrEnum):
    """The kinds of contracts; the values are those of the input `power.contract`."""

    FIXED = "fixed"
    SELL_BACK = "fixed_sell_back"
    INDEX = "index"
    TIME_OF_USE = "time_of_use"


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceSpan:
    """Prices of a span of time with the length of each interval.

    `times` are the starts in seconds UTC, or None; `is_ordered` says whether the intervals follow each other in time,
    which those of a duration curve don't. `zone` is the market's own clock.
    """

    prices_usd_per_mwh: Floats
    hours: Floats
    times: Ints | None = None
    is_ordered: bool = True
    zone: str = "UTC"

    @property
    def total_hours(self) -> float:
        """The length of the span; gaps are not counted."""
        return float(self.hours.sum())

    @property
    def moments_h(self) -> Floats | None:
        """The starts in hours on one clock, gaps included; None without times."""
        return None if self.times is None else (self.times - self.times[0]) / _HOUR_S


@dataclass(frozen=True, kw_only=True, eq=False)
class Tariff:
    """Market prices under a contract.

    Attributes
    ----------
    span
        What a MWh costs at the margin, energy alone, in $/MWh: machines run while it is at most what they earn less the
        adder.
    market
        The market's price of the same intervals; None where they can't be told apart (time of use without times).
    block_usd_per_mwh
        The price of a block that is due in every hour and sold back at `span`; None without one.
    """

    kind: Kind
    span: PriceSpan
    market: Floats | None
    adder_usd_per_mwh: float
    block_usd_per_mwh: float | None = None

    def levels(self) -> tuple[Floats, Floats]:
        """Return prices and hours without their order: of a fixed price and a time of use the few that there are."""
        prices, hours = self.span.prices_usd_per_mwh, self.span.hours
        if self.kind is Kind.FIXED:
            return prices[:1], np.array([self.span.total_hours])
        if self.kind is Kind.TIME_OF_USE and len(prices) > _FEW:
            dear = prices == prices.max()
            if dear.all():
                return prices[:1], np.array([self.span.total_hours])
            cheap_h = float(hours[~dear].sum())
            return np.array([prices[dear][0], prices[~dear][0]]), np.array([self.span.total_hours - cheap_h, cheap_h])
        return prices, hours

    @property
    def energy_always_on_usd_per_mw(self) -> float:
        """What a MW pays for energy if it never stops, without the adder."""
        if self.block_usd_per_mwh is not None:
            return self.block_usd_per_mwh * self.span.total_hours
        return float(np.dot(self.span.prices_usd_per_mwh, self.span.hours))


def tariff(kind: Kind, span: PriceSpan, power: Power, contract: Contract) -> Tariff:
    """Return the prices of `span` under a contract.

    Special cases
    -------------
    Time of use without times: two intervals, on peak and off, with the hours that each has in a year of the calendar.
    """
    adder = power.adder_usd_per_mwh
    market = span.prices_usd_per_mwh
    if kind is Kind.FIXED:
        flat = replace(span, prices_usd_per_mwh=np.full(len(market), power.price_usd_per_mwh))
        return Tariff(kind=kind, span=flat, market=market, adder_usd_per_mwh=adder)
    if kind is Kind.TIME_OF_USE:
        both = np.array([contract.on_peak_usd_per_mwh, contract.off_peak_usd_per_mwh])
        if span.times is None:
            share = on_peak_share(contract)
            kept = np.array([share, 1 - share]) > 0
            hours = np.array([share, 1 - share])[kept] * span.total_hours
            steps = PriceSpan(prices_usd_per_mwh=both[kept], hours=hours, is_ordered=False)
            return Tariff(kind=kind, span=steps, market=None, adder_usd_per_mwh=adder)
        on_peak = is_on_peak(span.times, contract, span.zone)
        timed = replace(span, prices_usd_per_mwh=np.where(on_peak, both[0], both[1]))
        return Tariff(kind=kind, span=timed, market=market, adder_usd_per_mwh=adder)
    block = power.price_usd_per_mwh if kind is Kind.SELL_BACK else None
    return Tariff(kind=kind, span=span, market=market, adder_usd_per_mwh=adder, block_usd_per_mwh=block)


# -- time of use ------------------------------------------------------------------------------------------------------


def is_on_peak(times: Ints, contract: Contract, market_zone: str = "UTC") -> Bools:
    """Return whether each interval starts in an on-peak hour, on the clock of the tariff.

    Special cases: hours from later to earlier run over midnight, months over the new year; from and to alike is no
    hour at all.
    """
    local = local_seconds(times, market_zone if contract.zone == "market" else contract.zone)
    day, hour = local // _DAY_S, local % _DAY_S / _HOUR_S
    found = _between(hour, contract.on_peak_from_hour, contract.on_peak_to_hour)
    if contract.on_peak_weekdays_only:
        found &= (day + _WEEKDAY_OF_EPOCH) % _DAYS_A_WEEK < _WORKDAYS
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % MONTHS_PER_YEAR + 1
    return found & _is_month(month, contract)


def on_peak_share(contract: Contract) -> float:
    """Return the share of on-peak hours in a common year; weekdays are five sevenths of its days.

    >>> from minerdesk.economics.schema import build
    >>> round(on_peak_share(build({}).contract), 6)  # 16 of 24 hours on 5 of 7 days
    0.47619
    """
    months = np.arange("2025-01", "2026-01", dtype="datetime64[M]")
    days = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    held = days.astype(np.int64)[_is_month(np.arange(1, MONTHS_PER_YEAR + 1), contract)].sum()
    hours = (contract.on_peak_to_hour - contract.on_peak_from_hour) % HOURS_PER_DAY
    if contract.on_peak_from_hour == 0 and contract.on_peak_to_hour == HOURS_PER_DAY:
        hours = float(HOURS_PER_DAY)
    weekdays = _WORKDAYS / _DAYS_A_WEEK if contract.on_peak_weekdays_only else 1.0
    return float(held) / float(days.astype(np.int64).sum()) * hours / HOURS_PER_DAY * weekdays


def _is_month(month: Ints, contract: Contract) -> Bools:
    first, last = contract.on_peak_from_month, contract.on_peak_to_month
    found: Bools = (month >= first) & (month <= last) if first <= last else (month >= first) | (month <= last)
    return found


def _between(hour: Floats, first: float, until: float) -> Bools:
    if first <= until:
        return (hour >= first) & (hour < until)
    return (hour >= first) | (hour < until)


# -- what is due, and what is earned, besides -------------------------------------------------------------------------


def demand_usd_per_mw(contract: Contract, hours: float) -> float:
    """Return the demand charge of a MW that runs in every month: ``$/kW-month * 1000 * hours / 730``.

    >>> from minerdesk.economics.schema import build
    >>> demand_usd_per_mw(build({"contract.demand_usd_per_kw_month": 10.0}).contract, 8760)
    120000.0
    """
    return contract.demand_usd_per_kw_month * KW_PER_MW * hours / HOURS_PER_MONTH


def usd_per_mwh_of_kw_year(usd_per_kw_year: float) -> float:
    """Return a payment per kW and year as one per MWh of capacity: ``* 1000 / 8760``.

    >>> round(usd_per_mwh_of_kw_year(60), 4)
    6.8493
    """
    return usd_per_kw_year * KW_PER_MW / HOURS_PER_YEAR


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What stopping in the dearest `stop_hours` of a span earns per MW; `name` is the switch's input."""

    name: str
    usd_per_mw: float
    stop_hours: float


def credits_on(contract: Contract, hours: float) -> tuple[Credit, ...]:
    """Return the credits that are switched on, over a span of `hours`."""
    found = []
    years = hours / HOURS_PER_YEAR
    if contract.capacity_credit:
        earned = usd_per_mwh_of_kw_year(contract.capacity_usd_per_kw_year) * contract.capacity_earned_fraction * hours
        found.append(Credit(name="capacity", usd_per_mw=earned, stop_hours=contract.capacity_hours_a_year * years))
    if contract.demand_response:
        called_h = contract.response_hours_a_year * years
        standing = usd_per_mwh_of_kw_year(contract.response_usd_per_kw_year) * hours
        earned = standing + contract.response_usd_per_mwh * called_h
        found.append(Credit(name="demand_response", usd_per_mw=earned, stop_hours=called_h))
    return tuple(found)
