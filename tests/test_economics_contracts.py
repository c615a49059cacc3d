"""Contracts: what each makes of market prices, time of use on a clock, demand charges, credits."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from minerdesk.economics.contracts import (
    Kind,
    PriceSpan,
    credits_on,
    demand_usd_per_mw,
    is_on_peak,
    on_peak_share,
    tariff,
    usd_per_mwh_of_kw_year,
)
from minerdesk.economics.inputs import Contract
from minerdesk.economics.schema import DEFAULTS, FIELDS, build, parse
from minerdesk.errors import InputError

CHICAGO = "America/Chicago"


def contract(**changes: Any) -> Contract:
    return replace(build({}).contract, **changes)


def hours_of(year: int) -> np.ndarray:
    start, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1))
    return np.arange(start, end, 3_600)


def span_of(prices: list[float], times: np.ndarray | None = None) -> PriceSpan:
    return PriceSpan(prices_usd_per_mwh=np.array(prices), hours=np.ones(len(prices)), times=times, zone=CHICAGO)


def test_the_four_contracts_are_the_choices_of_the_input() -> None:
    assert [choice.value for choice in FIELDS["power.contract"].choices] == [kind.value for kind in Kind]
    assert DEFAULTS["power.contract"] == "index"
    assert parse("power.contract", "time_of_use") == "time_of_use"
    with pytest.raises(InputError, match=r"fixed, fixed_sell_back, index or time_of_use"):
        parse("power.contract", "spot")


def test_what_a_mwh_costs_at_the_margin() -> None:
    inputs, span = build({"power.price_usd_per_mwh": 45.0, "power.adder_usd_per_mwh": 7.0}), span_of([20.0, 200.0])
    prices = {kind: tariff(kind, span, inputs.power, inputs.contract) for kind in Kind}
    assert prices[Kind.FIXED].span.prices_usd_per_mwh.tolist() == [45.0, 45.0]
    assert prices[Kind.INDEX].span.prices_usd_per_mwh.tolist() == [20.0, 200.0]
    assert prices[Kind.SELL_BACK].span.prices_usd_per_mwh.tolist() == [20.0, 200.0]
    assert prices[Kind.SELL_BACK].block_usd_per_mwh == 45.0
    assert {found.adder_usd_per_mwh for found in prices.values()} == {7.0}
    assert prices[Kind.SELL_BACK].energy_always_on_usd_per_mw == 90.0
    assert prices[Kind.INDEX].energy_always_on_usd_per_mw == 220.0


def test_on_peak_hours_are_counted_on_the_local_clock_through_daylight_saving() -> None:
    times, summer = hours_of(2025), contract(on_peak_from_month=6.0, on_peak_to_month=9.0, zone=CHICAGO)
    found = is_on_peak(times, summer)
    for place in np.random.default_rng(5).integers(0, len(times), 300):
        local = datetime.fromtimestamp(int(times[place]), ZoneInfo(CHICAGO))
        expected = 6 <= local.hour < 22 and local.weekday() < 5 and 6 <= local.month <= 9
        assert found[place] == expected, local
    assert found.mean() == pytest.approx(on_peak_share(summer), abs=2e-3)


def test_the_clock_of_the_market_is_the_usual_one() -> None:
    times = hours_of(2025)
    here, there = contract(zone="market"), contract(zone=CHICAGO)
    assert np.array_equal(is_on_peak(times, here, CHICAGO), is_on_peak(times, there))
    assert not np.array_equal(is_on_peak(times, here, "UTC"), is_on_peak(times, there))


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"on_peak_from_hour": 22.0, "on_peak_to_hour": 6.0, "on_peak_weekdays_only": False}, 8),
        ({"on_peak_from_hour": 0.0, "on_peak_to_hour": 24.0, "on_peak_weekdays_only": False}, 24),
        ({"on_peak_from_hour": 7.0, "on_peak_to_hour": 7.0, "on_peak_weekdays_only": False}, 0),
        ({"on_peak_from_hour": 24.0, "on_peak_to_hour": 0.0, "on_peak_weekdays_only": False}, 0),
    ],
)
def test_hours_over_midnight_and_none_at_all(changes: dict[str, Any], hours: float) -> None:
    typed = contract(zone="UTC", **changes)
    assert on_peak_share(typed) == pytest.approx(hours / 24)
    assert is_on_peak(hours_of(2025), typed).mean() == pytest.approx(hours / 24)


def test_months_over_the_new_year() -> None:
    winter = contract(on_peak_from_month=11.0, on_peak_to_month=2.0, zone="UTC", on_peak_weekdays_only=False)
    assert is_on_peak(hours_of(2025), winter).sum() == (30 + 31 + 31 + 28) * 16
    assert on_peak_share(winter) == pytest.approx(120 / 365 * 16 / 24)


def test_time_of_use_without_times_has_the_hours_of_a_common_year() -> None:
    inputs = build({})
    found = tariff(Kind.TIME_OF_USE, span_of([10.0, 20.0, 30.0, 40.0]), inputs.power, inputs.contract)
    assert found.span.prices_usd_per_mwh.tolist() == [70.0, 40.0]
    assert found.span.hours.tolist() == pytest.approx([4 * 80 / 168, 4 * 88 / 168])
    assert found.market is None, "which hour is which is not known"
    none = tariff(Kind.TIME_OF_USE, span_of([1.0]), inputs.power, contract(on_peak_from_hour=3.0, on_peak_to_hour=3.0))
    assert none.span.prices_usd_per_mwh.tolist() == [40.0]


def test_payments_per_kw_become_payments_per_mwh() -> None:
    assert usd_per_mwh_of_kw_year(87.6) == pytest.approx(10.0), "$/kW-year * 1000 / 8760"
    assert demand_usd_per_mw(contract(demand_usd_per_kw_month=10.0), 730) == 10_000.0
    assert credits_on(contract(), 8_760) == ()
    capacity = contract(capacity_credit=True, capacity_usd_per_kw_year=80.0, capacity_earned_fraction=0.75)
    half_a_year = credits_on(capacity, 4_380)[0]
    assert (half_a_year.usd_per_mw, half_a_year.stop_hours) == (pytest.approx(30_000.0), 30.0)
    called = contract(demand_response=True, response_usd_per_kw_year=20.0, response_usd_per_mwh=100.0)
    assert credits_on(called, 8_760)[0].usd_per_mw == pytest.approx(20_000 + 40 * 100)
