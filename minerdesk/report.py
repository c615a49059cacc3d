"""The Snapshot as plain data: the object of ``compare --json`` and the workbook that files are written from."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from minerdesk import words
from minerdesk.deals_report import deals_table
from minerdesk.economics.mining import mwh_per_year
from minerdesk.economics.results import Business
from minerdesk.economics.schema import FIELDS
from minerdesk.errors import Problem
from minerdesk.export.csv_file import to_csv
from minerdesk.export.json_file import to_json
from minerdesk.export.markdown import to_markdown
from minerdesk.export.tables import Table, Workbook
from minerdesk.export.xlsx_file import to_xlsx
from minerdesk.fleet_report import fleet_table
from minerdesk.gpu_report import TRENDS, gpu_tables
from minerdesk.leverage_report import DIVERGENCE, INTEREST, MIGRATION, market_tables
from minerdesk.network_tables import DAYS, EPOCHS, deck_tables
from minerdesk.observations import Observation
from minerdesk.plan_report import PLAN_MONTHS, plan_months_table, plan_phases_table, plan_table
from minerdesk.power_report import contracts_table, power_table
from minerdesk.report_tables import (
    BASIS,
    HISTORY,
    STEPS,
    TITLE,
    breakevens_table,
    comparison_table,
    history_table,
    input_origin,
    inputs_table,
    listed_observations,
    observations_table,
    problems_table,
)
from minerdesk.risk_report import BY_MONTH, RiskOutcome, risk_tables
from minerdesk.sensitivity_report import sensitivity_table
from minerdesk.snapshot import Snapshot
from minerdesk.watch_report import WATCH_HISTORY, watch_tables


def comparison_object(snapshot: Snapshot) -> dict[str, Any]:
    """Return the object of ``compare --json``. The names are a contract with scripts; unknown numbers are null."""
    network, turning = snapshot.results.network, snapshot.results.breakevens
    observed = snapshot.observed("network_hashrate_7d_eh_s")
    return {
        "as_of": snapshot.now,
        "hashprice_usd_per_ph_day": network.hashprice_usd_per_ph_day,
        "hashprice_btc_per_ph_day": network.hashprice_btc_per_ph_day,
        "network_hashrate_eh_s": observed.value if observed else None,
        "implied_hashrate_eh_s": network.implied_hashrate_eh_s,
        "difficulty": network.difficulty,
        "btc_price_usd": network.btc_price_usd,
        "businesses": {
            business.value: {key: _of_business(snapshot, business, key) for key, *_ in STEPS} for business in Business
        },
        "breakevens": {
            name: getattr(turning, name)
            for name in (
                "power_usd_per_mwh",
                "hashprice_usd_per_ph_day",
                "btc_price_usd",
                "gpu_rate_usd_per_gpu_hour",
                "colo_rent_usd_per_kw_month",
                "hashprice_equal_to_colocation_usd_per_ph_day",
            )
        },
        "observations": [observation_object(found, snapshot.now) for found in listed_observations(snapshot)],
        "problems": [problem_object(problem) for problem in snapshot.problems],
    }


def _of_business(snapshot: Snapshot, business: Business, name: str) -> float | None:
    """Return one figure of a business; mining is unknown without a hashprice, but for its energy."""
    result = snapshot.results.businesses.get(business)
    if result is None and name == "mwh_per_year":
        return mwh_per_year(snapshot.inputs.mining, snapshot.inputs.site.capacity_mw)
    return None if result is None else float(getattr(result, name))


def observation_object(found: Observation, now: datetime) -> dict[str, Any]:
    """Return one observation as scripts see it."""
    return {
        "quantity": found.quantity,
        "value": found.value,
        "unit": found.unit,
        "as_of": found.as_of,
        "source": found.source,
        "state": found.state(now).value,
    }


def problem_object(problem: Problem) -> dict[str, Any]:
    """Return one problem as scripts see it."""
    return {"field": problem.field, "severity": problem.severity.value, "message": problem.message}


def report_object(snapshot: Snapshot) -> dict[str, Any]:
    """Return the object of a JSON export: the comparison, the verdict and every input that it stands on."""
    return {
        **comparison_object(snapshot),
        "verdict": words.plain(snapshot.verdict.text),
        "inputs": {
            key: {"value": value, "unit": FIELDS[key].unit, "origin": input_origin(snapshot, key)}
            for key, value in snapshot.values.items()
        },
    }


def table_bytes(
    snapshot: Snapshot,
    kind: str,
    part: str | None = None,
    as_of: date | None = None,
    run: RiskOutcome | None = None,
) -> bytes:
    """Return the data behind the comparison, or `part` of it, as the bytes of a csv, xlsx, json or md (Markdown) file.

    `run` is the Monte Carlo on screen; see `workbook`.

    Markdown is for a text that people read: it leaves the long tables out. The JSON object is that of a part's tables.

    Raises
    ------
    KeyError
        There is no such part; see `PARTS`.
    """
    if part is None and kind == "json":
        return to_json(report_object(snapshot))
    book = workbook(snapshot, part, as_of, run)
    if kind == "json":
        return to_json(tables_object(book))
    if kind == "md":
        return to_markdown(replace(book, tables=tuple(t for t in book.tables if t.name not in BY_DAY))).encode()
    return to_csv(book) if kind == "csv" else to_xlsx(book)


def tables_object(book: Workbook) -> dict[str, Any]:
    """Return the tables of a workbook as lists of objects, by name; the keys of the columns are a contract."""
    return {
        "as_of": book.as_of,
        **{
            table.name.lower(): [
                dict(zip((column.key for column in table.columns), row, strict=True)) for row in table.rows
            ]
            for table in book.tables
        },
    }


def workbook(
    snapshot: Snapshot, part: str | None = None, as_of: date | None = None, run: RiskOutcome | None = None
) -> Workbook:
    """Return everything behind the comparison as tables, or one part of it with what it stands on.

    `as_of` is the past day at whose end a part is taken that can be replayed; the others are as of now. The tables of
    risk are of the Monte Carlo `run` where it speaks of this snapshot, else of a quick look of 1,000 paths made now.

    Raises
    ------
    KeyError
        There is no such part; see `PARTS`.
    """
    base = (inputs_table(snapshot), observations_table(snapshot), problems_table(snapshot.problems))
    if part is not None:
        tables = (*_made(snapshot, part, as_of, run), *base)
        return Workbook(title=tables[0].title, as_of=snapshot.now, tables=tables)
    parts = [table for name in PARTS for table in _made(snapshot, name, None, run)]
    return Workbook(
        title=TITLE,
        as_of=snapshot.now,
        tables=(comparison_table(snapshot), breakevens_table(snapshot), *base, *parts, history_table(snapshot)),
        notes=(words.plain(snapshot.verdict.text), BASIS),
    )


#: What makes the tables of a page, as of the end of a past day where the page can be replayed.
Tables = Callable[[Snapshot, date | None], tuple[Table, ...]]
#: The tables of every day or month: too long for a text that people read.
BY_DAY = frozenset(
    {HISTORY, DAYS, EPOCHS, PLAN_MONTHS, BY_MONTH, INTEREST, DIVERGENCE, MIGRATION, TRENDS, WATCH_HISTORY}
)


def _of_now(*makers: Callable[[Snapshot], Table]) -> Tables:
    """Return the maker of tables that are always as of now."""
    return lambda snapshot, _: tuple(make(snapshot) for make in makers)


def _made(snapshot: Snapshot, part: str, as_of: date | None, run: RiskOutcome | None) -> tuple[Table, ...]:
    return risk_tables(snapshot, run) if part == RISK else PARTS[part](snapshot, as_of)


#: The page whose tables are of a run.
RISK = "risk"


#: The tables of each page that has some, by the page's name; all of them stand in the workbook.
PARTS: Mapping[str, Tables] = MappingProxyType(
    {
        "fleet": _of_now(fleet_table),
        "deals": _of_now(deals_table),
        "indifference": _of_now(sensitivity_table),
        "power": _of_now(power_table, contracts_table),
        "plan": _of_now(plan_table, plan_phases_table, plan_months_table),
        RISK: lambda snapshot, _: risk_tables(snapshot),
        "deck": lambda snapshot, as_of: (
            *deck_tables(snapshot, as_of),
            *market_tables(snapshot, as_of),
            *gpu_tables(snapshot, as_of),
        ),
        "watch": watch_tables,
    }
)
