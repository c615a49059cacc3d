"""The watch-list of a Snapshot judged once a day of the record, and the spec of its history; file and screen alike."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minerdesk import words
from minerdesk.economics.market import Market
from minerdesk.economics.watch import Change, State, WatchList
from minerdesk.snapshot import Snapshot
from minerdesk.ui.charts.model import RANGES, Cell
from minerdesk.ui.charts.strips import Run, Strip, StripsSpec
from minerdesk.units import SECONDS_PER_DAY
from minerdesk.watch_report import former_epoch_note, market_at, sentence, watch_list

#: How a state fills its strip: what is triggered stands out, what is unknown stays empty.
_FILLS: dict[State, tuple[str | None, float]] = {
    State.TRIGGERED: ("accent", 1.0),
    State.QUIET: ("muted", 0.22),
    State.UNKNOWN: (None, 0.0),
    State.OFF: (None, 0.0),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """The market at the end of the last whole day, and what the rules say of it."""

    market: Market
    found: WatchList


class Watcher:
    """Judges the watch-list and remembers the last answer: within a day only data, leases or thresholds change it."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._watched: Watched | None = None

    def watched(self, snapshot: Snapshot) -> Watched:
        """Return what the rules say of a snapshot."""
        day_end = snapshot.now.replace(hour=0, minute=0, second=0, microsecond=0)
        rows = snapshot.tables.get("deals", ())
        rates = (snapshot.gpu_rates, snapshot.gpu_record)
        key = (snapshot.trends, day_end, snapshot.inputs.watch, snapshot.signed_leases, rows, *rates)
        same = self._watched is not None and len(key) == len(self._key)
        if not (same and all(one is other or one == other for one, other in zip(key, self._key, strict=True))):
            market = market_at(snapshot, day_end)
            self._watched, self._key = Watched(market=market, found=watch_list(snapshot, market)), key
        assert self._watched is not None  # noqa: S101 - set above
        return self._watched


def strips(watched: Watched, *, span: str = "3Y") -> StripsSpec:
    """Return the history of every rule and its conditions over a named range."""
    found = watched.found
    end = float(found.days[-1]) + SECONDS_PER_DAY if len(found.days) else watched.market.moment.timestamp()
    first = float(found.days[0]) if len(found.days) else end - SECONDS_PER_DAY
    days = RANGES[span]
    rows = []
    for rule in found.rules:
        rows.append(Strip(label=rule.label, runs=_runs(rule.changes, end), heading=True))
        rows += [Strip(label=one.label, runs=_runs(one.changes, end) if one.is_on else ()) for one in rule.conditions]
    return StripsSpec(
        title=sentence(found),
        strips=tuple(rows),
        start_s=first if days is None else max(first, end - days * SECONDS_PER_DAY),
        end_s=end,
        caption=_caption(watched),
        summary=_summary(found),
        empty_text="No rule can be judged at this date. Refresh (F5) to fetch the network’s history.",
    )


def history_cells(found: WatchList) -> tuple[list[str], list[list[Cell]]]:
    """Return every change of state as a table twin, the oldest first."""
    named = [(rule.label, "the rule itself", rule.changes) for rule in found.rules]
    named += [(rule.label, one.label, one.changes) for rule in found.rules for one in rule.conditions]
    rows = sorted(
        (change.day_s, rule, condition, change.state.value) for rule, condition, changes in named for change in changes
    )
    cells: list[list[Cell]] = [[f"{datetime.fromtimestamp(day, UTC):%Y-%m-%d}", *told] for day, *told in rows]
    return ["Date (UTC)", "Rule", "Condition", "State"], cells


def _runs(changes: tuple[Change, ...], end_s: float) -> tuple[Run, ...]:
    ends = [*(float(change.day_s) for change in changes[1:]), end_s][: len(changes)]
    return tuple(
        Run(float(change.day_s), end, change.state.value, *_FILLS[change.state])
        for change, end in zip(changes, ends, strict=True)
    )


def _caption(watched: Watched) -> str:
    covers = watched.found.interest_covers
    told = [
        "A rule is triggered when all of its conditions hold; each day is judged at its end (UTC) by what was known "
        "then, with today’s thresholds. Filled: triggered; pale: quiet; empty: unknown."
    ]
    if covers:
        told.append(f"Open interest: {covers}.")
    if note := former_epoch_note(watched.found):
        told.append(note)
    told.append(f"Judged to {words.day(watched.market.moment - timedelta(days=1))}.")
    return " ".join(told)


def _summary(found: WatchList) -> str:
    told = []
    for rule in found.rules:
        since = f" since {words.day(datetime.fromtimestamp(rule.since_s, UTC))}" if rule.since_s is not None else ""
        told.append(f"{rule.label}: {rule.state.value}{since}")
    return "; ".join(told) + "."
