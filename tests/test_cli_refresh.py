"""What `minerdesk refresh` says of what came, what did not and what is used instead; the window says the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW, Loopback, environment
from sample_desk import session_at

from minerdesk import aftermath, words
from minerdesk.__main__ import main
from minerdesk.pools import Pools
from minerdesk.quantities import QUANTITIES
from minerdesk.session import open_session
from minerdesk.sources import failures, gpurentalprices
from minerdesk.sources.refresh import Outcome, Report
from minerdesk.sources.topics import TOPICS
from minerdesk.ui.windows.data_words import missing_words


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    with Loopback() as server:
        for name, url in environment(server).items():
            monkeypatch.setenv(name, url)
        yield server


def refreshed(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, str, str]:
    code = main(["refresh", *flags])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def parts(out: str) -> tuple[str, list[str], list[str], list[str]]:
    """Return the summary, the lines of topics, of failures (without any: none) and of values, heads left out."""
    blocks = [block.splitlines() for block in out.strip().split("\n\n")]
    failed = blocks[2][1:] if len(blocks) == 4 else []
    return " ".join(blocks[0]), blocks[1][1:], failed, blocks[-1][1:]


def test_a_source_that_fails_everywhere_stands_once_with_all_its_topics(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    providers.faults["all"] = "html"
    code, out, _ = refreshed(capsys)
    summary, topics, failed, _ = parts(out)
    assert code == 1
    assert "0 of 16 fetched" in summary and "Needed and not given: BTC price; difficulty" in summary
    assert len(topics) == 16
    assert sum(line.startswith("mempool.space") for line in failed) == 1
    mine = " ".join(failed[next(i for i, line in enumerate(failed) if line.startswith("mempool.space")) :])
    told = re.split(r"At: ", re.sub(r"\s+", " ", mine))[1]
    assert told.startswith("BTC price; difficulty; block height; fees per block; network hash rate; mining pools;")
    assert max(len(line) for line in failed) <= 110


def test_the_table_speaks_in_labels_and_units_and_no_key_or_power_of_ten_is_left(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    providers.faults["coinbase"] = "zero"
    code, out, err = refreshed(capsys)
    assert code == 0
    _, topics, failed, values = parts(out)
    for key in [topic.name for topic in TOPICS if "_" in topic.name] + [name for name in QUANTITIES if "_" in name]:
        assert key not in out
    assert not re.search(r"\de[+-]?\d", out)
    price = re.fullmatch(r"BTC price +(\$\d\d \d\d\d)  live +16 Jan 2026, 12:00  Kraken", values[0])
    assert price and f"Kraken's {price[1]} is used" in err, "the warning writes the same number in the same way"
    assert any(re.match(r"Difficulty +[\d.]+ T  live", line) for line in values)
    assert any(re.match(r"Network hash rate, 7-day mean +1 \d\d\d EH/s  live", line) for line in values)
    assert re.match(r"BTC price +fetched +Kraken +\d+\.\d$", topics[0])
    assert failed[0].startswith("Coinbase Exchange") and failed[1].strip() == "At: BTC price."


def test_of_what_nothing_was_to_be_asked_nothing_is_called_fetched(
    capsys: pytest.CaptureFixture[str], providers: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpurentalprices, "FIRST_DAY", NOW.date())
    code, out, _ = refreshed(capsys)
    summary, topics, _, _ = parts(out)
    assert code == 0 and "15 of 15 fetched; of 1 nothing was to be asked. All that is needed" in summary
    [line] = [line for line in topics if line.startswith("GPU rental rates, past days")]
    assert re.search(r"days +nothing to ask +none, for its record begins on 16 Jan 2026 +\d", line)
    assert providers.asked(gpurentalprices.HISTORY) == []
    told = {found["topic"]: found for found in json.loads(refreshed(capsys, "--json")[1])["topics"]}["gpu_history"]
    assert (told["source"], told["nothing_to_ask"]) == (None, "its record begins on 16 Jan 2026")


def test_what_is_used_instead_is_true_of_each_topic(capsys: pytest.CaptureFixture[str], providers: Loopback) -> None:
    """With a fallback its answer is used, with an earlier value that stays with its date, else there is none."""
    providers.faults.update(mempool="http500", okx="http500")
    code, out, _ = refreshed(capsys, "--json")
    assert code == 1
    answer = json.loads(out)
    topics = {found["topic"]: found for found in answer["topics"]}
    assert topics["difficulty"]["used"] == "Blockchain.com's answer is used"
    assert (topics["difficulty"]["source"], topics["difficulty"]["label"]) == ("blockchain_info", "Difficulty")
    assert (topics["open_interest"]["source"], topics["open_interest"]["used"]) == (None, "there is none yet")
    assert not any("stays" in failure["hint"] for failure in answer["failures"]), "the source doesn't know it"
    failed = {(failure["topic"], failure["source"]) for failure in answer["failures"]}
    assert {("difficulty", "mempool"), ("pools", "mempool"), ("open_interest", "okx")} <= failed
    providers.faults.clear()
    assert refreshed(capsys)[0] == 0
    providers.faults["okx"] = "http500"
    _, out, _ = refreshed(capsys)
    kept = next(line for line in parts(out)[1] if line.startswith("Open interest, OKX"))
    assert re.search(r"failed +the last one stays, of \d+ Jan 2026, \d\d:\d\d UTC \(OKX\)", kept)


def test_the_window_is_told_what_is_used_instead(providers: Loopback, tmp_path: Path) -> None:
    providers.faults.update(okx="http500", coinbase="http500")
    session = open_session()
    try:
        snapshot = session.take(*session.run(session.plan(everything=True)))
    finally:
        session.close()
    hints = {failure.source: words.plain(failure.hint) for failure in snapshot.failures}
    assert hints["okx"].endswith("(HTTP 500). Open interest, OKX: there is none yet.")
    assert hints["coinbase"].endswith("(HTTP 500). BTC price: Kraken's answer is used.")


def test_the_same_answer_for_several_topics_is_one_sentence() -> None:
    slow = failures.timed_out("mempool")
    outcomes = [
        Outcome(topic=name, fetched=None, source=None, failures=(slow, slow), latency_s=1.0)
        for name in ("difficulty", "tip", "pools")
    ]
    [failed] = aftermath.merged(outcomes)
    assert failed.labels == ("Difficulty", "Block height", "Mining pools")
    assert aftermath.follows(outcomes, Pools()) == "Difficulty; block height; mining pools: there is none yet."
    refused = Outcome(
        topic="tip", fetched=None, source=None, failures=(failures.refused("mempool", "It is shut"),), latency_s=1.0
    )
    assert len(aftermath.merged([*outcomes, refused])) == 2, "another way to fail stands by itself"


def test_the_notice_of_the_window_says_of_what_there_is_no_older_value(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_at(monkeypatch)  # the bundle has a price, and no open interest of OKX
    try:
        price, interest = (
            Outcome(topic=topic, fetched=None, source=None, failures=(failures.timed_out(source),), latency_s=1.0)
            for topic, source in (("spot", "coinbase"), ("open_interest", "okx"))
        )
        for outcomes, told in (
            ((price,), "). Older values stay, with their dates."),
            ((price, interest), "). Older values stay, with their dates; there is none yet of open interest, OKX."),
            ((interest,), "). No older value is there."),
        ):
            assert missing_words(Report(outcomes=outcomes), session.desk.pools).endswith(told)
        assert missing_words(Report(outcomes=()), session.desk.pools) == ""
        others = [
            Outcome(topic=topic, fetched=None, source=None, failures=(failed,), latency_s=1.0)
            for topic, failed in (
                ("tip", failures.timed_out("mempool")),
                ("pools", failures.unreachable("mempool", "")),
            )
        ]
        assert missing_words(Report(outcomes=(price, interest, *others)), session.desk.pools) == (
            "Not refreshed: 4 of 4 quantities, among them BTC price; open interest, OKX; block height. "
            "Why: no answer in time (3 sources); not reached (mempool.space). "
            "Older values stay, with their dates; 2 of these have none. The page Data tells of every source."
        )
    finally:
        session.close()


@pytest.mark.parametrize(
    ("after_s", "told"),
    [
        (None, "is left alone for 30 s; it did not say for how long."),
        (7.0, "is left alone for 7 s, as it asks."),
        (9e9, "is left alone for 3600 s, as it asks."),
    ],
)
def test_a_rate_limit_says_for_how_long_it_waits(after_s: float | None, told: str) -> None:
    assert failures.of_status("kraken", 429, after_s).hint.endswith(told)
