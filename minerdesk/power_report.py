"""Hourly power as plain data: a snapshot's site on prices, the object of ``dispatch --json``, and tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minerdesk import fleet_report, words
from minerdesk.economics.contracts import Kind, PriceSpan
from minerdesk.economics.declarations import FIELDS
from minerdesk.economics.dispatch import Dispatch, MarketYear
from minerdesk.economics.loads import Load, loads_of
from minerdesk.economics.prices import PriceSeries
from minerdesk.economics.site_dispatch import SiteDispatch, compare_contracts, dispatch_site, firm_revenue_usd_per_mwh
from minerdesk.export.tables import Cell, Column, Table
from minerdesk.export.tables import Kind as CellKind
from minerdesk.snapshot import Snapshot

#: Where nothing else is chosen: how the keys of its years begin.
USUAL_MARKET = "ercot_hb_west_rt"
BASIS = (
    "After power alone: opex and capital left out. Stops above: what a MWh earns, less what every MWh pays on top of "
    "the energy price; of a class with a power price of its own, what it earns."
)
_CREDIT = (
    "ERCOT settlement prices; Germany-Luxembourg: Bundesnetzagentur | SMARD.de, CC BY 4.0. Prices in another currency "
    "are converted at the scenario's own rate alone."
)
_UNORDERED_YEARS = (
    "Bundled years are not in the order of time: least times off and on, ramp and notice have no effect on them."
)
UNORDERED = "These prices are not in the order of time: least times off and on, ramp and notice have no effect on them."


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a snapshot brings to any prices: its classes, and what a pause costs its firm load."""

    loads: tuple[Load, ...]
    firm_revenue_usd_per_mwh: float

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Site":
        """Read the site off a snapshot; without a hashprice it has no loads."""
        return cls(
            loads=loads_of(fleet_report.fleet_of(snapshot)),
            firm_revenue_usd_per_mwh=firm_revenue_usd_per_mwh(snapshot.inputs.firm, snapshot.results),
        )


def span_of(series: PriceSeries, usd_per_unit: float = 1.0) -> PriceSpan:
    """Return a file's or a day-ahead market's prices in dollars; without times its rows follow each other."""
    return PriceSpan(
        prices_usd_per_mwh=series.prices_per_mwh * usd_per_unit,
        hours=series.hours,
        times=series.times,
        zone=series.zone,
    )


def usual_year(years: Sequence[MarketYear], key: str = "") -> MarketYear | None:
    """Return the bundled year of `key`, else the newest of the usual market, else the newest of all; None of none."""
    chosen = [year for year in years if year.key == key]
    usual = [year for year in years if year.key.startswith(USUAL_MARKET)]
    found = chosen or sorted(usual or years, key=lambda year: year.year)
    return found[-1] if found else None


def year_span(year: MarketYear, usd_per_unit: float = 1.0) -> PriceSpan:
    """Return a bundled year in dollars: a duration curve, which has no order of time."""
    size = len(year.prices_per_mwh)
    return PriceSpan(
        prices_usd_per_mwh=year.prices_per_mwh * usd_per_unit,
        hours=np.full(size, year.hours / size),
        is_ordered=False,
    )


def contract_label(kind: Kind) -> str:
    """Return what a contract is called on screen.

    >>> contract_label(Kind.INDEX)
    'Index plus adder'
    """
    choice = FIELDS["power.contract"].choice(kind.value)
    return choice.label if choice else kind.value


# -- the object of dispatch --json ------------------------------------------------------------------------------------


def class_objects(site: SiteDispatch) -> list[dict[str, Any]]:
    """Return the classes in merit order. The names are a contract with scripts; what is not known is null."""
    return [
        {
            "model": load.model,
            "classes": load.classes,
            "mw": load.mw,
            "own_price_usd_per_mwh": load.own_price_usd_per_mwh,
            **_dispatch_object(found),
        }
        for load, found in zip(site.loads, site.found, strict=True)
    ]


def _dispatch_object(found: Dispatch) -> dict[str, Any]:
    return {
        "breakeven_usd_per_mwh": found.breakeven_usd_per_mwh,
        "run_hours": found.run_hours,
        "uptime_fraction": found.uptime_fraction,
        "starts": found.starts,
        "revenue_usd_per_mwh_taken": found.revenue_usd_per_mwh_taken,
        "cost_usd_per_mwh_taken": found.cost_usd_per_mwh_taken,
        "revenue_usd_per_mwh": found.revenue_usd_per_mw / found.hours,
        "cost_usd_per_mwh": found.cost_usd_per_mw / found.hours,
        "demand_usd_per_mwh": found.demand_usd_per_mw / found.hours,
        "credits_usd_per_mwh": found.credits_usd_per_mw / found.hours,
        "unearned_in_ramps_usd_per_mwh": found.unearned_usd_per_mw / found.hours,
        "always_on_usd_per_mw": found.always_on_usd_per_mw,
        "optimal_usd_per_mw": found.optimal_usd_per_mw,
        "option_value_usd_per_mwh": found.option_value_usd_per_mwh,
    }


