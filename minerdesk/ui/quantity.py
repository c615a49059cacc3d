"""What a quantity looks like as text, and what typed text means: exact, the same in every locale, without Qt.

A point is always the decimal mark, as on screen. A comma is one too wherever it can't be meant as a group mark. Spaces
of any kind may group digits. A unit may follow; it is then the unit that counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from minerdesk.economics.declarations import Field
from minerdesk.economics.schema import check
from minerdesk.errors import Problem, Severity
from minerdesk.units import DIFFICULTY_UNIT, DisplayUnit, display_units
from minerdesk.words import MINUS, THIN, with_unit

#: Wide enough for every product of a float and a factor to be exact.
_EXACT = Context(prec=60)
#: A factor that is no power of ten (satoshis) leaves noise in a float's last digits; this many are meant.
_MEANT_DIGITS = Context(prec=12)
_TAKEN_DIGITS = Context(prec=7)

_SIGN_NUMBER_UNIT = re.compile(r"([+-]?)([0-9.,]*)(.*)", re.DOTALL)
_GROUPED = re.compile(r"([0-9]{1,3}([.,])(?:[0-9]{3}\2)*[0-9]{3})((?!\2)[.,][0-9]+)?")
_COULD_BE_GROUPS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_SPACED_DIGITS = re.compile(r"[0-9]\s+[0-9]")

_KEY_WITH_OWN_UNIT = {"network.difficulty": (DIFFICULTY_UNIT,)}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What typed text says: a value in the base unit, or why it is refused, or, with neither, that more must follow."""

    value: float | None = None
    refusal: str = ""


_INCOMPLETE = Reading()


def units_of(field: Field, btc_price_usd: float | None) -> tuple[DisplayUnit, ...]:
    """Return the units in which `field` may be shown and typed, the default first."""
    return _KEY_WITH_OWN_UNIT.get(field.key) or display_units(field.unit, btc_price_usd=btc_price_usd)


# -- value to text ----------------------------------------------------------------------------------------------------


def shown_number(value: float, unit: DisplayUnit) -> Decimal:
    """Return `value` in `unit`, exact; for a factor that is no power of ten, to twelve digits."""
    number = _EXACT.multiply(Decimal(repr(float(value))), Decimal(repr(unit.factor)))
    return _EXACT.normalize(number if _is_shift(unit) else _MEANT_DIGITS.plus(number))


def base_value(number: Decimal, unit: DisplayUnit) -> float:
    """Return a number of `unit` in the base unit. Special case: too large for a float is infinite."""
    return float(_EXACT.divide(number, Decimal(repr(unit.factor))))


def written(value: float, unit: DisplayUnit) -> str:
    """Write `value` in `unit` with every digit that it has, and no other.

    >>> written(58.5, DisplayUnit(label="$/kWh", factor=0.001)), written(0.0007, DisplayUnit(label="%", factor=100.0))
    ('0.0585', '0.07')
    >>> written(-1e7, DisplayUnit(label="$", factor=1.0)).replace(THIN, "_")
    '−10_000_000'
    """
    return _digits(shown_number(value, unit))


def rounded(value: float, unit: DisplayUnit, decimals: int) -> str:
    """Write `value` in `unit` with at most `decimals`, for values that are shown and not typed.

    >>> rounded(146_472_570_619_930.78, DIFFICULTY_UNIT, 2)
    '146.47'
    """
    number = shown_number(value, unit)
    step = Decimal(1).scaleb(-decimals)
    return _digits(_EXACT.normalize(number.quantize(step, context=_EXACT)))


def taken(value: float, unit: DisplayUnit) -> float:
    """Return `value` as it would be typed in `unit`: cut to seven digits, too few to be seen in any result.

    >>> taken(41.034123748, DisplayUnit(label="$/PH/day", factor=1.0))
    41.03412
    """
    return base_value(_TAKEN_DIGITS.plus(shown_number(value, unit)), unit)


def _digits(number: Decimal) -> str:
    text = format(abs(number), ",f").replace(",", THIN)
    return MINUS + text if number < 0 else text


def _is_shift(unit: DisplayUnit) -> bool:
    return Decimal(repr(unit.factor)).normalize().as_tuple().digits == (1,)


# -- text to value ----------------------------------------------------------------------------------------------------


def read(text: str, units: Sequence[DisplayUnit], shown: DisplayUnit, *, final: bool = False) -> Reading:
    """Read typed `text` as a quantity; without a unit in it, it is of the unit `shown`.

    While somebody is typing, the beginning of a number or of a unit is incomplete. Once it is `final` nothing is, and
    "5." is 5.
    Refused, each with the remedy: two decimal marks, a comma that may be a group mark, an unknown unit, no number.

    >>> dollars = DisplayUnit(label="$/MWh", factor=1.0)
    >>> read("0,07", [dollars], dollars).value, read("1 234,5 $/MWh", [dollars], dollars).value
    (0.07, 1234.5)
    >>> read("1,234", [dollars], dollars).refusal
    '“1,234” can be read in two ways. Write 1234 or 1.234.'
    """
    grouped = _SPACED_DIGITS.search(text) is not None
    compact = "".join(text.split()).replace(MINUS, "-")
    if shown.label.startswith("$"):
        compact = compact.removeprefix("$")
    sign, number, suffix = _SIGN_NUMBER_UNIT.findall(compact)[0]
    if not number.strip(".,"):
        if suffix or len(number) > 1:
            return Reading(refusal=f"“{text.strip()}” is not a number.")
        return Reading(refusal="Type a number.") if final else _INCOMPLETE
    refusal = _refused_marks(number, grouped=grouped)
    if refusal:
        return Reading(refusal=refusal)
    if number[-1] in ".," and not suffix and not final:
        return _INCOMPLETE
    named = _named_units(suffix, units) if suffix else [shown]
    if not named or (final and len(named) > 1):
        return Reading(refusal=f"“{suffix}” is no unit of this input. Use {_either(units)}.")
    if len(named) > 1:
        return _INCOMPLETE
    return Reading(value=base_value(Decimal(sign + number.replace(",", ".")), named[0]))


