"""A scan as a whole: the asking side against processes that misbehave, the scanning process against bad machines."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fake_miners import L7, S19_PRO, FakeMiner

from minerdesk.__main__ import main
from minerdesk.errors import ScanError
from minerdesk.lan import scan as scanning
from minerdesk.lan import scanner
from minerdesk.lan.answers import Machine
from minerdesk.lan.scan import End, Outcome, scan

#: Some hundredths of a second where nothing else runs; machines that build and test at once are slower.
AT_ONCE_S = 1.0
HOSTS = ("127.0.43.1", "127.0.43.2", "127.0.43.3")
STANDIN = Path(__file__).parent / "standin"
#: Says what it is told to on the command line, then waits to be ended.
SAYS = "import sys, time; sys.stdout.write(sys.argv[1]); sys.stdout.flush(); time.sleep(float(sys.argv[2]))"
SUMMARY = {"summary": {"SUMMARY": [{"GHS av": 100_000, "Power": 3_000}]}}


def version(kind: str) -> dict[str, object]:
    return {"version": {"VERSION": [{"Type": kind}]}, **SUMMARY}


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before
    assert not [thread for thread in threading.enumerate() if thread.name == "lan-scan"]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Keep what was started, and see at the end that none of it runs."""
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def kept(*words: object, **options: object) -> "subprocess.Popen[bytes]":
        started.append(popen(*words, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", kept)
    yield started
    assert started
    assert all(process.returncode is not None for process in started)


def says(text: str, wait_s: float = 60) -> list[str]:
    return [sys.executable, "-c", SAYS, text, str(wait_s)]


# -- the asking side --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("garbage\n", "a line that is no JSON"),
        ('{"kind": "asked", "hosts": 1}\n{"kind": "asked"\n', "no JSON, after 1 of 3 addresses"),
        ("x" * 100_000, "a line of more than 8,192 bytes"),
        ('{"kind": "asked", "hosts": 4}\n', "4 addresses done"),
        ('{"kind": "asked", "hosts": 2}\n{"kind": "asked", "hosts": 1}\n', "1 addresses done"),
        ('{"kind": "machine", "address": "10.9.9.9"}\n', "10.9.9.9, which was not asked"),
        ('{"kind": "machine", "address": "127.0.43.1"}\n' * 2, "or has answered already"),
        ('{"kind": "failed", "reason": "broken", "detail": "no memory"}\n', "The scan failed: no memory."),
        ('{"kind": "failed", "reason": "not_installed", "detail": "x"}\n', "needs the package pyasic"),
    ],
)
def test_what_can_not_be_read_ends_the_scan_with_words(
    text: str, said: str, processes: list["subprocess.Popen[bytes]"]
) -> None:
    with pytest.raises(ScanError) as caught:
        scan(HOSTS, start=says(text))
    assert said in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("code", [0, 7, -9])
def test_a_process_that_ends_by_itself_is_told_with_how_far_it_came(
    code: int, processes: list["subprocess.Popen[bytes]"]
) -> None:
    ending = "os.kill(os.getpid(), 9)" if code < 0 else f"sys.exit({code})"
    script = f'import os, sys; print(\'{{"kind": "asked", "hosts": 2}}\', flush=True); {ending}'
    asked: list[int] = []
    with pytest.raises(ScanError, match=rf"ended by itself \(exit code {code}\) after 2 of 3 addresses"):
        scan(HOSTS, on_asked=asked.append, start=[sys.executable, "-c", script])
    assert asked == [2]


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(ScanError, match="could not be started: No such file"):
        scan(HOSTS, start=["/nowhere/minerdesk"])


def test_cancel_ends_the_process_at_once_and_keeps_what_was_found(processes: list["subprocess.Popen[bytes]"]) -> None:
    text = '{"kind": "machine", "address": "127.0.43.2"}\n{"kind": "asked", "hosts": 1}\n'
    seen, stopped = threading.Event(), 0.0

    def cancelled() -> bool:
        nonlocal stopped
        if seen.is_set() and not stopped:
            stopped = time.monotonic()
        return seen.is_set()

    outcome = scan(HOSTS, on_asked=lambda _: seen.set(), cancelled=cancelled, start=says(text))
    assert time.monotonic() - stopped < AT_ONCE_S
    assert outcome == Outcome(machines=(Machine(address="127.0.43.2"),), asked=1, hosts=3, end=End.CANCELLED)


