"""What the scanning process says, line by line: one JSON object each, read as strictly as anything from outside."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

#: A longer line is no answer of the scanner's.
MOST_BYTES = 8_192
MOST_LETTERS = 120


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What one machine told. None is what it did not tell.

    `hashrate_th_s` is measured, `nominal_th_s` what the machine itself calls its nominal rate; `power_w` is the power
    that it reports. `algorithm` is empty where the kind of machine is not known.
    """

    address: str
    make: str = ""
    model: str = ""
    algorithm: str = ""
    hashrate_th_s: float | None = None
    nominal_th_s: float | None = None
    power_w: float | None = None
    is_mining: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """So many addresses are done with, whether they answered or not."""

    hosts: int


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The scanner can't go on; `reason` is NOT_INSTALLED or BROKEN."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Done:
    """Every address was asked."""


Answer = Machine | Asked | Failed | Done

NOT_INSTALLED, BROKEN = "not_installed", "broken"
_KINDS: dict[str, type[Machine | Asked | Failed | Done]] = {
    "machine": Machine,
    "asked": Asked,
    "failed": Failed,
    "done": Done,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_NUMBERS = ("hashrate_th_s", "nominal_th_s", "power_w")


def write(answer: Answer) -> bytes:
    r"""Return an answer as a line.

    >>> write(Asked(hosts=3))
    b'{"kind": "asked", "hosts": 3}\n'
    """
    return json.dumps({"kind": _NAMES[type(answer)], **asdict(answer)}, allow_nan=False).encode() + b"\n"


def read(line: bytes) -> Answer:
    """Return the answer that a line holds; ValueError if it holds none.

    >>> read(b'{"kind": "asked", "hosts": 3}')
    Asked(hosts=3)
    """
    if len(line) > MOST_BYTES:
        raise ValueError(f"a line of more than {MOST_BYTES:,} bytes")
    try:
        told = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("a line that is no JSON") from None
    if not isinstance(told, dict) or told.get("kind") not in _KINDS:
        raise ValueError("a line of an unknown kind")
    kind = _KINDS[told.pop("kind")]
    try:
        answer = kind(**told)
    except TypeError:
        raise ValueError(f"a line of kind {_NAMES[kind]} with other parts") from None
    _check(answer)
    return answer


def _check(answer: Answer) -> None:
    if isinstance(answer, Asked):
        _is(answer.hosts, int)
    elif isinstance(answer, Failed):
        _is(answer.reason, str)
        _is(answer.detail, str)
    elif isinstance(answer, Machine):
        for text in (answer.address, answer.make, answer.model, answer.algorithm):
            _is(text, str)
            if len(text) > MOST_LETTERS or not text.isprintable():
                raise ValueError("a text that is too long or not printable")
        for name in _NUMBERS:
            value = getattr(answer, name)
            if value is not None:
                _is(value, int, float)
                if not math.isfinite(value) or value < 0:
                    raise ValueError(f"{name} of {value}")
        if answer.is_mining is not None:
            _is(answer.is_mining, bool)


def _is(value: Any, *types: type) -> None:
    if type(value) not in types:
        raise ValueError(f"a {type(value).__name__} where {types[-1].__name__} belongs")


def _no_constant(name: str) -> float:
    raise ValueError(name)
