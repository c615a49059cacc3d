"""Providers that want a key or one's consent: whole machines made GPU-hours, cents made dollars, what doesn't count."""

import json
from collections.abc import Callable
from typing import Any

import loopback
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW, Loopback, credentials

from minerdesk.economics.gpu_rates import RATE_SOURCES, GpuRate, Offer, RateKind, is_plausible
from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import lambda_cloud, primeintellect, runpod, shadeform, vast
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.sources.refresh import Refresher, Report
from minerdesk.sources.topics import in_order

WORLD = loopback.World(NOW)
Parsed = tuple[Any, ...]
PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    "lambda": lambda_cloud.parse_types,
    "primeintellect": primeintellect.parse_page,
    "runpod": runpod.parse_types,
    "vast": vast.parse_bundles,
    "shadeform": shadeform.parse_types,
}
BODIES: dict[str, Any] = {
    "lambda": WORLD.lambda_("/api/v1/instance-types", {}),
    "primeintellect": WORLD.primeintellect("/api/v1/availability/gpus", {}),
    "runpod": WORLD.post_runpod("/graphql", b"gpuTypes"),
    "vast": WORLD.post_vast("/api/v0/bundles/", b'{"gpu_name": {"eq": "B200"}}'),
    "shadeform": WORLD.shadeform("/v1/instances/types", {}),
}
ON = tuple(PARSERS)


def parse(name: str, data: Any) -> Parsed:
    return PARSERS[name](json.dumps(data).encode())


def offers(name: str) -> list[tuple[str, str, float]]:
    return [(o.gpu, o.seller, pytest.approx(o.usd_per_gpu_hour)) for o in parse(name, BODIES[name])[0]]


def copied(name: str) -> Any:
    return json.loads(json.dumps(BODIES[name]))


def fetched(server: Loopback, name: str) -> Report:
    client = Client(server.bases(), credentials=credentials())
    return Refresher(client, in_order({}, on=ON)).run([f"gpu_{name}"], now=NOW)


def pooled(report: Report) -> dict[str, GpuRate]:
    assert report.failures == ()
    return {rate.gpu: rate for rate in report.gpu_rates}


def refused(name: str, data: Any) -> FailureKind:
    with pytest.raises(SourceError) as caught:
        parse(name, data)
    assert caught.value.source == name
    return caught.value.kind


# -- each one's units -------------------------------------------------------------------------------------------------


def test_lambda_tells_cents_of_the_whole_machine() -> None:
    found, unknown = parse("lambda", BODIES["lambda"])
    assert [(o.gpu, pytest.approx(o.usd_per_gpu_hour)) for o in found] == [
        ("b200", 4.99),
        ("b200", 5.29),
        ("h100-pcie", 3.29),
        ("a100-sxm-40", 1.99),
    ]
    assert unknown == ["a10"], "the machine of processors alone is no GPU at all"


def test_lambda_without_its_specs_is_read_by_its_names() -> None:
    data = copied("lambda")
    for row in data["data"].values():
        del row["instance_type"]["specs"], row["instance_type"]["gpu_description"]
    found = {o.gpu: o.usd_per_gpu_hour for o in parse("lambda", data)[0]}
    assert found["a100"] == pytest.approx(1.99), "the form is not told by the name alone"
    assert found["b200"] == pytest.approx(5.29)
    data["data"]["gpu_8x_a100"]["instance_type"]["specs"] = {"gpus": 4}
    assert refused("lambda", data) is FailureKind.IMPLAUSIBLE


def test_prime_intellect_tells_the_whole_node_and_repeats_itself_by_place() -> None:
    with Loopback() as server:
        found = pooled(fetched(server, "primeintellect"))
    assert (found["h100-sxm"].offers, found["h100-sxm"].sellers) == (2, 2), "the same price in two places is one offer"
    assert found["h100-sxm"].median == pytest.approx((2.80 + 3.10) / 2)
    assert found["b200"].median == pytest.approx(5.5), "spot and community left out, a machine without a price too"
    assert found["h100-pcie"].median == 2.49
    data = copied("primeintellect")
    data["items"] = [row | {"prices": row["prices"] | {"currency": "EUR"}} for row in data["items"]]
    assert parse("primeintellect", data)[0] == []


