"""`minerdesk watch`: states with since and history, exit codes for cron, a past day, thresholds, what is asked."""

import json
from typing import Any

import numpy as np
import pytest
from loopback import Loopback, environment
from sample_network import DAYS, DIFFICULTY, days, line, network

from minerdesk.__main__ import main
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.observations import Series
from minerdesk.session import open_session

IMPLIED = implied_hashrate_eh_s(DIFFICULTY)  # 1,002 EH/s


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-02-25T12:00:00Z")


def keep(series: dict[str, Series]) -> None:
    session = open_session(offline=True)
    assert session.cache.write([], series.values()) == ()
    session.close()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["watch", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(capsys, "--offline", "--json", *words)
    return code, json.loads(out)


def rule(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["rules"] if one["name"] == name)


def test_a_hash_rate_that_is_back_exits_3_with_since_and_history(capsys: pytest.CaptureFixture[str]) -> None:
    rate = np.full(DAYS, IMPLIED * 1.06)
    rate[300:330] = IMPLIED * 0.8
    keep(network(rate))
    code, found = answer(capsys)
    assert code == 3
    assert found["triggered"] == ["hashrate_back"]
    back = rule(found, "hashrate_back")
    assert back["state"] == "triggered"
    assert back["history"][-1] == {"date": back["since"], "state": "triggered"}
    assert "quiet" in [change["state"] for change in back["history"]]
    assert [one["name"] for one in back["conditions"]] == ["hashrate_7d", "hash_ribbon", "next_retarget"]
    assert all(one["state"] == "triggered" for one in back["conditions"])
    assert back["conditions"][0]["value"] == pytest.approx(IMPLIED * 1.06)
    assert found["judged_day"] == "2026-02-24"


def test_a_past_day_is_judged_by_what_was_known_then(capsys: pytest.CaptureFixture[str]) -> None:
    rate = np.full(DAYS, IMPLIED * 1.06)
    rate[300:] = IMPLIED * 0.8
    keep(network(rate))
    code, today = answer(capsys)
    assert (code, rule(today, "hashrate_back")["state"]) == (0, "quiet")
    code, then = answer(capsys, "--as-of", "2025-10-20")
    assert (code, rule(then, "hashrate_back")["state"]) == (3, "triggered")
    assert then["as_of"] == "2025-10-20T23:59:59Z"
    known = rule(today, "hashrate_back")["history"]
    assert [change for change in known if change["date"] <= "2025-10-20"] == rule(then, "hashrate_back")["history"]


def test_thresholds_are_set_like_any_input_and_a_scenario_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(np.full(DAYS, IMPLIED * 0.9)))
    assert answer(capsys)[0] == 0
    eased = ("watch.hashrate_eh_s=800", "watch.retarget_on=false")
    code, found = answer(capsys, *(word for edit in eased for word in ("--set", edit)))
    assert (code, found["triggered"]) == (3, ["hashrate_back"])
    states = {one["name"]: one["state"] for one in rule(found, "hashrate_back")["conditions"]}
    assert states == {"hashrate_7d": "triggered", "hash_ribbon": "triggered", "next_retarget": "off"}
    code, _, error = run(capsys, "--offline", "--set", "watch.hashrate_days=0")
    assert code == 2
    assert "between 1 and 365" in error


def test_leverage_names_whose_open_interest_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    levels = np.full(DAYS, 3.0e9) + np.tile([0.0, 1e7], DAYS // 2)
    levels[-15:] *= 1.3
    interest = line("open_interest_daily_usd", days(), levels, source="okx")
    keep({**network(np.full(DAYS, IMPLIED * 0.9)), interest.quantity: interest})
    code, found = answer(capsys)
    assert (code, found["triggered"]) == (3, ["leverage"])
    assert found["open_interest_source"] == "okx"
    assert "OKX alone" in found["open_interest_covers"]


def test_the_text_says_every_rule_and_condition(capsys: pytest.CaptureFixture[str]) -> None:
    keep(network(np.full(DAYS, IMPLIED * 0.9)))
    code, out, error = run(capsys, "--offline")
    assert (code, error) == (0, "")
    for words in (
        "Hash rate is back",
        "AI demand grows",
        "Leverage is high",
        "Next retarget",
        "quiet",
        "Open interest:",
    ):
        assert words in out
    assert 'No rule is triggered; too little is known to judge "AI demand grows".' in out


def test_it_asks_for_what_the_rules_need_and_a_source_that_fails_exits_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback() as server:
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        server.faults.update(binance="http451", bybit="http403")
        code, _, error = run(capsys)
        assert (code, error) == (0, ""), "two venues don't serve everybody"
        paths = {entry["provider"] for entry in server.log}
        assert paths == {"mempool", "bitstamp", "okx", "bybit", "binance", "binance_vision"}
        assert not any("/prices" in path or "/tip" in path for path in server.asked("mempool"))
    with Loopback() as server:
        monkeypatch.setenv("MINERDESK_HOME", "/nonexistent/minerdesk")
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        server.faults["okx"] = "http500"
        code, _, error = run(capsys)
        assert code == 1
        assert "okx" in error.lower()


def test_nothing_cached_is_unknown_and_no_trigger(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2010-01-01T00:00:00Z")
    code, found = answer(capsys)
    assert code == 0
    assert {one["state"] for one in found["rules"]} == {"unknown"}
    assert found["open_interest_source"] is None


@pytest.mark.parametrize("words", [["--as-of", "yesterday"], ["--as-of", "2030-01-01"], ["--rules"]])
def test_bad_usage(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, error = run(capsys, "--offline", *words)
    assert (code, out) == (2, "")
    assert error.startswith("minerdesk")
