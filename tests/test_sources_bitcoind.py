"""Bitcoin Core: what is called, what is believed, what is said, and how the fee mean is gathered block by block."""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import DIFFICULTY, EPOCHS, MEAN_7D, NOW, TIP, Loopback
from loopback_chain import block_fee, block_hash

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import bitcoind, bitcoind_calls
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.bitcoind_calls import METHODS, Call, parse_answers, posted
from minerdesk.sources.client import Client
from minerdesk.sources.topics import in_order
from minerdesk.store.block_fees import MOST_KEPT, KeptBlockFees

K = FailureKind
CHAIN = {
    "chain": "main",
    "blocks": TIP,
    "headers": TIP,
    "difficulty": DIFFICULTY,
    "mediantime": int(NOW.timestamp()) - 3_900,
    "verificationprogress": 0.9999995,
    "initialblockdownload": False,
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def ask(server: Loopback, **given: Any) -> Ask:
    client = Client(server.bases(), block_fees=given.pop("block_fees", None))
    return Ask(client=client, now=NOW, deadline=client.monotonic() + 10.0, **given)


def answering(server: Loopback, change: Callable[[str, Any, dict[str, Any]], dict[str, Any] | None]) -> list[str]:
    """Let `change` put its own answer in the place of the node’s; return the methods called, as they come."""
    world, called, usual = server.world, [], server.world._answer

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        called.append(call["method"])
        made = usual(call)
        return change(call["method"], call["params"], dict(made)) or made

    world._answer = answer  # type: ignore[method-assign] # a node with a mind of its own
    return called


# What is called


def test_nothing_but_reading_can_be_called() -> None:
    for method in ("sendtoaddress", "stop", "generatetoaddress", "getwalletinfo", "GETBLOCKCOUNT", ""):
        with pytest.raises(ValueError, match="only read"):
            Call(method)
    assert len(METHODS) == 6 and all(method.startswith("get") for method in METHODS)


def test_all_that_a_refresh_calls_is_in_the_list(server: Loopback) -> None:
    called = answering(server, lambda *_: None)
    for fetch in (bitcoind.fetch_difficulty, bitcoind.fetch_tip, bitcoind.fetch_fees, bitcoind.fetch_hashrate):
        fetch(ask(server))
    assert set(called) <= set(METHODS) and called.count("getblockstats") == 144 + 1


def test_a_batch_is_what_the_interface_wants() -> None:
    sent = json.loads(posted([Call("getblockcount"), Call("getnetworkhashps", (1008,))]))
    assert [(call["method"], call["params"]) for call in sent] == [("getblockcount", []), ("getnetworkhashps", [1008])]
    assert len({call["id"] for call in sent}) == 2


def test_a_node_goes_before_an_order_that_was_chosen_without_it() -> None:
    chosen = {"difficulty": ("blockchain_info", "mempool"), "tip": ("mempool", "bitcoind")}
    order = {t.name: [s.provider for s in t.sources] for t in in_order(chosen, on=["bitcoind"])}
    assert order["difficulty"] == ["bitcoind", "blockchain_info", "mempool"]
    assert order["tip"] == ["mempool", "bitcoind", "blockchain_info"] and order["fees"][0] == "bitcoind"


# What is believed


def value(fetched: Fetched, quantity: str) -> Any:
    return next(o for o in fetched.observations if o.quantity == quantity)


def test_each_quantity_of_a_node_that_is_up_to_date(server: Loopback) -> None:
    difficulty = value(bitcoind.fetch_difficulty(ask(server)), "difficulty")
    assert difficulty.value == DIFFICULTY
    assert difficulty.as_of == NOW - timedelta(seconds=EPOCHS[-1][0]), "dated by the retarget that set it"
    assert value(bitcoind.fetch_tip(ask(server)), "tip_height").value == TIP
    rate = value(bitcoind.fetch_hashrate(ask(server)), "network_hashrate_7d_eh_s")
    assert rate.value == pytest.approx(MEAN_7D) and rate.as_of == NOW - timedelta(minutes=5)
    fees = value(bitcoind.fetch_fees(ask(server)), "fees_btc_per_block")
    mean_sats = sum(block_fee(height) for height in range(TIP - 143, TIP + 1)) / 144
    assert fees.value == pytest.approx(mean_sats / 1e8, rel=1e-12) and fees.detail == "mean of 144 blocks"


def test_a_recorded_answer_of_version_1_is_read() -> None:
    recorded = b"""[{"result":{"chain":"main","blocks":627732,"headers":627732,"difficulty":15958652328578.42,
        "mediantime":1587917440,"verificationprogress":0.9999987748965766,"initialblockdownload":false,
        "pruned":false},"error":null,"id":"getblockchaininfo 0"}]"""
    (answer,) = parse_answers(recorded, [Call("getblockchaininfo")])
    now = NOW.fromtimestamp(1587917440 + 3_600, NOW.tzinfo)
    tip = bitcoind.parse_tip(answer.required(), now=now)
    assert (tip.height, tip.difficulty) == (627_732, 15_958_652_328_578.42)


def test_fees_of_a_recorded_block() -> None:
    recorded = {"height": 966546, "subsidy": 312500000, "totalfee": 1929031, "txs": 3441}
    assert bitcoind.parse_stats(recorded, 966_546) == 1_929_031


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({"chain": "testnet4"}, K.REFUSED, "test chain “testnet4”"),
        ({"chain": "signet"}, K.REFUSED, "signet"),
        ({"chain": "regtest"}, K.REFUSED, "regtest"),
        (
            {"initialblockdownload": True, "blocks": 512_000, "verificationprogress": 0.431},
            K.REFUSED,
            "block 512,000 of 932,513 .43.1.% verified",
        ),
        ({"blocks": TIP - 100}, K.REFUSED, "100 blocks behind"),
        ({"mediantime": CHAIN["mediantime"] - 9 * 3600}, K.IMPLAUSIBLE, "so its numbers are old"),
        ({"time": int(NOW.timestamp()) + 8_000}, K.IMPLAUSIBLE, "after the clock"),
        ({"blocks": 12}, K.IMPLAUSIBLE, "block height is 12"),
        ({"chain": None}, K.MALFORMED, "chain"),
        ({"initialblockdownload": 0}, K.MALFORMED, "neither true nor false"),
        ({"difficulty": None}, K.MALFORMED, "difficulty"),
    ],
)
def test_a_chain_whose_numbers_are_of_no_use_says_so(changed: dict[str, Any], kind: FailureKind, words: str) -> None:
    with pytest.raises(SourceError, match=words) as raised:
        bitcoind.parse_tip(CHAIN | changed, now=NOW)
    assert raised.value.kind is kind


