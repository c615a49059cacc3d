"""The prices of a scenario in its file: exact, small, and refused by name where they are damaged."""

import base64
import contextlib
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics.prices import OWN, PowerChoice, PriceSeries, hourly
from minerdesk.errors import InputError, Problem, Severity
from minerdesk.session import open_session
from minerdesk.store import prices as kept
from minerdesk.store import scenario
from minerdesk.store.prices import choice_to_json, from_json, keepable, read_choice, to_json

JANUARY = 1_735_689_600


def series_of(prices: Any, *, hours: float = 1.0, times: bool = True, **more: Any) -> PriceSeries:
    values = np.asarray(prices, dtype=np.float64)
    step = round(hours * 3_600)
    return PriceSeries(
        label="HB_WEST",
        layout="Table with times",
        currency="USD",
        times=JANUARY + step * np.arange(len(values)) if times else None,
        hours=np.full(len(values), hours),
        prices_per_mwh=values,
        name="west.csv",
        **more,
    )


def assert_same(one: PriceSeries, other: PriceSeries) -> None:
    assert replace(one, times=None, hours=0, prices_per_mwh=0).__dict__ == (
        replace(other, times=None, hours=0, prices_per_mwh=0).__dict__
    )
    assert one.prices_per_mwh.tolist() == other.prices_per_mwh.tolist(), "not a bit may differ"
    assert one.hours.tolist() == other.hours.tolist()
    assert (one.times is None) == (other.times is None)
    if one.times is not None and other.times is not None:
        assert one.times.tolist() == other.times.tolist()


def through_file(series: PriceSeries) -> PriceSeries:
    return from_json(json.loads(json.dumps(to_json(series), allow_nan=False)))


# -- exact and small --------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.floats(-1e6, 1e6, allow_subnormal=False) | st.integers(-100_000, 100_000).map(lambda cents: cents / 100),
        min_size=1,
        max_size=40,
    ),
    st.booleans(),
)
def test_what_is_written_is_read_bit_by_bit(prices: list[float], times: bool) -> None:
    series = series_of(prices, times=times)
    assert_same(through_file(series), series)


def test_words_zone_and_dates_come_back() -> None:
    series = series_of(
        [20.5, -3, 5_000.01],
        hours=0.25,
        zone="Europe/Berlin",
        fetched_at=datetime(2026, 1, 16, 12, tzinfo=UTC),
        credit="CC BY 4.0",
        handled=("3 rows used.", "1 gap."),
        refused_rows=2,
    )
    assert_same(through_file(series), series)
    assert through_file(replace(series, zone="Moon/Sea")).zone == "UTC"


def test_a_year_of_hours_is_small_and_ten_years_of_five_minutes_fit() -> None:
    noise = np.random.default_rng(1)
    year = series_of(np.round(50 + 30 * noise.standard_normal(8_760), 2))
    assert len(json.dumps(to_json(year))) < 30_000
    decade = series_of(np.round(50 + 30 * noise.standard_normal(1_051_200), 2), hours=1 / 12)
    assert keepable(decade) is decade
    assert len(json.dumps(to_json(decade))) < 4_000_000


def test_what_is_too_large_is_kept_as_hourly_means_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_TEXT", 3_000)
    series = series_of(np.random.default_rng(1).uniform(0, 100, 1_200), hours=1 / 12)
    found = keepable(series)
    assert len(found) == 100
    assert found.prices_per_mwh[0] == pytest.approx(series.prices_per_mwh[:12].mean())
    assert "1,200 rows kept as 100 hourly means" in found.handled[-1]
    with pytest.raises(InputError, match="too many prices"):
        keepable(series_of(np.random.default_rng(1).uniform(0, 100, 1_200)))


def test_hourly_means_weigh_by_time_and_leave_gaps() -> None:
    series = PriceSeries(
        label="",
        layout="",
        currency="USD",
        times=np.array([JANUARY, JANUARY + 900, JANUARY + 7_200]),
        hours=np.array([0.25, 0.75, 0.5]),
        prices_per_mwh=np.array([100.0, 20.0, 7.0]),
    )
    found = hourly(series)
    assert found.times is not None
    assert found.times.tolist() == [JANUARY, JANUARY + 7_200]
    assert found.prices_per_mwh.tolist() == [40.0, 7.0]
    assert found.hours.tolist() == [1.0, 0.5]


# -- damage -----------------------------------------------------------------------------------------------------------


def packed(numbers: Any, form: str) -> str:
    column = np.asarray(numbers, dtype=form)
    return base64.b64encode(
        zlib.compress(column.view(np.uint8).reshape(len(column), column.itemsize).T.tobytes())
    ).decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intervals": 10**9}, "whole number"),
        ({"intervals": True}, "whole number"),
        ({"intervals": 4}, "does not hold 4"),
        ({"decimals": 30}, "decimals"),
        ({"prices": "****"}, "“prices” is damaged"),
        ({"prices": 3}, "“prices” is no text"),
        ({"prices": base64.b64encode(zlib.compress(bytes(50_000_000))).decode()}, "does not hold 3"),
        ({"prices": packed([1, np.nan, 2], "<f8"), "decimals": None}, "out of all bounds"),
        ({"prices": packed([1, 1e9, 2], "<f8"), "decimals": None}, "out of all bounds"),
        ({"hours": packed([1, 0, 1], "<f8")}, "length of an interval"),
        ({"hours": packed([1, 2, 1], "<f8")}, "overlap"),
        ({"steps": packed([JANUARY, -5, 5], "<i8")}, "not in order"),
        ({"steps": packed([-5, 3_600, 3_600], "<i8")}, "not in order"),
        ({"steps": packed([JANUARY, 2**62, 2**62], "<i8")}, "not in order"),
        ({"label": 3}, "“label” is no short text"),
        ({"zone": "x" * 501}, "“zone” is no short text"),
        ({"handled": ["x"] * 51}, "handled"),
        ({"fetched_at": "noon"}, "fetched_at"),
        ({"refused_rows": -1}, "refused_rows"),
    ],
)
def test_damage_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_json(to_json(series_of([1, 2, 3])) | change)


