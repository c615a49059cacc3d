"""What a provider says when it refuses: read as far as it comes at once, kept beside the good body, shown as text."""

import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.client import Client
from minerdesk.sources.transport import REFUSAL_BYTES, REFUSAL_S
from minerdesk.store.replies import KeptReplies


class Refuser(ThreadingHTTPServer):
    """Answers well until it is told to refuse, and then as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.encoding, self.pause_s = 200, b"[1]", "", 0.0
        self.validated = 0
        self.stopping = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Refuser

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        same = server.status == 200 and self.headers.get("If-None-Match") == '"one"'
        server.validated += same
        self.send_response(304 if same else server.status)
        self.send_header("ETag", '"one"')
        if server.encoding:
            self.send_header("Content-Encoding", server.encoding)
        self.end_headers()
        try:
            for place in range(len(server.body)) if server.pause_s else ():
                self.wfile.write(server.body[place : place + 1])
                if server.stopping.wait(server.pause_s):
                    return
            if not same and not server.pause_s:
                self.wfile.write(server.body)
        except OSError:
            self.close_connection = True


@pytest.fixture
def server() -> Iterator[Refuser]:
    with Refuser() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.stopping.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def replies(tmp_path) -> KeptReplies:
    return KeptReplies(tmp_path)


def fetch(server: Refuser, replies: KeptReplies) -> bytes:
    client = Client({"kraken": f"http://127.0.0.1:{server.server_port}"}, replies=replies)
    return client.get("kraken", "/x", deadline=client.monotonic() + 10)


def refused(server: Refuser, replies: KeptReplies) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(server, replies)
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 451, 500, 503])
def test_the_body_of_a_refusal_is_kept_with_its_status(server, replies, status):
    server.status, server.body = status, b"<html><h1>Not for you</h1>"
    refused(server, replies)
    last = replies.last("kraken", 99)
    assert last is not None
    assert (last.status, last.body, last.path) == (status, b"<html><h1>Not for you</h1>", "/x")


def test_a_refusal_takes_nothing_from_the_good_body_and_its_validators(server, replies):
    fetch(server, replies)
    server.status, server.body = 503, b"down"
    refused(server, replies)
    assert replies.last("kraken", 99).status == 503
    server.status, server.body = 200, b"[1]"
    assert fetch(server, replies) == b"[1]" and server.validated == 1, "answered with what was kept"


def test_no_more_of_it_is_read_than_is_looked_at(server, replies):
    server.status, server.body = 403, b"x" * 3_000_000
    refused(server, replies)
    assert replies.last("kraken", 10**9).size_bytes == REFUSAL_BYTES


@pytest.mark.parametrize(
    ("encoding", "body", "kept"),
    [
        ("gzip", gzip.compress(b"Sorry"), b"Sorry"),
        ("gzip", gzip.compress(b"y" * 50_000_000), b"y" * REFUSAL_BYTES),
        ("gzip", b"no gzip at all", b""),
        ("br", b"\x0b\x02\x80", b""),
    ],
)
def test_a_packed_refusal_is_unpacked_within_the_bound_or_left(server, replies, encoding, body, kept):
    server.status, server.encoding, server.body = 451, encoding, body
    assert refused(server, replies).kind is FailureKind.BLOCKED
    assert replies.last("kraken", 10**9).body == kept


def test_a_body_that_dawdles_holds_nobody_up_and_the_status_counts(server, replies):
    server.status, server.body, server.pause_s = 403, b"a" * 600, 0.2
    began = time.monotonic()
    assert refused(server, replies).kind is FailureKind.BLOCKED
    assert time.monotonic() - began < REFUSAL_S + 1.5
    last = replies.last("kraken", 99)
    assert last.status == 403 and last.body == b"a" * len(last.body) and len(last.body) < 60


def test_a_file_of_before_there_were_refusals_is_a_good_body(server, replies, tmp_path):
    fetch(server, replies)
    (file,) = (tmp_path / "kraken").iterdir()
    file.write_bytes(file.read_bytes().replace(b', "status": 200', b""))
    assert replies.last("kraken", 9).status == 200
