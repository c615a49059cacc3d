"""The desk: edits, undo, what is believed when several sources speak, and what a snapshot says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from minerdesk.desk import Desk
from minerdesk.economics.results import Business
from minerdesk.economics.schema import DEFAULTS, FIELDS
from minerdesk.errors import FailureKind, InputError, SourceError
from minerdesk.observations import Observation, Origin, Series, State, merge
from minerdesk.quantities import QUANTITIES

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
EPOCH_START = datetime(2026, 1, 8, 7, 52, tzinfo=UTC)


def observed(quantity: str, value: float, *, origin: Origin = Origin.NETWORK, **changes: Any) -> Observation:
    moment = changes.get("as_of", NOW - timedelta(minutes=1))
    return Observation(
        quantity=quantity,
        value=value,
        unit=QUANTITIES[quantity].unit,
        as_of=moment,
        fetched_at=changes.get("fetched_at", moment if origin is Origin.BUNDLE else NOW),
        source=changes.get("source", "test"),
        origin=origin,
    )


def live_network() -> list[Observation]:
    return [
        observed("btc_price_usd", 95_546.14),
        observed("difficulty", 146_472_570_619_930.78, as_of=EPOCH_START),
        observed("tip_height", 932_520),
        observed("fees_btc_per_block", 0.0229),
        observed("network_hashrate_7d_eh_s", 1004.8, as_of=datetime(2026, 1, 16, tzinfo=UTC)),
    ]


def desk_with_network() -> Desk:
    desk = Desk(now=lambda: NOW)
    epochs = [
        Series.of(
            "difficulty_epochs", [EPOCH_START.timestamp()], [146_472_570_619_930.78], source="test", fetched_at=NOW
        )
    ]
    heights = [Series.of("epoch_heights", [EPOCH_START.timestamp()], [931_392], source="test", fetched_at=NOW)]
    desk.observe(live_network(), [*epochs, *heights])
    return desk


def test_live_network_gives_the_hashprice_of_the_day() -> None:
    snapshot = desk_with_network().snapshot()
    assert snapshot.results.network.hashprice_usd_per_ph_day == pytest.approx(41.3, abs=0.05)
    assert snapshot.results.network.subsidy_btc == 3.125
    assert snapshot.state("btc_price_usd") is State.LIVE
    assert snapshot.problems == ()
    assert Business.MINING in snapshot.results.businesses


def test_an_edit_is_in_the_next_snapshot_and_the_last_one_stays_as_it_was() -> None:
    desk = desk_with_network()
    before = desk.snapshot()
    after = desk.apply({"power.price_usd_per_mwh": 30.0})
    assert before.values["power.price_usd_per_mwh"] == 50
    assert after.inputs.power.price_usd_per_mwh == 30
    gain = after.results.businesses[Business.MINING].net_of_power_usd_per_mwh
    assert gain - before.results.businesses[Business.MINING].net_of_power_usd_per_mwh == pytest.approx(20)


def test_a_refused_edit_changes_nothing_and_names_every_field() -> None:
    desk = desk_with_network()
    before = desk.snapshot().values
    with pytest.raises(InputError) as caught:
        desk.apply({"colo.pue": 9.0, "gpu.life_years": -1.0, "power.price_usd_per_mwh": 10.0})
    assert {problem.field for problem in caught.value.problems} == {"colo.pue", "gpu.life_years"}
    assert desk.snapshot().values == before


def test_none_resets_to_the_default_and_a_network_value_to_the_observed_one() -> None:
    desk = desk_with_network()
    desk.apply({"power.price_usd_per_mwh": 30.0, "network.btc_price_usd": 60_000.0})
    assert desk.snapshot().state("btc_price_usd") is State.MANUAL
    assert desk.snapshot().results.network.btc_price_usd == 60_000
    snapshot = desk.apply({"power.price_usd_per_mwh": None, "network.btc_price_usd": None})
    assert snapshot.values["power.price_usd_per_mwh"] == 50
    assert snapshot.results.network.btc_price_usd == 95_546.14
    assert snapshot.typed_at == {}


def test_a_live_value_beats_a_bundled_one_and_the_newer_of_two_old_ones_wins() -> None:
    desk = Desk(now=lambda: NOW)
    week_ago, month_ago = NOW - timedelta(days=7), NOW - timedelta(days=30)
    desk.observe([observed("btc_price_usd", 1.0, origin=Origin.BUNDLE, as_of=week_ago)], ())
    desk.observe([observed("btc_price_usd", 2.0, origin=Origin.CACHE, as_of=month_ago, fetched_at=month_ago)], ())
    assert desk.snapshot().results.network.btc_price_usd == 1.0
    assert desk.snapshot().state("btc_price_usd") is State.BUNDLED
    desk.observe([observed("btc_price_usd", 3.0)], ())
    assert desk.snapshot().results.network.btc_price_usd == 3.0


def test_a_live_difficulty_beats_a_bundled_one_that_claims_a_later_hour() -> None:
    desk = Desk(now=lambda: NOW)
    desk.observe([observed("difficulty", 2e14, origin=Origin.BUNDLE, as_of=EPOCH_START + timedelta(hours=1))], ())
    desk.observe([observed("difficulty", 1e14, as_of=EPOCH_START)], ())
    assert desk.snapshot().results.network.difficulty == 1e14


def test_a_value_grows_old_is_named_so_and_still_feeds_the_numbers() -> None:
    clock = [NOW]
    desk = Desk(now=lambda: clock[0])
    desk.observe(live_network(), ())
    clock[0] = NOW + timedelta(minutes=20)
    assert desk.snapshot().state("btc_price_usd") is State.CACHED
    clock[0] = NOW + timedelta(hours=3)
    snapshot = desk.snapshot()
    assert [problem.field for problem in snapshot.problems] == ["network.btc_price_usd"]
    assert "16 Jan 2026" in snapshot.problems[0].message
    assert snapshot.results.network.btc_price_usd == 95_546.14


def test_a_provider_that_repeats_an_old_value_is_not_live() -> None:
    desk = Desk(now=lambda: NOW)
    desk.observe([observed("btc_price_usd", 5.0, as_of=NOW - timedelta(days=3))], ())
    assert desk.snapshot().state("btc_price_usd") is State.CACHED


def test_nothing_dated_after_the_clock_exists() -> None:
    desk = Desk(now=lambda: NOW)
    tomorrow = NOW + timedelta(days=1)
    desk.observe(
        [observed("btc_price_usd", 5.0, as_of=tomorrow, fetched_at=tomorrow, origin=Origin.CACHE)],
        [
            Series.of(
                "btc_price_daily_usd",
                [NOW.timestamp() - 86_400, tomorrow.timestamp()],
                [1.0, 2.0],
                source="x",
                fetched_at=tomorrow,
            )
        ],
    )
    snapshot = desk.snapshot()
    assert snapshot.observed("btc_price_usd") is None
    assert snapshot.trends.price.values.tolist() == [1.0]


def test_a_failure_stands_until_its_source_succeeds() -> None:
    desk = Desk(now=lambda: NOW)
    desk.observe((), (), failures=[SourceError(FailureKind.TIMEOUT, "test", "later")])
    assert [(failure.source, failure.kind) for failure in desk.snapshot().failures] == [("test", FailureKind.TIMEOUT)]
    desk.observe([observed("btc_price_usd", 5.0)], ())
    assert desk.snapshot().failures == ()


def test_the_retarget_is_estimated_from_the_moment_of_the_tip() -> None:
    estimate = desk_with_network().snapshot().retarget
    assert estimate is not None
    blocks = 932_520 % 2016
    elapsed = (NOW - timedelta(minutes=1) - EPOCH_START).total_seconds()
    assert estimate.change_fraction == pytest.approx(600 / (elapsed / (blocks + 1)) - 1)
    assert estimate.height == 933_408


@pytest.mark.parametrize(
    "tip", [observed("tip_height", 932_520, origin=Origin.BUNDLE), observed("tip_height", 940_000)]
)
def test_no_retarget_estimate_from_a_bundled_tip_or_one_epochs_ahead(tip: Observation) -> None:
    desk = Desk(now=lambda: datetime(2026, 3, 12, tzinfo=UTC))
    heights = Series.of("epoch_heights", [EPOCH_START.timestamp()], [931_392], source="test", fetched_at=NOW)
    desk.observe([tip], [heights])
    assert desk.snapshot().retarget is None


def test_no_retarget_estimate_while_the_epoch_of_the_tip_is_not_known_yet() -> None:
    desk = desk_with_network()
    desk.observe([observed("tip_height", 933_408 + 700)], ())
    assert desk.snapshot().retarget is None


def test_what_was_fetched_last_counts_though_another_source_dates_it_later() -> None:
    clock = [NOW]
    desk = Desk(now=lambda: clock[0])
    day = datetime(2026, 1, 15, tzinfo=UTC)
    desk.observe([observed("difficulty", 1.0e14, as_of=day, source="blockchain_info")], ())
    clock[0] = NOW + timedelta(minutes=10)
    desk.observe([observed("difficulty", 2.0e14, as_of=EPOCH_START, fetched_at=clock[0], source="mempool")], ())
    assert desk.snapshot().results.network.difficulty == 2.0e14


def test_an_observation_of_the_future_displaces_nothing() -> None:
    desk = Desk(now=lambda: NOW)
    desk.observe([observed("btc_price_usd", 95_000.0, origin=Origin.CACHE)], ())
    later = datetime(2999, 1, 1, tzinfo=UTC)
    desk.observe([observed("btc_price_usd", 5.0, origin=Origin.CACHE, as_of=later, fetched_at=later)], ())
    assert desk.snapshot().results.network.btc_price_usd == 95_000.0


def test_the_observations_of_a_file_leave_with_it_and_are_no_fetch_of_ours() -> None:
    desk = Desk(now=lambda: NOW)
    desk.load({}, [observed("btc_price_usd", 5.0)])
    assert desk.snapshot().results.network.btc_price_usd == 5.0
    assert desk.snapshot().state("btc_price_usd") is State.CACHED
    assert desk.last_fetched() == {}
    desk.load({})
    assert desk.snapshot().observed("btc_price_usd") is None


def test_a_typed_hashprice_keeps_its_date() -> None:
    typed_at = NOW - timedelta(days=100)
    desk = Desk(now=lambda: NOW)
    key = "network.hashprice_usd_per_ph_day"
    assert desk.load({key: 40.0}, typed_at={key: typed_at}).typed_at == {key: typed_at}


def test_a_scenario_brings_its_observations_and_the_time_at_which_a_value_was_typed() -> None:
    typed_at = NOW - timedelta(days=40)
    desk = Desk(now=lambda: NOW)
    snapshot = desk.load(
        {"network.btc_price_usd": 70_000.0, "power.price_usd_per_mwh": 41.0},
        [
            observed("btc_price_usd", 70_000.0, origin=Origin.MANUAL, as_of=typed_at),
            observed("difficulty", 1.2e14, as_of=typed_at, fetched_at=typed_at),
        ],
    )
    assert snapshot.typed_at == {"network.btc_price_usd": typed_at}
    assert snapshot.state("difficulty") is State.CACHED
    assert not desk.can_undo
    with pytest.raises(InputError):
        desk.load({"colo.pue": 9.0})
    assert desk.snapshot().values["power.price_usd_per_mwh"] == 41.0


def test_what_was_fetched_is_told_apart_from_what_came_with_the_program() -> None:
    desk = Desk(now=lambda: NOW)
    days = [NOW.timestamp() // 86_400 * 86_400 - day * 86_400 for day in (30, 2, 1)]
    bundled = Series.of(
        "btc_price_daily_usd", days, [1, 2, 3], source="bundled: x", fetched_at=NOW, origin=Origin.BUNDLE
    )
    desk.observe((), [bundled])
    assert desk.newest() == {}
    assert desk.last_fetched() == {}
    desk.observe((), [Series.of("btc_price_daily_usd", days[:2], [10, 20], source="bitstamp", fetched_at=NOW)])
    assert desk.newest()["btc_price_daily_usd"].timestamp() == days[1]
    assert desk.last_fetched() == {"btc_price_daily_usd": NOW}


class Editing(RuleBasedStateMachine):
    """Edits, undo and redo against a plain list of states."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(now=lambda: NOW)
        self.past: list[dict[str, Any]] = []
        self.present: dict[str, Any] = dict(DEFAULTS)
        self.future: list[dict[str, Any]] = []
        self.last_key = ""

    @rule(key=st.sampled_from([key for key, field in FIELDS.items() if field.is_number]), share=st.floats(0, 1))
    def edit(self, key: str, share: float) -> None:
        if key == self.last_key:  # quick edits of one field count as one step, which this model leaves out
            return
        low, high = FIELDS[key].bounds
        value = low + (high - low) * share
        value = float(round(value)) if FIELDS[key].whole else value
        if self.present[key] == value:
            return
        self.desk.apply({key: value})
        self.past.append(self.present)
        self.present = {**self.present, key: value}
        self.future = []
        self.last_key = key

    @rule()
    def undo(self) -> None:
        self.desk.undo()
        if self.past:
            self.future.append(self.present)
            self.present = self.past.pop()
            self.last_key = ""

    @rule()
    def redo(self) -> None:
        self.desk.redo()
        if self.future:
            self.past.append(self.present)
            self.present = self.future.pop()
            self.last_key = ""

    @invariant()
    def the_desk_is_where_the_model_is(self) -> None:
        assert dict(self.desk.snapshot().values) == self.present


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def test_merging_series_keeps_the_source_of_every_point() -> None:
    old = Series.of("btc_price_daily_usd", [10, 20, 30, 40], [1, 2, 3, 4], source="a", fetched_at=NOW)
    new = Series.of("btc_price_daily_usd", [35, 20], [9, 8], source="b", fetched_at=NOW)
    merged = merge(old, new)
    assert merged.times.tolist() == [10, 20, 35, 40]
    assert merged.values.tolist() == [1, 8, 9, 4]
    assert merged.seams() == [(20, "b"), (40, "a")]
    assert np.array_equal(merge(merged, new).values, merged.values)
