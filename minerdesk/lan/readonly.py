"""What may leave for a machine: requests that only read, without a password, to the addresses and ports asked for.

pyasic also knows how to set, restart and log in, and tries makers' default passwords by itself. Here every byte that it
sends is looked at on its way: a connection that would do more than read is closed instead. So read-only does not
hang on which of its functions are called.
"""

import asyncio
import json
from collections.abc import Callable, Collection
from typing import Any

#: Commands of the miners' socket interface that change nothing.
READ_COMMANDS = frozenset(
    {
        *("version", "summary", "stats", "estats", "devs", "devdetails", "status", "power", "tunerstatus"),
        *("get_version", "get.device.info", "get.miner.status"),
    }
)
_SECRETS = (b"authorization:", b"cookie:", b"password", b"pwd=", b"login", b"passwd", b"token=")
_LENGTH_PREFIX = 4


def only_reads(data: bytes) -> bool:
    r"""Return whether these bytes, sent to a machine, only read: a query of its socket, or an HTTP GET.

    Special cases: the length that Whatsminer's newer protocol sends ahead reads; a command without a name, a joined one
    with one part that writes, a GET that carries a password or calls a log-in, and anything encrypted do not.

    >>> only_reads(b'{"command": "summary+stats"}'), only_reads(b'{"command": "restart"}')
    (True, False)
    >>> only_reads(b"GET / HTTP/1.1\r\n\r\n"), only_reads(b"POST /cgi-bin/reboot.cgi HTTP/1.1\r\n\r\n")
    (True, False)
    """
    if data.startswith(b"{"):
        return _is_read_command(data)
    if len(data) == _LENGTH_PREFIX and data.endswith(b"\0\0"):
        return True
    if data.startswith((b"GET ", b"HEAD ")):
        lower = data.lower()
        return not any(secret in lower for secret in _SECRETS)
    return not data


def _is_read_command(data: bytes) -> bool:
    try:
        told = json.loads(data)
    except ValueError:
        return False
    name = told.get("command", told.get("cmd"))
    if not isinstance(name, str) or ("command" in told and "cmd" in told):
        return False
    return bool(name) and set(name.split("+")) <= READ_COMMANDS


def hold(loop: asyncio.AbstractEventLoop, hosts: Collection[str], ports: Collection[int]) -> None:
    """Let the loop connect to these addresses and ports alone, and send them only what reads.

    Everything that pyasic is made of (its own sockets, HTTP, gRPC, SSH) connects through `create_connection` of the
    running loop.
    """
    connect: Callable[..., Any] = loop.create_connection

    async def guarded(factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if str(host) not in hosts or port not in ports or options.get("ssl"):
            raise ConnectionRefusedError(f"{host}:{port} is not asked")
        transport, protocol = await connect(factory, host, port, **options)
        send = transport.write

        def write(data: Any) -> None:
            if only_reads(bytes(data)):
                send(data)
            else:
                transport.abort()

        transport.write = write
        transport.writelines = lambda parts: write(b"".join(parts))
        return transport, protocol

    loop.create_connection = guarded  # type: ignore[assignment]  # same calls, narrower use
