"""The desk as plain tables: the businesses, where the answer turns, the inputs, what was observed, the history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.history import difficulty_in_force, fees_of_day
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.economics.results import BusinessResult
from minerdesk.economics.schema import FIELDS, Value
from minerdesk.errors import Problem
from minerdesk.export.tables import Cell, Chart, ChartKind, Column, Kind, Table
from minerdesk.observations import Observation, Series
from minerdesk.snapshot import LISTED_QUANTITIES, Snapshot
from minerdesk.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Mining against AI per MWh"
BASIS = "Per MWh at the utility meter. Per MW-year: per MW of meter capacity and year of 8,760 h. Money in USD."
HISTORY = "History"


def listed_observations(snapshot: Snapshot) -> list[Observation]:
    """Return the single observations that a report lists, in its order; unknown ones are absent."""
    return [found for name in LISTED_QUANTITIES if (found := snapshot.observed(name)) is not None]


def input_origin(snapshot: Snapshot, key: str) -> str:
    """Say where the value of an input comes from: typed, the origin of its default, or observed."""
    field = FIELDS[key]
    return (
        f"default: {field.origin}"
        if snapshot.values[key] == field.default and not field.optional
        else ("typed" if snapshot.values[key] is not None else field.origin)
    )


STEPS: tuple[tuple[str, str, str, int], ...] = (
    ("mwh_per_year", "Energy", "MWh/year", 0),
    ("revenue_usd_per_mwh", "Revenue", "$/MWh", 2),
    ("net_of_power_usd_per_mwh", "Net of power", "$/MWh", 2),
    ("net_of_opex_usd_per_mwh", "Net of opex", "$/MWh", 2),
    ("after_capital_usd_per_mwh", "After capital", "$/MWh", 2),
    ("after_capital_usd_per_mw_year", "After capital", "$/MW-year", 0),
)


def comparison_table(snapshot: Snapshot) -> Table:
    """Return the four businesses from revenue to what is left after capital."""

    def row(result: BusinessResult) -> tuple[Cell, ...]:
        return (result.business.label, *(getattr(result, key) for key, *_ in STEPS))

    return Table(
        name="Comparison",
        title=TITLE,
        columns=(
            Column(key="business", title="Business", kind=Kind.TEXT),
            *(Column(key=key, title=title, unit=unit, decimals=decimals) for key, title, unit, decimals in STEPS),
        ),
        rows=tuple(row(result) for result in snapshot.results.businesses.values()),
        notes=(BASIS,),
        chart=Chart(
            kind=ChartKind.BAR,
            category="business",
            values=("revenue_usd_per_mwh", "after_capital_usd_per_mwh"),
            title="Revenue and what is left after capital, $/MWh",
        ),
    )


def breakevens_table(snapshot: Snapshot) -> Table:
    """Return where the answer turns, each with what it is and on which basis."""
    turning = snapshot.results.breakevens
    short_run = "mining's revenue equals its power cost; opex and capital left out"
    after_capital = "per MW-year after capital"
    indifferent = f"equals mining {after_capital}"
    rows: tuple[tuple[Cell, ...], ...] = (
        ("Power price, all-in", turning.power_usd_per_mwh, "$/MWh", short_run),
        ("Hashprice", turning.hashprice_usd_per_ph_day, "$/PH/day", short_run),
        ("BTC price", turning.btc_price_usd, "$/BTC", short_run),
        ("GPU rate", turning.gpu_rate_usd_per_gpu_hour, "$/GPU-h", f"GPU cloud {indifferent}"),
        ("Colocation rent", turning.colo_rent_usd_per_kw_month, "$/kW-month", f"colocation {indifferent}"),
        ("Powered shell rent", turning.shell_rent_usd_per_kw_month, "$/kW-month", f"powered shell {indifferent}"),
        *(
            (f"Hashprice against {name}", value, "$/PH/day", f"mining at this hashprice equals {name} {after_capital}")
            for name, value in (
                ("colocation", turning.hashprice_equal_to_colocation_usd_per_ph_day),
                ("powered shell", turning.hashprice_equal_to_powered_shell_usd_per_ph_day),
                ("GPU cloud", turning.hashprice_equal_to_gpu_cloud_usd_per_ph_day),
            )
        ),
        (
            "GPU rate, own breakeven",
            turning.gpu_own_breakeven_usd_per_gpu_hour,
            "$/GPU-h",
            "GPU cloud keeps nothing after capital",
        ),
    )
    return Table(
        name="Breakevens",
        title="Where the answer turns",
        columns=(
            Column(key="turning_point", title="Turning point", kind=Kind.TEXT),
            Column(key="value", title="Value", decimals=4),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="meaning", title="There", kind=Kind.TEXT),
        ),
        rows=rows,
        notes=("An empty value: there is no such point.",),
    )


def inputs_table(snapshot: Snapshot) -> Table:
    """Return every input with its unit and where its value comes from."""

    def cell(key: str, value: Value) -> tuple[Cell, Cell]:
        if isinstance(value, bool):
            return None, "yes" if value else "no"
        if isinstance(value, str):
            return None, value
        return value, "" if value is not None else FIELDS[key].origin

    return Table(
        name="Inputs",
        title="Inputs",
        columns=(
            Column(key="key", title="Key", kind=Kind.TEXT),
            Column(key="label", title="Input", kind=Kind.TEXT),
            Column(key="value", title="Value"),
            Column(key="setting", title="Setting", kind=Kind.TEXT),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="origin", title="Origin", kind=Kind.TEXT),
        ),
        rows=tuple(
            (key, FIELDS[key].label, *cell(key, value), FIELDS[key].unit, input_origin(snapshot, key))
            for key, value in snapshot.values.items()
        ),
    )


def observations_table(snapshot: Snapshot) -> Table:
    """Return what was observed, with source, date and state; the computed hashprice closes it."""
    network = snapshot.results.network
    typed = snapshot.typed_at.get("network.hashprice_usd_per_ph_day")
    rows: list[tuple[Cell, ...]] = [
        (
            found.quantity,
            found.value,
            found.unit,
            found.as_of,
            found.source,
            found.state(snapshot.now).value,
            found.detail,
        )
        for found in listed_observations(snapshot)
    ]
    rows.append(
        (
            "hashprice_usd_per_ph_day",
            network.hashprice_usd_per_ph_day,
            "$/PH/day",
            typed or snapshot.now,
            "typed" if typed else "computed",
            "manual" if typed else "",
            "" if typed else "from difficulty, subsidy, fees and BTC price",
        )
    )
    return Table(
        name="Observations",
        title="What was observed",
        columns=(
            Column(key="quantity", title="Quantity", kind=Kind.TEXT),
            Column(key="value", title="Value"),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="as_of", title="As of", unit="UTC", kind=Kind.DATETIME),
            Column(key="source", title="Source", kind=Kind.TEXT),
            Column(key="state", title="State", kind=Kind.TEXT),
            Column(key="detail", title="Detail", kind=Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def problems_table(problems: Sequence[Problem]) -> Table:
    """Return what the reader should know about inputs and data."""
    return Table(
        name="Problems",
        title="Warnings",
        columns=tuple(
            Column(key=key, title=key.capitalize(), kind=Kind.TEXT) for key in ("field", "severity", "message")
        ),
        rows=tuple((problem.field, problem.severity.value, words.plain(problem.message)) for problem in problems),
    )


_HISTORY_COLUMNS = (
    Column(key="btc_price_usd", title="BTC price", unit="$/BTC", decimals=2),
    Column(key="hashprice_usd_per_ph_day", title="Hashprice", unit="$/PH/day", decimals=2),
    Column(key="mining_revenue_usd_per_mwh", title="Mining revenue", unit="$/MWh", decimals=2),
    Column(key="network_hashrate_eh_s", title="Network hash rate", unit="EH/s", decimals=1),
    Column(key="network_hashrate_7d_eh_s", title="Network hash rate, 7-day mean", unit="EH/s", decimals=1),
    Column(key="network_hashrate_30d_eh_s", title="Network hash rate, 30-day mean", unit="EH/s", decimals=1),
    Column(key="difficulty", title="Difficulty in force", decimals=0),
    Column(key="implied_hashrate_eh_s", title="Hash rate implied by difficulty", unit="EH/s", decimals=1),
    Column(key="fees_btc_per_block", title="Fees per block", unit="BTC", decimals=4),
    Column(key="price_source", title="Price source", kind=Kind.TEXT),
    Column(key="fees_source", title="Fees source", kind=Kind.TEXT),
    Column(key="difficulty_source", title="Difficulty source", kind=Kind.TEXT),
    Column(key="hashrate_source", title="Hash rate source", kind=Kind.TEXT),
)


def _source_names(series: Series) -> list[str]:
    return [series.source_names[index] for index in series.source_index]


def _source_at(series: Series, times: NDArray[np.int64]) -> list[str]:
    """Return for each time the source of the newest point up to then; before the first it is empty."""
    index = np.searchsorted(series.times, times, side="right") - 1
    names = _source_names(series)
    return [names[place] if place >= 0 else "" for place in index]


def _cells(column: "pd.Series[Any]", kind: Kind) -> list[Cell]:
    return list(column.fillna("") if kind is Kind.TEXT else column.astype(float).tolist())


def history_table(snapshot: Snapshot) -> Table:
    """Return the series behind both charts on one row a date, each with its own source; absent is empty."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and only an export wants it

    trends, price, hashrate = snapshot.trends, snapshot.trends.price, snapshot.trends.hashrate
    difficulty = difficulty_in_force(trends.difficulty, price.times + SECONDS_PER_DAY)
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "btc_price_usd": price.values,
                    "hashprice_usd_per_ph_day": trends.hashprice_usd,
                    "mining_revenue_usd_per_mwh": snapshot.mining_revenue_history_usd_per_mwh(),
                    "difficulty": difficulty,
                    "implied_hashrate_eh_s": implied_hashrate_eh_s(difficulty),
                    "fees_btc_per_block": fees_of_day(trends.fees, price.times),
                    "price_source": _source_names(price),
                    "fees_source": _source_at(trends.fees, price.times),
                    "difficulty_source": _source_at(trends.difficulty, price.times + SECONDS_PER_DAY),
                },
                index=price.times,
            ),
            pd.DataFrame(
                {
                    "network_hashrate_eh_s": hashrate.values,
                    "network_hashrate_7d_eh_s": trends.hashrate_week_mean_eh_s,
                    "network_hashrate_30d_eh_s": trends.hashrate_month_mean_eh_s,
                    "hashrate_source": _source_names(hashrate),
                },
                index=hashrate.times,
            ),
        ],
        axis=1,
    ).sort_index()
    return Table(
        name=HISTORY,
        title="Mining revenue and the network",
        columns=(Column(key="date", title="Date", unit="UTC", kind=Kind.DATE), *_HISTORY_COLUMNS),
        rows=tuple(
            zip(
                [datetime.fromtimestamp(int(t), UTC).date() for t in frame.index],
                *(_cells(frame[column.key], column.kind) for column in _HISTORY_COLUMNS),
                strict=True,
            )
        ),
        notes=(
            "A daily value is dated by the start of its day. An empty cell is a gap in the record.",
            "Hashprice = 86400e15 * (subsidy + fees per block) / (difficulty * 2^32) * BTC price.",
        ),
        chart=Chart(
            kind=ChartKind.LINE,
            category="date",
            values=("mining_revenue_usd_per_mwh",),
            title="Mining revenue at today's fleet, $/MWh",
        ),
    )
