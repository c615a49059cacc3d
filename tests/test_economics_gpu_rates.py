"""Rental rates of GPUs: names understood or named, offers made into medians, the trend over a fixed panel."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerdesk.economics.gpu_names import FAMILY_ORDER, gpu_family, gpu_id, gpu_label, order_of
from minerdesk.economics.gpu_panel import panel, panel_changes
from minerdesk.economics.gpu_rates import RATE_SOURCES, GpuRate, GpuRecord, Offer, SellerDays, summarised
from minerdesk.quantities import QUANTITIES

NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
DAY = 86_400
FIRST = int(datetime(2026, 7, 5, tzinfo=UTC).timestamp())


def days_of(columns: dict[str, Sequence[float]], days: Sequence[int] | None = None) -> SellerDays:
    usd = np.array(list(columns.values()), dtype=float).T
    at = np.array(range(len(usd)) if days is None else days, dtype=np.int64)
    return SellerDays(days=FIRST + at * DAY, names=tuple(columns), usd=usd)


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form", "memory", "found"),
    [
        ("h100-sxm", "", None, "h100-sxm"),
        ("H100 SXM", "", None, "h100-sxm"),
        ("H100_80GB", "SXM5", None, "h100-sxm"),
        ("NVIDIA H100 80GB HBM3", "", 80.0, "h100"),
        ("H100 NVL", "", 94.0, "h100-nvl"),
        ("H100 (80 GB PCIe)", "", None, "h100-pcie"),
        ("nvidia-b200", "", None, "b200"),
        ("B200 (180 GB SXM6)", "", None, "b200"),
        ("GB200 NVL72", "", None, "gb200"),
        ("A100-SXM4-80GB", "", None, "a100-sxm-80"),
        ("A100_80G", "pcie", None, "a100-pcie-80"),
        ("a100-pcie-40", "", None, "a100-pcie-40"),
        ("A100 SXM", "", 80.0, "a100-sxm-80"),
        ("A100_80GB", "", None, "a100"),
        ("MI300X OAM", "", 192.0, "mi300x"),
        ("RTX 4090", "", 24.0, "rtx-4090"),
        ("GeForce RTX4090", "", None, "rtx-4090"),
        ("H100 MIG 1g.10gb", "", None, None),
        ("H100 8x", "", None, None),
        ("H100 SXM PCIe", "", None, None),
        ("RTX A4000", "", None, None),
        ("A10", "", None, None),
        ("B200X", "", None, None),
        ("H100 141GB", "", None, None),
        ("", "", None, None),
    ],
)
def test_a_name_is_understood_whole_or_not_at_all(
    name: str, form: str, memory: float | None, found: str | None
) -> None:
    assert gpu_id(name, form=form, memory_gb=memory) == found


@given(st.text(max_size=40), st.text(max_size=8), st.none() | st.floats())
@settings(max_examples=200)
def test_any_name_is_an_id_that_means_itself_or_none(name: str, form: str, memory: float | None) -> None:
    found = gpu_id(name, form=form, memory_gb=memory)
    assert found is None or gpu_id(found) == found
    assert found is None or (gpu_label(found) and gpu_family(found) in FAMILY_ORDER)


def test_a_form_that_is_not_told_is_called_so_and_stands_first() -> None:
    assert gpu_label("h100") == "H100, form not told"
    assert gpu_label("h100-pcie") == "H100 PCIe"
    assert gpu_label("b200") == "B200"
    assert sorted(["h100-sxm", "rtx-4090", "b200", "h100"], key=order_of) == ["b200", "h100", "h100-sxm", "rtx-4090"]


# -- offers -----------------------------------------------------------------------------------------------------------


def test_a_median_has_its_quartiles_its_count_and_its_sellers() -> None:
    offers = [Offer("h100", seller, usd) for seller, usd in zip("aabcd", (2.0, 3.0, 4.0, 5.0, 9.0), strict=True)]
    rates = summarised(
        "gpurentalprices", [*offers, Offer("h200", "a", 4.0)], as_of=NOW, now=NOW, least=3, by_seller=True
    )
    pooled = [rate for rate in rates if not rate.seller]
    (found,) = pooled
    assert (found.gpu, found.low, found.median, found.high) == ("h100", 3.0, 4.0, 5.0)
    assert (found.offers, found.sellers) == (5, 4)
    assert found.day == int(datetime(2026, 8, 22, tzinfo=UTC).timestamp())
    own = {(rate.gpu, rate.seller): (rate.median, rate.offers) for rate in rates if rate.seller}
    assert own["h100", "a"] == (2.5, 2)
    assert own["h200", "a"] == (4.0, 1), "too few for a median over all, enough for its own"


def rate(source: str = "gpurentalprices", gpu: str = "h100", *, days_ago: float = 0.0, usd: float = 3.0) -> GpuRate:
    at = NOW - timedelta(days=days_ago)
    (found,) = summarised(source, [Offer(gpu, "x", usd)], as_of=at, now=at)
    return found


def test_of_two_rates_of_one_day_the_later_fetch_counts_and_other_days_stay() -> None:
    record = GpuRecord().laid([rate(usd=3.0), rate(days_ago=1, usd=2.0)])
    record = record.laid([rate(usd=4.0), rate(usd=5.0)._replace(fetched_at=0)], {"gpurentalprices": ("a10",)})
    assert [found.median for found in record.line("gpurentalprices", "h100")] == [2.0, 4.0]
    assert [found.median for found in record.newest] == [4.0]
    assert record.unknown == {"gpurentalprices": ("a10",)}
    assert [found.median for found in record.cut(NOW - timedelta(hours=1)).newest] == [2.0]


def test_a_rate_is_live_until_it_would_be_fetched_again_and_a_week_may_be_a_week_old() -> None:
    assert rate().is_live(NOW)
    assert not rate(days_ago=0.5).is_live(NOW)
    weekly = rate("getdeploying", days_ago=7)._replace(fetched_at=int(NOW.timestamp()))
    assert weekly.is_live(NOW)
    assert rate("getdeploying", days_ago=50)._replace(fetched_at=int(NOW.timestamp())).is_expired(NOW)


def test_every_source_of_rates_is_aged_by_a_quantity_of_its_own() -> None:
    names = [source.quantity for source in RATE_SOURCES.values()]
    assert len(set(names)) == len(names)
    assert set(names) <= set(QUANTITIES)


# -- the panel --------------------------------------------------------------------------------------------------------


def test_providers_that_join_move_no_trend() -> None:
    old = {name: [3.0] * 20 for name in "abc"}
    new = {name: [np.nan] * 10 + [1.0] * 10 for name in "defgh"}
    found = panel(days_of({**old, **new}), "h100")
    assert found is not None
    assert found.change_fraction == 0.0
    all_offers = np.nanmedian(days_of({**old, **new}).usd, axis=1)
    assert all_offers[-1] / all_offers[0] - 1 == pytest.approx(-2 / 3), "what the median of all offers would have said"


def test_a_panel_begins_where_providers_times_days_is_greatest() -> None:
    early = {name: [2.0] * 40 for name in "ab"}  # two providers are no panel
    later = {name: [np.nan] * 15 + [4.0] * 24 + [6.0] for name in "cdefgh"}
    found = panel(days_of({**early, **later}), "b200")
    assert found is not None
    assert found.names == tuple("abcdefgh")
    assert found.times[0] == FIRST + 15 * DAY
    assert found.median[-1] == 6.0
    assert found.told() == "the same 8 providers from 20 Jul 2026 to 13 Aug 2026"
    assert "the same 8 providers" in found.band().panel


def test_days_without_one_of_the_panel_are_left_out_and_not_filled() -> None:
    usd = {"a": [3.0, 3.0, 3.0, 3.0], "b": [3.0, np.nan, 3.0, 3.0], "c": [3.0, 3.0, 3.0, 3.3]}
    found = panel(days_of(usd), "h100")
    assert found is not None
    assert [int((time - FIRST) / DAY) for time in found.times] == [0, 2, 3]
    assert found.skipped == 1


@pytest.mark.parametrize("columns", [{}, {"a": [3.0]}, {"a": [3.0, 3.0], "b": [2.0, 2.0]}])
def test_too_few_days_or_providers_are_no_panel(columns: dict[str, list[float]]) -> None:
    rates = days_of(columns) if columns else SellerDays.of([])
    assert panel(rates, "h100") is None
    assert not np.isfinite(panel_changes(rates)[1]).any()


def test_a_month_of_change_is_over_the_providers_of_both_its_ends() -> None:
    days = [0, 5, 31, 33, 90]
    usd = {"a": [2.0, 2.0, 2.2, 2.2, 9.0], "b": [4.0, 4.0, 4.4, 4.4, 9.0], "c": [6.0, 6.0, 6.6, 6.6, 9.0]}
    usd["d"] = [np.nan, np.nan, 0.5, 0.5, 9.0]
    _, change = panel_changes(days_of(usd, days))
    assert change[2:4] == pytest.approx([0.1, 0.1])
    assert np.isnan(change[[0, 1, 4]]).all(), "there is no day near thirty days before"


@given(
    st.lists(st.lists(st.floats(0.1, 20.0) | st.just(float("nan")), min_size=5, max_size=5), min_size=2, max_size=30),
    st.floats(0.5, 2.0),
)
@settings(max_examples=200)
def test_a_panel_that_moves_together_moves_by_as_much(rows: list[list[float]], factor: float) -> None:
    rates = SellerDays(days=FIRST + np.arange(len(rows)) * DAY, names=tuple("abcde"), usd=np.array(rows))
    found = panel(rates, "h100")
    if found is None:
        return
    assert len(found.names) >= 3
    assert (found.low <= found.median).all()
    assert (found.median <= found.high).all()
    usd = rates.usd.copy()
    usd[-1] *= factor
    moved = panel(SellerDays(days=rates.days, names=rates.names, usd=usd), "h100")
    assert moved is not None
    assert moved.median[-1] == pytest.approx(found.median[-1] * factor)
