"""Binance's public daily files: open interest of its BTCUSDT perpetual from December 2021 on.

https://data.binance.vision is served everywhere, also where Binance's own interface is not, one zip archive for each
day, published a day later. A day that is over doesn't change, so each file is fetched once and its value kept for good;
a refresh fetches what is new, or else some more of the past.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from minerdesk import units
from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Series
from minerdesk.sources.archives import only_file
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import NotPublishedError, implausible, malformed
from minerdesk.sources.parsing import checked, iso_instant, number, text

NAME = "binance_vision"
QUANTITY = "open_interest_binance_files_daily_usd"
SYMBOL = "BTCUSDT"
FIRST_DAY = datetime(2021, 12, 1, tzinfo=UTC)
#: Files of one refresh, and the time that must be left for another one.
FILES_PER_REFRESH = 14
LEAST_LEFT_S = 3.0
#: After so many days in a row without a usable file it is left at that.
MOST_BAD_IN_ROW = 10
_ONE_DAY = timedelta(days=1)
#: A file has 288 rows in 30 kB, 10 kB when packed.
_MOST_PACKED, _MOST_BYTES, _MOST_ROWS = 256 * 1024, 1024 * 1024, 5_000
#: The last row of a day stands for its close if it is no older than this.
_CLOSES_WITHIN = timedelta(hours=1)
#: What a BTC may cost: the two columns of a row, in BTC and in USDT, are held against each other.
_PRICES = (100.0, 1e8)


def parse_day(body: bytes, day: datetime) -> float:
    """Return the open interest at the end of `day`, in USD (a USDT is taken for a dollar), from its archive.

    Rows of five minutes in any order, some twice, some missing; the last of the day counts.
    """
    packed = only_file(body, NAME, suffix=".csv", max_bytes=_MOST_BYTES)
    newest: tuple[datetime, dict[str, str]] | None = None
    for row in _rows(packed):
        if row["symbol"] != SYMBOL:
            raise malformed(NAME, f"it is not of {SYMBOL}")
        moment = iso_instant(row["create_time"], NAME, "create_time")
        if not day <= moment <= day + _ONE_DAY:
            raise implausible(NAME, f"a row of it is not of {day:%Y-%m-%d}")
        if newest is None or moment >= newest[0]:
            newest = moment, row
    if newest is None or newest[0] < day + _ONE_DAY - _CLOSES_WITHIN:
        raise implausible(NAME, f"its {day:%Y-%m-%d} ends before the day does")
    usd, btc = (number(newest[1][name], NAME, name) for name in ("sum_open_interest_value", "sum_open_interest"))
    if btc <= 0 or not _PRICES[0] <= usd / btc <= _PRICES[1]:
        raise implausible(NAME, f"its open interest of {day:%Y-%m-%d} in BTC and in USDT don’t fit each other")
    return checked(QUANTITY, usd, NAME)


def _rows(data: bytes) -> Iterator[dict[str, str]]:
    try:
        reader = csv.DictReader(text(data, NAME).splitlines(), strict=True)
        wanted = {"create_time", "symbol", "sum_open_interest", "sum_open_interest_value"}
        if not wanted <= set(reader.fieldnames or ()):
            raise malformed(NAME, "its columns are not those expected")
        for count, row in enumerate(reader):
            if count >= _MOST_ROWS or any(row[name] is None for name in wanted):
                raise malformed(NAME, "its rows are not those of a day")
            yield {name: row[name] for name in wanted}
    except csv.Error as error:
        raise malformed(NAME, f"it is no table ({str(error)[:60]})") from None


def fetch_open_interest(ask: Ask) -> Fetched:
    """Fetch the days that followed the newest known one, or else the next days of the past; two weeks of them at most.

    What is known stays one stretch of days: a day whose file is missing or damaged is a gap in it only if days on its
    other side are there. With nothing left to fetch the newest day is asked for again.
    """
    today = datetime.fromtimestamp(int(ask.now.timestamp()) // units.SECONDS_PER_DAY * units.SECONDS_PER_DAY, UTC)
    newest, oldest = ask.newest.get(QUANTITY), ask.oldest.get(QUANTITY)
    found: dict[datetime, float | None] = {}
    if newest is None:
        found = _fetch(ask, _days(today - _ONE_DAY, FIRST_DAY))
        while found and next(iter(found.values())) is None:
            found.pop(next(iter(found)))  # not published yet
    elif newest < today - _ONE_DAY:
        found = _fetch(ask, _days(newest + _ONE_DAY, today - _ONE_DAY), needed=False)
    if not found and newest is not None:
        more = oldest is not None and oldest > FIRST_DAY
        found = _fetch(ask, _days(oldest - _ONE_DAY, FIRST_DAY) if oldest is not None and more else [newest])
    times = [day.timestamp() for day in found]
    values = [float("nan") if value is None else value for value in found.values()]
    return Fetched(series=(Series.of(QUANTITY, times, values, source=NAME, fetched_at=ask.now),))


def _days(first: datetime, last: datetime) -> list[datetime]:
    """Return the days from one to another, forwards or backwards, as many as one refresh fetches."""
    step = _ONE_DAY if last >= first else -_ONE_DAY
    count = min(abs((last - first).days) + 1, FILES_PER_REFRESH)
    return [first + number * step for number in range(count)]


def _fetch(ask: Ask, days: Iterable[datetime], *, needed: bool = True) -> dict[datetime, float | None]:
    """Fetch days one after the other while there is time, and return them up to the last good one; None is a gap.

    If none is good the first failure is raised, unless nothing is `needed`: the newest day may not be there yet.
    """
    found: dict[datetime, float | None] = {}
    good = bad = 0
    first_failure: SourceError | None = None
    for day in days:
        if found and ask.deadline - ask.client.monotonic() < LEAST_LEFT_S:
            break
        path = f"/data/futures/um/daily/metrics/{SYMBOL}/{SYMBOL}-metrics-{day:%Y-%m-%d}.zip"
        try:
            found[day] = parse_day(ask.get(NAME, path, max_bytes=_MOST_PACKED), day)
        except SourceError as error:
            first_failure = first_failure or error
            one_day_only = isinstance(error, NotPublishedError) or error.kind in (
                FailureKind.MALFORMED,
                FailureKind.IMPLAUSIBLE,
            )
            if not one_day_only:
                if good and error.kind is FailureKind.TIMEOUT:
                    break  # what came before it is kept, and the rest comes with the next refresh
                raise
            found[day], bad = None, bad + 1
            if bad >= MOST_BAD_IN_ROW:
                break
        else:
            good, bad = len(found), 0
    if not good and first_failure is not None and (needed or not isinstance(first_failure, NotPublishedError)):
        raise first_failure
    return dict(list(found.items())[:good])
