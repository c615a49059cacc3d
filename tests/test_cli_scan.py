"""`minerdesk fleet --scan`: classes on stdout, progress on stderr, and what it does not go together with."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from fake_miners import L7, S19_PRO, FakeMiner

from minerdesk.__main__ import main
from minerdesk.lan import scan

STANDIN = Path(__file__).parent / "standin"
X99 = {
    "version": {"VERSION": [{"Type": "Antminer X99"}]},
    "summary": {"SUMMARY": [{"GHS av": 120_000, "Power": 3_000}]},
}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay four machines at 127.0.44.1 to .4; of the last one no nameplate is known, and it tells no watts."""
    unknown = {"version": {"VERSION": [{"Type": "X98"}]}, "summary": {"SUMMARY": [{"GHS av": 90_000}]}}
    with ExitStack() as stack:
        first = stack.enter_context(FakeMiner("127.0.44.1", S19_PRO))
        for number, answers in enumerate((X99, L7, unknown), 2):
            stack.enter_context(FakeMiner(f"127.0.44.{number}", answers, port=first.port))
        monkeypatch.setenv("STANDIN_PORT", str(first.port))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STANDIN), str(Path(__file__).parents[1])]))
        monkeypatch.setattr(scan, "scan", partial(scan.scan, ports=(first.port,)))
        yield


@pytest.mark.usefixtures("farm")
def test_the_classes_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "fleet", "--scan", "127.0.44.0/29", "--json")
    answer = json.loads(out)
    assert (code, answer["hosts"], answer["hosts_asked"], answer["end"]) == (0, 6, 6, "complete")
    plate, found = answer["classes"]
    assert (found["model"], found["count"], found["hashrate_th_s"], found["power_w"]) == ("Antminer X99", 1, 120, 3_000)
    assert (plate["model"], plate["hashrate_th_s"]) == ("Antminer S19 Pro (nameplate W)", 109.9)
    assert plate["efficiency_j_per_th"] == pytest.approx(29.5, abs=0.1)
    assert [(one["address"], one["power_basis"]) for one in answer["machines"]] == [
        ("127.0.44.1", "nameplate"),
        ("127.0.44.2", "measured"),
    ]
    assert [(one["address"], one["reason"]) for one in answer["refused"]] == [
        ("127.0.44.3", "it mines Scrypt, not Bitcoin."),
        ("127.0.44.4", "it tells no watts, and the catalogue has no nameplate."),
    ]
    assert "127.0.44.2: Antminer X99, measured" in err


@pytest.mark.usefixtures("farm")
def test_the_classes_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "fleet", "--scan", "127.0.44.0/29")
    assert code == 0
    assert out.isascii()
    assert "6 of 6 addresses asked, 4 machines found, 2 of them refused." in out
    assert "127.0.44.3  Antminer L7: it mines Scrypt, not Bitcoin." in out
    assert any(line.split()[-4:] == ["1", "120.00", "3,000", "25.0"] for line in out.splitlines())


@pytest.mark.usefixtures("farm")
def test_a_scan_cut_short_says_so_and_counts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "scan", partial(scan.scan, budget_s=0.0))
    code, out, err = run(capsys, "fleet", "--scan", "127.0.44.0/29", "--json")
    assert (code, json.loads(out)["end"], json.loads(out)["classes"]) == (0, "out of time", [])
    assert "0 of 6 addresses asked" in err


def test_a_scan_that_fails_is_exit_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pyasic.py").write_text("raise ImportError('none')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])]))
    code, out, err = run(capsys, "fleet", "--scan", "127.0.44.1", "--json")
    assert (code, out) == (1, "")
    assert "minerdesk[lan]" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scan", "8.8.8.0/24"), "not a private network"),
        (("--scan", "10.0.0.0/8"), "are the most"),
        (("--scan", "127.0.44.1", "--offline"), "--offline asks nothing"),
        (("--scan", "127.0.44.1", "--set", "site.pue=1.2"), "no FILE and no --set"),
        (("site.minerdesk.json", "--scan", "127.0.44.1"), "no FILE and no --set"),
    ],
)
def test_what_can_not_be_scanned_is_exit_2(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, "fleet", *words)
    assert (code, out) == (2, "")
    assert said in err
