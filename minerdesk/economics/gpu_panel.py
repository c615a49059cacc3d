"""The trend of GPU rental rates over a fixed panel of providers.

A list of offers covers more providers from month to month (gpurentalprices.com: 2 on its first day, 33 two weeks
later), so the median of all offers moves when nobody changed a price. Here only providers count that are there on both
ends, and what is reckoned for one panel is never joined to another's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from minerdesk import words
from minerdesk.economics.gpu_names import gpu_label
from minerdesk.economics.gpu_rates import OFFERS_NEEDED, Floats, SellerDays, Times
from minerdesk.observations import RateBand
from minerdesk.units import SECONDS_PER_DAY

#: A month of change: against the day nearest to this many days before, within the slack.
CHANGE_DAYS, SLACK_DAYS = 30, 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """The median over the same providers on every day, with its quartiles, in $/GPU-h.

    Attributes
    ----------
    names
        The providers: those that are there on the first and on the last day.
    times
        Starts of the days on which all of them are there, seconds UTC; the other days are left out, not filled.
    skipped
        How many days of the record between both ends were left out because one of them was missing.
    """

    gpu: str
    names: tuple[str, ...]
    times: Times
    low: Floats
    median: Floats
    high: Floats
    skipped: int

    @property
    def change_fraction(self) -> float:
        """By how much the median moved from the first day to the last."""
        return float(self.median[-1] / self.median[0] - 1)

    def told(self) -> str:
        """Say which panel it is: how many providers, from when to when."""
        first, last = (words.day(datetime.fromtimestamp(int(time), UTC)) for time in (self.times[0], self.times[-1]))
        return f"the same {len(self.names)} providers from {first} to {last}"

    def band(self) -> RateBand:
        """Return it as a band to be drawn."""
        return RateBand(
            gpu=gpu_label(self.gpu),
            panel=f"gpurentalprices.com daily, {self.told()} (CC BY 4.0)",
            times=self.times,
            low=self.low,
            median=self.median,
            high=self.high,
        )


def panel(rates: SellerDays, gpu: str, *, least: int = OFFERS_NEEDED) -> Panel | None:
    """Return the trend up to the newest day over the providers that are there on both ends.

    The first day is the one for which ``providers x days`` is greatest: a longer trend is not bought with a panel of
    two. Days on which a provider of the panel is missing are left out.

    Special cases: None with fewer than two days, or where no earlier day shares `least` providers with the newest.
    """
    there = np.isfinite(rates.usd)
    if len(rates.days) < 2:
        return None
    shared = (there[:-1] & there[-1]).sum(axis=1)
    span_days = (rates.days[-1] - rates.days[:-1]) / SECONDS_PER_DAY
    worth = np.where(shared >= least, shared * span_days, -1.0)
    first = int(worth.argmax())
    if worth[first] < 0:
        return None
    members = there[first] & there[-1]
    usd = rates.usd[first:, members]
    whole = np.isfinite(usd).all(axis=1)
    low, median, high = np.percentile(usd[whole], (25, 50, 75), axis=1)
    return Panel(
        gpu=gpu,
        names=tuple(name for name, is_in in zip(rates.names, members, strict=True) if is_in),
        times=rates.days[first:][whole],
        low=low,
        median=median,
        high=high,
        skipped=int((~whole).sum()),
    )


def panel_changes(rates: SellerDays, *, least: int = OFFERS_NEEDED) -> tuple[Times, Floats]:
    """Return for each day the change of the median over a month, each over the providers of both its ends.

    ``median of the panel on the day / median of the same panel on the day nearest to 30 days before - 1``; the days
    come with it. NaN where no day lies within 5 days of that, or both share fewer than `least` providers.
    """
    changes = np.full(len(rates.days), np.nan)
    there = np.isfinite(rates.usd)
    for place, day in enumerate(rates.days):
        away = np.abs(rates.days[:place] - (day - CHANGE_DAYS * SECONDS_PER_DAY))
        if len(away) == 0 or away.min() > SLACK_DAYS * SECONDS_PER_DAY:
            continue
        before = int(away.argmin())
        members = there[place] & there[before]
        if members.sum() >= least:
            changes[place] = np.median(rates.usd[place, members]) / np.median(rates.usd[before, members]) - 1
    return rates.days, changes
