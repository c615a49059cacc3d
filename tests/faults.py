"""Every fault that a provider can have, on 127.0.0.1: those of `loopback`, and the rest of them.

A fault lies in the address of the provider (nobody listens, no name, a certificate), on the wire, or in the body. Each
has the kinds by which it may be named. Those of `HARMLESS` leave a body that may rightly be used: rows twice, rows
in disorder, a page that is not there.
"""

import errno
import random
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from loopback import DAY, FAULTS, NOW, PROVIDERS, Loopback, _Handler, _mapped, spoiled
from loopback_interest import opened
from test_sources_trust import CERTIFICATE, KEY

from minerdesk.errors import FailureKind as K

NOWHERE = "nowhere.localhost"

#: The certificate of test_sources_trust, but valid for the year 2020 only.
EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARqgAwIBAgIBAjAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5taW5lcmRl
c2sgdGVzdDAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBkxFzAVBgNV
BAMMDm1pbmVyZGVzayB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfg3J
KnG+wKktEzG+0jmgztTGj9rFhKuEUJRtPMRl39zBjH5gjza94PpeDHLTNrAUH/fY
IDIUiAHJMqtljIfScaNTMFEwDwYDVR0RBAgwBocEfwAAATAPBgNVHRMBAf8EBTAD
AQH/MA4GA1UdDwEB/wQEAwIChDAdBgNVHQ4EFgQUnZWcvx74YU8DBQBUQkZWcFHR
AeEwCgYIKoZIzj0EAwIDSAAwRQIgQWv7LcCVuVVPDGcIH2BQAy6peI3yo7mKSks8
GMI+RCACIQC3s/anW9ilyjm1f10L3gwQ3ChPpmivATAatPo9MOs7+A==
-----END CERTIFICATE-----
"""

_READ = frozenset({K.MALFORMED, K.IMPLAUSIBLE})


def _all(faults: str, *kinds: K) -> dict[str, frozenset[K]]:
    return {fault: frozenset(kinds) for fault in faults.split()}


#: In the address: nothing of the provider itself is reached.
ADDRESS = _all("nobody self_signed expired", K.REFUSED) | _all("no_name", K.OFFLINE) | _all("no_connection", K.TIMEOUT)
#: These would last for ever.
ENDLESS = ("hang", "slow", "slow_headers", "no_connection")
#: On the wire or in the status.
WIRE = {
    **_all("hang slow slow_headers", K.TIMEOUT),
    **_all("refuse reset redirectloop circle_301 redirect_away", K.REFUSED),
    **_all("http401 http403 http403_html http451", K.BLOCKED),
    **_all("http418 http429 http429_bare http429_date", K.RATE_LIMITED),
    **_all("http400 http404 http500 http503 http503_later", K.REFUSED),
}
#: In the body.
BODY = {
    **_all("empty html truncated notjson bad_utf8 deep endless_number", *_READ),
    **_all("cut huge bomb badgzip", K.MALFORMED),
    **_all("wrongtype null nan infinity negative zero units_up units_down stale future", *_READ),
}
#: In the body, but it may rightly be used.
HARMLESS = _all("twice unsorted gaps changing", *_READ)
KINDS = {**ADDRESS, **WIRE, **BODY, **HARMLESS}
#: A quick retry may follow these; they also end at the first request of a topic.
RETRIED = ("refuse", "reset", "http503")
assert set(FAULTS) <= set(KINDS), "a fault of loopback is in the matrix as well"


def _scaled(factor: float) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        try:
            found = float(value)
        except (TypeError, ValueError):
            return value
        if isinstance(value, bool) or any(1e9 * scale < found < 4e9 * scale for scale in (1, 1000)):
            return value
        return str(found * factor) if isinstance(value, str) else found * factor

    return change


def _later(value: Any) -> Any:
    """Move a time four hundred days on; leave all else."""
    if isinstance(value, str) and value[:3] == "202":
        return "2027" + value[4:]
    moved = _scaled(1.0)(value)
    if moved is not value or isinstance(value, bool | None):
        return value
    try:
        found = float(value)
    except (TypeError, ValueError):
        return value
    new = found + 400 * DAY * (1000 if found > 1e11 else 1)
    return f"{new:.0f}" if isinstance(value, str) else new


def _constant(new: float | None) -> Callable[[Any], Any]:
    """Put `new` in the place of every number, times and numbers written as text included."""

    def change(value: Any) -> Any:
        try:
            float(value)
        except (TypeError, ValueError):
            return value
        return str(new) if isinstance(value, str) and new is not None else new

    return change


def _rows(value: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """Change every list of rows in a body; lists of two or three cells are rows themselves."""
    if isinstance(value, dict):
        return {key: _rows(item, change) for key, item in value.items()}
    if isinstance(value, list):
        is_table = len(value) > 3 and (isinstance(value[0], dict | list) or len(value) > 24)
        return [_rows(item, change) for item in (change(value) if is_table else value)]
    return value


def _shuffled(rows: list[Any]) -> list[Any]:
    return random.Random(1).sample(rows, len(rows))


_VALUES: dict[str, Callable[[Any], Any]] = {
    "null": _constant(None),
    "infinity": _constant(float("inf")),
    "units_up": _scaled(1e12),
    "units_down": _scaled(1e-12),
    "future": _later,
}
_TABLES: dict[str, Callable[[list[Any]], list[Any]]] = {
    "twice": lambda rows: [row for row in rows for _ in range(2)],
    "unsorted": _shuffled,
    "gaps": lambda rows: [row for number, row in enumerate(rows) if number % 3 != 1],
}
_WHOLE = {
    "bad_utf8": b'{"price": "\xff\xfe"}',
    "deep": b"[" * 100_000,
    "endless_number": b"[" + b"9" * 5_000 + b"]",
    "changing": b'{"page": 2, "rows": []}',
}


def in_body(fault: str, body: bytes) -> bytes:
    """Return a body with its fault; text that is no JSON gets its numbers changed."""
    if fault in _WHOLE:
        return _WHOLE[fault]
    try:
        data, closed = opened(body)
    except ValueError:
        change = _VALUES.get(fault, lambda value: value)
        return re.sub(rb"-?\d+(\.\d+)?", lambda found: str(change(float(found[0]))).encode(), body)
    if fault in _TABLES:
        return closed(_rows(data, _TABLES[fault]))
    if fault in _VALUES:
        return closed(_mapped(data, _VALUES[fault]))
    return spoiled(fault, body)


class _FaultHandler(_Handler):
    server: "FaultServer"

    def _fail(self, fault: str, body: bytes) -> None:
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "circle_301":
            self._answer(301, b"", Location=self.path)
        elif fault == "http403_html":
            self._answer(403, b"<!doctype html><title>Attention required</title>")
        elif fault == "http429_bare":
            self._answer(429, b"")
        elif fault == "http429_date":
            self._answer(429, b"", Retry_After=self.date_time_string(self.server.world.now + 60))
        elif fault == "changing" and self.server.is_first_page():
            self._answer(200, body)
        elif fault in _WHOLE or fault in _VALUES or fault in _TABLES:
            self._answer(200, in_body(fault, body))
        else:
            super()._fail(fault, body)


class FaultServer(Loopback):
    """A `Loopback` with all faults; one fault at one provider at a time, by `spoil`."""

    def __init__(self, folder: Path, now: datetime = NOW) -> None:
        super().__init__(now)
        self.RequestHandlerClass = _FaultHandler
        self._folder = folder
        self._pages = iter(range(10**9))
        self._doors = ExitStack()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._doors.close()
        super().__exit__(kind, error, trace)

    def is_first_page(self) -> bool:
        return next(self._pages) == 0

    def spoil(self, provider: str, fault: str) -> tuple[dict[str, str], str]:
        """Give one provider a fault and take every other away; return the base URLs, and certificates to trust."""
        self.faults.clear()
        self.log.clear()
        self._pages = iter(range(10**9))
        bases = self.bases()
        if fault not in ADDRESS:
            self.faults[provider] = fault
            return bases, ""
        trusted = ""
        if fault == "nobody":
            bases[provider] = f"http://127.0.0.1:{self._closed_port()}"
        elif fault == "no_name":
            bases[provider] = f"http://{NOWHERE}"
        elif fault == "no_connection":
            bases[provider] = f"http://127.0.0.1:{self._full_port()}"
        else:
            text = CERTIFICATE if fault == "self_signed" else EXPIRED
            bases[provider] = f"https://127.0.0.1:{self._secure_port(text)}"
            if fault == "expired":  # trusted, so that its date is all that is wrong
                trusted = str(self._folder / "expired.pem")
                Path(trusted).write_text(EXPIRED)
        return bases, trusted

    def _closed_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def _full_port(self) -> int:
        """Return a port whose queue is full: a connection to it is never made."""
        listener = self._doors.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            queued = self._doors.enter_context(socket.socket())
            queued.setblocking(False)
            assert queued.connect_ex(listener.getsockname()) in (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
        return int(listener.getsockname()[1])

    def _secure_port(self, certificate: str) -> int:
        both = self._folder / f"{threading.get_ident()}.pem"
        both.write_text(certificate + KEY)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        listener = self._doors.enter_context(socket.create_server(("127.0.0.1", 0), backlog=16))

        def shake_hands() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # closed
                threading.Thread(target=shake_hand, args=(connection,), name="secure port", daemon=True).start()

        def shake_hand(connection: socket.socket) -> None:
            connection.settimeout(5.0)
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

        threading.Thread(target=shake_hands, name="secure port", daemon=True).start()
        return int(listener.getsockname()[1])

    def close_doors(self) -> None:
        """Close the extra ports of the last fault."""
        self._doors.close()


def no_such_name(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `socket.getaddrinfo` that knows every name but `NOWHERE`, and asks nobody for that."""

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == NOWHERE:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **kwargs)

    return look_up


def providers() -> Iterator[str]:
    """Yield every provider that the stand-in plays."""
    yield from PROVIDERS
