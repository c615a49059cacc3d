"""`minerdesk network`: the figures as scripts read them, a past day, what is missing, bad usage, no idle request."""

import doctest
import json
from typing import Any

import numpy as np
import pytest
from loopback import NOW, Loopback, environment
from sample_network import DAYS, DIFFICULTY, days, line, network

from minerdesk.__main__ import main
from minerdesk.cli import network as cli_network
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.observations import Series
from minerdesk.session import open_session

KEYS = {
    *("as_of", "price_usd", "difficulty", "hashrate_7d_eh_s", "hashrate_30d_eh_s", "peak_hashrate_7d_eh_s"),
    *("peak_date", "drawdown_fraction", "ribbon_state", "next_retarget", "next_halving", "hashprice_usd_per_ph_day"),
    *("puell_multiple", "fee_share", "security_usd_per_day", "security_share_of_market_cap_per_year"),
    *("security_usd_per_mwh", "open_interest_usd", "open_interest_source", "open_interest_change_30d"),
}
IMPLIED = implied_hashrate_eh_s(DIFFICULTY)


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-03-01T12:00:00Z")


def keep(series: dict[str, Series]) -> None:
    """Put series into the cache of this test's home, as a refresh would have."""
    session = open_session(offline=True)
    assert session.cache.write([], series.values()) == ()
    session.close()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["network", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, _ = run(capsys, "--offline", "--json", *words)
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def fallen() -> np.ndarray:
    rate = np.full(DAYS, IMPLIED)
    rate[300:307], rate[400:] = IMPLIED * 1.15, IMPLIED * 0.9
    return rate


def test_the_keys_and_figures_of_a_past_day(capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(fallen()))
    found = answer(capsys, "--as-of", "2026-02-17")
    assert found.keys() >= KEYS
    assert found["as_of"] == "2026-02-17T23:59:59Z"
    assert (found["price_usd"], found["price_date"]) == (90_000.0, "2026-02-17")
    assert found["difficulty"] == DIFFICULTY
    assert found["peak_date"] == "2025-11-03"
    assert found["peak_hashrate_7d_eh_s"] == pytest.approx(IMPLIED * 1.15)
    assert found["hashrate_7d_eh_s"] == pytest.approx(IMPLIED * 0.9)
    assert found["drawdown_fraction"] == pytest.approx(0.9 / 1.15 - 1)
    assert found["ribbon_state"] == "capitulation"
    assert found["next_retarget"].keys() >= {"height", "change_fraction", "band_fraction", "date"}
    assert found["next_retarget"]["height"] % 2016 == 0
    assert -0.11 < found["next_retarget"]["change_fraction"] < -0.08
    assert found["next_halving"]["height"] == 1_050_000
    assert found["hashprice_usd_per_ph_day"] == pytest.approx(86400e15 * 3.145 / (DIFFICULTY * 2**32) * 90_000)
    assert found["security_usd_per_day"] == pytest.approx(144 * 0.9 * 3.145 * 90_000)
    assert found["matching_ai"]["today"]["colocation"]["btc_price_usd"] > 90_000
    assert found["open_interest_source"].startswith("bundled: one aggregator"), "no venue's own is cached"
    assert found["open_interest_date"] == "2026-02-15"


def test_before_the_fall_nothing_of_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(fallen()))
    found = answer(capsys, "--as-of", "2025-10-20")
    assert (found["drawdown_fraction"], found["ribbon_state"]) == (pytest.approx(0.0), "expansion")
    assert found["hashrate_date"] == "2025-10-20"


def test_the_inputs_of_today_judge_the_past(capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(fallen()))
    cheap = answer(capsys, "--as-of", "2026-02-17", "--set", "power.price_usd_per_mwh=1")
    dear = answer(capsys, "--as-of", "2026-02-17", "--set", "power.price_usd_per_mwh=500")
    assert (cheap["catalogue_under_water_share"], dear["catalogue_under_water_share"]) == (0.0, 1.0)


