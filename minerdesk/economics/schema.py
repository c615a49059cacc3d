"""What the declared inputs allow: validate, parse and build them.

The declarations themselves are in :mod:`minerdesk.economics.declarations`.
"""

import difflib
import math
from collections.abc import Mapping
from types import MappingProxyType

from minerdesk.economics.declarations import FIELDS
from minerdesk.economics.field import Field, Value
from minerdesk.economics.inputs import (
    Contract,
    Debt,
    Firm,
    GpuCloud,
    Inputs,
    Lease,
    Mining,
    Network,
    Plan,
    Power,
    Security,
    Site,
    Stopping,
    Tax,
    Watch,
)
from minerdesk.economics.risk.inputs import Risk
from minerdesk.errors import InputError, Problem, Severity

__all__ = ["DEFAULTS", "FIELDS", "TEXT_KEYS", "Field", "Value", "build", "check", "nearest", "parse", "validate"]

DEFAULTS: Mapping[str, Value] = MappingProxyType({key: field.default for key, field in FIELDS.items()})

#: The inputs whose values are text: the choices.
TEXT_KEYS = frozenset(key for key, field in FIELDS.items() if field.is_choice)


def nearest(key: str) -> str | None:
    """Return the known key most like `key`, or None if none is near."""
    begun = [known for known in FIELDS if known.startswith(key)] if "." in key[:-1] else []
    if len(begun) == 1:  # a key without its unit, as in gpu.rate
        return begun[0]
    found = difflib.get_close_matches(key, FIELDS, n=1, cutoff=0.5)
    if found:
        return found[0]
    tail = key.rsplit(".", 1)[-1]
    same_tail = [known for known in FIELDS if known.rsplit(".", 1)[-1] == tail]
    return same_tail[0] if same_tail else None


def validate(values: Mapping[str, Value]) -> list[Problem]:
    """Return every problem of `values` at once; an empty list means that the model can run.

    An error: unknown key, wrong type, not finite, out of hard bounds, empty where a value is needed.
    A warning: outside the plausible range.
    """
    problems = []
    for key, value in values.items():
        field = FIELDS.get(key)
        if field is None:
            suggestion = nearest(key)
            problems.append(
                _error(key, f"There is no input “{key}”." + (f" Is it {suggestion}?" if suggestion else ""))
            )
        elif (problem := check(field, value)) is not None:
            problems.append(problem)
    return problems


def check(field: Field, value: Value) -> Problem | None:
    """Return what is wrong with one value of `field`, or None."""
    if value is None:
        return None if field.optional else _error(field.key, f"{field.label} is empty. Type a number or reset it.")
    if field.is_switch:
        return None if isinstance(value, bool) else _error(field.key, f"{field.label} takes true or false.")
    if field.is_choice:
        known = field.choice(value) is not None
        return None if known else _error(field.key, f"{field.label} takes {_choice_words(field)}.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _error(field.key, f"{field.label} takes a number.")
    if not math.isfinite(value):
        return _error(field.key, f"{field.label} is not a finite number.")
    low, high = field.bounds
    unit = _unit_words(field)
    if not low <= value <= high:
        return _error(
            field.key, f"{field.label} is {value:,.12g}; it must lie between {low:,.12g} and {high:,.12g}{unit}."
        )
    if field.whole and value != int(value):
        return _error(field.key, f"{field.label} is {value:,.12g}; it takes a whole number.")
    low, high = field.plausible
    if not low <= value <= high:
        return Problem(
            field=field.key,
            severity=Severity.WARNING,
            message=f"{field.label} is {value:,.12g}; usual is {low:,.12g} to {high:,.12g}{unit}. It is used as typed.",
        )
    return None


def parse(key: str, text: str) -> Value:
    """Read `text`, as typed on the command line, as a value of the input `key`; empty text is None.

    Numbers have a point as decimal mark and no group marks: ``1,5`` could be either, so a comma is refused.

    Raises
    ------
    InputError
        The key is unknown (with the nearest one suggested) or the text is no value of this input.

    >>> parse("power.price_usd_per_mwh", "50")
    50.0
    >>> parse("colo.power_passed_through", "false")
    False
    """
    field = FIELDS.get(key)
    if field is None:
        problem = validate({key: None})[0]
        raise InputError(problem.message, problems=(problem,))
    text = text.strip()
    if not text:
        return None
    if field.is_switch:
        known = {
            "true": True,
            "yes": True,
            "1": True,
            "on": True,
            "false": False,
            "no": False,
            "0": False,
            "off": False,
        }
        if text.lower() not in known:
            raise _refused(key, f"{field.label} ({key}) takes true or false, not “{text}”.")
        return known[text.lower()]
    if field.is_choice:
        if field.choice(text) is None:
            raise _refused(key, f"{field.label} ({key}) takes {_choice_words(field)}, not “{text:.40}”.")
        return text
    if "," in text:
        raise _refused(
            key, f"{field.label} ({key}): “{text}” has a comma. Write the decimal mark as a point, no groups."
        )
    try:
        number = float(text)
    except ValueError:
        raise _refused(key, f"{field.label} ({key}) takes a number, not “{text}”.") from None
    if "_" in text or not math.isfinite(number):
        raise _refused(key, f"{field.label} ({key}) takes a finite number, not “{text}”.")
    return number


def _choice_words(field: Field) -> str:
    *others, last = [choice.value for choice in field.choices]
    return f"{', '.join(others)} or {last}" if others else last


def _unit_words(field: Field) -> str:
    if field.unit.startswith("fraction"):
        return " (a fraction: 0.05 is 5 %)"
    return f" {field.unit}" if field.unit else ""


def _refused(key: str, message: str) -> InputError:
    return InputError(message, problems=(_error(key, message),))


def _error(key: str, message: str) -> Problem:
    return Problem(field=key, severity=Severity.ERROR, message=message)


_PARTS: Mapping[str, type] = MappingProxyType(
    {
        "power": Power,
        "site": Site,
        "mining": Mining,
        "network": Network,
        "gpu": GpuCloud,
        "colo": Lease,
        "shell": Lease,
        "plan": Plan,
        "debt": Debt,
        "tax": Tax,
        "risk": Risk,
        "watch": Watch,
        "contract": Contract,
        "stopping": Stopping,
        "firm": Firm,
        "security": Security,
    }
)


def build(values: Mapping[str, Value]) -> Inputs:
    """Make the model's inputs from flat `values`; what is left out takes its default.

    Raises
    ------
    InputError
        With every error that `validate` finds (warnings pass).
    """
    full = {**DEFAULTS, **values}
    errors = tuple(problem for problem in validate(full) if problem.severity is Severity.ERROR)
    if errors:
        raise InputError(" ".join(problem.message for problem in errors), problems=errors)
    parts = {
        name: cls(**{key.split(".", 1)[1]: value for key, value in full.items() if key.startswith(name + ".")})
        for name, cls in _PARTS.items()
    }
    return Inputs(**parts)
