"""Scenario files, ``*.minerdesk.json``: the inputs, and the observations that they were judged with.

The store knows the form, not the meaning: which inputs exist is told by the caller, whether a number is sensible is
judged by the economics.
"""

import difflib
import math
import reprlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from minerdesk import __version__, clock
from minerdesk.economics.prices import PowerChoice
from minerdesk.errors import InputError, Problem, Severity
from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES
from minerdesk.store import documents, limits, prices
from minerdesk.store.atomic import write_text
from minerdesk.store.documents import DamagedError, Document
from minerdesk.store.migrations import MIGRATIONS, Migration, current_format, upgrade

Value = float | bool | str | None
Row = Mapping[str, str | float | bool | None]

_T = TypeVar("_T")

_OWN_KEYS = frozenset(
    {"schema_version", "name", "saved_at", "program", "inputs", "observations", "tables", "typed_at", "power"}
)
_OBSERVATION_KEYS = ("quantity", "value", "unit", "as_of", "fetched_at", "source", "origin", "detail")
_MOST_SUGGESTIONS = 20  # looking for the nearest key takes a millisecond, and a hostile file has many


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What one scenario file holds.

    Attributes
    ----------
    inputs
        Known inputs by dotted key; None is an empty one.
    typed_at
        When the inputs were typed for which that matters, by key.
    tables
        Rows of named cells by the name of their table, as they are; what they mean is judged by the economics.
    power
        The market looked at, typed rates of currencies, and the scenario's own prices.
    damaged_prices
        Prices in the file that can't be read: written back as they were until others take their place.
    unknown, unknown_inputs, unknown_observations
        What this version doesn't know: kept as it was and written back.
    name, saved_at, program
        Optional: a title, and when and by which version the file was saved.
    problems
        Warnings found on loading; no part of the file.
    """

    inputs: Mapping[str, Value] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    typed_at: Mapping[str, datetime] = field(default_factory=dict)
    power: PowerChoice = field(default_factory=PowerChoice)
    damaged_prices: Any = None
    name: str | None = None
    saved_at: datetime | None = None
    program: str | None = None
    unknown: Mapping[str, Any] = field(default_factory=dict)
    unknown_inputs: Mapping[str, Any] = field(default_factory=dict)
    unknown_observations: tuple[Any, ...] = ()
    problems: tuple[Problem, ...] = field(default=(), compare=False)


def load(
    path: Path,
    known_keys: Collection[str],
    migrations: Sequence[Migration] = MIGRATIONS,
    *,
    text_keys: Collection[str] = (),
) -> Scenario:
    """Read a scenario file. It is never changed, renamed or overwritten by this.

    Unknown keys are kept, each with a warning in `Scenario.problems`. Inputs of `text_keys` hold text, the others none.

    Raises
    ------
    StoreError
        The file can't be read.
    DamagedError
        It is not whole.
    InputError
        It is of a newer format, or some of its values can't be used; then `problems` names them all.
    """
    return from_document(documents.read(path), str(path), known_keys, migrations, text_keys=text_keys)


def save(path: Path, scenario: Scenario) -> Scenario:
    """Write `scenario` in one step, and return it as written; see `stamped`.

    Raises
    ------
    StoreError
        The file can't be written; the old one is whole.
    """
    written = stamped(scenario)
    write_text(path, dumps(written))
    return written


def stamped(scenario: Scenario) -> Scenario:
    """Return `scenario` with the time and this program's version."""
    return replace(scenario, saved_at=clock.now(), program=f"minerdesk {__version__}")


def dumps(scenario: Scenario) -> str:
    """Return the text of the scenario file."""
    return documents.dumps(to_document(scenario))


def to_document(scenario: Scenario) -> Document:
    """Return `scenario` as the JSON object that its file holds."""
    saved_at = scenario.saved_at.isoformat() if scenario.saved_at else None
    heading = {"name": scenario.name, "saved_at": saved_at, "program": scenario.program}
    inputs = {key: _plain(value) for key, value in scenario.inputs.items()}
    return {
        "schema_version": current_format(),
        **{key: value for key, value in heading.items() if value is not None},
        "inputs": inputs | dict(scenario.unknown_inputs),
        "observations": [_observation_to_json(item) for item in scenario.observations]
        + list(scenario.unknown_observations),
        **({"typed_at": {key: at.isoformat() for key, at in scenario.typed_at.items()}} if scenario.typed_at else {}),
        **({"tables": _tables_to_json(scenario.tables)} if any(scenario.tables.values()) else {}),
        **({"power": power} if (power := prices.choice_to_json(scenario.power, scenario.damaged_prices)) else {}),
        **scenario.unknown,
    }


