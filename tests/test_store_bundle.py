"""The bundled snapshot: golden values at several dates, nothing from after the clock, damage in words."""

import json
import shutil
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from minerdesk.errors import StoreError
from minerdesk.observations import Origin, State
from minerdesk.quantities import QUANTITIES
from minerdesk.store import bundle, tables
from minerdesk.store.bundle import Bundle
from minerdesk.store.paths import resources_dir
from minerdesk.store.tables import Asic, Period, end_of, read_table

JANUARY_2026 = datetime(2026, 1, 16, 12, tzinfo=UTC)
NOVEMBER_2026 = datetime(2026, 11, 23, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("quantity", "value", "as_of"),
    [
        ("btc_price_usd", 90_800, "2026-01-12"),
        ("difficulty", 146_472_570_619_930.78, "2026-01-08 07:52:07"),
        ("tip_height", 931_392, "2026-01-08 07:52:07"),
        ("fees_btc_per_block", 0.018, "2026-01-12"),
        ("network_hashrate_7d_eh_s", 1_011.67, "2026-01-12"),
        ("gpu_rate_on_demand_usd_per_gpu_hour", 5.69, "2025-12-01"),
    ],
)
def test_single_values_in_january_2026(quantity: str, value: float, as_of: str) -> None:
    found = bundle.load(JANUARY_2026).observations[quantity]
    assert found.value == pytest.approx(value, rel=1e-5)
    assert found.as_of == found.fetched_at == day(as_of)
    assert found.unit == QUANTITIES[quantity].unit
    assert found.source.startswith("bundled: ")
    assert found.state(JANUARY_2026) is State.BUNDLED


def test_the_newest_values_today() -> None:
    found = bundle.load(NOVEMBER_2026)
    assert found.problems == ()
    assert {name: item.value for name, item in found.observations.items()} == pytest.approx(
        {
            "btc_price_usd": 64_720,
            "difficulty": 124_932_866_006_548.16,
            "tip_height": 953_568,
            "fees_btc_per_block": 0.0218,
            "network_hashrate_7d_eh_s": 1_007.44,
            "gpu_rate_on_demand_usd_per_gpu_hour": 6.69,
        },
        rel=1e-5,
    )
    assert {name: len(line) for name, line in found.series.items()} == {
        "btc_price_daily_usd": 837,
        "fees_daily_btc_per_block": 753,
        "network_hashrate_daily_eh_s": 753,
        "difficulty_epochs": 474,
        "epoch_heights": 474,
        "open_interest_aggregate_usd": 312,
    }
    assert (len(found.asics), len(found.gpus), len(found.deals), len(found.gpu_months)) == (95, 13, 10, 56)
    assert {credit.file for credit in found.credits} == {path.name for path in data().glob("*.csv")}
    assert any("CC BY 4.0" in credit.credit for credit in found.credits)


def test_early_clocks() -> None:
    before = bundle.load(day("2009-01-01"))
    assert (before.observations, before.series, before.problems) == ({}, {}, ())
    genesis = bundle.load(day("2009-01-05"))
    assert {name: item.value for name, item in genesis.observations.items()} == {"difficulty": 1.0, "tip_height": 0.0}
    in_2012 = bundle.load(day("2012-06-01"))
    assert in_2012.observations["btc_price_usd"].value == 5.135
    assert "gpu_rate_on_demand_usd_per_gpu_hour" not in in_2012.observations
    assert in_2012.deals == ()


def test_a_week_counts_once_it_is_over_and_is_dated_by_its_sunday() -> None:
    sunday_night = day("2026-01-18 23:59:59")
    for now, price in ((sunday_night, 90_800), (sunday_night + timedelta(seconds=1), 93_910)):
        found = bundle.load(now)
        assert found.observations["btc_price_usd"].value == price
        line = found.series["btc_price_daily_usd"]
        assert line.values[-1] == price
        assert line.last_time() == found.observations["btc_price_usd"].as_of - timedelta(days=1)
    assert line.last_time() == day("2026-01-18")