def contract_object(site: SiteDispatch, others: Sequence[SiteDispatch], all_in_usd_per_mwh: float) -> dict[str, Any]:
    """Return the contract, what it means for mining and firm AI load, and the same of every kind of contract.

    ``..._usd_per_mwh`` is per MWh of capacity unless it says taken; `all_in_usd_per_mwh` is the desk's own price.
    """
    return {
        "kind": site.kind.value,
        "adder_usd_per_mwh": site.tariff.adder_usd_per_mwh,
        "all_in_usd_per_mwh": all_in_usd_per_mwh,
        "in_order_of_time": site.tariff.span.is_ordered,
        "mining": None if site.on_contract is None else _dispatch_object(site.on_contract),
        "firm": _firm_object(site),
        "alternatives": [
            {
                "kind": other.kind.value,
                "mining": None if other.on_contract is None else _dispatch_object(other.on_contract),
                "firm": _firm_object(other),
            }
            for other in others
        ],
    }


def _firm_object(site: SiteDispatch) -> dict[str, Any]:
    firm = site.firm
    return {
        "cost_usd_per_mwh": firm.cost_usd_per_mwh,
        "energy_usd_per_mwh": firm.energy_usd_per_mw / firm.hours,
        "demand_usd_per_mwh": firm.demand_usd_per_mw / firm.hours,
        "paused_hours": firm.pause.hours,
        "pause_gain_usd_per_mw": firm.pause.gain_usd_per_mw,
    }


# -- small tables on screen -------------------------------------------------------------------------------------------

Rows = tuple[list[str], list[list[float | str | None]]]


def contract_rows(site: SiteDispatch, others: Sequence[SiteDispatch]) -> Rows:
    """Return what each contract means for mining, which can stop, and for firm AI, which can't; a row each.

    A star in a heading is per MWh of capacity.
    """
    heading = [
        "Contract",
        "Mining\nruns\n% of hours",
        "Mining\npays\n$/MWh",
        "Firm AI\npays\n$/MWh",
        "After\npower\n$/MWh*",
        "Option\nvalue\n$/MWh*",
        "Demand\ncharge\n$/MWh*",
        "Credits\n$/MWh*",
    ]
    rows: list[list[float | str | None]] = []
    for other in others:
        label = contract_label(other.kind) + (" (yours)" if other.kind is site.kind else "")
        found, firm = other.on_contract, other.firm.cost_usd_per_mwh
        if found is None:
            rows.append([label, None, None, firm, None, None, None, None])
            continue
        rows.append(
            [
                label,
                found.uptime_fraction * 100,
                found.cost_usd_per_mwh_taken,
                firm,
                found.optimal_usd_per_mwh,
                found.option_value_usd_per_mwh,
                found.demand_usd_per_mw / found.hours,
                found.credits_usd_per_mw / found.hours,
            ]
        )
    return heading, rows


def class_rows(site: SiteDispatch) -> Rows:
    """Return the classes in merit order, a row each; a star in a heading is per MWh of capacity."""
    heading = [
        "Class",
        "Load\nMW",
        "Stops\nabove\n$/MWh",
        "Runs\nhours",
        "Runs\n% of hours",
        "Starts",
        "Earns\n$/MWh taken",
        "Pays\n$/MWh taken",
        "After\npower\n$/MWh*",
        "Option\nvalue\n$/MWh*",
    ]
    rows: list[list[float | str | None]] = []
    for load, found in zip(site.loads, site.found, strict=True):
        own = load.own_price_usd_per_mwh
        rows.append(
            [
                load.model if own is None else f"{load.model} (own price {words.general(own)})",
                load.mw,
                found.breakeven_usd_per_mwh,
                found.run_hours,
                found.uptime_fraction * 100,
                found.starts if found.starts else None,
                found.revenue_usd_per_mwh_taken,
                found.cost_usd_per_mwh_taken,
                found.optimal_usd_per_mwh,
                found.option_value_usd_per_mwh,
            ]
        )
    return heading, rows


# -- tables of a workbook ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Market:
    """Prices that a workbook has rows of; `span` is in dollars, None where no rate is known."""

    label: str
    currency: str
    mean_price_per_mwh: float
    hours: float
    span: PriceSpan | None


def _markets(snapshot: Snapshot) -> Iterator[_Market]:
    """Yield the scenario's own prices, if it has any, then the market years."""
    own = snapshot.power.prices
    if own is not None and len(own):
        rate = _rate(snapshot, own.currency)
        yield _Market(
            label=own.title or "Own prices",
            currency=own.currency,
            mean_price_per_mwh=float(np.average(own.prices_per_mwh, weights=own.hours)),
            hours=float(own.hours.sum()),
            span=None if rate is None else span_of(own, rate),
        )
    for year in snapshot.market_years:
        rate = _rate(snapshot, year.currency)
        yield _Market(
            label=year.label,
            currency=year.currency,
            mean_price_per_mwh=float(year.prices_per_mwh.mean()),
            hours=year.hours,
            span=None if rate is None else year_span(year, rate),
        )


