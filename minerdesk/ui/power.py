"""Hourly power as the window asks it: a market's prices, mining dispatched on them, and the spec that shows it."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from minerdesk import words
from minerdesk.economics.dispatch import (
    Dispatch,
    Floats,
    MarketYear,
    dispatch,
    duration_curve,
)
from minerdesk.economics.prices import OWN, Ints, PriceSeries
from minerdesk.snapshot import Snapshot
from minerdesk.ui.charts.duration import DurationSpec, Fact, PriceLine, paint_duration
from minerdesk.ui.charts.export import Plate
from minerdesk.ui.charts.model import Cell

USUAL_MARKET = "ercot_hb_west_rt"
_NO_MARKET = "No market year is over at this date. Import a file of prices."
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


def usual_market(years: tuple[MarketYear, ...], key: str = "") -> Market | None:
    """Return the bundled year of `key`, else the newest of the usual market, else the newest of all; None of none."""
    chosen = [year for year in years if year.key == key]
    usual = [year for year in years if year.key.startswith(USUAL_MARKET)]
    found = chosen or sorted(usual or years, key=lambda year: year.year)
    return Market.of_year(found[-1]) if found else None


def market_of(snapshot: Snapshot, preferred: str = "") -> Market | None:
    """Return the market of the scenario: its own prices or a bundled year; without a choice the `preferred` year."""
    if snapshot.power.chosen is not None:
        return Market.of_series(snapshot.power.chosen)
    known = {year.key for year in snapshot.market_years}
    chosen = snapshot.power.market
    return usual_market(snapshot.market_years, chosen if chosen in known else preferred)


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A market with mining dispatched on it.

    `stop_at_usd_per_mwh` is None without a hashprice; `found` is None without it, and without a rate into dollars.
    """

    market: Market
    shares: Floats
    curve: Floats
    usd_per_unit: float | None
    all_in_usd_per_mwh: float
    stop_at_usd_per_mwh: float | None
    found: Dispatch | None

    @classmethod
    def of(cls, market: Market, terms: "Terms", usd_per_unit: float | None) -> "Study":
        """Sort the curve and dispatch on it: for ten years of five minutes a quarter of a second; in the window a job.

        Prices in another currency are converted by a typed rate alone.
        """
        rate = 1.0 if market.currency == "USD" else usd_per_unit
        prices = market.prices_per_mwh * (rate or 1.0)
        shares, curve = duration_curve(prices, hours=market.hours)
        stop_at = terms.stop_at_usd_per_mwh
        ready = rate is not None and stop_at is not None
        return cls(
            market=market,
            shares=shares,
            curve=curve,
            usd_per_unit=rate,
            all_in_usd_per_mwh=terms.all_in_usd_per_mwh,
            stop_at_usd_per_mwh=stop_at,
            found=dispatch(prices, stop_at, hours=market.hours) if ready and stop_at is not None else None,
        )

    @property
    def unit(self) -> str:
        """The unit of the curve."""
        return "$/MWh" if self.usd_per_unit is not None else f"{self.market.currency}/MWh"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the dispatch takes from the inputs: the typed all-in price, and the energy price at which mining stops."""

    all_in_usd_per_mwh: float
    stop_at_usd_per_mwh: float | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Terms":
        """Read them off a snapshot."""
        all_in = snapshot.inputs.power.all_in_usd_per_mwh
        return cls(all_in_usd_per_mwh=all_in, stop_at_usd_per_mwh=snapshot.stop_at_usd_per_mwh)


def title_of(study: Study) -> str:
    """Say in a sentence what the right to stop is worth, or why that is not known."""
    found, market = study.found, study.market
    if found is not None:
        return (
            f"Being able to stop is worth {_money(found.option_value_usd_per_mwh)} per MWh of capacity "
            f"at {market.label}: mining runs {words.percent(found.uptime_fraction)} of the hours"
        )
    if study.usd_per_unit is None:
        return f"{market.label}: prices in {market.currency}. Type a rate into dollars to dispatch mining on them"
    return f"{market.label}: no hashprice is known, so there is no breakeven. Type one under Network"


def duration_spec(study: Study | None) -> DurationSpec:
    """Return the curve of a study with its lines and facts; without one it is empty."""
    nothing = np.empty(0)
    if study is None:
        return DurationSpec(title="Power prices", shares=nothing, prices=nothing, empty_text=_NO_MARKET)
    in_usd, facts = study.usd_per_unit is not None, _facts(study)
    stop_at = study.stop_at_usd_per_mwh if in_usd else None
    lines = []
    if in_usd:
        all_in = study.all_in_usd_per_mwh
        lines.append(PriceLine(label=f"your all-in price {words.general(all_in)}", value=all_in, role="muted"))
    if stop_at is not None:
        lines.append(PriceLine(label=f"mining stops above {words.general(stop_at)}", value=stop_at, role="mining"))
    told = []
    if study.found is not None:
        told.append("Tinted above the breakeven: what stopping avoids; below it: what mining keeps after power.")
    told += [study.market.source, *rate_words(study)]
    title = title_of(study)
    return DurationSpec(
        title=title,
        caption=" ".join(told),
        summary=f"{title}. " + " ".join(f"{fact.label}: {fact.value}. {fact.note}".strip() for fact in facts),
        unit=study.unit,
        shares=study.shares,
        prices=study.curve,
        stop_at=stop_at,
        lines=tuple(lines),
        facts=facts,
    )


def rate_words(study: Study) -> list[str]:
    """Say at which rate prices of another currency were converted; nothing of dollars."""
    market = study.market
    if market.currency == "USD" or study.usd_per_unit is None:
        return []
    return [f"Converted at your {study.usd_per_unit:g} $ per {market.currency}."]


def _facts(study: Study) -> tuple[Fact, ...]:
    found = study.found
    if found is None:
        return ()
    running, stop_at = found.mean_price_running_usd_per_mwh, found.breakeven_usd_per_mwh
    taken = None if running is None else stop_at - running
    return (
        Fact(
            label="Option value of interruptibility",
            value=f"{_money(found.option_value_usd_per_mwh)} /MWh",
            note=f"of capacity: {words.money(found.option_value_usd_per_mw)} per MW over {_hours(found.hours)}",
        ),
        Fact(
            label="Mining runs",
            value=f"{_hours(found.run_hours)}, {words.percent(found.uptime_fraction)}",
            note=f"while a MWh costs at most {words.general(stop_at)} $",
        ),
        Fact(
            label="Per MWh taken",
            value="nothing taken" if taken is None else f"{_money(taken)} after power",
            note="" if running is None else f"earns {_money(stop_at)}, pays {_money(running)} on average",
        ),
        Fact(
            label="Per MWh of capacity",
            value=f"{_money(found.optimal_usd_per_mwh)} after power",
            note=f"{_money(found.always_on_usd_per_mwh)} when always on: all hours cost "
            f"{_money(found.mean_price_usd_per_mwh)} on average",
        ),
    )


def _money(value: float) -> str:
    return f"{words.MINUS if value < 0 else ''}${words.figure(abs(value), 2)}"


def _hours(hours: float) -> str:
    return words.with_unit(words.figure(hours, 0 if hours >= 100 else 2), "h")


def place_words(study: Study, share: float) -> str:
    """Say what lies at a share of the hours, the dearest first."""
    spec = duration_spec(study)
    price = float(spec.prices[spec.place(share)])
    stop_at = spec.stop_at
    does = "" if stop_at is None else ": mining runs" if price <= stop_at else ": mining stands still"
    return f"{words.percent(share)} of the hours cost more than {words.general(price)} {study.unit}{does}"


def curve_table(study: Study) -> tuple[list[str], list[list[Cell]]]:
    """Return the curve as rows, the dearest first: share of the hours so far, price, and whether mining runs."""
    spec = duration_spec(study)
    rows: list[list[Cell]] = [
        [
            float(share) * 100,
            float(price),
            words.NOTHING if spec.stop_at is None else "runs" if price <= spec.stop_at else "stopped",
        ]
        for share, price in zip(study.shares, study.curve, strict=True)
    ]
    return ["Hours so far (%)", f"Price ({study.unit})", "Mining"], rows


def plate(study: Study | None) -> Plate:
    """Return the curve as a picture of a page."""
    spec = duration_spec(study)
    return Plate(title="", caption=spec.caption, paint=partial(paint_duration, spec=spec))