def test_a_silent_process_ends_with_its_time(processes: list["subprocess.Popen[bytes]"]) -> None:
    start = time.monotonic()
    outcome = scan(HOSTS, budget_s=0.3, start=says(""))
    assert (outcome.end, outcome.machines) == (End.OUT_OF_TIME, ())
    assert time.monotonic() - start < 5


def test_a_flood_of_lines_does_not_hold_the_end_up(processes: list["subprocess.Popen[bytes]"]) -> None:
    flood = 'import sys\nwhile True: sys.stdout.write(\'{"kind": "asked", "hosts": 1}\\n\' * 1000)'
    outcome = scan(HOSTS, budget_s=0.3, start=[sys.executable, "-c", flood])
    assert (outcome.end, outcome.asked) == (End.OUT_OF_TIME, 1)


def test_an_error_of_the_listener_leaves_no_process(processes: list["subprocess.Popen[bytes]"]) -> None:
    def fail(asked: int) -> None:
        raise RuntimeError("the listener")

    with pytest.raises(RuntimeError, match="the listener"):
        scan(HOSTS, on_asked=fail, start=says('{"kind": "asked", "hosts": 1}\n'))


# -- the scanning process ---------------------------------------------------------------------------------------------


@pytest.fixture
def with_standin(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [str(STANDIN), str(Path(__file__).parents[1])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def ask(monkeypatch: pytest.MonkeyPatch, *machines: FakeMiner, **options: object) -> Outcome:
    port = machines[0].port
    monkeypatch.setenv("STANDIN_PORT", str(port))
    return scan([one.host for one in machines], ports=(port,), **options)  # type: ignore[arg-type]


def farm(stack: ExitStack, *all_answers: object, **options: object) -> list[FakeMiner]:
    first = FakeMiner("127.0.43.1", all_answers[0], **options)  # type: ignore[arg-type]
    made = [stack.enter_context(first)]
    for number, answers in enumerate(all_answers[1:], 2):
        made.append(stack.enter_context(FakeMiner(f"127.0.43.{number}", answers, port=first.port)))  # type: ignore[arg-type]
    return made


@pytest.mark.usefixtures("with_standin")
def test_machines_are_told_as_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Machine] = []
    asked: list[int] = []
    with ExitStack() as stack:
        machines = farm(stack, version("Antminer S21"), S19_PRO, L7)
        outcome = ask(monkeypatch, *machines, on_found=told.append, on_asked=asked.append)
    assert (outcome.end, outcome.asked, asked) == (End.COMPLETE, 3, [1, 2, 3])
    assert sorted(told, key=lambda one: one.address) == list(outcome.machines)
    s21, s19_pro, l7 = outcome.machines
    assert (s21.address, s21.make, s21.model, s21.algorithm) == ("127.0.43.1", "AntMiner", "S21", "SHA256")
    assert (s21.hashrate_th_s, s21.power_w, s21.is_mining) == (100, 3_000, True)
    assert (s19_pro.hashrate_th_s, s19_pro.power_w) == (pytest.approx(109.8765), None)
    assert l7.algorithm == "Scrypt"


@pytest.mark.usefixtures("with_standin")
def test_what_the_package_leaves_open_is_read_from_the_machines_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "version": {"VERSION": [{"PROD": "S99"}]},
        "summary": {"SUMMARY": [{"MHS av": 200_000_000}]},
        "stats": {"STATS": [{}, {"total_power": 3_400}]},
    }
    with ExitStack() as stack:
        (one,) = ask(monkeypatch, *farm(stack, answers)).machines
    assert (one.model, one.hashrate_th_s, one.power_w) == ("S99", 200, 3_400)


@pytest.mark.usefixtures("with_standin")
def test_bad_machines_hold_nobody_up_but_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        machines = farm(stack, version("Breaker"), version("Printer"), {"version": {"VERSION": "no list"}}, S19_PRO)
        garbage = FakeMiner("127.0.43.5", port=machines[0].port, raw=b"\xff\x00}{" * 50_000)
        clinger = FakeMiner("127.0.43.6", version("Clinger"), port=machines[0].port)
        others = [stack.enter_context(one) for one in (garbage, clinger)]
        outcome = ask(monkeypatch, *machines, *others, budget_s=20.0)
    assert (outcome.end, outcome.asked) == (End.COMPLETE, 6)
    assert [(one.address, one.model) for one in outcome.machines] == [
        ("127.0.43.1", "Breaker"),  # asked again, question by question
        ("127.0.43.2", "Printer"),
        ("127.0.43.3", ""),
        ("127.0.43.4", "S19 Pro"),
        ("127.0.43.5", ""),
        ("127.0.43.6", "Clinger"),
    ]
    assert outcome.machines[0].power_w == 3_000


