"""A fleet as a merit order: which machines earn at what power price, which stop first, which megawatt to convert first.

Every class has its own breakeven; a fleet's mean hides the machines that lose. Per class, with e in J/TH, hashprice h:

- breakeven power price = revenue per MWh at the meter = ``h / (0.024 e overhead) * (1 - fee)``;
- breakeven hashprice = ``0.024 e overhead power / (1 - fee)``; both short-run: opex and capital are left out;
- MW at the meter = ``count * W * overhead / 1e6``, MWh a year = ``MW * 8760 * uptime``.

Money per year is net of power and of opex per MWh. Oracles: at 39.53 $/PH/day and no overhead or fee 9.5 J/TH earns
173.38 $/MWh, 17.5 J/TH 94.12, 32 J/TH 51.47; (15 J/TH, 50 $/MWh) breaks even at 18.00 $/PH/day.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minerdesk.economics.capital import capital_recovery_factor
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.machines import Floats, Machines
from minerdesk.units import HOURS_PER_DAY, HOURS_PER_YEAR, KW_PER_MW

_W_PER_MW, _TH_PER_EH = 1e6, 1e6


@dataclass(frozen=True, kw_only=True, eq=False)
class Fleet:
    """Every class of a fleet evaluated; arrays are in the order of `machines` unless their name says otherwise.

    `hashprice_usd_per_ph_day` is None where it is not known: then what hangs on it is NaN.
    """

    machines: Machines
    inputs: Inputs
    hashprice_usd_per_ph_day: float | None

    def __len__(self) -> int:
        return len(self.machines)

    # -- per class ----------------------------------------------------------------------------------------------------

    @cached_property
    def efficiency_j_per_th(self) -> Floats:
        """J/TH at the plug."""
        return self.machines.power_w / self.machines.hashrate_th_s

    @cached_property
    def site_overhead(self) -> Floats:
        """Power at the meter over power at the plug."""
        return _filled(self.machines.site_overhead, self.inputs.mining.site_overhead)

    @cached_property
    def power_usd_per_mwh(self) -> Floats:
        """What each class pays per MWh: its own price, else the site's all-in price."""
        return _filled(self.machines.power_price_usd_per_mwh, self.inputs.power.all_in_usd_per_mwh)

    @cached_property
    def uptime_fraction(self) -> Floats:
        """The share of the year that each class runs."""
        return _filled(self.machines.uptime_fraction, self.inputs.mining.uptime_fraction)

    @property
    def hours_per_year(self) -> Floats:
        """``8760 * uptime``."""
        return HOURS_PER_YEAR * self.uptime_fraction

    @cached_property
    def mw(self) -> Floats:
        """Power at the meter while it runs."""
        return self.machines.count * self.machines.power_w * self.site_overhead / _W_PER_MW

    @cached_property
    def mwh_per_year(self) -> Floats:
        """Energy at the meter in a year."""
        return self.mw * self.hours_per_year

    @cached_property
    def breakeven_hashprice_usd_per_ph_day(self) -> Floats:
        """The hashprice at which a class's revenue equals its power cost."""
        return self.power_usd_per_mwh / self._usd_per_mwh_per_hashprice

    @cached_property
    def _usd_per_mwh_per_hashprice(self) -> Floats:
        """Revenue per MWh at a hashprice of 1 $/PH/day: ``1000 / (24 e overhead) * (1 - fee)``."""
        plug = KW_PER_MW / (HOURS_PER_DAY * self.efficiency_j_per_th)
        return plug / self.site_overhead * (1 - self.inputs.mining.pool_fee_fraction)

    @cached_property
    def breakeven_usd_per_mwh(self) -> Floats:
        """The power price at which revenue equals power cost, which is the revenue per MWh at the meter."""
        hashprice = self.hashprice_usd_per_ph_day
        return self._usd_per_mwh_per_hashprice * (np.nan if hashprice is None else hashprice)

    @cached_property
    def margin_usd_per_mwh(self) -> Floats:
        """Revenue less power and opex, per MWh at the meter."""
        return self.breakeven_usd_per_mwh - self.power_usd_per_mwh - self.inputs.mining.opex_usd_per_mwh

    @cached_property
    def margin_usd_per_year(self) -> Floats:
        """Margin of the whole class in a year."""
        return self.margin_usd_per_mwh * self.mwh_per_year

    @cached_property
    def margin_usd_per_mw_year(self) -> Floats:
        """Margin per MW of meter capacity and year: what keeping a sunk class earns."""
        return self.margin_usd_per_mwh * self.hours_per_year

    @cached_property
    def is_under_water(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether today's revenue is below the class's power price. False where the hashprice is not known."""
        return self.breakeven_usd_per_mwh < self.power_usd_per_mwh

    # -- keep, sell, buy ----------------------------------------------------------------------------------------------

    @cached_property
    def th_s_per_mw(self) -> Floats:
        """TH/s on one MW at the meter: ``1e6 / (e * overhead)``."""
        return _W_PER_MW / (self.efficiency_j_per_th * self.site_overhead)

    @cached_property
    def _recovery(self) -> float:
        mining = self.inputs.mining
        return capital_recovery_factor(mining.discount_rate, mining.asic_life_years)

    @cached_property
    def capital_usd_per_mw_year(self) -> Floats:
        """What buying costs a year: ``TH/s per MW * $/TH * CRF``; 0 for a sunk class.

        Life and discount rate are `mining.asic_life_years` and `mining.discount_rate`.
        """
        return self.th_s_per_mw * self.machines.purchase_usd_per_th * self._recovery

    @cached_property
    def after_capital_usd_per_mw_year(self) -> Floats:
        """What a class still to be bought leaves: margin less the capital charge; of a sunk class its margin."""
        return self.margin_usd_per_mw_year - self.capital_usd_per_mw_year

    @cached_property
    def resale_usd_per_mw(self) -> Floats:
        """What selling the machines on one MW sets free, at once."""
        return self.th_s_per_mw * self.machines.resale_usd_per_th

    @cached_property
    def resale_usd_per_mw_year(self) -> Floats:
        """The resale value spread over the life and at the rate of new machines, comparable with a yearly margin."""
        return self.resale_usd_per_mw * self._recovery

    @cached_property
    def conversion_loss_usd_per_mw_year(self) -> Floats:
        """What giving up a MW of a class costs a year; negative is a gain.

        Sunk: ``max(margin, 0) - resale``, for machines under water would stand still anyway, and what they fetch is set
        free. Still to be bought (a purchase price): ``max(margin - capital charge, 0)``; the money is not spent, and
        there is nothing to sell.
        """
        kept = np.maximum(self.after_capital_usd_per_mw_year, 0.0)
        return np.where(self.machines.purchase_usd_per_th > 0, kept, kept - self.resale_usd_per_mw_year)

    @cached_property
    def conversion_order(self) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """Classes from the first to convert on: the least loss, among equals the lowest margin."""
        return np.lexsort((self.margin_usd_per_mw_year, self.conversion_loss_usd_per_mw_year))

    # -- the merit order ----------------------------------------------------------------------------------------------

    @cached_property
    def merit_order(self) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """Classes from the highest breakeven power price down, which is the order of the supply curve.

        It hangs on the machines alone, so it is known without a hashprice; equals stay in the order of the rows.
        """
        return np.argsort(-self._usd_per_mwh_per_hashprice, kind="stable")

    @cached_property
    def cumulative_mw(self) -> Floats:
        """In merit order: the MW of a class and of all before it."""
        return np.cumsum(self.mw[self.merit_order])

    @cached_property
    def fleet_margin_at_stop_usd_per_year(self) -> Floats:
        """What the fleet still earns a year when the hashprice has fallen to a class's breakeven and it stops.

        At that hashprice h* those run whose own breakeven hashprice is lower, each earning
        ``(revenue per MWh at h* - power - opex) * MWh``. 0 for the class that stops last.
        """
        stops = self.breakeven_hashprice_usd_per_ph_day
        order = np.argsort(stops, kind="stable")
        energy = self.mwh_per_year[order]
        slope = np.concatenate([[0.0], np.cumsum(self._usd_per_mwh_per_hashprice[order] * energy)])
        costs = (self.power_usd_per_mwh[order] + self.inputs.mining.opex_usd_per_mwh) * energy
        spent = np.concatenate([[0.0], np.cumsum(costs)])
        running = np.searchsorted(stops[order], stops, side="left")
        left: Floats = stops * slope[running] - spent[running]
        return left

    # -- the whole ----------------------------------------------------------------------------------------------------

    @cached_property
    def total(self) -> "Total":
        """The fleet in sum."""
        hashrate = self.machines.count * self.machines.hashrate_th_s
        at_the_plug = self.machines.count * self.machines.power_w
        under = self.is_under_water
        known = self.hashprice_usd_per_ph_day is not None
        running = np.where(under, 0.0, self.margin_usd_per_year)
        return Total(
            machines=float(self.machines.count.sum()),
            hashrate_eh_s=float(hashrate.sum()) / _TH_PER_EH,
            mw=float(self.mw.sum()),
            mean_efficiency_j_per_th=float(at_the_plug.sum() / hashrate.sum()) if len(self) else None,
            mw_under_water=float(self.mw[under].sum()),
            classes_under_water=int(under.sum()),
            margin_usd_per_year=float(self.margin_usd_per_year.sum()) if known else None,
            margin_of_running_usd_per_year=float(running.sum()) if known else None,
        )

    @property
    def first_to_convert(self) -> int | None:
        """The class that frees a MW at the least loss; None without classes or hashprice."""
        if not len(self) or self.hashprice_usd_per_ph_day is None:
            return None
        return int(self.conversion_order[0])


@dataclass(frozen=True, kw_only=True)
class Total:
    """A fleet in sum. Under water is what earns less than its power costs; None is not known.

    `mean_efficiency_j_per_th` is all watts over all TH/s; `margin_of_running_usd_per_year` leaves out what is under
    water, `margin_usd_per_year` has everything run.
    """

    machines: float
    hashrate_eh_s: float
    mw: float
    mean_efficiency_j_per_th: float | None
    mw_under_water: float
    classes_under_water: int
    margin_usd_per_year: float | None
    margin_of_running_usd_per_year: float | None


def _filled(values: Floats, default: float) -> Floats:
    return np.where(np.isnan(values), default, values)
