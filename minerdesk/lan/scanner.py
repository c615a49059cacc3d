"""The scanning process: asks the addresses that it is given and prints what it finds, one line each.

It is started by `scan` and talks to nobody else: the order comes as the first line of stdin, the answers go to stdout.
When stdin ends, whoever wanted to know is gone, and it ends at once. The only module that touches pyasic, which is an
optional package and loaded by name, so that the absence of it can be told.
"""

import asyncio
import contextlib
import importlib
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, BinaryIO

from minerdesk.lan import cgminer, readonly
from minerdesk.lan.answers import BROKEN, MOST_LETTERS, NOT_INSTALLED, Answer, Asked, Done, Failed, Machine, write

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

#: Addresses asked at the same time.
TOGETHER = 64
PROBE_S, IDENTIFY_S, READ_S = 2.0, 12.0, 12.0
_WANTED = ("hashrate", "expected_hashrate", "wattage", "is_mining")
_MOST_MEMORY_BYTES = 2 * 1024**3
#: Six ports of each address asked at the same time, and what pyasic opens; macOS starts programs with 256.
_OPEN_FILES = 2_048
_NO_MODELS = frozenset({"", "none", "unknown", "generic", "generic (unknown)"})

Emit = Callable[[Answer], None]


def main() -> int:
    """Do what the order on stdin says and return the exit code."""
    stdin, stdout = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    logging.disable()
    warnings.simplefilter("ignore")
    set_limits()

    def emit(answer: Answer) -> None:
        stdout.write(write(answer))

    try:
        order = json.loads(stdin.readline())
        hosts, ports = [str(host) for host in order["hosts"]], [int(port) for port in order["ports"]]
        # All reading of stdin that is left is to notice its end.
        threading.Thread(target=_end_with, args=(stdin,), daemon=True).start()
        pyasic = importlib.import_module("pyasic")
    except ImportError as error:
        emit(Failed(reason=NOT_INSTALLED, detail=_text(error)))
        return 1
    except (LookupError, TypeError, ValueError) as error:
        emit(Failed(reason=BROKEN, detail=f"no order was read: {_text(error)}"))
        return 1
    try:
        asyncio.run(_scan(pyasic, hosts, ports, emit))
    except Exception as error:  # noqa: BLE001 - the last words of this process: they tell the other one
        emit(Failed(reason=BROKEN, detail=_text(error)))
        return 1
    return 0


def _end_with(stdin: BinaryIO) -> None:
    while stdin.read(1_024):
        pass
    os._exit(0)


def set_limits() -> None:
    """Let no answer, however long, take the machine's memory, and no connection fail for want of a file number.

    A system that knows no such limits (Windows), or refuses one, is left as it is: then the time is the bound.
    """
    if resource is None:
        return
    for kind, wanted, lowers in (
        (resource.RLIMIT_AS, _MOST_MEMORY_BYTES, True),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, False),
    ):
        with contextlib.suppress(OSError, ValueError):
            soft, hard = resource.getrlimit(kind)
            least = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            if lowers or soft < least:
                resource.setrlimit(kind, (least, hard))


async def _scan(pyasic: Any, hosts: Sequence[str], ports: Sequence[int], emit: Emit) -> None:
    readonly.hold(asyncio.get_running_loop(), frozenset(hosts), frozenset(ports))
    waiting = iter(hosts)
    done = 0

    async def work() -> None:
        nonlocal done
        for host in waiting:
            machine = await _ask(pyasic, host, ports)
            done += 1
            if machine is not None:
                emit(machine)
            emit(Asked(hosts=done))

    await asyncio.gather(*(work() for _ in range(min(TOGETHER, len(hosts)))))
    emit(Done())
    os._exit(0)  # questions that were given up may resist their end; nobody waits for them, nor does the loop


async def _ask(pyasic: Any, host: str, ports: Sequence[int]) -> Machine | None:
    """Return what a host tells; None where nothing answers, or what answers is surely no miner."""
    found = await asyncio.gather(*(_is_open(host, port) for port in ports))
    if not any(found):
        return None
    miner = await _within(IDENTIFY_S, pyasic.get_miner(host))
    if miner is None:
        # A web page alone is a router or a camera; the miners' own port is worth a word.
        return Machine(address=host) if found[0] else None
    return await _read(miner, host)


async def _is_open(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PROBE_S):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            await writer.wait_closed()
    except OSError:
        return False
    return True


async def _within(seconds: float, question: Awaitable[Any]) -> Any:
    """Return the answer, or None after `seconds` or an error. A question that resists being cancelled is left alone."""
    task = asyncio.ensure_future(question)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        return None
    if task.cancelled() or task.exception() is not None:
        return None
    return task.result()


async def _read(miner: Any, host: str) -> Machine:
    """Ask for all that is wanted at once; where one question fails it fails all, so then for each by itself."""
    data = await _within(READ_S, miner.get_data(include=list(_WANTED)))
    told = dict.fromkeys(_WANTED, data)
    if data is None:
        each = [_within(READ_S, miner.get_data(include=[name])) for name in _WANTED]
        told = dict(zip(_WANTED, await asyncio.gather(*each), strict=True))

    def value(name: str) -> Any:
        return getattr(told[name], name, None)

    model, rate, power_w = _name(miner, "raw_model"), _th_s(value("hashrate")), _number(value("wattage"))
    if not model:  # newer than pyasic: then there is what the machine calls itself
        model = _text(cgminer.own_name(await _reply(miner, "version")))
    if rate is None or power_w is None:  # a firmware that pyasic knows by half
        replies = [await _reply(miner, name) for name in ("summary", "stats")]
        rate = cgminer.rate_th_s(*replies) if rate is None else rate
        power_w = cgminer.watts(*replies) if power_w is None else power_w
    return Machine(
        address=host,
        make=_name(miner, "make"),
        model=model,
        algorithm=_name(getattr(miner, "algo", None), "name"),
        hashrate_th_s=rate,
        nominal_th_s=_th_s(value("expected_hashrate")),
        power_w=power_w,
        is_mining=value("is_mining") if isinstance(value("is_mining"), bool) else None,
    )


async def _reply(miner: Any, command: str) -> Any:
    """Return a machine's reply to a command of its socket interface, None if it has none."""
    rpc: Any = getattr(miner, "rpc", None)
    return await _within(READ_S, rpc.send_command(command)) if hasattr(rpc, "send_command") else None


def _th_s(rate: Any) -> float | None:
    """Return a hash rate in TH/s; it comes with a unit of its own."""
    try:
        return _number(rate.into(rate.unit.TH))
    except (AttributeError, TypeError, ZeroDivisionError):
        return None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _name(owner: Any, attribute: str) -> str:
    text = _text(getattr(owner, attribute, None) or "")
    return "" if text.casefold() in _NO_MODELS else text


def _text(value: object) -> str:
    """Return a text of one short printable line."""
    raw = getattr(value, "value", value)  # names come as members of enumerations
    return "".join(letter if letter.isprintable() else " " for letter in str(raw)).strip()[:MOST_LETTERS]


if __name__ == "__main__":
    sys.exit(main())
