"""The miners' socket interface, as far as pyasic leaves something open: model, hash rate and watts out of replies.

Makers write the same quantity under different names and units, and numbers as text at times; what is not understood is
None, never a guess.
"""

import re
from collections.abc import Iterator, Mapping

_TH_PER = {"GHS av": 1e-3, "GHS 5s": 1e-3, "MHS av": 1e-6, "MHS 5s": 1e-6}
_WATTS = ("total_power", "Power")
_WALL_POWER = re.compile(r"\bWALLPOWER\[(\d+)\]")


def own_name(reply: object) -> str:
    """Return what a machine calls its model in its reply to `version`, without what follows in brackets.

    >>> own_name({"VERSION": [{"Type": "Antminer S19 Pro (vnish 1.2)"}]})
    'Antminer S19 Pro'
    """
    for part in _parts(reply):
        name = part.get("Type") or part.get("PROD")
        if isinstance(name, str):
            return name.partition(" (")[0].strip()
    return ""


def rate_th_s(*replies: object) -> float | None:
    """Return the measured hash rate, by preference the mean since the start: GH/s, else MH/s, as TH/s.

    >>> rate_th_s({"SUMMARY": [{"GHS 5s": "99989.59", "GHS av": 99761.4}]})
    99.7614
    """
    for name, factor in _TH_PER.items():
        for reply in replies:
            for part in _parts(reply):
                value = _number(part.get(name))
                if value is not None:
                    return value * factor
    return None


def watts(*replies: object) -> float | None:
    """Return the power at the wall that a reply reports.

    >>> watts({"STATS": [{}, {"total_power": 3358}]}), watts({"STATS": [{"MM ID0": "Vo[296] WALLPOWER[3731]"}]})
    (3358.0, 3731.0)
    """
    for reply in replies:
        for part in _parts(reply):
            for name in _WATTS:
                value = _number(part.get(name))
                if value:
                    return value
            for cell in part.values():
                found = _WALL_POWER.search(cell) if isinstance(cell, str) else None
                if found:
                    return float(found[1])
    return None


def _parts(reply: object) -> Iterator[Mapping[str, object]]:
    """Yield the objects in a reply's sections."""
    if isinstance(reply, Mapping):
        for section in reply.values():
            if isinstance(section, list):
                yield from (part for part in section if isinstance(part, Mapping))


def _number(cell: object) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
