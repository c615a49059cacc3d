import doctest
import math
from datetime import UTC, date, datetime, timedelta

import pytest

from minerdesk import words
from minerdesk.words import MINUS, NOTHING, THIN


def test_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    "write",
    [
        words.figure,
        words.general,
        words.usd_per_mwh,
        words.money,
        words.usd,
        words.hashprice,
        words.sats,
        words.efficiency_j_per_th,
        words.hashrate_eh_s,
        words.difficulty,
        words.percent,
    ],
)
@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf])
def test_what_is_not_known_is_a_dash(write, nothing) -> None:
    assert write(nothing) == NOTHING


def test_ages_and_dates_of_nothing_are_dashes() -> None:
    assert words.age(None) == words.day(None) == words.day_and_time(None) == NOTHING


@pytest.mark.parametrize(
    ("value", "text"),
    [(89.19, "89.2"), (99.94, "99.9"), (99.95, "100"), (1136.4, f"1{THIN}136"), (-9.12, f"{MINUS}9.1"), (-0.01, "0.0")],
)
def test_usd_per_mwh_has_one_decimal_under_a_hundred(value, text) -> None:
    assert words.usd_per_mwh(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2_101_153, f"$2.10{THIN}M"),
        (332_997, f"$333{THIN}k"),
        (9_995, f"$10.0{THIN}k"),
        (99_950, f"$100{THIN}k"),
        (999.994, "$999.99"),
        (3.7e9, f"$3.70{THIN}B"),
        (0, "$0.00"),
        (-1_340_000, f"{MINUS}$1.34{THIN}M"),
    ],
)
def test_money_keeps_three_figures(value, text) -> None:
    assert words.money(value) == text


def test_a_change_carries_its_sign_and_a_share_does_not() -> None:
    assert words.percent(0.0512, change=True) == f"+5.1{THIN}%"
    assert words.percent(0.0512) == f"5.1{THIN}%"
    assert words.percent(0.0, change=True) == f"0.0{THIN}%"


def test_a_negative_price_has_its_sign_before_the_dollar() -> None:
    assert words.usd(-1234) == f"{MINUS}$1{THIN}234"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=20), "20 days"),
        (timedelta(days=21), "3 weeks"),
        (timedelta(days=734), "104 weeks"),
        (timedelta(days=735), "2 years"),
    ],
)
def test_ages_change_unit_where_two_of_it_have_passed(span, text) -> None:
    assert words.age(span) == text


def test_dates_are_utc_and_english() -> None:
    late = datetime.fromisoformat("2026-01-16T23:30:00-05:00")
    assert words.day(late) == "17 Jan 2026"
    assert words.day_and_time(late) == "17 Jan 2026, 04:30"
    assert words.day(date(2024, 4, 20)) == "20 Apr 2024"
    assert words.day(datetime(2026, 12, 31, tzinfo=UTC)) == "31 Dec 2026"


@pytest.mark.parametrize(("value", "text"), [(1.0, "1 year"), (20.0, "20 years"), (19 / 12, "1.58 years")])
def test_years_have_their_plural(value: float, text: str) -> None:
    assert words.years(value) == text


def test_money_beyond_words_is_a_power_of_ten() -> None:
    assert words.money(-7.5e36) == f"{words.MINUS}$7.5e+36"
    assert words.money(9.999e15).replace(words.THIN, " ") == "$9 999 T"