@given(st.integers(0, 60), st.sampled_from(["prices", "hours", "steps"]), st.characters(codec="ascii"))
def test_a_changed_letter_is_noticed_or_harmless(place: int, column: str, letter: str) -> None:
    document = to_json(series_of([1, 2, 3, 20.25]))
    text = document[column]
    document[column] = text[: place % len(text)] + letter + text[place % len(text) + 1 :]
    with contextlib.suppress(ValueError):
        from_json(document)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"prices": {"intervals": 1}}, "power.prices"),
        ({"prices": [1, 2]}, "power.prices"),
        ({"usd_per": {"EUR": -1}}, "power.usd_per"),
        ({"usd_per": {"EUR": True}}, "power.usd_per"),
        ({"usd_per": {"EUR": float("nan")}}, "power.usd_per"),
        ({"usd_per": 1.16}, "power.usd_per"),
        ({"rate_notes": {"EUR": "of no rate"}}, "power.rate_notes"),
        ({"rate_notes": 5}, "power.rate_notes"),
        ({"market": 5}, "power.market"),
        ({"mood": 5}, "power.mood"),
    ],
)
def test_a_bad_part_is_named_and_nothing_else_is_lost(raw: dict[str, Any], field: str) -> None:
    problems: list[Problem] = []
    choice, _ = read_choice({"market": "de_lu_da_2025_eur"} | raw, problems)
    assert [(problem.field, problem.severity) for problem in problems] == [(field, Severity.WARNING)]
    assert choice.prices is None
    assert choice.usd_per == {}
    assert choice.market == ("" if "market" in raw else "de_lu_da_2025_eur")


# -- the scenario file ------------------------------------------------------------------------------------------------


def test_a_scenario_brings_its_prices_back(tmp_path: Path) -> None:
    path = tmp_path / "a.minerdesk.json"
    session = open_session(offline=True)
    series = series_of([20, 25, 30, 60, 95, 250, 2_000, 40])
    session.desk.lay_power(
        PowerChoice(market=OWN, usd_per={"EUR": 1.16}, rate_notes={"EUR": "of the bank"}, prices=series)
    )
    scenario.save(path, session.scenario())
    session.desk.load({})
    assert session.desk.snapshot().power == PowerChoice()
    session.open_scenario(path)
    found = session.desk.snapshot().power
    assert (found.market, found.usd_per, found.rate_notes) == (OWN, {"EUR": 1.16}, {"EUR": "of the bank"})
    assert found.chosen is not None
    assert_same(found.chosen, series)
    session.close()


def test_damaged_prices_stay_in_the_file_until_others_take_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.minerdesk.json"
    session = open_session(offline=True)
    session.desk.apply({"power.price_usd_per_mwh": 61.0})
    session.desk.lay_power(PowerChoice(market=OWN, prices=series_of([1, 2, 3])))
    scenario.save(path, session.scenario())
    document = json.loads(path.read_text())
    document["power"]["prices"]["prices"] = "AAAA"
    path.write_text(json.dumps(document))
    base = session.open_scenario(path)
    snapshot = session.desk.snapshot()
    assert snapshot.values["power.price_usd_per_mwh"] == 61.0
    assert snapshot.power.chosen is None
    (problem,) = [problem for problem in snapshot.problems if problem.field == "power.prices"]
    assert "“prices” is damaged" in problem.message
    assert "import them again" in problem.message
    scenario.save(path, session.scenario(base))
    assert json.loads(path.read_text())["power"]["prices"]["prices"] == "AAAA"
    session.desk.lay_power(PowerChoice(market=OWN, prices=series_of([4, 5])))
    scenario.save(path, session.scenario(base))
    assert scenario.load(path, ()).power.prices is not None
    session.close()


def test_a_scenario_without_a_choice_holds_none() -> None:
    assert choice_to_json(PowerChoice()) == {}
    assert "power" not in json.loads(scenario.dumps(scenario.Scenario()))


def test_the_market_is_undone_and_done_again() -> None:
    session = open_session(offline=True)
    desk = session.desk
    first = PowerChoice(market=OWN, prices=series_of([1, 2]))
    desk.lay_power(first)
    desk.apply({"power.price_usd_per_mwh": 61.0})
    desk.lay_power(PowerChoice(market="de_lu_da_2025_eur", prices=first.prices))
    assert desk.undo().power == first
    assert desk.undo().values["power.price_usd_per_mwh"] != 61.0
    assert desk.undo().power == PowerChoice()
    assert desk.redo().power.chosen is first.prices
    session.close()