def test_a_hash_rate_in_another_unit_is_not_believed() -> None:
    tip = bitcoind.Tip(height=TIP, difficulty=DIFFICULTY, at=NOW)
    with pytest.raises(SourceError, match="EH/s"):
        bitcoind.parse_hashrate(MEAN_7D * 1e15, tip, now=NOW)


#: Anything that JSON can hold.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from([*CHAIN, "time"]), ANYTHING)
def test_any_answer_is_a_tip_or_a_named_failure(key: str, anything: Any) -> None:
    try:
        tip = bitcoind.parse_tip(CHAIN | {key: anything}, now=NOW)
    except SourceError as error:
        assert error.kind in (K.MALFORMED, K.IMPLAUSIBLE, K.REFUSED) and error.hint
    else:
        assert 0.8 < tip.height / TIP < 1.2 and tip.difficulty == tip.difficulty and tip.at <= NOW


@settings(max_examples=examples(300), deadline=None)
@given(ANYTHING, ANYTHING)
def test_any_stats_are_fees_or_a_named_failure(result: Any, fee: Any) -> None:
    for body in (result, {"height": 5, "totalfee": fee}):
        try:
            sats = bitcoind.parse_stats(body, 5)
        except SourceError as error:
            assert error.kind in (K.MALFORMED, K.IMPLAUSIBLE)
        else:
            assert sats >= 0


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=60) | ANYTHING.map(lambda data: json.dumps(data).encode()))
def test_any_body_is_answers_or_a_named_failure(body: bytes) -> None:
    try:
        answers = parse_answers(body, [Call("getblockcount")])
    except SourceError as error:
        assert error.source == "bitcoind"
    else:
        assert len(answers) == 1


