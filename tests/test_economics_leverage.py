"""Open interest against its own past: hand values, the record of January 2026, scale-free measures, gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_market import DAY, line, stamp

from minerdesk.economics import leverage
from minerdesk.economics.leverage import change_fraction, interests, year_to_date_fraction, z_score
from minerdesk.observations import Series, merge

#: The record's own set of venues, USD, and the daily closes, of some days around January 2026.
RECORD = {
    "2025-12-15": 37.3e9,
    "2025-12-31": 36_566_861_453.0,
    "2026-01-08": 38_461_290_785.0,
    "2026-01-14": 37_264_778_903.0,
    "2026-01-15": 39_969_114_390.0,
}
CLOSES = {"2026-01-14": 97_043.99, "2026-01-15": 95_546.14}
SUPPLY_BTC = 19_975_000.0


def series(quantity: str, rows: dict[str, float], source: str = "okx") -> Series:
    return Series.of(quantity, [stamp(day) for day in rows], rows.values(), source=source, fetched_at=NOW)


NOW = line("btc_price_daily_usd", "2026-01-16", [1.0]).fetched_at


def test_the_record_of_january_2026() -> None:
    (found,) = interests({"open_interest_daily_usd": series("open_interest_daily_usd", RECORD)}, PRICE)
    measured = leverage.Leverage.of(found, PRICE, np.full(len(found.times), SUPPLY_BTC)).latest
    assert measured.time_s == stamp("2026-01-15")
    assert measured.change_ytd == pytest.approx(0.093, abs=5e-4)
    assert measured.change_7d == pytest.approx(39_969_114_390 / 38_461_290_785 - 1)
    assert measured.change_30d == pytest.approx(39.969_114_390 / 37.3 - 1)  # 31 days before is the nearest
    assert measured.usd == 39_969_114_390
    assert measured.btc == pytest.approx(418_323.1, rel=1e-5)
    assert measured.share_of_market_cap == pytest.approx(39.969114390e9 / (95_546.14 * SUPPLY_BTC))
    assert measured.z_score is None, "five days are no year"


PRICE = series("btc_price_daily_usd", CLOSES, source="test")


def test_the_published_share_of_market_cap() -> None:
    found = leverage.Interest(
        venue=leverage.VENUES[-1], source="x", times=PRICE.times[-1:], usd=np.array([66e9]), btc=np.array([np.nan])
    )
    cap = 1.82e12 / 95_546.14
    assert leverage.Leverage.of(found, PRICE, np.array([cap])).latest.share_of_market_cap == pytest.approx(
        0.036, abs=5e-4
    )


def test_a_year_begins_with_its_last_value_before_it_and_ten_days_at_most() -> None:
    rows = line("open_interest_daily_usd", "2025-12-29", [10.0, 20.0, 40.0, 50.0, 60.0])
    assert year_to_date_fraction(rows.times, rows.values)[-2:].tolist() == [0.25, 0.5]
    late = series("open_interest_daily_usd", {"2025-12-20": 10.0, "2026-01-15": 20.0})
    assert np.isnan(year_to_date_fraction(late.times, late.values)[-1])


def test_a_change_takes_the_nearest_known_day_and_no_far_one() -> None:
    weekly = line("open_interest_aggregate_usd", "2025-12-07", [30.0, 31.0, 32.0, 33.0, 36.0, 40.0], step=7)
    assert change_fraction(weekly.times, weekly.values, 7)[-1] == pytest.approx(40 / 36 - 1)
    assert change_fraction(weekly.times, weekly.values, 30)[-1] == pytest.approx(40 / 31 - 1)  # 28 days before
    holed = weekly.values.copy()
    holed[1] = np.nan
    assert change_fraction(weekly.times, holed, 30)[-1] == pytest.approx(40 / 30 - 1)  # 35 days: within a quarter
    holed[:2] = np.nan
    assert np.isnan(change_fraction(weekly.times, holed, 30)[-1])
    assert np.isnan(change_fraction(weekly.times, np.full(6, np.nan), 30)).all()


def test_a_z_score_by_hand() -> None:
    values = np.concatenate([np.tile([1.0, 3.0], 182), [5.0]])
    times = line("open_interest_daily_usd", "2025-01-01", values).times
    expected = (5 - values.mean()) / values.std()
    assert z_score(times, values)[-1] == pytest.approx(expected)
    assert np.isnan(z_score(times, values)[: leverage.LEAST_DAYS - 1]).all()
    assert np.isnan(z_score(times, np.full(365, 7.0))).all(), "a constant year has no deviation"


@given(st.lists(st.floats(1e9, 1e11), min_size=140, max_size=200), st.floats(1e-3, 1e3))
def test_measures_are_free_of_scale(values: list[float], factor: float) -> None:
    times = np.arange(len(values)) * DAY
    amounts = np.array(values)
    for measure in (z_score, lambda t, v: change_fraction(t, v, 30), year_to_date_fraction):
        np.testing.assert_allclose(measure(times, amounts * factor), measure(times, amounts), rtol=1e-6, atol=1e-6)


@given(st.lists(st.floats(1e9, 1e11), min_size=150, max_size=200), st.integers(121, 149))
def test_nothing_looks_ahead(values: list[float], keep: int) -> None:
    times, amounts = np.arange(len(values)) * DAY, np.array(values)
    for measure in (z_score, lambda t, v: change_fraction(t, v, 7), year_to_date_fraction):
        whole, part = measure(times, amounts)[:keep], measure(times[:keep], amounts[:keep])
        np.testing.assert_allclose(whole, part, rtol=1e-6, atol=1e-6)


def test_bybit_is_turned_into_usd_at_the_close_and_two_ways_of_counting_are_never_joined() -> None:
    both = line("open_interest_bybit_daily_btc", "2026-01-01", [100_000.0] * 14, source="bybit: both sides")
    one = line("open_interest_bybit_daily_btc", "2026-01-14", [50_000.0, 51_000.0], source="bybit: one side")
    (found,) = interests({"open_interest_bybit_daily_btc": merge(both, one)}, PRICE)
    assert found.times.tolist() == [stamp("2026-01-14"), stamp("2026-01-15")]
    assert found.usd.tolist() == pytest.approx([50_000 * 97_043.99, 51_000 * 95_546.14])
    assert "both sides" not in found.covers
    (counted_twice,) = interests({"open_interest_bybit_daily_btc": both}, PRICE)
    assert "both sides" in counted_twice.covers


def test_the_first_current_venue_is_chosen_else_the_newest_else_the_one_asked_for() -> None:
    okx = line("open_interest_daily_usd", "2026-01-01", [1e9] * 5)
    weekly = line("open_interest_aggregate_usd", "2025-12-07", [40e9] * 6, step=7)
    found = interests({okx.quantity: okx, weekly.quantity: weekly}, PRICE)
    assert [one.venue.label for one in found] == ["OKX", "One aggregator’s venues"]

    def label(day: str, asked: str = "") -> str:
        chosen = leverage.chosen(found, stamp(day), asked)
        assert chosen is not None
        return chosen.venue.label

    assert label("2026-01-10") == "OKX"
    assert label("2026-01-20") == "One aggregator’s venues"
    assert label("2027-01-01") == "One aggregator’s venues"
    assert label("2026-01-10", "aggregate") == "One aggregator’s venues"
    assert leverage.chosen((), stamp("2026-01-10")) is None


def test_a_venue_without_a_price_has_usd_but_no_btc() -> None:
    okx = line("open_interest_daily_usd", "2026-01-01", [1e9])
    (found,) = interests({okx.quantity: okx}, Series.of("btc_price_daily_usd", [], [], source="", fetched_at=NOW))
    assert found.usd.tolist() == [1e9]
    assert np.isnan(found.btc).all()


def test_the_daily_files_of_binance_fill_the_days_that_it_does_not_give_out_any_more() -> None:
    files = line("open_interest_binance_files_daily_usd", "2026-01-01", [1e9] * 14, source="binance_vision")
    given_out = line("open_interest_binance_daily_usd", "2026-01-12", [2e9] * 4, source="binance")
    (found,) = interests({files.quantity: files, given_out.quantity: given_out}, PRICE)
    assert (found.venue.key, found.source, len(found.times)) == ("binance", "binance", 15)
    assert found.usd.tolist() == [1e9] * 11 + [2e9] * 4
    assert found.covers.endswith("past days from its daily files")
    assert found.line is not None
    assert found.line.seams() == [(stamp("2026-01-12"), "binance")], "where one record goes over into the other"
    (alone,) = interests({files.quantity: files}, PRICE)
    assert (alone.source, len(alone.times)) == ("binance_vision", 14), "where Binance itself does not answer"
    assert "past days" not in alone.covers


def test_coinglass_is_a_way_of_counting_by_itself_and_comes_first_where_its_key_is() -> None:
    okx = line("open_interest_daily_usd", "2026-01-01", [5e9] * 15)
    summed = line("open_interest_coinglass_daily_usd", "2026-01-01", [60e9] * 15, source="coinglass")
    found = interests({okx.quantity: okx, summed.quantity: summed}, PRICE)
    assert [(one.venue.key, float(one.usd[-1])) for one in found] == [("coinglass", 60e9), ("okx", 5e9)]
    chosen = leverage.chosen(found, stamp("2026-01-16"))
    assert chosen is not None and "Coinglass" in chosen.covers
    asked = leverage.chosen(found, stamp("2026-01-16"), "okx")
    assert asked is not None and asked.venue.label == "OKX"
