"""The trend as of a moment: known dates of the record, cuts, gaps, zeros, spikes, missing series."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_network import DAYS, DIFFICULTY, FIRST, days, line, moment, network

from minerdesk.economics import history, indicators
from minerdesk.economics.indicators import RibbonState
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.economics.trend import Believed, NetworkFigures, NetworkTrend
from minerdesk.observations import Series
from minerdesk.store import bundle
from minerdesk.units import SECONDS_PER_DAY

IMPLIED = implied_hashrate_eh_s(DIFFICULTY)


def of(series: dict[str, Series], index: int = DAYS - 1, **kwargs: object) -> tuple[NetworkTrend, NetworkFigures]:
    trend = NetworkTrend.of(series, moment(index))
    return trend, NetworkFigures.of(trend, efficiency_j_per_th=18.5, **kwargs)  # type: ignore[arg-type] # believed


# -- known dates ------------------------------------------------------------------------------------------------------

#: Daily hash rates in EH/s that end with a known day.
AUGUST = (939.651, 980.002, 1057.37, 909.081, 967.107, 967.107, 1025.13, 1063.82, 1018.69)  # 22 to 30 August 2025
OCTOBER = (989.772, 1102.25, 1087.25, 1139.74, 1267.21, 1079.75, 1123.25, 1159.63, 1203.39, 1013.77)  # 10 to 19 October
JANUARY = (1179.55, 888.305, 1033.93, 982.961, 902.868, 1012.09, 946.555)  # 10 to 16 January 2026


def week_means(values: tuple[float, ...], first_day: str) -> tuple[np.ndarray, np.ndarray]:
    first = datetime.fromisoformat(first_day).replace(tzinfo=UTC)
    times = days(len(values), int(first.timestamp()))
    return times, indicators.means(times, np.array(values))[7]


def day_of(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"


def test_the_week_mean_first_passed_1000_on_30_august_2025() -> None:
    times, mean = week_means(AUGUST, "2025-08-22")
    over = indicators.first_over(times, mean, 1_000.0)
    assert over is not None
    assert day_of(over) == "2025-08-30"


def test_the_peak_of_1151_on_18_october_2025_and_the_fall_to_992_on_16_january_2026() -> None:
    times, mean = week_means(OCTOBER, "2025-10-10")
    peak = history.drawdown(times, mean)
    assert peak is not None
    assert day_of(peak.peak_time) == "2025-10-18"
    assert peak.peak == pytest.approx(1_151.5, abs=0.05)
    times, mean = week_means(JANUARY, "2026-01-10")
    assert (day_of(int(times[-1])), mean[-1]) == ("2026-01-16", pytest.approx(992.3, abs=0.05))
    assert mean[-1] / peak.peak - 1 == pytest.approx(-0.138, abs=5e-4)


def test_the_calendar_week_of_6_to_12_january_2026() -> None:
    """Window: the daily record of 6-12 January, 977 blocks and 3,070 BTC, at the close of the 12th as published."""
    index = 377
    blocks = np.full(DAYS, 977 / 7)
    series = network(IMPLIED * blocks / 144, price=91_132.0, fees=3_070 / 977 - 3.125)
    _, found = of(series, index)
    assert found.security is not None
    assert found.security.btc_per_day * 7 == pytest.approx(3_070, abs=0.5)
    assert found.security.usd_per_day == pytest.approx(40.0e6, rel=1e-3)


# -- only what was known ----------------------------------------------------------------------------------------------


def bent() -> np.ndarray:
    rng = np.random.default_rng(7)
    rate = IMPLIED * (1 + 0.1 * np.sin(np.arange(DAYS) / 40)) * rng.normal(1, 0.05, DAYS)
    rate[300] = 0.0
    return rate


@settings(deadline=None, max_examples=15)
@given(st.integers(1, DAYS - 1))
def test_what_came_later_changes_nothing(index: int) -> None:
    """A record that goes on with other numbers gives the same figures as of a day."""
    series = network(bent())
    other = network(np.concatenate([bent()[: index + 1], np.full(DAYS - index - 1, 5 * IMPLIED)]))
    other["btc_price_daily_usd"] = line(
        "btc_price_daily_usd", days(), np.concatenate([np.full(index + 1, 90_000.0), np.full(DAYS - index - 1, 1.0)])
    )
    starts = series["difficulty_epochs"]
    later = starts.times > moment(index).timestamp()
    other["difficulty_epochs"] = line("difficulty_epochs", starts.times, np.where(later, 9e14, starts.values))
    assert of(series, index)[1] == of(other, index)[1]


def test_a_day_counts_once_it_is_over_and_an_epoch_once_it_began() -> None:
    series = network(np.arange(1, DAYS + 1, dtype=float))
    trend, figures = of(series, 99)
    assert (figures.hashrate_s, figures.hashrate_eh_s[1]) == (days()[99], 100.0)
    assert trend.difficulty.times[-1] <= moment(99).timestamp() < trend.difficulty.times[-1] + 14 * SECONDS_PER_DAY
    inside = NetworkTrend.of(series, moment(99, hour=-1))
    assert inside.hashrate.times[-1] == days()[98]


def test_the_figures_of_a_plain_network() -> None:
    trend, found = of(network(np.full(DAYS, IMPLIED)))
    assert found.difficulty == DIFFICULTY
    assert [found.hashrate_eh_s[n] for n in (1, 7, 30, 60)] == pytest.approx([IMPLIED] * 4)
    assert found.drawdown_fraction == pytest.approx(0.0)
    assert found.ribbon_state is RibbonState.EXPANSION
    assert found.puell_multiple == pytest.approx(1.0)
    assert found.fee_share == pytest.approx(0.02 / 3.145)
    assert found.hashprice_btc_per_ph_day == pytest.approx(trend.hashprice_btc[-1])
    assert found.hashprice_usd_per_ph_day == pytest.approx(90_000 * trend.hashprice_btc[-1])
    assert found.security is not None
    assert found.security.btc_per_day == pytest.approx(144 * 3.145)
    assert found.security.usd_per_mwh == pytest.approx(144 * 3.145 * 90_000 / (IMPLIED * 18.5 * 24))
    assert found.supply_btc == pytest.approx(trend.supply_btc[-1], abs=10)


def test_what_is_believed_of_now_comes_before_the_record() -> None:
    _, found = of(network(np.full(DAYS, IMPLIED)), believed=Believed(price_usd=1.0, hashprice_usd_per_ph_day=77.0))
    assert (found.price_usd, found.hashprice_usd_per_ph_day) == (1.0, 77.0)
    assert found.security is not None
    assert found.security.usd_per_day == pytest.approx(144 * 3.145)


# -- what the record lacks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", sorted(network(np.full(3, 1.0))))
def test_a_missing_series_empties_what_hangs_on_it_and_breaks_nothing(missing: str) -> None:
    series = network(np.full(DAYS, IMPLIED))
    del series[missing]
    _, found = of(series)
    gone = {
        "btc_price_daily_usd": ("price_usd", "hashprice_usd_per_ph_day", "puell_multiple", "security"),
        "network_hashrate_daily_eh_s": ("drawdown_fraction", "ribbon_state", "puell_multiple", "security"),
        "fees_daily_btc_per_block": ("fee_share", "hashprice_usd_per_ph_day", "security"),
        "difficulty_epochs": ("difficulty", "hashprice_usd_per_ph_day", "progress", "security"),
        "epoch_heights": ("subsidy_btc", "progress", "halving", "hashprice_usd_per_ph_day"),
    }[missing]
    assert [name for name in gone if getattr(found, name) is not None] == []


def test_nothing_at_all_is_nothing() -> None:
    trend, found = of({})
    assert (found.price_usd, found.difficulty, found.peak, found.progress, found.security) == (None,) * 5
    assert (trend.missing_days(), list(trend.odd_days())) == (0, [])


def test_a_record_that_ended_long_ago_is_not_of_today() -> None:
    series = network(np.full(100, IMPLIED))
    _, just = of(series, 108)
    _, late = of(series, 111)
    assert just.hashrate_eh_s[7] == pytest.approx(IMPLIED)
    assert (late.hashrate_eh_s[7], late.price_usd, late.drawdown_fraction, late.ribbon_state) == (None,) * 4
    assert late.peak is not None, "the record's own peak is still told, with its date"


def test_a_gap_a_zero_and_a_spike_show_as_such() -> None:
    rate = np.full(DAYS, IMPLIED)
    rate[200], rate[250] = 0.0, 8 * IMPLIED
    series = network(rate)
    keep = np.ones(DAYS, dtype=bool)
    keep[300:310] = False
    series["network_hashrate_daily_eh_s"] = line("network_hashrate_daily_eh_s", days()[keep], rate[keep])
    trend, found = of(series)
    assert list(trend.odd_days()) == [days()[200], days()[250]]
    assert trend.missing_days() == 10
    assert trend.missing_days(float(days()[315])) == 0
    assert trend.means[7][200] == pytest.approx(IMPLIED * 6 / 7)
    assert found.peak is not None
    assert found.peak.peak == pytest.approx(IMPLIED * 14 / 7)
    assert np.isnan(trend.means[7][trend.hashrate.times == days()[310]]).all(), "after the gap a week needs its days"
    assert found.puell_multiple is not None


def test_weeks_before_days_go_together() -> None:
    """The bundled record is weekly; days that were fetched follow it."""
    series = network(np.full(DAYS, IMPLIED))
    weeks = FIRST + np.arange(6, 301, 7) * SECONDS_PER_DAY
    times = np.concatenate([weeks, days()[301:]])
    for name in ("network_hashrate_daily_eh_s", "btc_price_daily_usd", "fees_daily_btc_per_block"):
        value = float(series[name].values[0])
        series[name] = line(name, times, np.full(len(times), value))
    trend, found = of(series)
    assert trend.missing_days() == 0
    assert found.puell_multiple == pytest.approx(1.0)
    assert found.hashrate_eh_s[60] == pytest.approx(IMPLIED)
    assert trend.blocks == pytest.approx(np.full(len(times), 144.0))


def test_sixteen_years_of_days_are_derived_in_a_moment() -> None:
    count = 6_000
    rng = np.random.default_rng(1)
    series = network(IMPLIED * rng.normal(1, 0.05, count))
    trend, found = of(series, count - 1)
    assert len(trend.ribbons.states) == count
    assert found.puell_multiple is not None


def test_the_crosses_of_the_bundled_record() -> None:
    """Known falls by week: the ban of 2021, the bear market of 2022, the weeks after October 2025."""
    record = bundle.load(datetime(2026, 2, 1, tzinfo=UTC))
    trend = NetworkTrend.of(record.series, datetime(2026, 2, 1, tzinfo=UTC))
    falls = [day_of(span.start_s)[:7] for span in trend.ribbons.spans if span.state is RibbonState.CAPITULATION]
    assert {"2021-06", "2022-06"} <= set(falls)
    ban = next(span for span in trend.ribbons.spans if day_of(span.start_s).startswith("2021-06"))
    assert day_of(ban.end_s)[:7] == "2021-08"
    assert trend.ribbons.state is RibbonState.CAPITULATION
    assert trend.drawdown is not None
    assert day_of(trend.drawdown.peak_time) == "2025-10-19", "the week's Sunday after the day of the peak"


def test_after_a_halving_the_subsidy_is_that_of_the_height_and_not_of_the_newest_day_observed() -> None:
    """The bundled record is weekly: a halving may lie between its newest week and the moment."""
    series = network(np.full(DAYS, IMPLIED))
    heights = series["epoch_heights"]
    shift = 1_050_000 - 3 * 144 - float(heights.values[-1]) - (days()[-1] + SECONDS_PER_DAY - heights.times[-1]) / 600
    series["epoch_heights"] = line("epoch_heights", heights.times, heights.values + round(shift) + 6 * 144)
    for name in ("network_hashrate_daily_eh_s", "fees_daily_btc_per_block"):
        series[name] = line(name, days()[:-5], series[name].values[:-5])
    trend, found = of(series)
    assert trend.subsidy_btc[-1] == 3.125, "on its newest day the halving was still to come"
    assert found.progress is not None
    assert found.progress.height >= 1_050_000
    assert (found.subsidy_btc, found.halving.height) == (1.5625, 1_260_000)
    assert found.hashprice_btc_per_ph_day == pytest.approx(86_400e15 * (1.5625 + 0.02) / (DIFFICULTY * 2**32))
