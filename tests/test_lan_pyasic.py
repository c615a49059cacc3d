"""The package pyasic itself against machines on loopback; where the extra is not installed there is nothing to test."""

from contextlib import ExitStack

import pytest
from fake_miners import AVALON_1566, L7, S19_88, S19_PRO, FakeMiner

from minerdesk.lan import scan
from minerdesk.lan.scan import End

pytestmark = pytest.mark.skipif(not scan.is_installed(), reason="the extra minerdesk[lan] is not installed")

#: pyasic asks this port and no other.
PORT = 4028
STOCK_WEB = (
    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="antMiner Configuration", nonce="abc", qop="auth"\r\n'
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


def test_recorded_machines_are_understood() -> None:
    with ExitStack() as stack:
        for number, answers in enumerate((S19_88, AVALON_1566, S19_PRO, L7, None), 1):
            stack.enter_context(FakeMiner(f"127.0.46.{number}", answers, port=PORT))
        outcome = scan.scan([f"127.0.46.{number}" for number in range(1, 7)])
    assert (outcome.end, outcome.asked) == (End.COMPLETE, 6)
    s19, avalon, s19_pro, l7, silent = outcome.machines
    assert (s19.model, s19.power_w) == ("S19-88 v.2.6.0.39", 3_358)
    assert s19.hashrate_th_s == pytest.approx(99.7614)
    assert (avalon.model, avalon.algorithm, avalon.power_w) == ("Avalon 1566", "SHA256", 3_731)
    assert avalon.hashrate_th_s == pytest.approx(197.27, abs=0.01)
    assert (s19_pro.make, s19_pro.model, s19_pro.power_w) == ("AntMiner", "S19 Pro", None)
    assert l7.algorithm == "Scrypt"
    assert (silent.model, silent.algorithm, silent.hashrate_th_s) == ("", "", None)


def test_no_password_leaves_even_for_a_page_that_asks_for_one() -> None:
    with ExitStack() as stack:
        try:
            web = stack.enter_context(FakeMiner("127.0.46.9", port=80, raw=STOCK_WEB))
        except PermissionError:
            pytest.skip("port 80 is not ours to open")
        miner = stack.enter_context(FakeMiner("127.0.46.9", S19_PRO, port=PORT))
        (found,) = scan.scan(["127.0.46.9"]).machines
    assert found.model == "S19 Pro"
    asked = "\n".join([*web.asked, *miner.asked])
    assert "GET / HTTP/1.1" in asked
    assert "authorization" not in asked.lower()
    assert "POST" not in asked
