"""CoinGecko: its price, its closes under their own day, and a key that it does without."""

import io
import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW, PRICES, Loopback
from test_sources_keys import Ring

from minerdesk import cli
from minerdesk.errors import FailureKind, SourceError
from minerdesk.session import open_session
from minerdesk.sources import coingecko
from minerdesk.sources.ask import Ask
from minerdesk.sources.client import Client
from minerdesk.sources.coingecko import parse_history, parse_spot
from minerdesk.sources.credentials import KeyCredentials
from minerdesk.store import preferences
from minerdesk.store.keys import Keys
from minerdesk.store.paths import Folders

K = FailureKind
KEY = "CG-0123456789abcdef"


def spot(**coin: Any) -> bytes:
    return json.dumps({"bitcoin": {"usd": 95_546.14, "last_updated_at": int(NOW.timestamp()) - 40} | coin}).encode()


def test_a_price_with_its_moment() -> None:
    told = parse_spot(spot(), now=NOW)
    assert (told.value, told.unit) == (95_546.14, "$/BTC") and (NOW - told.as_of).total_seconds() == 40


def test_a_row_is_the_close_of_the_day_before_and_the_price_of_now_is_none() -> None:
    """As recorded: 1 April 2024, 14:54; the last of March closed at about 71,300."""
    body = b"""{"prices": [[1711843200000, 69702.3087473573], [1711929600000, 71246.9514406015],
        [1711983682000, 68887.7495158568]]}"""
    series = parse_history(body, now=datetime(2024, 4, 1, 15, tzinfo=UTC))
    days = [datetime.fromtimestamp(int(t), UTC).date().isoformat() for t in series.times]
    assert dict(zip(days, series.values, strict=True)) == {
        "2024-03-30": 69702.3087473573,
        "2024-03-31": 71246.9514406015,
    }


@pytest.mark.parametrize(
    ("read", "body", "kind"),
    [
        (parse_spot, b"{}", K.MALFORMED),
        (parse_spot, b'{"status": {"error_code": 429, "error_message": "too many"}}', K.MALFORMED),
        (parse_spot, spot(usd=None), K.MALFORMED),
        (parse_spot, spot(usd=0), K.IMPLAUSIBLE),
        (parse_spot, spot(usd=-95_546.0), K.IMPLAUSIBLE),
        (parse_spot, spot(last_updated_at=(int(NOW.timestamp()) - 40) * 1000), K.MALFORMED),
        (parse_history, b'{"prices": []}', K.MALFORMED),
        (parse_history, b'{"prices": [[1, 2], [3]]}', K.MALFORMED),
        (parse_history, b'{"prices": [[-86400000, 2], [3, 4]]}', K.MALFORMED),
        (parse_history, b'{"prices": [[1768521600001, 90000], [1768521700000, 90000]]}', K.IMPLAUSIBLE),
    ],
)
def test_what_is_no_answer_is_named(read: Any, body: bytes, kind: FailureKind) -> None:
    with pytest.raises(SourceError) as raised:
        read(body, now=NOW)
    assert raised.value.kind is kind


@settings(max_examples=examples(200), deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["prices", "usd"]), inner),
        max_leaves=8,
    )
)
def test_any_answer_is_read_or_named(data: Any) -> None:
    for read, body in ((parse_spot, {"bitcoin": {"usd": data, "last_updated_at": data}}), (parse_history, data)):
        try:
            read(json.dumps(body).encode(), now=NOW)
        except SourceError as error:
            assert error.kind in (K.MALFORMED, K.IMPLAUSIBLE)


def test_only_what_the_cache_lacks_is_asked_for() -> None:
    with Loopback() as server:
        for newest, days in ((None, "365"), (datetime(2026, 1, 12, tzinfo=UTC), "7")):
            client = Client(server.bases())
            asked = Ask(client=client, now=NOW, deadline=client.monotonic() + 5, newest={"btc_price_daily_usd": newest})
            (series,) = coingecko.fetch_history(asked).series
            assert f"days={days}&" in server.log[-1]["query"]
            assert series.values[-1] == PRICES[-1] and series.last_time() == datetime(2026, 1, 15, tzinfo=UTC)


def test_without_a_key_the_keyring_is_left_alone_and_with_one_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", ring.errors)
    session = open_session(environ={}, now=lambda: NOW)
    assert session.connection._key_of("coingecko") is None and ring.asked == 0
    session.close()
    monkeypatch.setattr(sys, "stdin", io.StringIO(KEY + "\n"))
    front = cli.Front(open_window=None, self_test=None, draw_chart=None)  # type: ignore[arg-type] # not called
    assert cli.main(["sources", "key", "coingecko"], front) == 0
    session = open_session(environ={}, now=lambda: NOW)
    assert KeyCredentials(session.connection._key_of).headers("coingecko") == {"x-cg-demo-api-key": KEY}
    session.close()
    assert cli.main(["sources", "key", "coingecko", "--remove"], front) == 0
    assert preferences.load(Folders.of_user().config / "preferences.json")[0].sources_on == ()


def test_a_locked_keyring_does_not_keep_it_from_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring()
    ring.locked = True
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", ring.errors)
    assert KeyCredentials(Keys().get).headers("coingecko") == {}
