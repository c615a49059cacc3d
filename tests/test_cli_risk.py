"""`minerdesk risk`: the same figures for the same seed, progress on a terminal alone, refusals before any draw."""

import json
import sys

import pytest
from loopback import NOW

from minerdesk.__main__ import main
from minerdesk.cli import risk

SHORT = ("--offline", "--set", "plan.horizon_years=2")


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["risk", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_same_seed_gives_the_same_object(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *SHORT, "--paths", "1000", "--seed", "7", "--json")
    again = run(capsys, *SHORT, "--set", "risk.paths=1000", "--set", "risk.seed=7", "--json")[1]
    other = run(capsys, *SHORT, "--paths", "1000", "--seed", "8", "--json")[1]
    answer = json.loads(out)
    assert code == 0
    assert out == again
    assert (answer["paths"], answer["seed"], answer["months"]) == (1_000, 7, 24)
    assert set(answer["strategies"]) == {"keep_mining", "convert_all", "hybrid"}
    assert 0 <= answer["comparisons"]["convert_all"]["beats_mining_probability"] <= 1
    assert json.loads(other)["strategies"]["hybrid"]["npv_usd"] != answer["strategies"]["hybrid"]["npv_usd"]
    assert "\r" not in out


def test_the_text_says_how_often_and_how_it_was_reckoned(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *SHORT, "--paths", "1000", "--set", "risk.btc_volatility=0.6")
    assert code == 0
    assert "beats mining in" in out
    assert "1 000 paths, seed 1, 2 years" in out
    assert "BTC price 60.0 % a year, typed." in out
    assert "Difficulty" in out
    assert "estimated from" in out
    assert "paths" not in err, "no terminal, no progress"


def test_a_terminal_is_told_how_far_it_is_and_its_line_is_wiped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, out, err = run(capsys, *SHORT, "--paths", "500", "--json")
    assert "\r250 of 500 paths\r500 of 500 paths\r" in err
    assert err.endswith(" \r")
    json.loads(out)


def test_an_interrupted_run_leaves_quietly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(risk, "run", interrupted)
    code, out, err = run(capsys, *SHORT)
    assert (code, out) == (130, "")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--paths", "many"), "no whole number"),
        (("--paths", "1.5"), "no whole number"),
        (("--paths", "5"), "must lie between 100 and 100,000"),
        (("--seed", "-1"), "must lie between 0 and"),
        (("--seed", "3000000000"), "must lie between 0 and 2,147,483,647."),
        (("--set", "risk.seed=1.5"), "Seed is 1.5; it takes a whole number."),
        (("--set", "risk.paths=1000.5"), "Paths is 1,000.5; it takes a whole number."),
        (("--set", "plan.lease_delay_months=2.5"), "takes a whole number"),
        (("--set", "risk.centre=mode"), "mean or median"),
        (("--set", "risk.correlation_btc_power=2"), "must lie between -1 and 1"),
    ],
)
def test_bad_input_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str) -> None:
    code, out, err = run(capsys, *SHORT, *words)
    assert (code, out) == (2, "")
    assert said in err


def test_contradicting_correlations_are_named_with_the_nearest_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ("btc_gpu_rate=0.9", "gpu_rate_utilisation=0.9", "btc_utilisation=-0.5")
    words = [word for pair in typed for word in ("--set", f"risk.correlation_{pair}")]
    code, out, err = run(capsys, *SHORT, *words)
    assert (code, out) == (2, "")
    assert "don't allow BTC price with utilisation -0.5" in err
    assert "from 0.62 to 1" in err


def test_without_a_hashprice_it_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2009-06-01T00:00:00Z")
    code, out, err = run(capsys, "--offline")
    assert (code, out) == (2, "")
    assert "No hashprice is known" in err
