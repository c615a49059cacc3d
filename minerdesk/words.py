"""How a number is written on screen: thin groups, a real minus sign, and as many decimals as the eye can use.

Everything here is text for people. Files and the command line write plain ASCII numbers instead. A value that is None
or not finite is written as an en dash, so a panel never has to ask first.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta

#: Between groups of three digits and between a number and its unit: narrow and never broken across lines.
THIN = "\u202f"
MINUS = "\u2212"
#: After a stroke: no line ends there, and nothing is seen of it.
JOINED = "\u2060"
NOTHING = "\u2013"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLAIN = str.maketrans({THIN: " ", MINUS: "-", NOTHING: "-", "“": '"', "”": '"', "’": "'"})
_MAGNITUDES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
#: From here on money is a power of ten: twenty groups of digits would break every table.
_BEYOND_WORDS = 1e16


def figure(value: float | None, decimals: int = 0, *, signed: bool = False) -> str:
    """Write `value` with a fixed number of decimals; `signed` puts a plus before a gain.

    Special cases: a value that rounds to zero has no sign; None, NaN and infinities are an en dash.

    >>> figure(1136.4).replace(THIN, "_"), figure(-0.04, 1), figure(12.34, 1, signed=True)
    ('1_136', '0.0', '+12.3')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    digits = f"{abs(value):,.{decimals}f}".replace(",", THIN)
    if not any(digit in digits for digit in "123456789"):
        return digits
    return (MINUS if value < 0 else "+" if signed else "") + digits


def with_unit(text: str, unit: str) -> str:
    """Set a unit beside a written number, or leave an en dash alone.

    >>> with_unit("12", "EH/s").replace(THIN, "_"), with_unit(NOTHING, "EH/s")
    ('12_EH/s', '–')
    """
    return text if text == NOTHING or not unit else f"{text}{THIN}{unit}"


def usd_per_mwh(value: float | None, *, signed: bool = False) -> str:
    """Write $/MWh: one decimal under 100, none above.

    >>> usd_per_mwh(89.19), usd_per_mwh(1135.94).replace(THIN, "_"), usd_per_mwh(99.96)
    ('89.2', '1_136', '100')
    """
    return general(value, signed=signed)


def general(value: float | None, *, decimals: int = 1, signed: bool = False) -> str:
    """Write a value with `decimals` under 100 and none above, judged after rounding.

    >>> general(2.9, decimals=2), general(158.06), general(-3.14159)
    ('2.90', '158', '−3.1')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return figure(value, decimals if round(abs(value), decimals) < 100 else 0, signed=signed)


def exact(value: float) -> str:
    """Write a number with the digits that it has, in groups: a size that was typed.

    >>> exact(0.01), exact(2250.0).replace(THIN, "_"), exact(-0.5)
    ('0.01', '2_250', '−0.5')
    """
    return f"{value:,.10g}".replace(",", THIN).replace("-", MINUS)


def money(value: float | None, *, signed: bool = False) -> str:
    """Write US dollars with three figures that matter and a magnitude: k, M, B or T from a thousand on.

    From 10,000 T on a power of ten.

    >>> money(1_340_000).replace(THIN, "_"), money(-332_997).replace(THIN, "_"), money(999_999).replace(THIN, "_")
    ('$1.34_M', '−$333_k', '$1.00_M')
    >>> money(41.2), money(None)
    ('$41.20', '–')
    >>> money(7.5e36)
    '$7.5e+36'
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    sign = MINUS if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    if size >= _BEYOND_WORDS:
        return f"{sign}${size:.3g}"
    for factor, letter in _MAGNITUDES:
        written = round(size, 2) if factor == 1e3 else float(f"{size:.3g}")
        if written >= factor:
            scaled = size / factor
            decimals = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{sign}${figure(scaled, decimals)}{THIN}{letter}"
    return f"{sign}${figure(size, 2)}"


def usd(value: float | None) -> str:
    """Write whole US dollars, every digit shown, as for a BTC price.

    >>> usd(95_546.4).replace(THIN, "_")
    '$95_546'
    """
    text = figure(value)
    return text if text == NOTHING else text[:1] + "$" + text[1:] if text.startswith(MINUS) else "$" + text


def hashprice(value: float | None) -> str:
    """Write a hashprice in $/PH/day, always with two decimals.

    >>> hashprice(41.034)
    '41.03'
    """
    return figure(value, 2)


def sats(value: float | None) -> str:
    """Write satoshis, whole and grouped.

    >>> sats(43_012.7).replace(THIN, "_")
    '43_013'
    """
    return figure(value)


def efficiency_j_per_th(value: float | None) -> str:
    """Write J/TH with one decimal.

    >>> efficiency_j_per_th(17.5)
    '17.5'
    """
    return figure(value, 1)


