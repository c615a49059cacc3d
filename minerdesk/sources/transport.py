"""One HTTP exchange that surely ends: the only module that knows requests. Import it late: it is slow.

requests' own time-outs count from one receive to the next, so a server that sends a byte a second holds a plain request
for ever, in its headers as in its body, and a name that won't resolve can't be interrupted at all. So the exchange runs
in a daemon thread of its own; whoever waits for it watches the clock and the cancel event, and on either shuts the
socket down, which ends the thread too, and goes its way without what may still arrive.
"""

import contextlib
import errno
import functools
import os
import socket
import ssl
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from minerdesk.errors import SourceError
from minerdesk.sources import failures

_CHUNK_BYTES = 16_384
#: So much is unpacked at once: a larger piece is copied in one go, and the window waits for the interpreter meanwhile.
_PIECE_BYTES = 262_144
_TICK_S = 0.05
_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
_own = threading.local()
_one_loads = threading.Lock()
#: Held by whoever computes and waits for nothing: of forty threads that want the interpreter at the same moment, the
#: window's would be the forty-first.
_one_computes = threading.Lock()
#: Variables that name certificates to trust, as other programs read them.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
#: OpenSSL's codes of a certificate that is not valid yet, and of one that is not any more.
_OUT_OF_DATE = (9, 10)
#: Of the body of a refusal (4xx, 5xx) so much is read, to be looked at, and it is waited for no longer than this.
REFUSAL_BYTES, REFUSAL_S = 4_096, 1.0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back: the status, the headers (names in lower case) and the decompressed body.

    Of a refusal (4xx, 5xx) only what came first and at once; a redirect has none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to ask for. `timeout_s` bounds the connection and each receive; the whole is bounded by `run`.

    `ca_file` names certificates to trust besides the system's own. `post` is the body of a POST, None for a GET.
    `secret_headers` never appear in a failure.
    """

    source: str
    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    max_bytes: int
    timeout_s: float
    use_proxy: bool
    ca_file: str = ""
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    post: bytes | None = None
    content_type: str = ""


def run(request: Request, *, deadline: float, cancel: threading.Event | None, monotonic: Callable[[], float]) -> Reply:
    """Send `request`, wait for its reply until `deadline` (an instant of `monotonic`) or `cancel`.

    Raises
    ------
    SourceError
        timeout, cancelled, offline (no name or route), refused (no connection, reset, bad certificate) or malformed
        (cut, not decompressible, or larger than `max_bytes`).
    """
    exchange = _Exchange(request)
    threading.Thread(target=exchange.run, name=f"fetch {request.source}", daemon=True).start()
    enough: float | None = None
    while not exchange.done.wait(max(0.0, min(_TICK_S, deadline - monotonic()))):
        refusal = exchange.refusal
        if cancel is not None and cancel.is_set():
            exchange.abandon()
            raise failures.cancelled(request.source)
        if refusal is not None:  # what counts is known: a body that dawdles must not keep the next source waiting
            enough = min(monotonic() + REFUSAL_S, deadline) if enough is None else enough
            if monotonic() >= enough:
                exchange.abandon()
                return refusal
        elif monotonic() >= deadline:
            exchange.abandon()
            raise failures.timed_out(request.source)
    return exchange.result()


class _Exchange:
    """One request in its own thread, with a handle on its socket for whoever has waited long enough."""

    def __init__(self, request: Request) -> None:
        self.done = threading.Event()
        #: The reply as far as it is known, once it is known to be a refusal.
        self.refusal: Reply | None = None
        self._request = request
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._abandoned = False
        self._outcome: Reply | SourceError

    def result(self) -> Reply:
        """Return the reply, or raise the failure, of a finished exchange."""
        if isinstance(self._outcome, SourceError):
            raise self._outcome
        return self._outcome

    def run(self) -> None:
        """Carry the exchange out; never raises."""
        _own.exchange = self
        try:
            self._outcome = self._ask()
        except SourceError as error:
            self._outcome = error
        except (requests.RequestException, HTTPError, OSError, ValueError, zlib.error) as error:
            self._outcome = _translated(error, self._request.source)
            for cause in _causes(error):  # a socket whose certificate was refused hangs in there, still open
                traceback.clear_frames(cause.__traceback__)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; the waiting one raises this
            self._outcome = failures.refused(self._request.source, f"The request failed ({error!r})")
        finally:
            with self._lock:
                if self._handle is not None:
                    self._handle.close()
                self._handle = None
            self.done.set()

    def hold(self, connection: socket.socket) -> None:
        """Keep a second handle on the socket: the first is taken over by TLS before its handshake."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = connection.dup()
            abandoned = self._abandoned
        if abandoned:
            self.abandon()

    def abandon(self) -> None:
        """Give the exchange up: whatever its thread is waiting for ends now."""
        with self._lock:
            self._abandoned = True
            if self._handle is not None:
                try:
                    self._handle.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # the other side was quicker

    def _ask(self) -> Reply:
        request = self._request
        typed = {"Content-Type": request.content_type} if request.content_type else {}
        context = _context(request)
        with requests.Session() as session:
            with _one_computes:
                adapter = _Adapter(context)
                session.trust_env = request.use_proxy
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                prepared = session.prepare_request(
                    requests.Request(
                        "GET" if request.post is None else "POST",
                        request.url,
                        params=request.params,
                        data=request.post,
                        headers={**request.headers, **typed, **request.secret_headers},
                        auth=_no_auth,  # keeps requests from adding what it finds in ~/.netrc or in the address
                    )
                )
                settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
            with session.send(prepared, timeout=request.timeout_s, allow_redirects=False, **settings) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                reply = Reply(status=response.status_code, headers=headers, body=b"")
                if reply.status >= 400:
                    return self._refused(reply, response)
                return replace(reply, body=self._body(response)) if 200 <= reply.status < 300 else reply

    def _refused(self, reply: Reply, response: requests.Response) -> Reply:
        """Read what a refusal says, as far as it can be had: whatever goes wrong with it changes nothing."""
        encoding = reply.headers.get("content-encoding", "identity").strip().lower()
        unpacker = zlib.decompressobj(wbits=31) if encoding in ("gzip", "x-gzip") else None
        body = b""
        self.refusal = reply
        if unpacker is None and encoding not in ("identity", ""):
            return reply
        with contextlib.suppress(requests.RequestException, HTTPError, OSError, ValueError, zlib.error):
            for chunk in self._chunks(response):
                body += chunk if unpacker is None else unpacker.decompress(chunk, REFUSAL_BYTES)
                self.refusal = replace(reply, body=body[:REFUSAL_BYTES])
                if len(body) >= REFUSAL_BYTES:
                    break
        return self.refusal

    def _body(self, response: requests.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            parts = _gunzipped(self._chunks(response), self._request)
        elif encoding in ("identity", ""):
            parts = self._chunks(response)
        else:
            raise failures.malformed(self._request.source, f"it is packed as “{encoding}”, which was not asked for")
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._request.max_bytes:
                limit = f"{self._request.max_bytes / 2**20:.3g} MiB"
                raise failures.malformed(self._request.source, f"it is larger than {limit}")
        return bytes(body)

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        # read1 returns what one receive brought; read would wait until the whole chunk is there.
        while not self._abandoned:
            chunk: bytes = response.raw.read1(_CHUNK_BYTES, decode_content=False)
            if not chunk:
                return
            yield chunk


def _no_auth(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request as it is."""
    return prepared


def _gunzipped(chunks: Iterator[bytes], request: Request) -> Iterator[bytes]:
    """Unpack gzip in small steps, so that a small bomb never becomes a large body in memory."""
    unpacker = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        rest = chunk
        while rest:
            with _one_computes:
                piece = unpacker.decompress(rest, _PIECE_BYTES)
            yield piece
            rest = unpacker.unconsumed_tail
    if not unpacker.eof or unpacker.unused_data:
        raise failures.malformed(request.source, "its compressed body is damaged or cut short")


def _translated(error: Exception, source: str) -> SourceError:
    """Return the failure that an exception of requests, urllib3, zlib or the socket stands for."""
    chain = list(_causes(error))
    numbers = {cause.errno for cause in chain if isinstance(cause, OSError)}
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in chain):
        return failures.refused(source, _distrusted(chain))
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in chain):
        return failures.unreachable(source, "The proxy of this system did not let the request through")
    if any(isinstance(cause, NameResolutionError | socket.gaierror) for cause in chain):
        return failures.unreachable(source, "Its name could not be found")
    if any(isinstance(cause, requests.Timeout | TimeoutError) for cause in chain):
        return failures.timed_out(source)
    if numbers & set(_NO_ROUTE):
        return failures.unreachable(source, "No route leads to it")
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return failures.refused(source, "It accepts no connection")
    if isinstance(error, zlib.error):
        return failures.malformed(source, "its compressed body is damaged or cut short")
    if isinstance(error, HTTPError | requests.exceptions.ChunkedEncodingError):
        return failures.malformed(source, "it was cut off before its end")
    if isinstance(error, requests.ConnectionError | OSError) and not isinstance(error, requests.exceptions.InvalidURL):
        passing = failures.refused(source, "The connection was closed without an answer")
        return failures.PassingError(passing.kind, source, passing.hint)
    return failures.refused(source, f"It can't be asked ({error})")


def _distrusted(chain: list[BaseException]) -> str:
    """Say why there is no trusted connection, with the remedy that fits."""
    said = "No trusted connection: its certificate was not accepted"
    if any(getattr(cause, "verify_code", 0) in _OUT_OF_DATE for cause in chain):
        return f"{said}, because by this computer's clock it is out of date. Check date and time of this computer"
    return f"{said}. Behind a company's proxy, name its certificates under Edit, Preferences"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that stand behind it: its cause, its context, its urllib3 reason and its arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


class _HeldHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        _own.exchange.hold(connection)
        return connection


class _HeldHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        _own.exchange.hold(connection)
        return connection


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HeldHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HeldHTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _Adapter(HTTPAdapter):
    """requests' adapter with our connections, our certificates, and no retries of its own."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # the signature is requests' own
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Always verify, by our own context: it holds what the environment names already."""
        del url, verify, cert
        conn.cert_reqs = "CERT_REQUIRED"


def _context(request: Request) -> ssl.SSLContext | None:
    """Return the TLS settings of a request; a file of certificates that can't be read is a failure with its name."""
    if not request.url.startswith("https:"):
        return None
    files = ca_files(request.ca_file, os.environ)
    with _one_loads:  # the first requests come together, and each would read the whole store
        try:
            return trusted_context(files)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            why = getattr(error, "strerror", None) or error
            raise failures.refused(
                request.source,
                f"The certificates in {' or '.join(files)} can't be read ({why}). Mend that file, or name another "
                "under Edit, Preferences",
            ) from None


def ca_files(chosen: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files, or folders, of certificates to trust besides the system's own: the user's, the environment's.

    >>> ca_files("", {"REQUESTS_CA_BUNDLE": "/etc/company.pem", "SSL_CERT_FILE": ""})
    ('/etc/company.pem',)
    """
    named = (chosen, *(environ.get(variable, "") for variable in CA_VARIABLES))
    return tuple(dict.fromkeys(name.strip() for name in named if name.strip()))


@functools.cache
def trusted_context(files: tuple[str, ...] = ()) -> ssl.SSLContext:
    """Return TLS settings: always verified, by the system's store where truststore is at hand, and by `files`.

    Raises
    ------
    OSError
        One of the files can't be read or holds no certificate.
    """
    try:
        import truststore  # noqa: PLC0415 - its absence is allowed for
    except ImportError:
        context: ssl.SSLContext = ssl.create_default_context()
    else:
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=requests.utils.DEFAULT_CA_BUNDLE_PATH)  # a bare system has no store of its own
    for file in files:
        if Path(file).is_dir():
            context.load_verify_locations(capath=file)
        else:
            context.load_verify_locations(cafile=file)
    return context
