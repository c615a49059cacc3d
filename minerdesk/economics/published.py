"""Published hashprices held against the formula and the record: which agree, which can't be right, and why.

The built-in points are dated values of public indices with the terms that they state; a user may add others, kept in
the scenario as rows of a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import numpy as np

from minerdesk import words
from minerdesk.economics.crosschecks import hashprices_agree
from minerdesk.economics.history import subsidy_through_time
from minerdesk.economics.network import hashprice_btc_per_ph_day, reward_from_fee_share
from minerdesk.economics.trend import NetworkTrend
from minerdesk.errors import Problem, Severity
from minerdesk.observations import Observation
from minerdesk.units import DIFFICULTY_PER_T, SECONDS_PER_DAY

Row = Mapping[str, str | float | bool | None]

#: The columns of a row: text first, then numbers with their hard bounds.
TEXTS = ("day", "source")
NUMBERS: Mapping[str, tuple[float, float]] = {
    "hashprice_usd_per_ph_day": (1e-3, 1e12),
    "difficulty_t": (1e-12, 1e9),
    "btc_price_usd": (0.001, 1e8),
    "fee_share": (0, 0.99),
}
REQUIRED = frozenset({"day", "hashprice_usd_per_ph_day"})
MOST_ROWS, MOST_LETTERS = 500, 120
FIRST_DAY = date(2009, 1, 3)

#: A value agrees with its own stated terms within this share, with the day's record (the price moves) within that.
STATED_TOLERANCE, RECORD_TOLERANCE = 0.01, 0.03
#: A stated difficulty is the one in force if it differs by no more: two decimals of T are usual.
DIFFICULTY_TOLERANCE = 2e-4
#: Taken where neither the publication nor the record has a fee share: the usual one of 2025 and 2026.
USUAL_FEE_SHARE = 0.006


class Judgement(StrEnum):
    """What is to be said of a published value."""

    AGREES = "agrees"
    DIFFERS = "differs"
    INCONSISTENT = "inconsistent"
    OLD_DIFFICULTY = "old difficulty"
    UNKNOWN = "not known"

    @property
    def is_flagged(self) -> bool:
        """Whether the published value itself can't be right."""
        return self in (Judgement.INCONSISTENT, Judgement.OLD_DIFFICULTY)


@dataclass(frozen=True, kw_only=True)
class PublishedPoint:
    """A hashprice as somebody published it for a UTC day, with the terms that were stated beside it; None is not."""

    day: date
    hashprice_usd_per_ph_day: float | None
    difficulty: float | None = None
    btc_price_usd: float | None = None
    fee_share: float | None = None
    source: str = ""
    is_own: bool = False

    @property
    def day_s(self) -> int:
        """The start of the day, seconds UTC."""
        return int(datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC).timestamp())