def hashrate_eh_s(value: float | None) -> str:
    """Write a hash rate in EH/s throughout, so that a drawdown can be read off.

    >>> hashrate_eh_s(1151.4).replace(THIN, "_"), hashrate_eh_s(12.34).replace(THIN, "_")
    ('1_151_EH/s', '12.3_EH/s')
    """
    if value is not None and 0 < abs(value) < 0.1:  # before 2014: the decimals of today would leave nothing
        return with_unit(f"{value:.2g}".replace("-", MINUS), "EH/s")
    return with_unit(general(value), "EH/s")


def difficulty(value: float | None) -> str:
    """Write a difficulty in units of 1e12; smaller ones (before 2018) with the magnitude that fits.

    >>> difficulty(146.47e12).replace(THIN, "_"), difficulty(3.5e9).replace(THIN, "_"), difficulty(1.0)
    ('146.47_T', '3.50_B', '1.00')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    for factor, letter in _MAGNITUDES:
        if abs(value) >= factor:
            return with_unit(figure(value / factor, 2), letter)
    return figure(value, 2)


def percent(fraction: float | None, *, change: bool = False, decimals: int = 1) -> str:
    """Write a fraction as percent; `change` gives a rise its plus sign.

    >>> percent(0.97).replace(THIN, "_"), percent(-0.127, change=True).replace(THIN, "_")
    ('97.0_%', '−12.7_%')
    """
    text = figure(None if fraction is None else fraction * 100, decimals, signed=change)
    return with_unit(text, "%")


def day(moment: date | datetime | None) -> str:
    """Write a date like 16 Jan 2026, in UTC and in English whatever the locale.

    >>> day(date(2026, 1, 16)), day(None)
    ('16 Jan 2026', '–')
    """
    if moment is None:
        return NOTHING
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def day_and_time(moment: datetime | None) -> str:
    """Write an instant like 16 Jan 2026, 12:00 (UTC, which the chart or dialog says once).

    >>> day_and_time(datetime(2026, 1, 16, 12, tzinfo=UTC))
    '16 Jan 2026, 12:00'
    """
    if moment is None:
        return NOTHING
    moment = moment.astimezone(UTC)
    return f"{day(moment)}, {moment:%H:%M}"


def period(iso: str) -> str:
    """Write a day, month or year that stands in ISO form; other text stays as it is.

    >>> period("2025-12-17"), period("2025-12"), period("2025")
    ('17 Dec 2025', 'Dec 2025', '2025')
    """
    try:
        begins = date.fromisoformat(f"{iso}-01" if len(iso) == len("2025-12") else iso)
    except ValueError:
        return iso
    return day(begins) if len(iso) > len("2025-12") else f"{_MONTHS[begins.month - 1]} {begins.year}"


def month(number: int) -> str:
    """Return the short English name of a month, 1 to 12.

    >>> month(1)
    'Jan'
    """
    return _MONTHS[number - 1]


def age(span: timedelta | None) -> str:
    """Write an age in the largest unit that still counts at least two of it (minutes excepted), rounded down.

    >>> age(timedelta(seconds=40)), age(timedelta(minutes=3)), age(timedelta(hours=2)), age(timedelta(days=5))
    ('under 1 min', '3 min', '2 h', '5 days')
    >>> age(timedelta(days=80)), age(timedelta(days=900)), age(timedelta(minutes=-5))
    ('11 weeks', '2 years', 'under 1 min')
    """
    if span is None:
        return NOTHING
    minutes = int(span.total_seconds() // 60)
    hours, days = minutes // 60, minutes // 1440
    steps = ((60, minutes, "min"), (48, hours, "h"), (21, days, "days"), (105, days // 7, "weeks"))
    if minutes < 1:
        return "under 1 min"
    for limit, count, word in steps:
        if count < limit:
            return f"{count} {word}"
    return f"{int(days // 365.25)} years"


def years(value: float) -> str:
    """Write a number of years, one of them without the plural.

    >>> years(1.0), years(20.0), years(1.5)
    ('1 year', '20 years', '1.5 years')
    """
    return f"{value:.3g} year{'' if value == 1 else 's'}"


def plain(text: str) -> str:
    """Return `text` for a terminal or a log: common spaces, ASCII minus and quotes.

    >>> plain(money(-332_997)), plain("“x” can’t")
    ('-$333 k', '"x" can\\'t')
    """
    return text.translate(_PLAIN)


def typeset(text: str) -> str:
    """Return prose of a file as it is written on screen: the way back from `plain`.

    >>> typeset("2,016 * 600 s can't").replace(THIN, "_")
    '2_016 × 600 s can’t'
    """
    return re.sub(r"(?<=\d),(?=\d{3})", THIN, text).replace(" * ", " × ").replace("'", "’")


def inside_sentence(label: str) -> str:
    """Return a label as it is written inside a sentence: small first letter, unless it begins with an abbreviation.

    >>> inside_sentence("Fees per block"), inside_sentence("BTC price")
    ('fees per block', 'BTC price')
    """
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
