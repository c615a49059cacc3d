"""Typed text and values: exact, the same in every locale, and never guessed."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from minerdesk.economics.schema import FIELDS, check
from minerdesk.errors import Severity
from minerdesk.ui import quantity
from minerdesk.units import DIFFICULTY_UNIT, DISPLAY_UNITS, DisplayUnit, display_units
from minerdesk.words import MINUS, THIN

POWER = "power.price_usd_per_mwh"
USD_PER_MWH, USD_PER_KWH, CENTS_PER_KWH = DISPLAY_UNITS["$/MWh"]
SATS = display_units("$/PH/day", btc_price_usd=95_546.0)[1]
SHIFTS = [*itertools.chain.from_iterable(DISPLAY_UNITS.values()), DIFFICULTY_UNIT]


def value_of(text: str, *, final: bool = True) -> float | None:
    return quantity.read(text, DISPLAY_UNITS["$/MWh"], USD_PER_MWH, final=final).value


# -- text to value ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "de_CH"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.07", 0.07),
        ("0,07", 0.07),
        ("0,070", 0.07),
        ("58.5", 58.5),
        (",5", 0.5),
        ("1.234", 1.234),  # the point is the mark that the program itself writes
        ("1234,567", 1234.567),
        ("1 234", 1234.0),
        (f"12{THIN}345,678", 12345.678),
        ("1\u00a0234.5", 1234.5),
        (f"{MINUS}20", -20.0),
        ("-20", -20.0),
        ("+20", 20.0),
        ("$50", 50.0),
        ("5.", 5.0),
        ("7 c/kWh", 70.0),
        ("7 ¢/kWh", 70.0),
        ("7ct", 70.0),
        ("0.07 $/kWh", 70.0),
        ("0,07 USD/kWh", 70.0),
        ("50 $/mwh", 50.0),
    ],
)
def test_reads_what_is_meant_in_any_locale(text: str, value: float, locale: str) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(locale))
    try:
        assert value_of(text) == value
    finally:
        QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1,234", "Write 1234 or 1.234"),
        ("-95,546", "Write 95546 or 95.546"),
        ("1,234.5", "Write 1234.5"),
        ("1.234,5", "Write 1234.5"),
        ("1.234.567", "Write 1234567"),
        ("1,234,567", "Write 1234567"),
        ("1.2.3", "more than one decimal mark"),
        ("5 kW", "Use $/MWh, $/kWh or ¢/kWh"),
        ("5 $", "Use $/MWh, $/kWh or ¢/kWh"),
        ("abc", "not a number"),
        ("nan", "not a number"),
        ("", "Type a number"),
        ("-", "Type a number"),
    ],
)
def test_refuses_what_could_mean_something_else_and_says_the_remedy(text: str, hint: str) -> None:
    reading = quantity.read(text, DISPLAY_UNITS["$/MWh"], USD_PER_MWH, final=True)
    assert reading.value is None
    assert hint in reading.refusal


@pytest.mark.parametrize("text", ["", "-", "+", ".", ",", "$", "0.", "12,", "5 $"])
def test_the_beginning_of_a_number_is_no_mistake_while_it_is_typed(text: str) -> None:
    assert quantity.read(text, DISPLAY_UNITS["$/MWh"], USD_PER_MWH) == quantity.Reading()


def test_a_percent_field_takes_percent() -> None:
    (percent,) = display_units("fraction of rent")
    assert quantity.read("15 %", [percent], percent).value == 0.15
    assert quantity.read("0,5", [percent], percent).value == 0.005
    assert quantity.written(0.07, percent) == "7"


def test_difficulty_is_counted_in_units_of_1e12() -> None:
    units = quantity.units_of(FIELDS["network.difficulty"], None)
    assert units == (DIFFICULTY_UNIT,)
    assert quantity.read("146.47 T", units, units[0]).value == 146.47e12
    assert quantity.written(146.47e12, units[0]) == "146.47"


def test_satoshis_are_offered_only_while_the_price_is_known() -> None:
    hashprice = FIELDS["network.hashprice_usd_per_ph_day"]
    assert [unit.label for unit in quantity.units_of(hashprice, None)] == ["$/PH/day"]
    dollars, sats = quantity.units_of(hashprice, 100_000.0)
    assert quantity.read("41 000", [dollars, sats], sats).value == pytest.approx(41.0)
    assert quantity.written(41.0, sats) == f"41{THIN}000"


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False), st.sampled_from(SHIFTS))
def test_what_is_typed_is_shown_again_as_it_was_typed(number: Decimal, unit: DisplayUnit) -> None:
    value = quantity.read(f"{number:f}", [unit], unit, final=True).value
    assert value is not None
    shown = quantity.written(value, unit)
    assert Decimal(shown.replace(THIN, "").replace(MINUS, "-")) == number


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(SHIFTS))
def test_any_value_survives_being_shown_and_read_in_any_unit(value: float, unit: DisplayUnit) -> None:
    assert quantity.read(quantity.written(value, unit), [unit], unit, final=True).value == value


@given(st.decimals(min_value=0, max_value=10**7, places=3, allow_nan=False))
def test_satoshis_are_shown_again_as_they_were_typed(number: Decimal) -> None:
    value = quantity.read(f"{number:f}", [SATS], SATS, final=True).value
    assert value is not None
    assert Decimal(quantity.written(value, SATS).replace(THIN, "")) == number


# -- bounds, steps, help ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if field.is_number])
def test_a_step_stays_within_the_bounds_and_help_names_them(key: str) -> None:
    field = FIELDS[key]
    for unit in quantity.units_of(field, 95_546.0):
        low, high = field.bounds
        assert quantity.stepped(field, high, unit, 1) == high
        assert quantity.stepped(field, low, unit, -1) == low
        middle = sum(field.plausible) / 2
        start = float(round(middle)) if field.whole else middle
        assert check(field, quantity.stepped(field, start, unit, 1)) is None
        lines = quantity.help_lines(field, unit, quantity.units_of(field, 95_546.0))
        assert field.help in lines
        assert any(line.startswith("Allowed") and "Usual" in line for line in lines)
        assert lines[-1].endswith(field.origin)


def test_a_problem_is_told_in_the_unit_shown() -> None:
    refused = quantity.judge(FIELDS[POWER], 6_000.0, CENTS_PER_KWH)
    unusual = quantity.judge(FIELDS["mining.pool_fee_fraction"], 0.1, display_units("fraction")[0])
    assert refused is not None
    assert refused.severity is Severity.ERROR
    assert refused.message.replace(THIN, " ") == "It must lie between −50 and 500 ¢/kWh."
    assert unusual is not None
    assert unusual.severity is Severity.WARNING
    assert unusual.message.replace(THIN, " ") == "Usual is 0 to 4 %. Used as typed."
    assert quantity.judge(FIELDS[POWER], float("inf"), USD_PER_MWH) is not None