def _rate(snapshot: Snapshot, currency: str) -> float | None:
    return 1.0 if currency == "USD" else snapshot.power.usd_per.get(currency)


def _contract_words(snapshot: Snapshot) -> str:
    label = words.inside_sentence(contract_label(Kind(snapshot.inputs.power.contract)))
    return f"The contract: {label}. {_UNORDERED_YEARS}"


def power_table(snapshot: Snapshot) -> Table:
    """Return one row per market and machine class, the scenario's own prices first.

    Without a hashprice or a rate only the prices.
    """
    site, rows = Site.of(snapshot), list[tuple[Cell, ...]]()
    for market in _markets(snapshot):
        heading = (market.label, market.currency, market.mean_price_per_mwh)
        if market.span is None or not site.loads:
            rows.append((*heading, None, None, None, market.hours, *[None] * 8))
            continue
        on = dispatch_site(market.span, site.loads, snapshot.inputs)
        for load, found in zip(on.loads, on.found, strict=True):
            rows.append((*heading, load.model, load.mw, *_cells(found)))
    return Table(
        name="Power",
        title="A MW of each machine class on own prices and those of market years",
        columns=(
            Column(key="market", title="Market and year", kind=CellKind.TEXT),
            Column(key="currency", title="Currency", kind=CellKind.TEXT),
            Column(key="mean_price_per_mwh", title="Mean price", unit="currency/MWh", decimals=2),
            Column(key="model", title="Class", kind=CellKind.TEXT),
            Column(key="mw", title="Load", unit="MW", decimals=2),
            Column(key="breakeven_usd_per_mwh", title="Stops above", unit="$/MWh", decimals=2),
            Column(key="hours", title="Hours", unit="h", decimals=0),
            Column(key="run_hours", title="Run hours", unit="h", decimals=0),
            Column(key="mean_price_running_usd_per_mwh", title="Mean price running", unit="$/MWh", decimals=2),
            Column(key="revenue_usd_per_mwh_taken", title="Earns", unit="$/MWh taken", decimals=2),
            Column(key="cost_usd_per_mwh_taken", title="Pays", unit="$/MWh taken", decimals=2),
            Column(key="always_on_usd_per_mw", title="Always on", unit="$/MW", decimals=0),
            Column(key="optimal_usd_per_mw", title="Stopping", unit="$/MW", decimals=0),
            Column(key="optimal_usd_per_mwh", title="Stopping", unit="$/MWh of capacity", decimals=2),
            Column(key="option_value_usd_per_mwh", title="Option value", unit="$/MWh of capacity", decimals=2),
        ),
        rows=tuple(rows),
        notes=(BASIS, _contract_words(snapshot), _CREDIT),
    )


def _cells(found: Dispatch) -> tuple[Cell, ...]:
    return (
        found.breakeven_usd_per_mwh,
        found.hours,
        found.run_hours,
        found.mean_price_running_usd_per_mwh,
        found.revenue_usd_per_mwh_taken,
        found.cost_usd_per_mwh_taken,
        found.always_on_usd_per_mw,
        found.optimal_usd_per_mw,
        found.optimal_usd_per_mwh,
        found.option_value_usd_per_mwh,
    )


def contracts_table(snapshot: Snapshot) -> Table:
    """Return one row per market and contract: what it costs mining and firm AI load. Prices in dollars alone."""
    site, rows = Site.of(snapshot), list[tuple[Cell, ...]]()
    for market in _markets(snapshot):
        if market.span is None:
            continue
        others = compare_contracts(
            market.span, site.loads, snapshot.inputs, firm_revenue_usd_per_mwh=site.firm_revenue_usd_per_mwh
        )
        for other, cells in zip(others, contract_rows(others[0], others)[1], strict=True):
            rows.append((market.label, contract_label(other.kind), *cells[1:]))
    return Table(
        name="Contracts",
        title="What a contract costs mining, which can stop, and firm AI load, which can’t",
        columns=(
            Column(key="market", title="Market and year", kind=CellKind.TEXT),
            Column(key="contract", title="Contract", kind=CellKind.TEXT),
            Column(key="mining_runs_percent", title="Mining runs", unit="% of hours", decimals=1),
            Column(key="mining_cost_usd_per_mwh_taken", title="Mining pays", unit="$/MWh taken", decimals=2),
            Column(key="firm_cost_usd_per_mwh", title="Firm AI pays", unit="$/MWh", decimals=2),
            Column(key="mining_optimal_usd_per_mwh", title="Mining after power", unit="$/MWh of capacity", decimals=2),
            Column(key="option_value_usd_per_mwh", title="Option value", unit="$/MWh of capacity", decimals=2),
            Column(key="demand_usd_per_mwh", title="Demand charge", unit="$/MWh of capacity", decimals=2),
            Column(key="credits_usd_per_mwh", title="Credits", unit="$/MWh of capacity", decimals=2),
        ),
        rows=tuple(rows),
        notes=(
            f"The desk compares both at one all-in price, {snapshot.inputs.power.all_in_usd_per_mwh:g} $/MWh.",
            BASIS,
            _UNORDERED_YEARS,
            _CREDIT,
        ),
    )