_INDEX = "public hashprice index"
#: Dated points of public indices, as published.
BUILT_IN: tuple[PublishedPoint, ...] = (
    PublishedPoint(
        day=date(2024, 12, 23),
        hashprice_usd_per_ph_day=55.21,
        difficulty=108.52e12,
        btc_price_usd=93_450.0,
        fee_share=0.0242,
        source=_INDEX,
    ),
    PublishedPoint(
        day=date(2025, 11, 3),
        hashprice_usd_per_ph_day=43.33,
        difficulty=155.97e12,
        btc_price_usd=106_935.0,
        fee_share=0.0062,
        source=_INDEX,
    ),
    PublishedPoint(
        day=date(2026, 1, 12),
        hashprice_usd_per_ph_day=39.53,
        difficulty=146.47e12,
        btc_price_usd=91_132.0,
        fee_share=0.0055,
        source=_INDEX,
    ),
    PublishedPoint(
        day=date(2026, 1, 12),
        hashprice_usd_per_ph_day=None,
        difficulty=148.26e12,
        source="widely copied weekly page",
    ),
    PublishedPoint(
        day=date(2026, 1, 17),
        hashprice_usd_per_ph_day=41.22,
        difficulty=146.47e12,
        btc_price_usd=95_700.0,
        fee_share=0.0055,
        source=_INDEX,
    ),
    PublishedPoint(
        day=date(2026, 2, 22),
        hashprice_usd_per_ph_day=23.9,
        difficulty=144.40e12,
        btc_price_usd=67_000.0,
        source="published without its fee share",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A published point beside our own values. Errors are ``published / ours - 1``.

    Attributes
    ----------
    from_stated
        Our formula on the terms as stated; without a fee share the record's, else the usual 0.6 %.
    from_record
        The hashprice of that day in the record, by its own price, difficulty and fees.
    in_force
        The difficulty in force at the day's end.
    """

    point: PublishedPoint
    from_stated: float | None
    from_record: float | None
    in_force: float | None
    judgement: Judgement
    reason: str

    @property
    def stated_error(self) -> float | None:
        """How far the published value lies from our formula on its own terms."""
        return _error(self.point.hashprice_usd_per_ph_day, self.from_stated)

    @property
    def record_error(self) -> float | None:
        """How far the published value lies from the record of its day."""
        return _error(self.point.hashprice_usd_per_ph_day, self.from_record)


def stated_now(
    stated: Sequence[tuple[str, Observation]], trend: NetworkTrend, computed: float | None
) -> tuple[Checked, ...]:
    """Hold hashprices that sources state of now, each with the source's name, against the `computed` one of now.

    They agree within 5 % and half their last digit: the parts are not of the same minute.
    """
    found = []
    for name, one in stated:
        point = PublishedPoint(day=one.as_of.date(), hashprice_usd_per_ph_day=one.value, source=name)
        forces = _difficulties(trend, point.day_s)
        if computed is None:
            judgement, reason = Judgement.UNKNOWN, "There is no hashprice on the desk to hold it against."
        else:
            agrees = hashprices_agree(one.value, computed, one.source)
            judgement = Judgement.AGREES if agrees else Judgement.DIFFERS
            reason = f"{words.percent(one.value / computed - 1, change=True)} against the one computed now"
            reason += f"; stated as {one.detail}." if one.detail else "."
        found.append(
            Checked(
                point=point,
                from_stated=None,
                from_record=computed,
                in_force=forces[-1] if forces else None,
                judgement=judgement,
                reason=reason,
            )
        )
    return tuple(found)


def _error(published: float | None, ours: float | None) -> float | None:
    return None if published is None or not ours else published / ours - 1


def checked(points: Sequence[PublishedPoint], trend: NetworkTrend) -> tuple[Checked, ...]:
    """Hold every point against the formula and the record, oldest first; points after the trend's moment are left out.

    Verdicts, in this order: *old difficulty* if the stated one is not that of the day; *inconsistent* if the value
    doesn't follow from its own stated terms within 1 %; *agrees* or *differs* against those terms or, where none are
    stated, against the record within 3 %; *not known* if there is nothing to hold it against.
    """
    known = [point for point in points if point.day_s < trend.moment.timestamp()]
    return tuple(_checked(point, trend) for point in sorted(known, key=lambda point: (point.day, point.is_own)))


def _checked(point: PublishedPoint, trend: NetworkTrend) -> Checked:
    forces = _difficulties(trend, point.day_s)
    stated = _from_stated(point, trend)
    record = _known(trend.hashprice_usd[trend.price.times == point.day_s])
    in_force = forces[-1] if forces else None
    wrong = point.difficulty is not None and bool(forces) and not any(_is_same(point.difficulty, one) for one in forces)
    if wrong and point.difficulty is not None and in_force is not None:
        verdict, reason = Judgement.OLD_DIFFICULTY, _difficulty_reason(point.difficulty, in_force, trend, point.day_s)
    else:
        verdict, reason = _verdict(point, stated, record)
    return Checked(
        point=point, from_stated=stated, from_record=record, in_force=in_force, judgement=verdict, reason=reason
    )


def _verdict(point: PublishedPoint, stated: float | None, record: float | None) -> tuple[Judgement, str]:
    value = point.hashprice_usd_per_ph_day
    if value is None:
        return Judgement.AGREES, "The difficulty is the one in force."
    if stated is not None:
        error = value / stated - 1
        said = f"{words.percent(error, change=True)} against the formula on its own terms"
        if abs(error) <= STATED_TOLERANCE:
            return Judgement.AGREES, f"{said}."
        return Judgement.INCONSISTENT, f"{said}: it doesn’t follow from them."
    if record is not None:
        error = value / record - 1
        verdict = Judgement.AGREES if abs(error) <= RECORD_TOLERANCE else Judgement.DIFFERS
        return verdict, f"{words.percent(error, change=True)} against the record of its day."
    return Judgement.UNKNOWN, "No terms are stated, and the record lacks its day. Refresh to fetch it."


def _from_stated(point: PublishedPoint, trend: NetworkTrend) -> float | None:
    if point.difficulty is None or point.btc_price_usd is None:
        return None
    subsidy = _subsidy(trend, point.day_s)
    share = point.fee_share
    if share is None:
        share = _known(trend.fee_share[trend.hashrate.times == point.day_s])
    if subsidy is None:
        return None
    reward = reward_from_fee_share(subsidy, USUAL_FEE_SHARE if share is None else share)
    return hashprice_btc_per_ph_day(point.difficulty, reward, 0.0) * point.btc_price_usd


def _subsidy(trend: NetworkTrend, day_s: int) -> float | None:
    return _known(subsidy_through_time(trend.heights, np.array([day_s + SECONDS_PER_DAY], dtype=np.int64)))


def _difficulties(trend: NetworkTrend, day_s: int) -> list[float]:
    """Return the difficulties in force on a day, in order; empty where the record doesn't reach."""
    epochs = trend.difficulty
    first = int(np.searchsorted(epochs.times, day_s, side="right")) - 1
    last = int(np.searchsorted(epochs.times, day_s + SECONDS_PER_DAY, side="left"))
    if first < 0 or (last == len(epochs) and day_s - epochs.times[-1] > 20 * SECONDS_PER_DAY):
        return []
    return [float(value) for value in epochs.values[first:last]]


def _is_same(one: float, other: float) -> bool:
    return abs(one / other - 1) <= DIFFICULTY_TOLERANCE


def _difficulty_reason(stated: float, in_force: float, trend: NetworkTrend, day_s: int) -> str:
    epochs = trend.difficulty
    place = int(np.searchsorted(epochs.times, day_s, side="right")) - 1
    since = words.day(datetime.fromtimestamp(int(epochs.times[place]), UTC))
    said = f"It states {words.difficulty(stated)}; in force since {since} is {words.difficulty(in_force)}"
    if place and _is_same(stated, float(epochs.values[place - 1])):
        return f"{said}: the value before the adjustment."
    return f"{said}."


def _known(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    return float(values[0]) if len(values) and np.isfinite(values[0]) else None


# -- rows of the user's own -------------------------------------------------------------------------------------------


def read_rows(rows: Sequence[Row]) -> tuple[PublishedPoint, ...]:
    """Return the points in rows that `check_rows` finds nothing wrong with."""

    def number(row: Row, column: str) -> float | None:
        cell = row.get(column)
        return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None

    points = []
    for row in rows:
        difficulty_t = number(row, "difficulty_t")
        points.append(
            PublishedPoint(
                day=date.fromisoformat(str(row["day"])),
                hashprice_usd_per_ph_day=number(row, "hashprice_usd_per_ph_day"),
                difficulty=None if difficulty_t is None else difficulty_t * DIFFICULTY_PER_T,
                btc_price_usd=number(row, "btc_price_usd"),
                fee_share=number(row, "fee_share"),
                source=str(row.get("source") or "").strip(),
                is_own=True,
            )
        )
    return tuple(points)


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return everything that is wrong with rows of published values, each problem with its row's number, from 1."""
    if len(rows) > MOST_ROWS:
        message = f"There are {len(rows):,} published values of your own; {MOST_ROWS} are the most that are kept."
        return [Problem(field="published", severity=Severity.ERROR, message=message)]
    return [
        Problem(
            field=f"published[{index}].{column}",
            severity=Severity.ERROR,
            message=f"Published value {index}: {column} {message}",
        )
        for index, row in enumerate(rows, start=1)
        for column, message in check_row(row)
    ]


def check_row(row: Row) -> list[tuple[str, str]]:
    """Return what is wrong with one row: the column, and what is to be said after its name."""
    found = [(f"{column:.40}", "is no column of a published value.") for column in row if column not in _COLUMNS]
    for column in _COLUMNS:
        cell = row.get(column)
        if cell is None or cell == "":
            problem = "is empty." if column in REQUIRED else ""
        else:
            problem = _text_problem(column, cell) if column in TEXTS else _number_problem(column, cell)
        if problem:
            found.append((column, problem))
    return found


_COLUMNS = (*TEXTS, *NUMBERS)


def _text_problem(column: str, cell: str | float | bool) -> str:
    if not isinstance(cell, str):
        return "takes text."
    if len(cell) > MOST_LETTERS:
        return f"has {len(cell):,} letters; {MOST_LETTERS} are the most."
    if column != "day":
        return ""
    try:
        return "" if date.fromisoformat(cell) >= FIRST_DAY else f"lies before the first block of {FIRST_DAY}."
    except ValueError:
        return f"is “{cell:.20}”; write a date like 2026-01-16."


def _number_problem(column: str, cell: str | float | bool) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return "takes a number."
    low, high = NUMBERS[column]
    return "" if low <= cell <= high else f"is {cell:,.12g}; it must lie between {low:,.12g} and {high:,.12g}."
