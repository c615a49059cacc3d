"""The tables that come with the program, read strictly: a table with one bad cell is damaged, not smaller."""

import calendar
import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NewType, TypeVar

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.deals import SignedLease
from minerdesk.economics.dispatch import MarketYear
from minerdesk.economics.indicators import KnownMachine
from minerdesk.economics.results import Business
from minerdesk.errors import InputError, StoreError
from minerdesk.store import documents
from minerdesk.store.atomic import failure

_LENGTH_OF_DATE = 10
_USD_PER_BILLION = 1e9
_MARKET_YEAR = re.compile(r"(?P<market>[a-z_]+)_(?P<kind>da|rt)_(?P<year>\d{4})(?P<currency>_eur)?")
_MARKETS = {"ercot_hb": "ERCOT", "de_lu": "Germany-Luxembourg"}
_KINDS = {"da": "day-ahead", "rt": "real-time"}

#: A day, a month or a year in ISO form; `end_of` tells when it is over.
Period = NewType("Period", str)


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week of the network, Monday 00:00 to Sunday 24:00 UTC; None is not known."""

    week_ending: datetime
    price_usd: float | None
    fees_btc_per_block: float | None
    blocks: float | None


@dataclass(frozen=True, kw_only=True)
class InterestWeek:
    """Open interest of one aggregator's set of venues at the end of a Sunday."""

    week_ending: datetime
    open_interest_usd_billion: float


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One difficulty epoch: its first block's height and time, and the difficulty of its blocks."""

    start_height: float
    start_utc: datetime
    difficulty: float