def from_document(
    document: Document,
    name: str,
    known_keys: Collection[str],
    migrations: Sequence[Migration] = MIGRATIONS,
    *,
    text_keys: Collection[str] = (),
) -> Scenario:
    """Read a scenario out of a JSON object; `name` is what messages call it. See `load` for errors."""
    document = _whole(document, name, migrations)
    problems: list[Problem] = []
    inputs, unknown_inputs = _read_inputs(document["inputs"], known_keys, text_keys, problems)
    observations, unknown_observations = _read_observations(document.get("observations", []), problems)
    title, program = (_optional(document, key, _text, problems) for key in ("name", "program"))
    saved_at = _optional(document, "saved_at", _moment, problems)
    tables = _read_tables(document.get("tables", {}), problems)
    typed_at = _read_typed_at(document.get("typed_at", {}), problems)
    power, damaged_prices = prices.read_choice(document.get("power", {}), problems)
    unknown = {key: value for key, value in document.items() if key not in _OWN_KEYS}
    for key, value in unknown.items():
        problems.append(_judge_unknown(key, value, f"“{key:.80}” is not known to this minerdesk"))

    errors = tuple(problem for problem in problems if problem.severity is Severity.ERROR)
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise InputError(
            f"{name} can't be used: {errors[0].message}{more}",
            hint="Correct the file in a text editor. It is left as it is.",
            problems=errors,
        )
    return Scenario(
        inputs=inputs,
        observations=observations,
        tables=tables,
        typed_at=typed_at,
        power=power,
        damaged_prices=damaged_prices,
        name=title,
        saved_at=saved_at,
        program=program,
        unknown=unknown,
        unknown_inputs=unknown_inputs,
        unknown_observations=unknown_observations,
        problems=limits.few(problems),
    )


def check_whole(data: bytes, name: str) -> None:
    """Raise an InputError, usually a DamagedError, if `data` can't be a scenario file, whatever its values are."""
    _whole(documents.parse(data, name), name, MIGRATIONS)


def _whole(document: Document, name: str, migrations: Sequence[Migration]) -> Document:
    """Return a document in the current format; one that lacks what every scenario has is a DamagedError."""
    document = upgrade(document, name, migrations)
    limits.refuse_masses(document, name)
    if not isinstance(document.get("inputs"), dict):
        lacking = _error("inputs", "“inputs” must be an object of dotted keys and their values.")
        raise DamagedError(
            f"{name} can't be used: {lacking.message}",
            hint="Correct the file in a text editor. It is left as it is.",
            problems=(lacking,),
        )
    return document


def _read_inputs(
    raw: Document, known_keys: Collection[str], text_keys: Collection[str], problems: list[Problem]
) -> tuple[dict[str, Value], dict[str, Any]]:
    known: dict[str, Value] = {}
    unknown: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in known_keys:
            unknown[key] = value
            near = difflib.get_close_matches(key[:80], known_keys, n=1) if len(unknown) <= _MOST_SUGGESTIONS else []
            suggestion = f" (is it {near[0]}?)" if near else ""
            problems.append(_judge_unknown(key, value, f"There is no input “{key:.80}”{suggestion}"))
            continue
        try:
            known[key] = value if key in text_keys and isinstance(value, str) else _input_value(value)
        except ValueError as error:
            problems.append(_error(key, f"“{key}” {error}"))
    return known, unknown


def _input_value(value: object) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        raise ValueError(f"is the text {reprlib.repr(value)}. {_hint_for_text(value)}")
    return _number(value)


def _hint_for_text(text: str) -> str:
    if "," in text:
        return "A comma can mean two things: write no quotes, no group marks and a point for decimals, like 50.5."
    try:
        float(text)
    except ValueError:
        return "Write a number, true, false or null."
    return f"Write it without quotes: {text.strip():.24}."


def _read_observations(raw: object, problems: list[Problem]) -> tuple[tuple[Observation, ...], tuple[Any, ...]]:
    if not isinstance(raw, list):
        problems.append(_error("observations", "“observations” must be a list."))
        return (), ()
    known: list[Observation] = []
    unknown: list[Any] = []
    for index, item in enumerate(raw):
        place = f"observations[{index}]"
        quantity = item.get("quantity") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(quantity, str):
            problems.append(_error(place, f"{place} must be an object with the text “quantity”."))
        elif quantity not in QUANTITIES:
            unknown.append(item)
            problems.append(_judge_unknown(place, item, f"{place} is of the unknown quantity “{quantity:.80}”"))
        else:
            found = len(problems)
            observation = _read_observation(item, place, problems)
            if observation is not None and len(problems) == found:
                known.append(observation)
            problems.extend(
                _warning(f"{place}.{key}", f"{place}: “{key:.80}” is not known and is not written back.")
                for key in item
                if key not in _OBSERVATION_KEYS
            )
    return tuple(known), tuple(unknown)


