"""January 2026: what was published then of hash rate, leverage and price, beside what the daily record says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np

from minerdesk import words
from minerdesk.economics.history import Times, Values
from minerdesk.economics.leverage import Interest
from minerdesk.economics.trend import WEEK_DAYS, NetworkTrend
from minerdesk.units import SECONDS_PER_DAY

TITLE = "January 2026: published against record"
#: The last day that the case looks at; what came later is not in it.
END = datetime(2026, 2, 1, tzinfo=UTC)
SUPPORT_USD, RESISTANCE_USD = (92_000.0, 95_000.0), (96_000.0, 100_000.0)
#: Storms of that month took machines off as well: a fall of the hash rate is never put down to one cause.
CAUTION = (
    "Winter storms had miners curtail in the last week of January, too: the fall is not put down to any one cause. "
    "Open interest is that of one set of venues, named in its row; levels of two sets can’t be compared."
)


class Finding(StrEnum):
    """Whether a published figure stands up to the record."""

    HOLDS = "holds"
    NEARLY = "nearly"
    FAILS = "does not hold"
    NOT_COMPARABLE = "not comparable"
    RECORD_ONLY = "record only"
    UNKNOWN = "not known"


class Measure(StrEnum):
    """What the numbers of a row are, so that they can be written."""

    EH_S = "EH/s"
    FRACTION = "fraction"
    USD = "$"
    USD_PER_DAY = "$/day"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One figure of the case. A `Measure.MONTH` is seconds UTC; `record_day_s` dates the record's value."""

    figure: str
    measure: Measure
    published: float | None
    record: float | None
    record_day_s: int | None
    finding: Finding
    note: str = ""


def _day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def case_rows(trend: NetworkTrend, interest: Interest | None = None) -> tuple[CaseRow, ...]:
    """Return every figure beside the record, from a trend whose moment is at the end of January 2026 or before.

    What the record lacks, or what lies after the trend's moment, is not known. A level holds within 1 % and nearly
    within 5 %, a drawdown within one and within three percentage points.
    """
    return (*_hashrate_rows(trend), *_security_rows(trend), *_leverage_rows(trend, interest), *_price_rows(trend))


def reaches(interest: Interest) -> bool:
    """Whether a venue's record reaches back over the new year, so that the case can measure against it."""
    return int(interest.times[0]) <= _day("2025-12-31")


def _at(times: Times, values: Values, day: str, moment: datetime) -> tuple[float | None, int | None]:
    """Return the value of a day, or of the newest day in the week up to it, with its date; None before it was over."""
    wanted = _day(day)
    if moment.timestamp() < wanted + SECONDS_PER_DAY:
        return None, None
    place = int(np.searchsorted(times, wanted, side="right")) - 1
    if place < 0 or wanted - times[place] >= WEEK_DAYS * SECONDS_PER_DAY or not np.isfinite(values[place]):
        return None, None
    return float(values[place]), int(times[place])


def _judge(published: float | None, record: float | None, *, in_points: bool) -> Finding:
    if record is None:
        return Finding.UNKNOWN
    if published is None:
        return Finding.RECORD_ONLY
    error = abs(published - record) if in_points else abs(published / record - 1)
    near = 0.03 if in_points else 0.05
    return Finding.HOLDS if error <= 0.01 else Finding.NEARLY if error <= near else Finding.FAILS


def _hashrate_rows(trend: NetworkTrend) -> list[CaseRow]:
    week, times, peak = trend.means[WEEK_DAYS], trend.hashrate.times, trend.drawdown
    passed = peak is not None and trend.moment.timestamp() > _day("2025-10-19")
    top = peak.peak if peak is not None and passed else None
    top_s = peak.peak_time if peak is not None and passed else None
    in_2024 = top_s is not None and _day("2024-10-01") <= top_s < _day("2024-11-01")
    rows = [
        CaseRow(
            figure="Peak of the 7-day hash rate",
            measure=Measure.EH_S,
            published=1_157.0,
            record=top,
            record_day_s=top_s,
            finding=_judge(1_157.0, top, in_points=False),
        ),
        CaseRow(
            figure="When that peak was",
            measure=Measure.MONTH,
            published=float(_day("2024-10-15")),
            record=None if top_s is None else float(top_s),
            record_day_s=top_s,
            finding=Finding.UNKNOWN if top_s is None else Finding.HOLDS if in_2024 else Finding.FAILS,
            note="The article dates it October 2024.",
        ),
    ]
    for day, level, fall in (("2026-01-16", None, None), ("2026-01-19", 993.0, -0.142), ("2026-01-30", None, None)):
        found, of = _at(times, week, day, trend.moment)
        below = found / top - 1 if found is not None and top else None
        rows.append(_row("7-day hash rate", day, Measure.EH_S, published=level, record=found, of=of))
        rows.append(_row("From the peak", day, Measure.FRACTION, published=fall, record=below, of=of, in_points=True))
    return rows


