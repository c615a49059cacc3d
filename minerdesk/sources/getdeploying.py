"""GetDeploying: what GPUs are let for, a median a week over about forty providers, CC BY 4.0.

Weekly and of other providers than the daily offers: a series of its own, never joined to theirs.
"""

import csv
import io
from datetime import UTC, datetime, timedelta

from minerdesk.economics.gpu_names import gpu_label
from minerdesk.economics.gpu_rates import WEEKLY_SOURCE, GpuRate, is_plausible
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.gpurentalprices import QUANTITY as REFERENCE
from minerdesk.sources.parsing import CLOCK_TOLERANCE, iso_instant, number, observe, text

NAME = WEEKLY_SOURCE
QUANTITY = "gpu_rates_getdeploying_usd_per_gpu_hour"
#: The data sets that are known to be there, and our id of what they are of; their H100 names no form.
SLUGS = {"nvidia-b200": "b200", "nvidia-h100": "h100"}
REFERENCE_SLUG = "nvidia-b200"
_COLUMNS = ("gpu_slug", "date", "billing_type", "min_price", "max_price", "median_price")
_ON_DEMAND = "ondemand"
#: The newest week may be this old.
_OLDEST = timedelta(days=40)


def parse_weeks(body: bytes, slug: str, *, now: datetime) -> tuple[GpuRate, ...]:
    """Read ``/dataset/gpu-prices/SLUG.csv``: the weekly medians on demand in USD per GPU-hour, oldest first.

    Least and most are told in the detail: they are no quartiles. A reserved rate is left out; so is a week after the
    clock.

    Raises
    ------
    SourceError
        A row is of another GPU, a rate can't be true, or no week on demand is of the last forty days.
    """
    reader = csv.DictReader(io.StringIO(text(body, NAME)))
    try:
        columns, rows = reader.fieldnames or (), list(reader)
    except csv.Error as error:
        raise malformed(NAME, f"it is not the table expected ({error})") from None
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise malformed(NAME, f"the column “{missing[0]}” is missing")
    by_week: dict[int, GpuRate] = {}
    for row in rows:
        if None in row or None in row.values():
            raise malformed(NAME, "a row is cut off, or longer than its heading")
        if row["gpu_slug"] != slug:
            raise malformed(NAME, f"a row is of {str(row['gpu_slug'])[:30]!r}, not of {slug}")
        billing = "".join(letter for letter in str(row["billing_type"]).lower() if letter.isalpha())
        if billing != _ON_DEMAND:
            continue
        week = iso_instant(row["date"], NAME, "date")
        if week <= now + CLOCK_TOLERANCE:
            rate = _rate(row, SLUGS[slug], week, now)
            by_week[rate.day] = rate
    if not by_week or now - by_week[max(by_week)].as_of_moment > _OLDEST:
        raise implausible(NAME, f"it has no week of {gpu_label(SLUGS[slug])} on demand within {_OLDEST.days} days")
    return tuple(by_week[week] for week in sorted(by_week))


def _rate(row: dict[str, str | None], gpu: str, week: datetime, now: datetime) -> GpuRate:
    low, high, median = (number(row[f"{name}_price"], NAME, f"{name}_price") for name in ("min", "max", "median"))
    if not (is_plausible(median) and low <= median <= high):
        raise implausible(NAME, f"its median of {week:%Y-%m-%d} is {median:g} $/GPU-h, from {low:g} to {high:g}")
    providers, offers = (_count(row.get(f"{name}_count")) for name in ("provider", "offering"))
    start = datetime(week.year, week.month, week.day, tzinfo=UTC)
    return GpuRate(
        source=NAME,
        gpu=gpu,
        seller="",
        day=int(start.timestamp()),
        low=float("nan"),
        median=median,
        high=float("nan"),
        offers=offers,
        sellers=providers,
        as_of=int(min(week, now).timestamp()),
        fetched_at=int(now.timestamp()),
        detail=f"from {low:.2f} to {high:.2f}",
    )


def _count(value: str | None) -> int:
    """Return a count of a row, 0 where it is not told."""
    if not value:
        return 0
    found = number(value, NAME, "a count")
    if not (0 <= found < 1e6 and found.is_integer()):
        raise malformed(NAME, f"a count is {found:g}")
    return int(found)


def fetch_weeks(ask: Ask) -> Fetched:
    """Fetch the weekly medians of every data set that is known."""
    rates: list[GpuRate] = []
    for slug in SLUGS:
        rates += parse_weeks(ask.get(NAME, f"/dataset/gpu-prices/{slug}.csv"), slug, now=ask.now)
    return Fetched(gpu_rates=tuple(rates))


def fetch_reference(ask: Ask) -> Fetched:
    """Fetch the reference GPU's alone, as a fallback of the daily median: weekly, and called so."""
    rates = parse_weeks(ask.get(NAME, f"/dataset/gpu-prices/{REFERENCE_SLUG}.csv"), REFERENCE_SLUG, now=ask.now)
    newest = rates[-1]
    found = observe(
        REFERENCE,
        newest.median,
        as_of=newest.as_of_moment,
        now=ask.now,
        source=NAME,
        detail=f"weekly median of {newest.offers} {gpu_label(newest.gpu)} offers on demand, {newest.sellers} providers",
    )
    return Fetched(observations=(found,), gpu_rates=rates)
