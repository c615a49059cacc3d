"""What charts are told to show: titles that state the result, the same numbers as the Snapshot, sources and dates."""

import os
from datetime import UTC, datetime

import numpy as np
import pytest

from minerdesk.economics.results import Business
from minerdesk.errors import MinerdeskError
from minerdesk.session import open_session
from minerdesk.snapshot import Snapshot
from minerdesk.ui import figures
from minerdesk.ui.guard import check_binding, prepare_environment
from minerdesk.ui.network_figure import network_chart

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)


@pytest.fixture
def snapshot() -> Snapshot:
    return open_session(offline=True, now=lambda: NOW).desk.snapshot()


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_the_comparison_states_its_numbers_and_where_they_come_from(snapshot: Snapshot) -> None:
    spec = figures.comparison_chart(snapshot)
    mined = snapshot.results.businesses[Business.MINING]
    assert f"Mining earns {mined.revenue_usd_per_mwh:.1f} $/MWh" in plain(spec.title)
    assert "GPU cloud 1 136" in plain(spec.title)
    assert {level.name: level.value for level in spec.levels} == {
        "mining": mined.revenue_usd_per_mwh,  # the bundled history ends five days before
        "gpu_cloud": pytest.approx(1135.94, abs=0.01),
        "colocation": pytest.approx(158.06, abs=0.01),
        "powered_shell": pytest.approx(73.76, abs=0.01),
        "power": 50,
    }
    assert "bundled" in spec.caption
    assert "16 Jan 2026" in spec.caption
    assert spec.from_zero


@pytest.mark.parametrize("name", list(figures.BASES))
def test_every_basis_ends_where_the_result_stands(name: str, snapshot: Snapshot) -> None:
    basis, spec = figures.BASES[name], figures.comparison_chart(snapshot, name)
    mined = snapshot.results.businesses[Business.MINING]
    level = {level.name: level.value for level in spec.levels}
    assert level["colocation"] == pytest.approx(basis.value(snapshot.results.businesses[Business.COLOCATION]))
    # The newest point is of the last Sunday's price; moved to today's revenue it must be today's result.
    at_last = next(curve.values[np.isfinite(curve.values)][-1] for curve in spec.curves if curve.name == "mining")
    gross = snapshot.mining_revenue_history_usd_per_mwh()
    offset = (mined.revenue_usd_per_mwh - gross[np.isfinite(gross)][-1]) * (
        mined.mwh_per_year / mined.mw / 1_000 if basis.per_mw_year else 1
    )
    assert at_last + offset == pytest.approx(basis.value(mined))
    assert ("power" in level) == basis.is_gross


def test_rates_and_leases_of_their_time_stand_beside_the_users_own(snapshot: Snapshot) -> None:
    curves = {curve.name: curve for curve in figures.comparison_chart(snapshot).curves}
    rates = curves["gpu_rates_0"]
    per_rate = 0.85 * 1000 / 2.17
    assert rates.values[-1] == pytest.approx(5.69 * per_rate)
    assert rates.low is not None
    assert rates.low[-1] == pytest.approx(4.695 * per_rate)
    assert curves["leases"].values.max() < 250
    assert len(curves["leases"].times) >= 4
    after = {curve.name: curve for curve in figures.comparison_chart(snapshot, "after_capital").curves}["gpu_rates_0"]
    assert after.values[-1] < rates.values[-1] - 800


def test_a_typed_hashprice_is_drawn_as_a_level_of_its_own(snapshot: Snapshot) -> None:
    session = open_session(offline=True, now=lambda: NOW)
    typed = session.desk.apply({"network.hashprice_usd_per_ph_day": 39.53})
    level = {level.name: level.value for level in figures.comparison_chart(typed).levels}
    assert level["mining"] == pytest.approx(89.189, abs=0.001)


def test_the_network_names_its_peak_and_both_estimators(snapshot: Snapshot) -> None:
    spec = network_chart(snapshot)
    curves = {curve.name: curve for curve in spec.curves}
    assert list(curves) == ["implied", "month", "observed"], "weeks are bundled, no days"
    assert [mark.label for mark in spec.marks if mark.label] == ["halving"] * 4
    assert sum(not mark.label for mark in spec.marks) > 400, "every retarget"
    assert "under its peak of" in plain(spec.title)
    assert "Oct 2025" in spec.title
    assert len(spec.points) == 1
    implied = curves["implied"]
    assert implied.values[-1] == pytest.approx(1048.49, abs=0.5)
    assert implied.times[-1] == NOW.timestamp()


def test_at_a_date_before_everything_charts_say_what_fills_them() -> None:
    early = open_session(offline=True, now=lambda: datetime(2009, 1, 2, tzinfo=UTC)).desk.snapshot()
    for spec in (figures.comparison_chart(early), network_chart(early)):
        assert spec.is_empty
        assert "Refresh" in spec.empty_text
    assert "Mining unknown" in figures.comparison_chart(early).title
    assert [bars.name for bars in figures.business_bars(early).businesses] == [
        "gpu_cloud",
        "colocation",
        "powered_shell",
    ]


def test_the_bars_add_up_to_the_result(snapshot: Snapshot) -> None:
    for bars in figures.business_bars(snapshot).businesses:
        result = snapshot.results.businesses[Business(bars.name)]
        assert bars.revenue - bars.power_cost - bars.opex - bars.capital == pytest.approx(bars.left)
        assert bars.left == result.after_capital_usd_per_mwh


def test_a_binding_that_aborts_this_python_is_refused_with_a_remedy() -> None:
    with pytest.raises(MinerdeskError, match="pip install"):
        check_binding("6.12.0", (3, 11))
    check_binding("6.12.0", (3, 12))
    check_binding("6.11.3", (3, 11))
    check_binding()


def test_qt_finds_a_platform_and_a_locale_that_it_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    prepare_environment(screen=True)
    assert (os.environ["QT_QPA_PLATFORM"], os.environ["LC_ALL"]) == ("offscreen", "C.UTF-8")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    prepare_environment(screen=False)
    assert (os.environ["QT_QPA_PLATFORM"], os.environ["LC_ALL"]) == ("xcb", "de_DE.UTF-8")