@pytest.mark.usefixtures("with_standin")
def test_a_command_that_writes_never_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        (writer,) = farm(stack, version("Writer"))
        (found,) = ask(monkeypatch, writer).machines
    assert found.model == "Writer"
    assert writer.asked
    assert not [told for told in writer.asked if "restart" in told]


@pytest.mark.usefixtures("with_standin")
def test_a_machine_that_never_answers_is_left_at_once_on_cancel(
    monkeypatch: pytest.MonkeyPatch, processes: list["subprocess.Popen[bytes]"]
) -> None:
    found, stopped = threading.Event(), 0.0

    def cancelled() -> bool:
        nonlocal stopped
        if found.is_set() and not stopped:
            stopped = time.monotonic()
        return found.is_set()

    with ExitStack() as stack:
        machines = farm(stack, version("Hanger"), None, S19_PRO)
        outcome = ask(monkeypatch, *machines, on_found=lambda _: found.set(), cancelled=cancelled)
        assert time.monotonic() - stopped < AT_ONCE_S
    assert outcome.end is End.CANCELLED
    assert [one.model for one in outcome.machines] == ["S19 Pro"]


@pytest.mark.skipif(sys.platform != "linux", reason="what a system lets a process limit differs")
def test_the_process_limits_its_memory_and_has_files_enough() -> None:
    script = (
        "import resource as r; from minerdesk.lan import scanner; r.setrlimit(r.RLIMIT_NOFILE, (256, 4096));"
        "scanner.set_limits(); print(*r.getrlimit(r.RLIMIT_AS)[:1], *r.getrlimit(r.RLIMIT_NOFILE)[:1])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(2 * 1024**3), "2048"]


@pytest.mark.usefixtures("with_standin")
def test_a_library_that_ends_the_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack, pytest.raises(ScanError, match=r"exit code 3\) after 0 of 1 addresses"):
        ask(monkeypatch, *farm(stack, version("Killer")))


@pytest.mark.usefixtures("with_standin")
def test_addresses_where_nothing_answers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANDIN_PORT", "9")
    hosts = [f"127.0.43.{number}" for number in range(1, 255)]
    outcome = scan(hosts, ports=(9,))
    assert (outcome.end, outcome.asked, outcome.machines) == (End.COMPLETE, 254, ())


@pytest.mark.usefixtures("with_standin")
def test_the_process_ends_when_nobody_listens_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        (silent,) = farm(stack, None)
        monkeypatch.setenv("STANDIN_PORT", str(silent.port))
        process = stack.enter_context(
            subprocess.Popen(scanning.command(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        )
        assert process.stdin is not None
        process.stdin.write(b'{"hosts": ["127.0.43.1"], "ports": [%d]}\n' % silent.port)
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_question_that_resists_being_cancelled_is_not_waited_for() -> None:
    async def stubborn() -> int:
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.6)
        return 1

    async def timed() -> tuple[object, float]:
        start = time.monotonic()
        return await scanner._within(0.05, stubborn()), time.monotonic() - start

    answer, took_s = asyncio.run(timed())
    assert answer is None
    assert took_s < 0.5


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pyasic.py").write_text("raise ImportError('no module named pyasic')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])]))
    with pytest.raises(ScanError) as caught:
        scan(HOSTS)
    assert 'pip install "minerdesk[lan]"' in caught.value.hint


# -- the frozen program -----------------------------------------------------------------------------------------------


def test_the_frozen_program_is_its_own_scanning_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert scanning.command() == [sys.executable, scanning.SWITCH]
    assert "README" in scanning.remedy()
    called: list[bool] = []
    monkeypatch.setattr("minerdesk.lan.scanner.main", lambda: called.append(True) or 0)
    assert main([scanning.SWITCH]) == 0
    assert called == [True]
