"""Power that miners have signed over to AI, beside hash rate that the network has lost: a comparison, no attribution.

Signed leases are dated by their signing, megawatts move years later; hash rate falls for many reasons, storms, seasons
and prices among them. Nothing here says that the one causes the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from minerdesk.economics.deals import SignedLease
from minerdesk.economics.history import Times, Values
from minerdesk.units import SECONDS_PER_DAY

NOTE = (
    "A comparison, not an attribution: leases are dated by their signing and take years to be built, and hash rate "
    "falls for other reasons too, storms, summer peaks and prices among them."
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something dated that moved hash rate, from its first to its last day (UTC, both inside)."""

    label: str
    kind: str
    start: datetime
    end: datetime
    note: str = ""


def signed_end_s(signed: str) -> int | None:
    """Return when a day, month or year in ISO form is over, seconds UTC: then a lease is known. None for no date.

    >>> signed_end_s("2025-12-17") - signed_end_s("2025-12-16"), signed_end_s("")
    (86400, None)
    """
    if not signed:
        return None
    parts = [int(part) for part in signed.split("-")]
    if len(parts) == 3:
        return int(datetime(*parts, tzinfo=UTC).timestamp()) + SECONDS_PER_DAY  # type: ignore[misc, arg-type]  # 3 parts
    month = datetime(parts[0], parts[1] if len(parts) == 2 else 12, 1, tzinfo=UTC)
    return int((month + timedelta(days=32)).replace(day=1).timestamp())


@dataclass(frozen=True, kw_only=True, eq=False)
class Signed:
    """The IT load signed to AI, cumulated: `mw[i]` from `times[i]` on. Leases without a date are not in it."""

    times: Times
    mw: Values
    undated_mw: float

    def at(self, times: Times) -> Values:
        """Return the megawatts signed by each of `times`; 0 before the first."""
        place = np.searchsorted(self.times, times, side="right")
        return np.asarray(np.append(0.0, self.mw)[place], dtype=np.float64)

    def within(self, times: Times, days: int) -> Values:
        """Return the megawatts signed in the `days` that end at each of `times`."""
        return self.at(times) - self.at(times - days * SECONDS_PER_DAY)


def signed_mw(leases: Iterable[SignedLease]) -> Signed:
    """Cumulate the critical IT load of leases in the order in which they became known; GPU clouds count too."""
    dated: list[tuple[int, float]] = []
    undated = 0.0
    for lease in leases:
        end = signed_end_s(lease.signed)
        if end is None:
            undated += lease.it_mw
        else:
            dated.append((end, lease.it_mw))
    dated.sort()
    return Signed(
        times=np.array([time for time, _ in dated], dtype=np.int64),
        mw=np.cumsum([mw for _, mw in dated], dtype=np.float64),
        undated_mw=undated,
    )


def lost_eh_s(week_mean_eh_s: Values) -> Values:
    """Return how far each day's 7-day mean lies under the highest up to then, EH/s, never negative; gaps stay.

    >>> lost_eh_s(np.array([900.0, 1_000.0, 950.0, np.nan, 1_010.0])).tolist()
    [0.0, 0.0, 50.0, nan, 0.0]
    """
    peak = np.maximum.accumulate(np.where(np.isfinite(week_mean_eh_s), week_mean_eh_s, -np.inf))
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(week_mean_eh_s), peak - week_mean_eh_s, np.nan)


def drawn_gw(hashrate_eh_s: Values, efficiency_j_per_th: float) -> Values:
    """Return what a hash rate draws at an assumed efficiency: 1 EH/s at e J/TH draws e MW.

    >>> float(drawn_gw(np.array([100.0]), 20.0)[0])
    2.0
    """
    return hashrate_eh_s * efficiency_j_per_th / 1_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Migration:
    """Both sides day by day: GW of IT load signed to AI, and GW that the lost hash rate would draw."""

    times: Times
    signed_gw: Values
    lost_eh_s: Values
    lost_gw: Values
    efficiency_j_per_th: float
    undated_mw: float
    events: tuple[Event, ...]


def migration(
    times: Times,
    week_mean_eh_s: Values,
    leases: Iterable[SignedLease],
    *,
    events: Iterable[Event] = (),
    efficiency_j_per_th: float,
) -> Migration:
    """Lay both sides beside each other, and the events that fall into the span of the days.

    `times` are days, each dated by its start; what is signed by a day's end counts on that day. The efficiency is that
    assumed of the machines that left.
    """
    signed = signed_mw(leases)
    lost = lost_eh_s(week_mean_eh_s)
    shown: list[Event] = []
    if len(times):
        first, last = int(times[0]), int(times[-1]) + SECONDS_PER_DAY
        shown = [event for event in events if first <= event.end.timestamp() and event.start.timestamp() < last]
    return Migration(
        times=times,
        signed_gw=signed.at(times + SECONDS_PER_DAY) / 1_000,
        lost_eh_s=lost,
        lost_gw=drawn_gw(lost, efficiency_j_per_th),
        efficiency_j_per_th=efficiency_j_per_th,
        undated_mw=signed.undated_mw,
        events=tuple(shown),
    )
