"""A currency's rate into dollars, and what it must be like to be believed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from minerdesk import words
from minerdesk.sources.failures import implausible

#: Over Easter a rate is five days old; an older one is not the latest.
OLDEST = timedelta(days=10)
_LOWEST, _HIGHEST = 1e-6, 1e3


@dataclass(frozen=True, kw_only=True)
class Rate:
    """US dollars per unit of a currency, as the European Central Bank stated it on a day; `by` is who passed it on."""

    currency: str
    usd_per_unit: float
    day: datetime
    by: str = ""

    @property
    def note(self) -> str:
        """Say of when the rate is, and whose."""
        return f"ECB reference rate of {words.day(self.day)}" + (f", by {self.by}" if self.by else "")


def believed(rate: Rate, *, now: datetime, source: str) -> Rate:
    """Return a rate that is of a usual size and day."""
    if not _LOWEST < rate.usd_per_unit < _HIGHEST:
        raise implausible(source, f"its rate is {rate.usd_per_unit:g} $ per {rate.currency}")
    if rate.day > now:
        raise implausible(source, f"its rate is dated after the clock ({words.day(rate.day)})")
    if now - rate.day > OLDEST:
        raise implausible(source, f"its newest rate is of {words.day(rate.day)}")
    return rate
