"""Hourly power as the window asks it: a market's prices, and the site dispatched on them under each contract."""

from dataclasses import dataclass, field, replace

import numpy as np

from minerdesk import words
from minerdesk.economics.contracts import Kind, PriceSpan
from minerdesk.economics.dispatch import Dispatch, MarketYear, duration_curve
from minerdesk.economics.fleet import Fleet
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.loads import Load, loads_of
from minerdesk.economics.machines import Machines, default_class
from minerdesk.economics.prices import OWN, Floats, Ints, PriceSeries
from minerdesk.economics.site_dispatch import SiteDispatch, compare_contracts, firm_revenue_usd_per_mwh
from minerdesk.economics.tables import Row
from minerdesk.power_report import usual_year
from minerdesk.snapshot import Snapshot

_BUNDLED = "Bundled, 200 steps of the year’s hours: {credit}."
_CREDITS = {"USD": "ERCOT settlement prices", "EUR": "Bundesnetzagentur | SMARD.de, CC BY 4.0"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """Prices of a span of time, of a bundled year or of the scenario's own; `source` says of which, `handled` what was
    done. `times` are None where none are known; `zone` is the clock that their hours are counted on.
    """

    key: str
    label: str
    currency: str
    prices_per_mwh: Floats
    hours: Floats | float
    source: str
    handled: tuple[str, ...] = ()
    times: Ints | None = None
    zone: str = "UTC"
    rate_note: str = ""

    @classmethod
    def of_year(cls, year: MarketYear) -> "Market":
        """Return a bundled year."""
        return cls(
            key=year.key,
            label=year.label,
            currency=year.currency,
            prices_per_mwh=year.prices_per_mwh,
            hours=year.hours / len(year.prices_per_mwh),
            source=_BUNDLED.format(credit=_CREDITS.get(year.currency, "published prices")),
        )

    @classmethod
    def of_series(cls, series: PriceSeries) -> "Market":
        """Return the scenario's own prices, with the file or the day that they come from."""
        fetched = series.fetched_at
        origin = f"Fetched {words.day_and_time(fetched)} UTC" if fetched else f"Imported from {series.name or 'a file'}"
        return cls(
            key=OWN,
            label=series.title or "Own prices",
            currency=series.currency,
            prices_per_mwh=series.prices_per_mwh,
            hours=series.hours,
            source=" ".join(f"{part}." for part in (origin, series.span_words, series.credit) if part),
            handled=series.handled,
            times=series.times,
            zone=series.zone,
        )


def market_of(snapshot: Snapshot, preferred: str = "") -> Market | None:
    """Return the market of the scenario: its own prices or a bundled year; without a choice the `preferred` year."""
    own, chosen = snapshot.power.chosen, snapshot.power.market
    known = {year.key for year in snapshot.market_years}
    year = usual_year(snapshot.market_years, chosen if chosen in known else preferred)
    usual = None if year is None else Market.of_year(year)
    found = usual if own is None else Market.of_series(own)
    return replace(found, rate_note=snapshot.power.rate_notes.get(found.currency, "")) if found else None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the dispatch takes from a snapshot; terms are the same where everything that it hangs on is."""

    inputs: Inputs = field(compare=False)
    hashprice_usd_per_ph_day: float | None
    firm_revenue_usd_per_mwh: float
    rows: tuple[Row, ...]
    parts: tuple[object, ...]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Terms":
        """Read them off a snapshot; the machine classes are read when they are dispatched."""
        inputs = snapshot.inputs
        return cls(
            inputs=inputs,
            hashprice_usd_per_ph_day=snapshot.results.network.hashprice_usd_per_ph_day,
            firm_revenue_usd_per_mwh=firm_revenue_usd_per_mwh(inputs.firm, snapshot.results),
            rows=snapshot.tables.get("fleet", ()),
            parts=(inputs.power, inputs.site, inputs.mining, inputs.contract, inputs.stopping, inputs.firm),
        )

    def loads(self) -> tuple[Load, ...]:
        """Return the machine classes; none without a hashprice."""
        machines = Machines.of_rows(self.rows) if self.rows else Machines.of([default_class(self.inputs)])
        return loads_of(
            Fleet(machines=machines, inputs=self.inputs, hashprice_usd_per_ph_day=self.hashprice_usd_per_ph_day)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A market with the site dispatched on it.

    Attributes
    ----------
    shares, curve
        What a MWh costs at the margin under the contract, the dearest first.
    market_curve
        The market's own prices on the same shares, where the contract makes others of them.
    stop_at_usd_per_mwh
        The energy price above which the classes on the contract stop, the mean of their megawatts; None without a
        hashprice.
    contracts
        The site under each kind of contract; none without a rate into dollars. `site` is that of the scenario.
    """

    market: Market
    terms: Terms
    shares: Floats
    curve: Floats
    market_curve: Floats | None
    usd_per_unit: float | None
    contracts: tuple[SiteDispatch, ...]

    @classmethod
    def of(cls, market: Market, terms: Terms, usd_per_unit: float | None) -> "Study":
        """Dispatch under every contract, sort the curve: a second for ten years of five minutes; in the window a job.

        Prices in another currency are converted by a typed rate alone.
        """
        rate = 1.0 if market.currency == "USD" else usd_per_unit
        span = PriceSpan(
            prices_usd_per_mwh=market.prices_per_mwh * (rate or 1.0),
            hours=np.array(np.broadcast_to(market.hours, market.prices_per_mwh.shape), dtype=np.float64),
            times=market.times,
            is_ordered=market.key == OWN,
            zone=market.zone,
        )
        revenue = terms.firm_revenue_usd_per_mwh
        contracts = (
            ()
            if rate is None
            else compare_contracts(span, terms.loads(), terms.inputs, firm_revenue_usd_per_mwh=revenue)
        )
        site = _chosen(contracts, terms)
        shown = span if site is None else site.tariff.span
        shares, curve = duration_curve(shown.prices_usd_per_mwh, hours=shown.hours)
        is_market = site is None or site.kind in (Kind.INDEX, Kind.SELL_BACK)
        if not is_market:  # few steps by themselves: on the market's own, so that both can be drawn
            shares, market_curve = duration_curve(span.prices_usd_per_mwh, hours=span.hours)
            own_shares, own = duration_curve(shown.prices_usd_per_mwh, hours=shown.hours, most=len(shown.hours))
            curve = own[np.minimum(np.searchsorted(own_shares, shares - 1e-9), len(own) - 1)]
        return cls(
            market=market,
            terms=terms,
            shares=shares,
            curve=curve,
            market_curve=None if is_market else market_curve,
            usd_per_unit=rate,
            contracts=contracts,
        )

    @property
    def site(self) -> SiteDispatch | None:
        """The site under the scenario's contract."""
        return _chosen(self.contracts, self.terms)

    @property
    def found(self) -> Dispatch | None:
        """A MW of all classes; None without hashprice or rate."""
        return self.site.total if self.site else None

    @property
    def stop_at_usd_per_mwh(self) -> float | None:
        """The energy price above which a MW on the contract stops on average; None without one."""
        on_contract = self.site.on_contract if self.site else None
        return on_contract.breakeven_usd_per_mwh if on_contract else None

    @property
    def unit(self) -> str:
        """The unit of the curve."""
        return "$/MWh" if self.usd_per_unit is not None else f"{self.market.currency}/MWh"


def _chosen(contracts: tuple[SiteDispatch, ...], terms: Terms) -> SiteDispatch | None:
    return next((one for one in contracts if one.kind.value == terms.inputs.power.contract), None)