def test_prime_intellect_comes_in_pages() -> None:
    with Loopback() as server:
        rows = copied("primeintellect")["items"]

        def page(path: str, query: dict[str, list[str]]) -> Any:
            first = (int(query["page"][0]) - 1) * 4
            return {"items": rows[first : first + 4], "totalCount": len(rows)}

        server.world.primeintellect = page  # type: ignore[method-assign] # in pages of four
        found = pooled(fetched(server, "primeintellect"))
        assert len(server.log) == 3
    assert found["b200"].median == pytest.approx(5.5)


def test_runpod_tells_gpu_hours_and_its_errors_come_with_200() -> None:
    assert offers("runpod") == [("h100-sxm", "runpod", 2.99), ("b200", "runpod", 5.98)]
    assert parse("runpod", BODIES["runpod"])[1] == ["RTX A5000"]
    assert refused("runpod", {"errors": [{"message": "no"}], "data": None}) is FailureKind.REFUSED


def test_vast_counts_verified_and_reliable_hosts_by_gpu() -> None:
    assert [price for *_, price in offers("vast")] == [4.0, 4.4, 4.8]
    with Loopback() as server:
        found = pooled(fetched(server, "vast"))
        assert len(server.log) == len(vast.MODELS)
    assert (found["h100-sxm"].median, found["h100-sxm"].offers) == (pytest.approx(2.2), 3)
    assert found["b200"].median == pytest.approx(4.4)


def test_two_asks_make_no_median() -> None:
    with Loopback() as server:
        few = copied("vast")
        few["offers"] = few["offers"][:2]
        server.world.post_vast = lambda path, posted: few  # type: ignore[method-assign] # too few
        report = fetched(server, "vast")
    assert [failure.kind for failure in report.failures] == [FailureKind.IMPLAUSIBLE]


def test_shadeform_tells_cents_of_the_whole_machine_and_ghosts() -> None:
    assert offers("shadeform") == [("h100-sxm", "pine", 2.60), ("h100-sxm", "quince", 3.20), ("b200", "pine", 6.00)]
    assert parse("shadeform", BODIES["shadeform"])[1] == ["A6000"]


# -- manners ----------------------------------------------------------------------------------------------------------


def test_they_are_off_until_a_key_or_consent_is_given() -> None:
    asked = {source.provider for topic in in_order({}) for source in topic.sources}
    assert asked.isdisjoint(ON)
    assert {name: PROVIDERS[name].access for name in ON} == {
        "lambda": Access.KEY,
        "primeintellect": Access.KEY,
        "runpod": Access.OPT_IN,
        "vast": Access.OPT_IN,
        "shadeform": Access.OPT_IN,
    }
    for name in ("runpod", "vast", "shadeform"):
        assert "forbid" in PROVIDERS[name].terms
        assert "answer" in PROVIDERS[name].terms


def test_without_a_key_nothing_is_asked() -> None:
    with Loopback() as server:
        client = Client(server.bases())
        report = Refresher(client, in_order({}, on=ON)).run(["gpu_lambda"], now=NOW)
        assert not report.gpu_rates
    assert report.complete, "rates of one more source are worth having and no more"


def test_rates_stay_each_sources_own_and_asks_are_called_so() -> None:
    with Loopback() as server:
        rates = [rate for name in ON for rate in fetched(server, name).gpu_rates]
    assert {rate.source for rate in rates if rate.gpu == "b200"} == set(ON)
    assert RATE_SOURCES["vast"].kind is RateKind.ASKS
    assert "repeats" in RATE_SOURCES["primeintellect"].note
    assert "repeats" in RATE_SOURCES["shadeform"].note


# -- nothing but numbers ----------------------------------------------------------------------------------------------

NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@pytest.mark.parametrize("name", ON)
@given(data=st.data())
@settings(max_examples=examples(200))
def test_a_changed_body_gives_believable_offers_or_a_failure(name: str, data: st.DataObject) -> None:
    body = copied(name)
    path = data.draw(st.sampled_from(places(body)[1:]))
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(NASTY)
    try:
        found: list[Offer] = parse(name, body)[0]
    except SourceError:
        return
    assert all(is_plausible(offer.usd_per_gpu_hour) for offer in found)
