"""The command solve: the reference points, words and exit codes."""

import json
from typing import Any

import pytest

from minerdesk.__main__ import main

REFERENCE = ["--offline", "--set", "network.hashprice_usd_per_ph_day=39.53"]


def run(capsys: pytest.CaptureFixture[str], key: str, against: str, *words: str) -> tuple[int, str, str]:
    code = main(["solve", "--for", key, "--against", against, *REFERENCE, *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def run_json(capsys: pytest.CaptureFixture[str], key: str, against: str, *words: str) -> dict[str, Any]:
    code, out, _ = run(capsys, key, against, "--json", *words)
    assert code == 0
    answer: dict[str, Any] = json.loads(out)
    return answer


@pytest.mark.parametrize(
    ("key", "against", "expected"),
    [
        ("gpu.rate_usd_per_gpu_hour", "gpu_cloud", 2.384704),
        ("colo.rent_usd_per_kw_month", "colocation", 171.337),
        ("network.hashprice_usd_per_ph_day", "colocation", 30.798),
    ],
)
def test_the_reference_points(capsys: pytest.CaptureFixture[str], key: str, against: str, expected: float) -> None:
    answer = run_json(capsys, key, against)
    assert list(answer) == ["key", "solution", "all_solutions", "reason"]
    assert answer["key"] == key
    assert answer["solution"] == pytest.approx(expected, rel=1e-5)
    assert answer["all_solutions"] == [answer["solution"]]
    assert answer["reason"].isascii()


def test_no_solution_is_null_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    answer = run_json(capsys, "power.price_usd_per_mwh", "gpu_cloud")
    assert (answer["solution"], answer["all_solutions"]) == (None, [])
    assert "GPU cloud is ahead of mining at any power price between -500 and 5 000 $/MWh" in answer["reason"]
    typed = run_json(capsys, "network.btc_price_usd", "colocation")
    assert typed["solution"] is None
    assert "a hashprice is typed" in typed["reason"]


def test_the_words_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "gpu.rate_usd_per_gpu_hour", "gpu_cloud")
    assert code == 0
    assert out.splitlines()[0] == "GPU rate at which GPU cloud equals mining: 2.38 $/GPU-h; today 2.90"
    assert out.splitlines()[1].startswith("One solution, GPU rate = 2.38 $/GPU-h: above it GPU cloud keeps more")
    _, none, _ = run(capsys, "colo.pue", "gpu_cloud")
    assert len(none.splitlines()) == 1
    assert "does not enter" in none


def test_without_any_network_mining_cannot_be_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2009-01-01T00:00:00Z")
    code = main(["solve", "--offline", "--json", "--for", "colo.rent_usd_per_kw_month", "--against", "colocation"])
    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert answer["solution"] is None
    assert "no hashprice is known" in answer["reason"]


@pytest.mark.parametrize(
    ("key", "against", "said"),
    [
        ("gpu.rate_usd_per_gpu_hours", "gpu_cloud", "Is it gpu.rate_usd_per_gpu_hour?"),
        ("colo.power_passed_through", "colocation", "is a switch"),
        ("colo.pue", "mining", "gpu_cloud"),
    ],
)
def test_bad_input_is_said_and_exits_2(capsys: pytest.CaptureFixture[str], key: str, against: str, said: str) -> None:
    code, out, err = run(capsys, key, against)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