def _refused_marks(number: str, *, grouped: bool) -> str:
    """Return why the marks in `number` can't be read in one way only, or an empty text."""
    if len(re.findall("[.,]", number)) <= 1:
        if grouped or not _COULD_BE_GROUPS.fullmatch(number):
            return ""
        plain, point = number.replace(",", ""), number.replace(",", ".")
        return f"“{number}” can be read in two ways. Write {plain} or {point}."
    found = _GROUPED.fullmatch(number)
    if found is None:
        return f"“{number}” has more than one decimal mark. Keep one."
    groups, mark, decimals = found.groups(default="")
    return f"Write {groups.replace(mark, '')}{decimals.replace(',', '.')}, without marks between groups."


def _named_units(typed: str, units: Sequence[DisplayUnit]) -> list[DisplayUnit]:
    """Return the units that `typed` names in full or, failing that, begins to name."""
    wanted = _plain_unit(typed)
    exact = [unit for unit in units if _plain_unit(unit.label) == wanted]
    return exact or [unit for unit in units if _plain_unit(unit.label).startswith(wanted)]


def _plain_unit(label: str) -> str:
    text = "".join(label.split()).casefold().replace("usd", "$")
    return re.sub(r"^(?:cents?|ct|c)(?=/|$)", "¢", text)


def _either(units: Sequence[DisplayUnit]) -> str:
    *others, last = [unit.label for unit in units if unit.label] or ["no unit"]
    return f"{', '.join(others)} or {last}" if others else last


# -- bounds, steps, help ----------------------------------------------------------------------------------------------


def stepped(field: Field, value: float, unit: DisplayUnit, steps: int) -> float:
    """Return `value` moved by so many steps of `field`, kept within the hard bounds.

    A step is the declared one in `unit`; where that is no round number (satoshis), the round number next below.
    """
    step = _EXACT.multiply(Decimal(repr(float(field.step))), Decimal(repr(unit.factor)))
    if not _is_shift(unit):
        step = Decimal(1).scaleb(step.adjusted())
    moved = base_value(shown_number(value, unit) + steps * step, unit)
    low, high = field.bounds
    return float(min(max(moved, low), high))


def judge(field: Field, value: float, unit: DisplayUnit) -> Problem | None:
    """Return what is wrong with `value`, in the words of the unit that it is shown in, or None."""
    problem = check(field, value)
    if problem is None:
        return None
    refused = problem.severity is Severity.ERROR
    if refused:
        message = f"It must lie between {_span(field.bounds, unit, ' and ')}."
    else:
        message = f"Usual is {_span(field.plausible, unit)}. Used as typed."
    return Problem(field=field.key, severity=problem.severity, message=message)


def default_words(field: Field, unit: DisplayUnit) -> str:
    """Return the default and where it comes from.

    >>> from minerdesk.economics.schema import FIELDS
    >>> efficiency = FIELDS["mining.efficiency_j_per_th"]
    >>> default_words(efficiency, display_units("J/TH")[0]).replace(THIN, " ")
    '17.5 J/TH: reference case: an S21-class fleet'
    """
    if field.default is None:
        return field.origin
    if field.is_switch:
        return f"{'on' if field.default else 'off'}: {field.origin}"
    if isinstance(field.default, str):
        chosen = field.choice(field.default)
        return f"{chosen.label if chosen else field.default}: {field.origin}"
    return f"{with_unit(written(field.default, unit), unit.label)}: {field.origin}"


def help_lines(field: Field, unit: DisplayUnit, units: Sequence[DisplayUnit]) -> list[str]:
    """Return the help of a field, line by line: what it is, unit, allowed and usual range, default and its origin."""
    lines = [field.help]
    lines += [f"{choice.label}: {choice.help}" for choice in field.choices if choice.help]
    if field.is_number:
        others = [other.label for other in units if other != unit]
        lines.append(f"Unit: {unit.label}" + (f" (or {' or '.join(others)})" if others else ""))
        lines.append(f"Allowed: {_span(field.bounds, unit)}. Usual: {_span(field.plausible, unit)}.")
    lines.append(f"Default: {default_words(field, unit)}")
    return lines


def _span(span: tuple[float, float], unit: DisplayUnit, between: str = " to ") -> str:
    low, high = (_short(shown_number(end, unit)) for end in span)
    return f"{low}{between}{with_unit(high, unit.label)}"


def _short(number: Decimal) -> str:
    """Write the end of a range; one that is far off the everyday as a power of ten."""
    if number == 0 or Decimal("1e-4") <= abs(number) < Decimal("1e9"):
        return _digits(Context(prec=6).plus(number).normalize())
    return f"{number:.2e}".replace("e+", "e").replace(".00", "").replace("-", MINUS)
