"""The desk: the one mutable thing. Inputs and observations lie on it; every change gives a new frozen Snapshot.

It knows neither the window nor the disk nor the network: edits and observations are brought to it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from minerdesk import clock, words
from minerdesk.economics import crosschecks, deals, fleetrails, guardrails, schema
from minerdesk.economics import network as net
from minerdesk.economics.deals import SignedLease
from minerdesk.economics.dispatch import MarketYear
from minerdesk.economics.gpu_rates import GpuRate
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.machines import Machines
from minerdesk.economics.migration import Event
from minerdesk.economics.networkrails import Seen
from minerdesk.economics.plausibility import Doubt
from minerdesk.economics.prices import PowerChoice
from minerdesk.economics.results import NetworkState, evaluate, network_state
from minerdesk.economics.schema import DEFAULTS, FIELDS, Value
from minerdesk.economics.tables import TABLES, Row
from minerdesk.economics.verdict import verdict
from minerdesk.errors import InputError, Problem, Severity, SourceError
from minerdesk.observations import Observation, Origin, RateBand, Series
from minerdesk.pools import Pools
from minerdesk.quantities import QUANTITIES
from minerdesk.snapshot import Snapshot, SourceFailure, Trends
from minerdesk.sources.endpoints import label_of
from minerdesk.store.tables import Asic
from minerdesk.units import BLOCKS_PER_EPOCH

#: The inputs that stand for an observed quantity when they are typed.
TYPED_QUANTITIES: Mapping[str, str] = {
    "network.btc_price_usd": "btc_price_usd",
    "network.difficulty": "difficulty",
    "network.fees_btc_per_block": "fees_btc_per_block",
}

UNDO_STEPS = 200
MERGE_WITHIN_S = 1.5


@dataclass(frozen=True)
class _Typed:
    """What the user has typed: every input, when each typed network value was set, and what is kept beside them."""

    values: Mapping[str, Value]
    at: Mapping[str, datetime]
    tables: Mapping[str, tuple[Row, ...]]
    power: PowerChoice = field(default_factory=PowerChoice)


class Desk:
    """What lies on the desk. Not thread-safe: one thread edits and observes, and hands snapshots on.

    Parameters
    ----------
    now
        The clock; ages, dates and the cut of everything later hang on it.
    signed_leases
        The AI leases that were signed by then, to measure a rent by.
    gpu_rates
        What GPUs were rented for by then, to measure a rate by.
    market_years
        What power cost in the years that were over by then.
    events
        The storms, seasons and bans that had begun by then, to mark beside the hash rate.
    catalogue
        The miners that could be bought by then.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = clock.now,
        offline: bool = False,
        signed_leases: Iterable[SignedLease] = (),
        gpu_rates: Iterable[RateBand] = (),
        market_years: Iterable[MarketYear] = (),
        events: Iterable[Event] = (),
        catalogue: Iterable[Asic] = (),
    ) -> None:
        self._now = now
        self.offline = offline
        self._signed_leases = tuple(signed_leases)
        self._gpu_rates = tuple(gpu_rates)
        self._market_years = tuple(market_years)
        self._events = tuple(events)
        self._catalogue = tuple(catalogue)
        self._typed = _Typed(dict(DEFAULTS), {}, {})
        self._made_inputs: tuple[_Typed, Inputs] | None = None
        self._read_machines: tuple[Sequence[Row], Machines | None] = ((), None)
        self._undo: list[_Typed] = []
        self._redo: list[_Typed] = []
        self._last_edit: tuple[frozenset[str], float] = (frozenset(), 0.0)
        self.pools = Pools()
        self._trends: Trends | None = None
        self._failures: dict[str, SourceFailure] = {}
        self._file_problems: tuple[Problem, ...] = ()
        self._data_problems: tuple[Problem, ...] = ()
        self._standing: dict[str, Problem] = {}
        self._doubts: dict[str, Doubt] = {}

    # -- inputs -------------------------------------------------------------------------------------------------

    def apply(self, edits: Mapping[str, Value]) -> Snapshot:
        """Set inputs and return the new snapshot. None resets an input to its default (a network value to observed).

        Raises
        ------
        InputError
            Nothing was changed; every problem is in it.
        """
        filled = {key: DEFAULTS[key] if value is None and key in DEFAULTS else value for key, value in edits.items()}
        _refuse_errors(schema.validate(filled))
        if all(self._typed.values[key] == value for key, value in filled.items()):
            return self.snapshot()
        self._remember(frozenset(filled))
        self._set(filled)
        return self.snapshot()

    def _set(self, filled: Mapping[str, Value], at: Mapping[str, datetime] | None = None) -> None:
        moment = self._now()
        stamps = dict(self._typed.at)
        for key, value in filled.items():
            stamps.pop(key, None)
            if value is not None and FIELDS[key].optional:
                stamps[key] = (at or {}).get(key, moment)
        self._typed = replace(self._typed, values={**self._typed.values, **filled}, at=stamps)

    def lay_table(self, name: str, rows: Iterable[Row]) -> Snapshot:
        """Put a table in the place of the one of that name, as one undo step, and return the new snapshot.

        Raises
        ------
        InputError
            Nothing was changed; every problem is in it, with its row.
        KeyError
            There is no such table.
        """
        laid = tuple(dict(row) for row in rows)
        _refuse_errors(TABLES[name].check(laid))
        if laid != self._typed.tables.get(name, ()):
            self._remember(frozenset({f"table {name}"}))
            self._typed = replace(self._typed, tables={**self._typed.tables, name: laid})
        return self.snapshot()

    def lay_power(self, choice: PowerChoice) -> Snapshot:
        """Look at another market, or at prices of the scenario's own, as one undo step; return the new snapshot."""
        if choice != self._typed.power:
            self._remember(frozenset({"power market"}))
            self._typed = replace(self._typed, power=choice)
        return self.snapshot()

    def _remember(self, keys: frozenset[str]) -> None:
        """Put the present inputs on the undo stack; quick edits of the same field count as one step."""
        moment = datetime.now(UTC).timestamp()
        same = self._last_edit[0] == keys and moment - self._last_edit[1] < MERGE_WITHIN_S
        if not (same and self._undo):
            self._undo = [*self._undo[-UNDO_STEPS + 1 :], self._typed]
        self._redo = []
        self._last_edit = (keys, moment)

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to make again."""
        return bool(self._redo)

    def undo(self) -> Snapshot:
        """Take the last edit back; without one nothing changes."""
        if self._undo:
            self._redo.append(self._typed)
            self._typed = self._undo.pop()
            self._last_edit = (frozenset(), 0.0)
        return self.snapshot()

    def redo(self) -> Snapshot:
        """Make the edit again that was last taken back; without one nothing changes."""
        if self._redo:
            self._undo.append(self._typed)
            self._typed = self._redo.pop()
            self._last_edit = (frozenset(), 0.0)
        return self.snapshot()

    def load(
        self,
        values: Mapping[str, Value],
        observations: Iterable[Observation] = (),
        *,
        tables: Mapping[str, tuple[Row, ...]] | None = None,
        power: PowerChoice | None = None,
        typed_at: Mapping[str, datetime] | None = None,
        problems: Iterable[Problem] = (),
    ) -> Snapshot:
        """Lay a scenario on the desk: its inputs (defaults for the rest) and the observations it was judged with.

        Its observations join, so newer ones win; those of the file before leave. A typed network value keeps the time
        at which it was typed. Undo begins anew.

        Raises
        ------
        InputError
            A value is out of its hard bounds, or a row of a table can't be used; the desk is as it was.
        """
        schema.build(values)
        known_tables = {name: rows for name, rows in (tables or {}).items() if name in TABLES}
        _refuse_errors([problem for name, rows in known_tables.items() for problem in TABLES[name].check(rows)])
        observations = list(observations)
        at = {
            key: found.as_of
            for key, quantity in TYPED_QUANTITIES.items()
            for found in observations
            if found.quantity == quantity and found.origin is Origin.MANUAL
        } | dict(typed_at or {})
        self._typed = _Typed(dict(DEFAULTS), {}, known_tables, power or PowerChoice())
        self._set({**DEFAULTS, **values}, at)
        self._undo, self._redo = [], []
        self._file_problems = tuple(problems)
        self.pools.forget_file()
        return self.observe(
            [replace(found, origin=Origin.FILE) for found in observations if found.origin is not Origin.MANUAL], ()
        )

    # -- observations -------------------------------------------------------------------------------------------

    def observe(
        self,
        observations: Iterable[Observation],
        series: Iterable[Series],
        *,
        gpu_rates: Iterable[GpuRate] = (),
        gpus_unknown: Mapping[str, tuple[str, ...]] | None = None,
        failures: Iterable[SourceError] = (),
        problems: Iterable[Problem] = (),
    ) -> Snapshot:
        """Lay observations on the desk and return the new snapshot.

        Nothing dated after the clock is taken. A source that succeeds is no longer shown as failed.
        """
        now = self._now()
        for found in observations:
            if self.pools.add(found, now):
                self._failures.pop(found.source.split(":")[0], None)
        for new in series:
            if self.pools.add_series(new, now):
                self._trends = None
                for name in new.source_names:
                    self._failures.pop(name.split(":")[0], None)
        for source in self.pools.add_rates(gpu_rates, gpus_unknown or {}, now):
            self._failures.pop(source, None)
        for failure in failures:
            self._failures[failure.source] = SourceFailure(
                source=failure.source, kind=failure.kind, hint=failure.hint, at=now
            )
        self._data_problems += tuple(problem for problem in problems if problem not in self._data_problems)
        return self.snapshot()

    def state(self, field: str, problem: Problem | None) -> None:
        """Let a problem stand until another takes its place, or None takes it away."""
        self._standing.pop(field, None)
        if problem is not None:
            self._standing[field] = problem

    def doubt(self, topic: str, doubt: Doubt | None) -> None:
        """Let a doubt about a topic stand until another takes its place, or None takes it away."""
        self._doubts.pop(topic, None)
        if doubt is not None:
            self._doubts[topic] = doubt

    @property
    def doubted_topics(self) -> frozenset[str]:
        """The topics about which a doubt stands."""
        return frozenset(self._doubts)

    def newest(self) -> dict[str, datetime]:
        """Return for each series the date of its newest point that came over the network, now or earlier."""
        return self.pools.newest()

    def oldest(self) -> dict[str, datetime]:
        """Return for each series the date of its oldest point that came over the network."""
        return self.pools.oldest()

    def last_fetched(self) -> dict[str, datetime]:
        """Return when each quantity was last fetched over the network; never-fetched ones are absent."""
        return self.pools.last_fetched()

    def _inputs(self) -> Inputs:
        """Return the model's inputs, made once for as long as nothing else is typed."""
        if self._made_inputs is None or self._made_inputs[0] is not self._typed:
            self._made_inputs = self._typed, schema.build(self._typed.values)
        return self._made_inputs[1]

    def _machines(self) -> Machines | None:
        """Return the machine classes that are laid, read once for as long as they lie; None without any."""
        rows = self._typed.tables.get("fleet", ())
        if rows is not self._read_machines[0]:
            self._read_machines = rows, Machines.of_rows(rows) if rows else None
        return self._read_machines[1]

    def last_given(self) -> dict[str, datetime]:
        """Return when each source last gave a value over the network, now or in an earlier run."""
        return self.pools.last_given()

    def _typed_over(self, now: datetime) -> dict[str, Observation]:
        """Return what the user has typed over observed quantities."""
        typed = {}
        for key, quantity in TYPED_QUANTITIES.items():
            value = self._typed.values[key]
            if isinstance(value, int | float):
                at = self._typed.at.get(key, now)
                typed[quantity] = Observation(
                    quantity=quantity,
                    value=float(value),
                    unit=QUANTITIES[quantity].unit,
                    as_of=at,
                    fetched_at=at,
                    source="typed",
                    origin=Origin.MANUAL,
                )
        return typed

    # -- the snapshot -------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the present moment of the desk, frozen."""
        now = self._now()
        inputs = self._inputs()
        observed = self.pools.believed(now)
        typed = self._typed_over(now)
        believed = {**observed, **typed}
        if self._trends is None:
            self._trends = Trends.of(self.pools.series, now)
        results = evaluate(inputs, _network_state(inputs, believed))
        own_leases = deals.read_rows(self._typed.tables.get("deals", ()))
        seen = Seen.of(observed, self.pools.series.get("difficulty_epochs"), now)
        machines = self._machines()
        advice = guardrails.advice(inputs, seen, (*self._signed_leases, *own_leases), machines)
        problems = guardrails.input_problems(self._typed.values, advice)
        problems += [] if machines is None else fleetrails.row_doubts(machines)
        problems += _observation_problems(believed, results.network, now)
        doubts = self._doubts_of(observed, typed, now)
        return Snapshot(
            now=now,
            replaying=clock.frozen_at() is not None,
            offline=self.offline,
            values=dict(self._typed.values),
            typed_at=dict(self._typed.at),
            tables=dict(self._typed.tables),
            power=self._typed.power,
            signed_leases=self._signed_leases,
            gpu_rates=self._gpu_rates,
            gpu_record=self.pools.gpu_record,
            market_years=self._market_years,
            events=self._events,
            catalogue=self._catalogue,
            inputs=inputs,
            observations=believed,
            trends=self._trends,
            retarget=_retarget(believed.get("tip_height"), self.pools.series.get("epoch_heights"), now),
            results=results,
            verdict=verdict(inputs, results),
            failures=tuple(sorted(self._failures.values(), key=lambda failure: failure.source)),
            advice=tuple(advice),
            doubts=doubts,
            problems=(
                *self._file_problems,
                *problems,
                *self._data_problems,
                *self._standing.values(),
                *(doubt.problem for doubt in doubts),
            ),
        )

    def _doubts_of(
        self, observed: Mapping[str, Observation], typed: Mapping[str, Observation], now: datetime
    ) -> tuple[Doubt, ...]:
        """Return the doubts about what is observed and not typed over: of a refresh first, then of all together."""
        held = crosschecks.Held(observations=observed, series=self.pools.series, now=now, named=label_of)
        found = {doubt.quantity: doubt for doubt in crosschecks.survey(held)}
        for doubt in self._doubts.values():
            found[doubt.quantity] = doubt.beside(found.get(doubt.quantity))
        return tuple(doubt for quantity, doubt in found.items() if quantity not in typed)