# What is said


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (-28, "Loading block index…", "still starting .“Loading block index…”.*asked again by itself"),
        (-32601, "Method not found", "0.19 and newer"),
        (-1, "Something\n else", "answered “Something else” .error -1"),
    ],
)
def test_errors_of_a_call_in_a_batch_and_of_a_whole_request(code: int, said: str, words: str) -> None:
    error = {"code": code, "message": said}
    with pytest.raises(SourceError, match=words):
        parse_answers(json.dumps([{"result": None, "error": error, "id": "getblockcount 0"}]).encode(), [COUNT])[
            0
        ].required()
    whole = json.dumps({"result": None, "error": error, "id": None}).encode()
    with pytest.raises(SourceError, match=words):
        parse_answers(whole, [COUNT])
    with_500 = SourceError(K.REFUSED, "bitcoind", "It answered with an error (HTTP 500).", body=whole, status=500)
    assert str(bitcoind_calls.in_words(with_500)) == str(bitcoind_calls.refusal(code, said))


COUNT = Call("getblockcount")


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("http401", K.BLOCKED, "did not accept the log-in"),
        ("http403", K.BLOCKED, "rpcwhitelist.*getblockchaininfo, getmininginfo"),
        ("http503", K.REFUSED, "queue of requests is full.*rpcworkqueue"),
        ("http500", K.REFUSED, "HTTP 500"),
    ],
)
def test_statuses_are_told_as_what_they_mean_of_a_node(
    server: Loopback, fault: str, kind: FailureKind, words: str
) -> None:
    server.faults["bitcoind"] = fault
    with pytest.raises(SourceError, match=words) as raised:
        bitcoind.fetch_tip(ask(server))
    assert raised.value.kind is kind


def test_a_node_that_is_starting_does_not_open_its_breaker(server: Loopback) -> None:
    warming = {"result": None, "error": {"code": -28, "message": "Verifying blocks…"}}
    answering(server, lambda _method, _params, made: made | warming)
    asked = ask(server)
    for _ in range(5):
        with pytest.raises(SourceError, match="still starting"), asked.client.judged("bitcoind"):
            bitcoind.fetch_tip(asked)
    assert asked.client.health()["bitcoind"].failures_in_row == 0


# The mean of the fees


def test_a_block_is_asked_for_once_and_for_good(server: Loopback, tmp_path: Any) -> None:
    called = answering(server, lambda *_: None)
    bitcoind.fetch_fees(ask(server, block_fees=KeptBlockFees(tmp_path / "blocks.json")))
    assert called.count("getblockstats") == 144
    called.clear()
    server.world.tip = TIP + 2
    again = bitcoind.fetch_fees(ask(server, block_fees=KeptBlockFees(tmp_path / "blocks.json")))
    assert called.count("getblockstats") == 2, "the next run of the program asks for what is new alone"
    mean_sats = sum(block_fee(height) for height in range(TIP - 141, TIP + 3)) / 144
    assert value(again, "fees_btc_per_block").value == pytest.approx(mean_sats / 1e8, rel=1e-12)


def test_blocks_that_were_replaced_are_asked_for_again(server: Loopback, tmp_path: Any) -> None:
    kept = KeptBlockFees(tmp_path / "blocks.json")
    bitcoind.fetch_fees(ask(server, block_fees=kept))

    def other(method: str, params: Any, made: dict[str, Any]) -> dict[str, Any] | None:
        height = params[0] if method == "getblockhash" else int(str(params[0])[-10:]) if params else 0
        if height < TIP - 2:
            return None
        if method == "getblockhash":
            return made | {"result": block_hash(height).replace("f", "e")}
        if method == "getblockstats":
            return made | {"result": made["result"] | {"blockhash": params[0], "totalfee": 9_000_000}}
        return None

    called = answering(server, other)
    again = bitcoind.fetch_fees(ask(server, block_fees=kept))
    assert called.count("getblockstats") == 3
    sats = sum(block_fee(height) for height in range(TIP - 143, TIP - 2)) + 3 * 9_000_000
    assert value(again, "fees_btc_per_block").value == pytest.approx(sats / 144 / 1e8, rel=1e-12)