def test_open_interest_is_one_venues_of_that_day(capsys: pytest.CaptureFixture[str]) -> None:
    levels = line("open_interest_daily_usd", days(), np.linspace(30e9, 40e9, DAYS), source="okx")
    keep({**network(np.full(DAYS, IMPLIED)), levels.quantity: levels})
    found = answer(capsys, "--as-of", "2026-02-17")
    at = DAYS - 8  # 17 February is the eighth day from the end
    assert found["open_interest_date"] == "2026-02-17"
    assert (found["open_interest_source"], found["open_interest_usd"]) == ("okx", pytest.approx(levels.values[at]))
    assert "OKX alone" in found["open_interest_covers"]
    assert found["open_interest_btc"] == pytest.approx(levels.values[at] / 90_000)
    assert found["open_interest_change_30d"] == pytest.approx(levels.values[at] / levels.values[at - 30] - 1)
    assert found["open_interest_change_ytd"] == pytest.approx(levels.values[at] / levels.values[364] - 1)
    sources = [venue["open_interest_source"] for venue in found["open_interest_venues"]]
    assert [source.partition(":")[0] for source in sources] == ["okx", "bundled"], "side by side, never added up"
    early = answer(capsys, "--as-of", "2025-01-20")
    assert early["open_interest_source"] == "okx"
    assert early["open_interest_change_30d"] is None


def test_nothing_cached_leaves_figures_empty_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-11-27T12:00:00Z")
    code, out, err = run(capsys, "--offline", "--json", "--as-of", "2026-11-20")
    found = json.loads(out)
    assert code == 0
    assert found["hashrate_7d_eh_s"] is None
    assert any("Network hash rate is known to 31 May 2026 only" in p["message"] for p in found["problems"])
    assert "what hangs on it is left empty" in err


def test_what_has_expired_is_not_called_todays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle ends months before: its last price is no price of today."""
    monkeypatch.setenv("MINERDESK_NOW", "2026-11-27T12:00:00Z")
    found = answer(capsys)
    assert (found["price_usd"], found["difficulty"], found["hashprice_usd_per_ph_day"]) == (None, None, None)
    assert any("BTC price is known to 26 Jul 2026 only" in p["message"] for p in found["problems"])
    typed = answer(capsys, "--set", "network.hashprice_usd_per_ph_day=39.53", "--set", "network.btc_price_usd=95000")
    assert (typed["price_usd"], typed["hashprice_usd_per_ph_day"]) == (95_000, 39.53)


def test_an_odd_day_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    rate = fallen()
    rate[390] = 0.0
    keep(network(rate))
    code, _, err = run(capsys, "--offline", "--as-of", "2026-02-17")
    assert code == 0
    assert "26 Jan 2026 is zero or far from the month before" in err


def test_the_table_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(fallen()))
    code, out, err = run(capsys, "--offline", "--as-of", "2026-02-17")
    assert (code, err) == (0, "")
    assert out.isascii()
    assert out.startswith("As known at the end of 2026-02-17 (UTC)")
    assert "-21.7 %" in out
    assert "18.5 J/TH for all machines" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [("2026-03-02", "lies after the clock"), ("2008-12-31", "before the first block"), ("16.1.2026", "is no date")],
)
def test_a_day_that_cant_be_replayed(capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    code, out, err = run(capsys, "--as-of", text)
    assert (code, out) == (2, "")
    assert said in err


def test_now_asks_for_the_network_and_not_for_gpu_rents(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    with Loopback() as server:
        for name, url in environment(server).items():
            monkeypatch.setenv(name, url)
        code, out, _ = run(capsys, "--json")
        asked = " ".join(map(str, server.log))
    found = json.loads(out)
    assert code == 0
    assert "gpurentalprices" not in asked
    assert found["as_of"] == NOW.isoformat().replace("+00:00", "Z")
    assert found["price_usd"] == pytest.approx(95_546, abs=10)
    assert found["next_retarget"]["change_fraction"] is not None
    assert found["height"] is not None


def test_today_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "--as-of", "2026-03-01")["as_of"] == "2026-03-01T12:00:00Z"


def test_what_is_small_or_not_observed_is_no_nought(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctest.testmod(cli_network).failed == 0
    monkeypatch.setenv("MINERDESK_NOW", "2012-06-01T12:00:00Z")
    _, out, _ = run(capsys, "--offline")
    assert " 0.0 EH/s" not in out
    assert "1.1e-05 EH/s" in out
    _, out, _ = run(capsys, "--offline", "--as-of", "2010-08-01")
    assert "not observed" in out
    assert "None" not in out