@pytest.mark.parametrize(
    ("now", "rate"),
    [("2025-10-31", None), ("2025-11-01", 5.69), ("2026-07-31", 5.69), ("2026-08-15", 6.11), ("2026-09-01", 6.69)],
)
def test_the_gpu_rate_is_of_the_newest_month_that_is_over(now: str, rate: float | None) -> None:
    found = bundle.load(day(now)).observations.get("gpu_rate_on_demand_usd_per_gpu_hour")
    assert (found.value if found else None) == rate


def test_open_interest_of_one_aggregator_by_week() -> None:
    line = bundle.load(day("2026-01-19")).series["open_interest_aggregate_usd"]
    assert line.last_time() == day("2026-01-18")
    assert line.values[-1] == 38.7e9
    assert "aggregator" in line.source_names[0]
    assert bundle.load(day("2026-01-18")).series["open_interest_aggregate_usd"].values[-1] == 38.3e9


def test_the_hash_rate_peaks_where_it_did_and_weighs_a_retarget_inside_the_week() -> None:
    line = bundle.load(NOVEMBER_2026).series["network_hashrate_daily_eh_s"]
    peak = int(line.values.argmax())
    assert line.times[peak] == day("2025-10-19").timestamp()
    # The difficulty fell in the middle of that week (2025-10-16 to 17): with the one at its start 0.5 % more.
    assert line.values[peak] == pytest.approx(1_141, rel=2e-3)


@settings(max_examples=examples(60))
@given(st.timedeltas(timedelta(0), timedelta(days=6_500)).map(day("2009-01-01").__add__))
def test_nothing_is_dated_after_the_clock(now: datetime) -> None:
    found = bundle.load(now)
    for item in found.observations.values():
        assert item.as_of <= now
        assert item.fetched_at <= now
        assert item.origin is Origin.BUNDLE
    for line in found.series.values():
        assert line.last_time() <= now
        assert line.fetched_at <= now
        assert line.origin is Origin.BUNDLE
    assert all(end_of(row.month) <= now for row in found.gpu_months)
    assert all(row.released is None or end_of(row.released) <= now for row in found.asics)
    assert all(end_of(row.signed) <= now for row in found.deals)
    assert all(row.capex_usd_per_gpu is None or end_of(row.prices_as_of) <= now for row in found.gpus)
    assert len(found.gpus) == 13


def test_catalogues_keep_their_figures() -> None:
    found = bundle.load(NOVEMBER_2026)
    b200 = next(gpu for gpu in found.gpus if gpu.name == "B200 SXM")
    assert (b200.it_kw_per_gpu, b200.meter_kw_per_gpu, b200.capex_usd_per_gpu) == (1.7875, 2.17, 50_000)
    assert (b200.contract_usd_per_gpu_hour, b200.low_usd_per_gpu_hour, b200.high_usd_per_gpu_hour) == (2.9, 2.75, 8.19)
    for asic in found.asics:
        assert asic.efficiency_j_per_th == pytest.approx(asic.power_w / asic.hashrate_th_s, rel=0.02)
    assert [deal.it_mw for deal in found.deals if deal.operator == "Galaxy"] == [526]
    in_january = next(gpu for gpu in bundle.load(JANUARY_2026).gpus if gpu.name == "B200 SXM")
    assert (in_january.tdp_w, in_january.capex_usd_per_gpu, in_january.note) == (1_000, None, "")


