"""The watch-list as plain data: the object of ``watch --json``, its tables in a workbook, its words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from minerdesk import words
from minerdesk.economics.market import Market
from minerdesk.economics.trend import NetworkTrend
from minerdesk.economics.watch import Change, Judged, Rule, State, WatchList
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.network_report import end_of_day
from minerdesk.snapshot import Snapshot
from minerdesk.store.bundle import REFERENCE_GPU

TITLE, WATCH_HISTORY = "Watch-list", "Watch history"
BASIS = (
    "A rule is triggered when all of its conditions hold, quiet when one does not, unknown when none fails but one "
    "can't be told. Each day is judged at its end (UTC) by what was known then; nothing looks ahead."
)
STATE_WORDS = {
    State.TRIGGERED: "triggered",
    State.QUIET: "quiet",
    State.UNKNOWN: "unknown",
    State.OFF: "off",
}


def market_at(snapshot: Snapshot, moment: datetime) -> Market:
    """Return the market as known at a moment, with the venue that the user chose to show."""
    trend = NetworkTrend.of(snapshot.trends.series, moment)
    return Market.of(snapshot.trends.series, trend, snapshot.inputs.watch.interest_venue)


def watch_list(snapshot: Snapshot, market: Market) -> WatchList:
    """Judge the rules by the snapshot's leases, rental rates and thresholds."""
    sellers = snapshot.gpu_record.sellers(REFERENCE_GPU)
    return market.watch(snapshot.all_leases(), snapshot.gpu_rates, snapshot.inputs.watch, gpu_sellers=sellers)


def watch_object(found: WatchList, market: Market) -> dict[str, Any]:
    """Return the object of ``watch --json``. The names are a contract with scripts; what is not known is null.

    ``since`` and every ``date`` is the UTC day from which on a state holds, judged at its end.
    """
    shown = market.shown
    return {
        "as_of": market.moment - timedelta(seconds=1),
        "judged_day": _day(int(found.days[-1])) if len(found.days) else None,
        "triggered": [rule.name for rule in found.triggered],
        "rules": [_rule_object(rule) for rule in found.rules],
        "open_interest_source": shown.interest.source if shown else None,
        "open_interest_covers": shown.interest.covers if shown else None,
        "retarget_note": words.plain(former_epoch_note(found)) or None,
    }


def _rule_object(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "label": rule.label,
        "state": rule.state.value,
        "since": _day(rule.since_s),
        "conditions": [_condition_object(one) for one in rule.conditions],
        "history": _history(rule.changes),
    }


def _condition_object(one: Judged) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "value": one.value,
        "threshold": one.threshold,
        "unit": one.unit,
        "state": one.state.value,
        "since": _day(one.since_s),
        "history": _history(one.changes),
    }


def _history(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    return [{"date": _day(change.day_s), "state": change.state.value} for change in changes]


def _day(time_s: int | None) -> str | None:
    return None if time_s is None else f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"


# -- words ------------------------------------------------------------------------------------------------------------


def value_words(value: float | None, unit: str, *, change: bool = True) -> str:
    """Write a measured value or a threshold with its unit.

    >>> words.plain(value_words(0.123, "fraction")), words.plain(value_words(1_000.0, "EH/s"))
    ('+12.3 %', '1,000.0 EH/s')
    """
    if value is None:
        return words.NOTHING
    if unit == "fraction":
        return words.percent(value, change=change)
    decimals = 2 if unit == "σ" else 0 if unit == "MW" else 1
    return f"{words.figure(value, decimals)} {unit}"


def sentence(found: WatchList) -> str:
    """Say which rules are triggered."""
    names = [rule.label for rule in found.triggered]
    if not names:
        unknown = [rule.label for rule in found.rules if rule.state is State.UNKNOWN]
        rest = f"; too little is known to judge {_listed(unknown)}" if unknown else ""
        return f"No rule is triggered{rest}."
    return f"Triggered: {', '.join(names)}."


def _listed(labels: list[str]) -> str:
    """Return rules by their names, as names."""
    named = [f"“{label}”" for label in labels]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def former_epoch_note(found: WatchList) -> str:
    """Say that the estimate of the retarget is still the former epoch's; empty where it is the running one's."""
    if found.former_epoch_s is None:
        return ""
    began = words.day(datetime.fromtimestamp(found.former_epoch_s, UTC))
    return f"Next retarget: a new epoch began on {began}; until it is three days old the former one’s estimate stands."


# -- tables -----------------------------------------------------------------------------------------------------------


def watch_tables(snapshot: Snapshot, as_of: date | None = None) -> tuple[Table, ...]:
    """Return the watch-list and its history, judged at the end of a UTC day or now."""
    moment = snapshot.now if as_of is None else end_of_day(as_of)
    found = watch_list(snapshot, market_at(snapshot, moment))
    return watch_table(found), watch_history_table(found)


def watch_table(found: WatchList) -> Table:
    """Return the rules and their conditions as they stand, a condition under its rule."""
    rows: list[tuple[Cell, ...]] = []
    for rule in found.rules:
        rows.append((rule.label, "", None, None, "", STATE_WORDS[rule.state], _date(rule.since_s), len(rule.changes)))
        rows += [
            (
                rule.label,
                one.label,
                one.value,
                one.threshold,
                one.unit,
                STATE_WORDS[one.state],
                _date(one.since_s),
                len(one.changes),
            )
            for one in rule.conditions
        ]
    return Table(
        name="Watch-list",
        title=TITLE,
        columns=(
            Column(key="rule", title="Rule", kind=Kind.TEXT),
            Column(key="condition", title="Condition", kind=Kind.TEXT),
            Column(key="value", title="Now", decimals=4),
            Column(key="threshold", title="At least", decimals=4),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="state", title="State", kind=Kind.TEXT),
            Column(key="since", title="Since", unit="UTC", kind=Kind.DATE),
            Column(key="changes", title="States so far", decimals=0),
        ),
        rows=tuple(rows),
        notes=(
            BASIS,
            *((f"Open interest: {found.interest_covers}.",) if found.interest_covers else ()),
            *((words.plain(former_epoch_note(found)),) if former_epoch_note(found) else ()),
        ),
    )


def watch_history_table(found: WatchList) -> Table:
    """Return every change of state of every rule and condition, the newest first."""
    named = [(rule.label, "", rule.changes) for rule in found.rules]
    named += [(rule.label, one.label, one.changes) for rule in found.rules for one in rule.conditions]
    dated = sorted(
        ((change.day_s, rule, condition, change.state) for rule, condition, changes in named for change in changes),
        key=lambda row: -row[0],
    )
    return Table(
        name=WATCH_HISTORY,
        title="Watch-list: every change of state",
        columns=(
            Column(key="date", title="Date", unit="UTC", kind=Kind.DATE),
            Column(key="rule", title="Rule", kind=Kind.TEXT),
            Column(key="condition", title="Condition", kind=Kind.TEXT),
            Column(key="state", title="State", kind=Kind.TEXT),
        ),
        rows=tuple((_date(day), rule, condition, STATE_WORDS[state]) for day, rule, condition, state in dated),
        notes=(BASIS, "Back-tested over the whole record with today's thresholds and today's lists of leases."),
    )


def _date(time_s: int | None) -> date | None:
    return None if time_s is None else datetime.fromtimestamp(time_s, UTC).date()