def _row(
    figure: str,
    day: str,
    measure: Measure,
    *,
    published: float | None,
    record: float | None,
    of: int | None,
    in_points: bool = False,
    note: str = "",
) -> CaseRow:
    when = datetime.fromtimestamp(_day(day), UTC)
    return CaseRow(
        figure=f"{figure}, {words.day(when)}",
        measure=measure,
        published=published,
        record=record,
        record_day_s=of,
        finding=_judge(published, record, in_points=in_points),
        note=note,
    )


def _security_rows(trend: NetworkTrend) -> list[CaseRow]:
    found, of = _at(trend.hashrate.times, trend.security_usd, "2026-01-12", trend.moment)
    return [
        _row(
            "Security budget",
            "2026-01-12",
            Measure.USD_PER_DAY,
            published=41.23e6,
            record=found,
            of=of,
            note="Published over 1 008 blocks; the record’s is the seven days.",
        )
    ]


def _leverage_rows(trend: NetworkTrend, interest: Interest | None) -> list[CaseRow]:
    level: float | None = None
    of: int | None = None
    change: float | None = None
    source = ""
    if interest is not None:
        level, of = _at(interest.times, interest.usd, "2026-01-15", trend.moment)
        start, start_s = _at(interest.times, interest.usd, "2025-12-31", trend.moment)
        known_as = "" if interest.source == interest.venue.key else f"; {interest.source}"
        source = f"{interest.covers}{known_as}" if of is not None else ""
        if level is not None and start and of != start_s:
            change = level / start - 1
    named = f"Record: {source}." if source else "No open interest of that day is known."
    same_way = change is not None and change > 0
    return [
        CaseRow(
            figure="Futures open interest, 15 Jan 2026",
            measure=Measure.USD,
            published=66e9,
            record=level,
            record_day_s=of,
            finding=Finding.UNKNOWN if level is None else Finding.NOT_COMPARABLE,
            note=named,
        ),
        CaseRow(
            figure="Its change since the new year",
            measure=Measure.FRACTION,
            published=0.13,
            record=change,
            record_day_s=of,
            finding=Finding.UNKNOWN if change is None else Finding.NEARLY if same_way else Finding.FAILS,
            note="Two sets of venues: what holds is the direction." if change is not None else named,
        ),
    ]


def _zone(zone: tuple[float, float]) -> str:
    return f"{words.usd(zone[0])}–{words.figure(zone[1])}"


def _price_rows(trend: NetworkTrend) -> list[CaseRow]:
    price, begin, end = trend.price, _day("2026-01-13"), _day("2026-02-01")
    inside = (price.times >= begin) & (price.times < end) & np.isfinite(price.values)
    times, closes = price.times[inside], price.values[inside]
    pick: Callable[[Values], np.intp]
    rows = []
    for name, zone, pick, broken in (
        (f"Support at {_zone(SUPPORT_USD)}: lowest close from 13 Jan", SUPPORT_USD, np.argmin, closes < SUPPORT_USD[0]),
        (
            f"Resistance at {_zone(RESISTANCE_USD)}: highest close from 13 Jan",
            RESISTANCE_USD,
            np.argmax,
            closes > RESISTANCE_USD[1],
        ),
    ):
        place = int(pick(closes)) if len(closes) else None
        first = int(times[np.flatnonzero(broken)[0]]) if broken.any() else None
        finding = Finding.UNKNOWN if place is None else Finding.HOLDS if first is None else Finding.FAILS
        rows.append(
            CaseRow(
                figure=name,
                measure=Measure.USD,
                published=zone[0] if zone is SUPPORT_USD else zone[1],
                record=None if place is None else float(closes[place]),
                record_day_s=None if place is None else int(times[place]),
                finding=finding,
                note=""
                if place is None
                else f"First close beyond it on {words.day(datetime.fromtimestamp(first, UTC))}."
                if first is not None
                else "No close beyond it by then.",
            )
        )
    return rows
