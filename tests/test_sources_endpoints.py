"""Which base URL counts, and what is refused as one."""

import pytest
from loopback import PROVIDERS

from minerdesk.errors import InputError
from minerdesk.sources import endpoints
from minerdesk.sources.client import is_loopback


def test_every_default_that_leaves_this_computer_is_https() -> None:
    bases = endpoints.resolve({}, {})
    assert set(bases) == set(endpoints.PROVIDERS)
    assert all(base.startswith("https://") or is_loopback(base) for base in bases.values())


def test_flag_beats_variable_beats_preference() -> None:
    preferences = {"mempool": "http://a/api", "kraken": "http://a", "coinbase": "http://a"}
    environ = {"MINERDESK_URL_MEMPOOL": "http://b/api/", "MINERDESK_URL_KRAKEN": "http://b", "MINERDESK_URL_OTHER": "x"}
    bases = endpoints.resolve(preferences, environ, ["kraken=http://c", "kraken=http://d/"])
    assert (bases["mempool"], bases["kraken"], bases["coinbase"]) == ("http://b/api", "http://d", "http://a")
    assert bases["bitstamp"] == "https://www.bitstamp.net"


def test_name_of_two_words_in_the_environment() -> None:
    bases = endpoints.resolve({}, {"MINERDESK_URL_BLOCKCHAIN_INFO": "http://127.0.0.1:1/x", "MINERDESK_URL_OKX": ""})
    assert bases["blockchain_info"] == "http://127.0.0.1:1/x"
    assert bases["okx"] == endpoints.PROVIDERS["okx"].base


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("mempol=http://a", "“mempool”"),
        ("blockchain-info=http://a", "“blockchain_info”"),
        ("mempool=ftp://a", "http:// or https://"),
        ("mempool=http://", "no host"),
        ("mempool=http://a b/", "no host"),
        ("mempool=http://a:port/", "no address"),
        ("mempool=http://a/?x=1", "“?”"),
        ("mempool", "PROVIDER=URL"),
        ("mempool=", "http:// or https://"),
    ],
)
def test_bad_base_url_is_bad_usage_and_says_so(flag: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoints.resolve({}, {}, [flag])
    assert said in caught.value.hint
    assert flag.partition("=")[0] in str(caught.value)


def test_all_bad_base_urls_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        endpoints.resolve({"nobody": "http://a"}, {"MINERDESK_URL_KRAKEN": "gopher://a"}, ["x"])
    assert len(caught.value.problems) == 3


def test_everyone_asked_is_credited() -> None:
    assert set(endpoints.CREDITS) == set(PROVIDERS)
    assert "CC BY 4.0" in endpoints.CREDITS["gpurentalprices"]
