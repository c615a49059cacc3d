"""Certificates and proxies: always verified, with the system's store and the user's own file; the system's proxy."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import transport
from minerdesk.sources.client import Client

#: A certificate for 127.0.0.1 that signed itself, valid from 2020 to 2119, and its key: of use to nobody but this test.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdjCCARygAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5taW5lcmRl
c2sgdGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTE5MTIzMTAwMDAwMFowGTEXMBUG
A1UEAwwObWluZXJkZXNrIHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR+
Dckqcb7AqS0TMb7SOaDO1MaP2sWEq4RQlG08xGXf3MGMfmCPNr3g+l4MctM2sBQf
99ggMhSIAckyq2WMh9Jxo1MwUTAPBgNVHREECDAGhwR/AAABMA8GA1UdEwEB/wQF
MAMBAf8wHQYDVR0OBBYEFJ2VnL8e+GFPAwUAVEJGVnBR0QHhMA4GA1UdDwEB/wQE
AwIChDAKBggqhkjOPQQDAgNIADBFAiEAqYUgsS3AlZc3HxujHeIfouqYx7ft+Fx1
0Fuz3zk/i6kCIDAS51UDTKEjsA+zvdpVStzTZuDc9sFZ6qrke9AsUFw+
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZInil31E+HWIuecZ
tRC3KfTpYts9HN0K0pkytOJPbnehRANCAAR+Dckqcb7AqS0TMb7SOaDO1MaP2sWE
q4RQlG08xGXf3MGMfmCPNr3g+l4MctM2sBQf99ggMhSIAckyq2WMh9Jx
-----END PRIVATE KEY-----
"""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path))  # type: ignore[attr-defined]  # set below
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"[1]")

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.command, self.path))  # type: ignore[attr-defined]  # set below
        self.send_error(502)


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]  # what was asked for
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are expected
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "company.pem"
    file.write_text(CERTIFICATE)
    return file


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    both = tmp_path / "server.pem"
    both.write_text(CERTIFICATE + KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with serving(context) as server:
        yield server


def ask(url: str, ca_file: str = "") -> bytes:
    client = Client({"kraken": url}, ca_file=ca_file)
    return client.get("kraken", "/x", deadline=client.monotonic() + 10)


def refusal(url: str, ca_file: str = "") -> SourceError:
    with pytest.raises(SourceError) as caught:
        ask(url, ca_file)
    return caught.value


def test_a_certificate_that_nobody_vouches_for_is_refused_with_the_remedy(secure: ThreadingHTTPServer) -> None:
    error = refusal(f"https://127.0.0.1:{secure.server_port}")
    assert error.kind is FailureKind.REFUSED
    assert "certificate was not accepted" in error.hint and "Preferences" in error.hint
    assert secure.asked == []  # type: ignore[attr-defined]  # not a byte of the request was sent


def test_the_users_own_certificates_are_trusted_besides_the_systems(secure, certificate: Path) -> None:
    assert ask(f"https://127.0.0.1:{secure.server_port}", str(certificate)) == b"[1]"


@pytest.mark.parametrize("variable", transport.CA_VARIABLES)
def test_the_environments_certificates_are_trusted(
    secure, certificate: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    assert ask(f"https://127.0.0.1:{secure.server_port}") == b"[1]"


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_file_of_certificates_that_can_not_be_read_is_named_and_nothing_is_asked(
    secure, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "broken.pem"
    if text is not None:
        file.write_text(text)
    error = refusal(f"https://127.0.0.1:{secure.server_port}", str(file))
    assert str(file) in error.hint and "Preferences" in error.hint
    assert secure.asked == []  # type: ignore[attr-defined]  # a wish that can't be met is no reason to trust less


def test_a_certificate_out_of_date_points_at_the_clock() -> None:
    late = ssl.SSLCertVerificationError("certificate is not yet valid")
    late.verify_code = 9
    assert "Check date and time of this computer" in transport._distrusted([late])
    late.verify_code = 18
    assert "Preferences" in transport._distrusted([late])


def test_the_systems_proxy_is_used_for_others_and_never_for_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy, serving() as own:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        assert ask("http://kraken.invalid") == b"[1]"
        assert ask(f"http://127.0.0.1:{own.server_port}") == b"[1]"
        error = refusal("https://kraken.invalid")
        assert proxy.asked == [("GET", "http://kraken.invalid/x"), ("CONNECT", "kraken.invalid:443")]  # type: ignore[attr-defined]  # see above
        assert own.asked == [("GET", "/x")]  # type: ignore[attr-defined]  # see above
    assert error.kind is FailureKind.OFFLINE and "proxy" in error.hint