def test_market_years_are_named_by_their_columns_and_known_once_they_are_over() -> None:
    found = {year.key: year for year in bundle.load(JANUARY_2026).market_years}
    assert len(found) == 14
    west, germany = found["ercot_hb_west_rt_2024"], found["de_lu_da_2025_eur"]
    assert (west.label, west.year, west.currency, west.hours) == ("ERCOT West, real-time 2024", 2024, "USD", 8_784)
    assert (germany.label, germany.currency, germany.hours) == ("Germany-Luxembourg, day-ahead 2025", "EUR", 8_760)
    assert (west.prices_per_mwh[0], west.prices_per_mwh[-1], len(west.prices_per_mwh)) == (727.49, -25.11, 200)
    assert {year.year for year in bundle.load(day("2025-12-31")).market_years} == {2024}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("bucket,de_lu_da_2024_eur\n1,5\n2,6\n", "higher than the one before"),
        ("bucket,mars_da_2024\n1,5\n2,4\n", "market of the column “mars_da_2024” is unknown"),
        ("bucket,prices\n1,5\n2,4\n", "column “prices” is unknown"),
        ("bucket,de_lu_da_2024_eur\n1\n", "not as long as its heading"),
        ("bucket,de_lu_da_2024_eur\n1,nan\n", "not a finite number"),
    ],
)
def test_a_damaged_duration_curve_is_missing_with_a_problem(copy: Path, body: str, said: str) -> None:
    (copy / "power_price_duration.csv").write_text(body, "utf-8")
    found = bundle.load(JANUARY_2026, copy)
    assert found.market_years == ()
    assert [said in problem.message for problem in found.problems] == [True]
    assert found.deals, "the other tables are whole"


def test_every_column_of_every_table_is_explained() -> None:
    files = json.loads((data() / "sources.json").read_text("utf-8"))["files"]
    for name, about in files.items():
        with (data() / name).open(encoding="utf-8") as file:
            assert list(about["columns"]) == file.readline().strip().split(",")


def data() -> Path:
    return resources_dir() / "data"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(data(), tmp_path / "data"))


def missing(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def header_only(path: Path) -> None:
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip()[:-3].rpartition(b",")[0])


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" * 50)


def without_its_first_column(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(["other," + lines[0].partition(",")[2], *lines[1:]]), "utf-8")


@pytest.mark.parametrize("damage", [missing, empty, header_only, cut_short, not_text])
@pytest.mark.parametrize("name", sorted(path.name for path in data().iterdir()))
def test_a_damaged_table_is_named_and_the_others_stay(copy: Path, name: str, damage) -> None:
    damage(copy / name)
    found = bundle.load(NOVEMBER_2026, copy)
    (problem,) = found.problems
    assert name in problem.message
    assert "einstall" in problem.message
    whole = bundle.load(NOVEMBER_2026)
    kept = {item.name for item in fields(Bundle) if len(getattr(found, item.name)) == len(getattr(whole, item.name))}
    assert len(kept) >= 5


def test_a_renamed_column_and_a_bad_cell_are_damage(copy: Path) -> None:
    without_its_first_column(copy / "asics.csv")
    with pytest.raises(StoreError, match="column 'model' is missing"):
        read_table(copy / "asics.csv", Asic)
    for old, new, words in (("886.0", "fast", "fast"), ("886.0", "nan", "finite"), ("2026-05", "in May", "in May")):
        shutil.copy(data() / "asics.csv", copy)
        text = (copy / "asics.csv").read_text("utf-8")
        (copy / "asics.csv").write_text(text.replace(old, new), "utf-8")
        with pytest.raises(StoreError, match=words):
            read_table(copy / "asics.csv", Asic)


def test_without_resources_there_is_a_problem_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise StoreError("The program's own files are missing.", hint="Reinstall minerdesk.")

    monkeypatch.setattr(bundle, "resources_dir", none)
    found = bundle.load(NOVEMBER_2026)
    assert "Reinstall" in found.problems[0].message
    assert found.observations == {}


def test_periods_end_with_their_last_day() -> None:
    assert end_of(Period("2024-02-29")) == day("2024-03-01")
    assert end_of(Period("2025-12")) == end_of(Period("2025")) == day("2026-01-01")
    for text in ("", "soon", "2025-13", "2025-1-1-1"):
        with pytest.raises(ValueError, match=r"."):
            tables.end_of(Period(text))
