"""A result as a JSON file: strict JSON, in the order given, times in ISO 8601 with a Z, a line end at the end."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import isfinite
from numbers import Integral, Real

from minerdesk.errors import ExportError


def to_json(content: object) -> bytes:
    """Write `content`, made of mappings, sequences, texts, numbers, dates, True, False and None.

    An absent number is None (``null``): JSON has no NaN and no infinity.

    Raises
    ------
    ExportError
        A number is not finite; the message says where it lies.
    TypeError
        Something that JSON has no form for: a mistake of the caller.

    >>> to_json({"as_of": datetime(2026, 1, 16, 12, tzinfo=UTC), "difficulty": None})
    b'{\\n  "as_of": "2026-01-16T12:00:00Z",\\n  "difficulty": null\\n}\\n'
    """
    text = json.dumps(_plain(content, ""), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode(errors="replace")  # half a surrogate pair is no character


def _plain(content: object, where: str) -> object:
    match content:
        case None | bool():
            return content
        case str():
            return str(content)
        case Integral():
            return int(content)
        case Real():
            return _finite(float(content), where)
        case datetime():
            return _moment(content)
        case date():
            return content.isoformat()
        case Mapping():
            return {str(key): _plain(value, f"{where}.{key}".lstrip(".")) for key, value in content.items()}
        case list() | tuple():
            return [_plain(value, f"{where}[{index}]") for index, value in enumerate(content)]
    raise TypeError(f"{where or 'the content'} is of the type {type(content).__name__}, which JSON has no form for")


def _finite(number: float, where: str) -> float:
    if isfinite(number):
        return number
    raise ExportError(f"{where or 'The number'} is {number}, which JSON can't hold.", hint="Nothing was written.")


def _moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise TypeError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