def _read_typed_at(raw: object, problems: list[Problem]) -> dict[str, datetime]:
    if not isinstance(raw, dict):
        problems.append(_error("typed_at", "“typed_at” must be an object of dotted keys and their times."))
        return {}
    typed_at = {}
    for key, value in raw.items():
        try:
            typed_at[key] = _moment(value)
        except ValueError as error:
            problems.append(_error(f"typed_at.{key}", f"typed_at: “{key:.80}” {error}"))
    return typed_at


def _read_tables(raw: object, problems: list[Problem]) -> dict[str, tuple[Row, ...]]:
    if not isinstance(raw, dict) or not all(isinstance(rows, list) for rows in raw.values()):
        problems.append(_error("tables", "“tables” must be an object of lists of rows."))
        return {}
    tables: dict[str, tuple[Row, ...]] = {}
    for name, rows in raw.items():
        read = []
        for index, row in enumerate(rows):
            read.append(_read_row(row, f"{name:.80}[{index}]", problems))
            if len(problems) > limits.MOST_ERRORS:
                return {}
        tables[name] = tuple(row for row in read if row is not None)
    return tables


def _read_row(raw: object, place: str, problems: list[Problem]) -> Row | None:
    if not isinstance(raw, dict):
        problems.append(_error(place, f"{place} must be an object of columns and their cells."))
        return None
    row: dict[str, str | float | bool | None] = {}
    for column, cell in raw.items():
        try:
            row[column] = cell if cell is None or isinstance(cell, str | bool) else _number(cell)
        except ValueError as error:
            problems.append(_error(f"{place}.{column}", f"{place}: “{column:.80}” {error}"))
    return row


def _tables_to_json(tables: Mapping[str, tuple[Row, ...]]) -> Document:
    return {
        name: [{key: cell if isinstance(cell, str) else _plain(cell) for key, cell in row.items()} for row in rows]
        for name, rows in tables.items()
    }


def _read_observation(item: Document, place: str, problems: list[Problem]) -> Observation | None:
    readers: dict[str, Callable[[Any], Any]] = {
        "value": _number,
        "unit": _text,
        "as_of": _moment,
        "fetched_at": _moment,
        "source": _text,
        "origin": _origin,
        "detail": _text,
    }
    read: dict[str, Any] = {"detail": ""}
    for key, reader in readers.items():
        if key not in item and key in read:
            continue
        try:
            read[key] = reader(item.get(key))
        except ValueError as error:
            problems.append(_error(f"{place}.{key}", f"{place}: “{key}” {error}"))
    expected = QUANTITIES[item["quantity"]].unit
    if read.get("unit", expected) != expected:
        problems.append(_error(f"{place}.unit", f"{place}: “unit” must be “{expected}” for {item['quantity']}."))
    quantity = QUANTITIES[item["quantity"]]
    if "value" in read and not quantity.allows(read["value"]):
        bounds = f"{quantity.low:,g} and {quantity.high:,g}"
        problems.append(
            _error(f"{place}.value", f"{place}: {quantity.name} is {read['value']:g}, not between {bounds}.")
        )
    return Observation(quantity=quantity.name, **read) if len(read) == len(readers) else None


def _observation_to_json(item: Observation) -> Document:
    shown = {key: getattr(item, key) for key in _OBSERVATION_KEYS}
    return shown | {
        "value": _plain(item.value),
        "as_of": item.as_of.isoformat(),
        "fetched_at": item.fetched_at.isoformat(),
        "origin": item.origin.value,
    }


def _optional(document: Document, key: str, reader: Callable[[Any], _T], problems: list[Problem]) -> _T | None:
    if document.get(key) is None:
        return None
    try:
        return reader(document[key])
    except ValueError as error:
        problems.append(_error(key, f"“{key}” {error}"))
        return None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is not a number.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("is not a finite number.")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text.")
    return value


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no ISO time like 2026-01-16T12:00:00Z.") from None


def _origin(value: object) -> Origin:
    try:
        return Origin(_text(value))
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Origin)}.") from None


def _plain(value: Value) -> Value:
    """Return whole numbers as integers, so that a file reads 50 rather than 50.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _judge_unknown(field_name: str, value: object, what: str) -> Problem:
    if documents.is_finite(value):
        return _warning(field_name, f"{what}; it is kept in the file, but has no effect.")
    return _error(field_name, f"{what}, and it holds NaN or Infinity, which JSON has not.")


def _error(field_name: str, message: str) -> Problem:
    return Problem(field=field_name, severity=Severity.ERROR, message=message)


def _warning(field_name: str, message: str) -> Problem:
    return Problem(field=field_name, severity=Severity.WARNING, message=message)
