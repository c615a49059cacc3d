"""The command cashflow: the vectors of the capital functions, words for every case, and refused input by position."""

import json
from pathlib import Path
from typing import Any

import pytest

from minerdesk.__main__ import main

PROJECT = "--values=-100,30,30,30,30,30"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["cashflow", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def answer_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    found = json.loads(out)
    assert list(found) == ["npv", "irr", "irr_note", "mirr", "payback", "discounted_payback"]
    return dict(found)


def test_the_project_in_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer_of(capsys, PROJECT, "--rate", "0.1")
    assert found["npv"] == pytest.approx(13.723603, abs=5e-7)
    assert found["irr"] == pytest.approx([0.15238237], abs=5e-9)
    assert found["mirr"] == pytest.approx((13.723603 / 100 + 1) ** 0.2 * 1.1 - 1, abs=1e-8)
    assert found["payback"] == pytest.approx(10 / 3)
    assert found["discounted_payback"] == pytest.approx(4.263267, abs=5e-7)


def test_the_project_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, PROJECT, "--rate", "0.1")
    assert (code, err) == (0, "")
    for said in (
        "today and 5 years after it",
        "13.72 at 10.00 % a year",
        "One rate, 15.24 %",
        "3.33 years",
        "4.26 years",
    ):
        assert said in out


@pytest.mark.parametrize(
    ("values", "rates", "note"),
    [
        ("-100,230,-132", [0.10, 0.20], "2 rates"),
        ("-100,-1,-1", [], "No rate"),
        ("-100,10,10,10", [-0.424417], "One rate"),
        ("-100, 220, -121", [0.10], "touches zero"),
    ],
)
def test_several_rates_none_and_a_loss_are_said_plainly(
    capsys: pytest.CaptureFixture[str], values: str, rates: list[float], note: str
) -> None:
    found = answer_of(capsys, f"--values={values}", "--rate=0.1")
    assert found["irr"] == pytest.approx(rates, abs=5e-7)
    assert note in found["irr_note"]


def test_what_never_comes_back_is_null_and_never(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer_of(capsys, "--values=-100,-1,-1", "--rate", "0.1")
    assert (found["mirr"], found["payback"], found["discounted_payback"]) == (None, None, None)
    _, out, _ = run(capsys, "--values=-100,-1,-1", "--rate", "0.1")
    assert "MIRR                none" in out
    assert "Payback             never" in out


@pytest.mark.parametrize("rate", ["-0.9", "0", "10"])
def test_the_largest_flows_for_the_longest_time_stay_numbers(capsys: pytest.CaptureFixture[str], rate: str) -> None:
    found = answer_of(capsys, "--values=" + ",".join(["-1e15", *["1e15"] * 249]), "--rate", rate)
    assert found["npv"] is not None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("-100,thirty,30", ["flow 2 of 3", "thirty"]),
        ("-100,,30", ["flow 2 of 3 is empty"]),
        ("", ["flow 1 of 1 is empty"]),
        ("-100,nan,inf,3_0", ["flow 2 of 4", "flow 3 of 4", "flow 4 of 4"]),
        ("-100,2e15", ["flow 2 of 2", "between -1e+15 and 1e+15"]),
        (",".join(["1"] * 251), ["251 flows", "250"]),
    ],
)
def test_refused_values_are_named_by_position(capsys: pytest.CaptureFixture[str], values: str, said: list[str]) -> None:
    code, out, err = run(capsys, f"--values={values}", "--rate", "0.1")
    assert (code, out) == (2, "")
    assert all(words in err for words in said)


@pytest.mark.parametrize(
    ("rate", "said"), [("ten", "ten"), ("", "empty"), ("-1", "between -0.9 and 10"), ("nan", "finite")]
)
def test_a_refused_rate_is_named(capsys: pytest.CaptureFixture[str], rate: str, said: str) -> None:
    code, out, err = run(capsys, PROJECT, f"--rate={rate}")
    assert (code, out) == (2, "")
    assert "--rate" in err
    assert said in err


def test_a_rate_in_percent_is_used_and_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, PROJECT, "--rate", "10")
    assert code == 0
    assert "1000 % a year" in err
    assert "write 0.1" in err


def test_it_opens_no_session_and_says_what_is_without_effect(
    capsys: pytest.CaptureFixture[str], isolated_home: Path
) -> None:
    code, _, err = run(capsys, PROJECT, "--rate", "0.1", "--offline", "--set", "gpu.life_years=4")
    assert code == 0
    assert "change nothing here" in err
    assert not isolated_home.exists()
    assert run(capsys, PROJECT, "--rate", "0.1", "--set", "gpu.life=4")[0] == 2


def test_without_a_modified_rate_nothing_is_said_of_its_terms(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--values=-100,-1,-1", "--rate", "0.1")
    assert "MIRR                none\n" in out