def _refuse_errors(problems: Iterable[Problem]) -> None:
    errors = tuple(problem for problem in problems if problem.severity is Severity.ERROR)
    if errors:
        raise InputError(" ".join(problem.message for problem in errors), problems=errors)


def _network_state(inputs: Inputs, believed: Mapping[str, Observation]) -> NetworkState:
    def value(quantity: str) -> float | None:
        return believed[quantity].value if quantity in believed else None

    tip = value("tip_height")
    subsidy = inputs.network.subsidy_btc
    if subsidy is None and tip is not None:
        subsidy = net.subsidy_btc(int(tip) + 1)  # the block being mined is the one that pays
    return network_state(
        difficulty=value("difficulty"),
        btc_price_usd=value("btc_price_usd"),
        subsidy_btc=subsidy,
        fees_btc_per_block=value("fees_btc_per_block"),
        typed_hashprice_usd_per_ph_day=inputs.network.hashprice_usd_per_ph_day,
    )


def _retarget(tip: Observation | None, heights: Series | None, now: datetime) -> net.RetargetEstimate | None:
    """Estimate the next adjustment from a current tip in the newest known epoch; None if either is missing or old."""
    if tip is None or tip.origin is Origin.BUNDLE or tip.is_expired(now) or heights is None or len(heights) == 0:
        return None
    if int(heights.values[-1]) != int(tip.value) - int(tip.value) % BLOCKS_PER_EPOCH:
        return None  # the epoch that the tip is in has begun, but its first block's time is not known yet
    epoch_start = datetime.fromtimestamp(int(heights.times[-1]), UTC)
    if tip.as_of <= epoch_start:
        return None
    return net.retarget_estimate(tip_height=int(tip.value), epoch_start=epoch_start, now=tip.as_of)


def _observation_problems(believed: Mapping[str, Observation], network: NetworkState, now: datetime) -> list[Problem]:
    """Name what is missing or too old to be called current, and the remedy."""
    problems = []
    for key, quantity in TYPED_QUANTITIES.items():
        declared, found = QUANTITIES[quantity], believed.get(quantity)
        if found is None and network.hashprice_usd_per_ph_day is None:
            problems.append(_warning(key, f"{declared.label} is not known at this date. Refresh, or type one."))
        elif found is not None and found.is_expired(now):
            problems.append(
                _warning(
                    key,
                    f"{declared.label} is of {words.day(found.as_of)} ({found.source}) and no longer current. "
                    "It still feeds the figures. Refresh, or type one.",
                )
            )
    return problems


def _warning(field: str, message: str) -> Problem:
    return Problem(field=field, severity=Severity.WARNING, message=message)