def test_a_slow_node_is_asked_in_steps_over_several_refreshes(server: Loopback, tmp_path: Any) -> None:
    kept = KeptBlockFees(tmp_path / "blocks.json")
    clock = Slow()

    def slowly(method: str, _params: Any, _made: dict[str, Any]) -> None:
        clock.seconds += 0.1 if method == "getblockstats" else 0.0

    answering(server, slowly)
    details = []
    for _ in range(3):
        client = Client(server.bases(), block_fees=kept, monotonic=clock)
        asked = Ask(client=client, now=NOW, deadline=clock() + 6.0)
        try:
            details.append(value(bitcoind.fetch_fees(asked), "fees_btc_per_block").detail)
        except SourceError as error:
            assert error.kind is K.REFUSED and "of the last 144 blocks so far" in error.hint
            details.append("")
        assert clock() <= asked.deadline + 1.0
    assert details[0] == "" and "of 144 blocks" in details[1] and details[2] == "mean of 144 blocks"


class Slow:
    """A clock that stands still but for what the node takes."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_pruned_node_tells_of_what_it_has(server: Loopback) -> None:
    gone = {"result": None, "error": {"code": -1, "message": "Block not available (pruned data)"}}

    def pruned(least: int) -> Callable[..., dict[str, Any] | None]:
        def change(method: str, params: Any, made: dict[str, Any]) -> dict[str, Any] | None:
            is_gone = method == "getblockstats" and int(str(params[0])[-10:]) < least
            return made | gone if is_gone else None

        return change

    usual = server.world._answer
    answering(server, pruned(TIP - 99))
    assert value(bitcoind.fetch_fees(ask(server)), "fees_btc_per_block").detail == "mean of 100 of 144 blocks"
    difficulty = value(bitcoind.fetch_difficulty(ask(server)), "difficulty")
    assert difficulty.value == DIFFICULTY and difficulty.as_of == NOW - timedelta(minutes=5), "of the tip's moment"
    server.world._answer = usual  # type: ignore[method-assign] # as above
    answering(server, pruned(TIP - 19))
    with pytest.raises(SourceError, match=r"fees of 20 of the last 144.*pruned data"):
        bitcoind.fetch_fees(ask(server))


def test_a_node_that_tells_no_hashes_is_asked_by_height_and_nothing_is_kept(server: Loopback, tmp_path: Any) -> None:
    unknown = {"result": None, "error": {"code": -32601, "message": "Method not found"}}
    answering(server, lambda method, _, made: made | unknown if method == "getblockhash" else None)
    fetched = bitcoind.fetch_fees(ask(server, block_fees=KeptBlockFees(tmp_path / "blocks.json")))
    assert value(fetched, "fees_btc_per_block").detail == "mean of 144 blocks"
    assert not (tmp_path / "blocks.json").exists()


def test_a_cancelled_fetch_says_so_and_keeps_what_it_has(server: Loopback, tmp_path: Any) -> None:
    kept, cancel = KeptBlockFees(tmp_path / "blocks.json"), threading.Event()
    stats: list[int] = []

    def stop(method: str, _params: Any, _made: dict[str, Any]) -> None:
        stats.extend([1] if method == "getblockstats" else [])
        if len(stats) > 20:
            cancel.set()

    answering(server, stop)
    with pytest.raises(SourceError) as raised:
        bitcoind.fetch_fees(dataclasses.replace(ask(server, block_fees=kept), cancel=cancel))
    assert raised.value.kind is K.CANCELLED
    assert kept.recall({TIP: block_hash(TIP)}) == {TIP: block_fee(TIP)}


def test_kept_fees_survive_what_is_wrong_with_their_file(tmp_path: Any) -> None:
    path = tmp_path / "blocks.json"
    path.write_text('{"blocks": [[5, "aa", 7], [6, 1, 2], ["x"], [7, "bb", -1], null]}')
    kept = KeptBlockFees(path)
    assert kept.recall({5: "aa", 6: "1", 7: "bb"}) == {5: 7} and kept.recall({5: "ab"}) == {}
    path.write_text('{"blocks"')
    assert KeptBlockFees(path).recall({5: "aa"}) == {}
    blocks = [bitcoind.BlockFee(height=h, block_hash="cc", fees_sats=h) for h in range(MOST_KEPT + 5)]
    KeptBlockFees(path).keep(blocks)
    assert KeptBlockFees(path).recall({4: "cc", 5: "cc"}) == {5: 5}, "the lowest went"