@dataclass(frozen=True, kw_only=True)
class GpuMonth:
    """Quartiles of the rates of one GPU in one month, of one panel of providers; panels are never mixed."""

    month: Period
    gpu: str
    panel: str
    offers: float | None
    p25_usd_per_gpu_hour: float
    median_usd_per_gpu_hour: float
    p75_usd_per_gpu_hour: float


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One accelerator; the prices, from `capex_usd_per_gpu` on, are of the month `prices_as_of`; None is not known."""

    name: str
    vendor: str
    tdp_w: float
    it_kw_per_gpu: float | None
    meter_kw_per_gpu: float | None
    capex_usd_per_gpu: float | None
    contract_usd_per_gpu_hour: float | None
    on_demand_median_usd_per_gpu_hour: float | None
    low_usd_per_gpu_hour: float | None
    high_usd_per_gpu_hour: float | None
    prices_as_of: Period
    note: str


@dataclass(frozen=True, kw_only=True)
class Asic:
    """One SHA-256 miner. `sources` counts who agrees, 1 is unconfirmed."""

    model: str
    manufacturer: str
    hashrate_th_s: float
    power_w: float
    efficiency_j_per_th: float
    cooling: str
    released: Period | None
    sources: float

    def known(self) -> KnownMachine:
        """Return the model as the economics know it."""
        return KnownMachine(
            model=self.model,
            efficiency_j_per_th=self.efficiency_j_per_th,
            released_s=None if self.released is None else int(end_of(self.released).timestamp()),
        )


@dataclass(frozen=True, kw_only=True)
class Deal:
    """One signed AI lease of a miner; None is not known."""

    operator: str
    tenant: str
    signed: Period
    business: Business
    power: str
    total_usd_billion: float
    years: float
    it_mw: float
    gross_mw: float | None
    escalator_fraction: float | None
    terms: str

    def lease(self) -> SignedLease:
        """Return the deal as the economics know it."""
        return SignedLease(
            operator=self.operator,
            tenant=self.tenant,
            signed=self.signed,
            business=self.business,
            power=self.power,
            total_usd=self.total_usd_billion * _USD_PER_BILLION,
            years=self.years,
            it_mw=self.it_mw,
            gross_mw=self.gross_mw,
            escalator_fraction=self.escalator_fraction,
            terms=self.terms,
        )


@dataclass(frozen=True, kw_only=True)
class Credit:
    """Where one bundled table comes from, in words for the About window; `as_of` dates its newest row."""

    file: str
    title: str
    origin: str
    as_of: str
    credit: str


_Row = TypeVar("_Row")


def end_of(period: Period) -> datetime:
    """Return the first instant after a day, month or year.

    >>> end_of(Period("2025-11")).isoformat()
    '2025-12-01T00:00:00+00:00'
    >>> end_of(Period("2025")).year
    2026

    Raises
    ------
    ValueError
        `period` is none of the three.
    """
    if len(period) == _LENGTH_OF_DATE:
        return datetime.fromisoformat(period).replace(tzinfo=UTC) + timedelta(days=1)
    year, month = (int(part) for part in (period if "-" in period else f"{period}-12").split("-"))
    return (datetime(year, month, 1, tzinfo=UTC) + timedelta(days=32)).replace(day=1)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"“{text}” is not a finite number")
    return number


def _number_or_none(text: str) -> float | None:
    return _number(text) if text else None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _period(text: str) -> Period:
    end_of(Period(text))
    return Period(text)


def _period_or_none(text: str) -> Period | None:
    return _period(text) if text else None


def _business(text: str) -> Business:
    return Business(text.lower().replace(" ", "_"))


_READERS: dict[Any, Callable[[str], object]] = {
    str: str,
    float: _number,
    float | None: _number_or_none,
    datetime: _moment,
    Business: _business,
    Period: _period,
    Period | None: _period_or_none,
}


def read_table(path: Path, row_type: type[_Row]) -> tuple[_Row, ...]:
    """Read a table into `row_type`, whose field names are columns of the file; further columns are passed over.

    Raises
    ------
    StoreError
        The file can't be read, has no rows, lacks a column, or holds a cell that is not what the field declares.
    """
    wanted = fields(row_type)  # type: ignore[arg-type]  # the row types above are all dataclasses
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file, strict=True)
            position = {name: index for index, name in enumerate(next(lines, []))}
            if not position:
                raise ValueError("it is empty")
            columns = [(item.name, position[item.name], _READERS[item.type]) for item in wanted]
            rows = []
            for line in lines:
                if len(line) != len(position):
                    raise ValueError(f"line {lines.line_num} has {len(line)} cells instead of {len(position)}")
                rows.append(row_type(**{name: read(line[index]) for name, index, read in columns}))
            if not rows:
                raise ValueError("it has no rows")
    except OSError as error:
        raise failure(path, "read", error) from error
    except KeyError as error:
        raise StoreError(f"{path} is damaged: the column {error} is missing.", hint="Reinstall minerdesk.") from None
    except (ValueError, csv.Error) as error:
        raise StoreError(f"{path} is damaged: {error}.", hint="Reinstall minerdesk.") from None
    return tuple(rows)


def read_market_years(path: Path) -> tuple[MarketYear, ...]:
    """Read the duration curves of power markets: one column each, named by market, kind, year and currency.

    Raises
    ------
    StoreError
        The file can't be read, or a column is unknown, not all numbers, or not sorted from the highest price down.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = [*csv.reader(file, strict=True)] or [[]]
        if not rows or any(len(row) != len(header) for row in rows):
            raise ValueError("it has no rows, or one that is not as long as its heading")
        cells = np.array([[_number(cell) for cell in row] for row in rows], dtype=np.float64)
        if (np.diff(cells[:, 1:], axis=0) > 0).any():
            raise ValueError("a price is higher than the one before it")
        return tuple(_market_year(name, cells[:, place]) for place, name in enumerate(header) if place)
    except OSError as error:
        raise failure(path, "read", error) from error
    except (ValueError, csv.Error) as error:
        raise StoreError(f"{path} is damaged: {error}.", hint="Reinstall minerdesk.") from None


def _market_year(name: str, prices: NDArray[np.float64]) -> MarketYear:
    found = _MARKET_YEAR.fullmatch(name)
    if found is None:
        raise ValueError(f"the column “{name}” is unknown")
    market, year = found["market"], int(found["year"])
    known = next((prefix for prefix in _MARKETS if market.startswith(prefix)), None)
    if known is None:
        raise ValueError(f"the market of the column “{name}” is unknown")
    place = market.removeprefix(known).strip("_").title()
    return MarketYear(
        key=name,
        label=f"{' '.join(filter(None, (_MARKETS[known], place)))}, {_KINDS[found['kind']]} {year}",
        year=year,
        currency="EUR" if found["currency"] else "USD",
        hours=24.0 * (366 if calendar.isleap(year) else 365),
        prices_per_mwh=prices,
    )


def read_credits(path: Path) -> tuple[Credit, ...]:
    """Read where every table comes from.

    Raises
    ------
    StoreError
        The file can't be read or is damaged.
    """
    try:
        files = documents.read(path)["files"]
        return tuple(
            Credit(file=name, **{key: str(about[key]) for key in ("title", "origin", "as_of", "credit")})
            for name, about in files.items()
        )
    except (InputError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is damaged: {error}.", hint="Reinstall minerdesk.") from None
