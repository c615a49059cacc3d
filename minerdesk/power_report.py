"""Hourly power as a table of a workbook: mining dispatched on every bundled market year."""

from minerdesk.economics.dispatch import MarketYear, dispatch
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.snapshot import Snapshot


def power_table(snapshot: Snapshot) -> Table:
    """Return one row per market year. Without a hashprice, and for prices in another currency, only the prices."""
    stop_at = snapshot.stop_at_usd_per_mwh
    rows = [_row(year, stop_at) for year in snapshot.market_years]
    return Table(
        name="Power",
        title="One MW of mining on the prices of a year",
        columns=(
            Column(key="market", title="Market and year", kind=Kind.TEXT),
            Column(key="currency", title="Currency", kind=Kind.TEXT),
            Column(key="mean_price_per_mwh", title="Mean price", unit="currency/MWh", decimals=2),
            Column(key="breakeven_usd_per_mwh", title="Stops above", unit="$/MWh", decimals=2),
            Column(key="hours", title="Hours", unit="h", decimals=0),
            Column(key="run_hours", title="Run hours", unit="h", decimals=0),
            Column(key="mean_price_running_usd_per_mwh", title="Mean price running", unit="$/MWh", decimals=2),
            Column(key="always_on_usd_per_mw", title="Always on", unit="$/MW", decimals=0),
            Column(key="optimal_usd_per_mw", title="Stopping", unit="$/MW", decimals=0),
            Column(key="option_value_usd_per_mwh", title="Option value", unit="$/MWh of capacity", decimals=2),
        ),
        rows=tuple(rows),
        notes=(
            "After power alone. Stops above: what a MWh earns, less what is paid on top of the energy price.",
            "ERCOT settlement prices; Germany-Luxembourg: Bundesnetzagentur | SMARD.de, CC BY 4.0. Prices in another "
            "currency are not converted.",
        ),
    )


def _row(year: MarketYear, stop_at_usd_per_mwh: float | None) -> tuple[Cell, ...]:
    mean = float(year.prices_per_mwh.mean())
    if stop_at_usd_per_mwh is None or year.currency != "USD":
        return (year.label, year.currency, mean, None, year.hours, None, None, None, None, None)
    found = dispatch(year.prices_per_mwh, stop_at_usd_per_mwh, hours=year.hours / len(year.prices_per_mwh))
    return (
        year.label,
        year.currency,
        mean,
        found.breakeven_usd_per_mwh,
        found.hours,
        found.run_hours,
        found.mean_price_running_usd_per_mwh,
        found.always_on_usd_per_mw,
        found.optimal_usd_per_mw,
        found.option_value_usd_per_mwh,
    )
