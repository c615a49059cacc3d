import doctest
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from minerdesk import words
from minerdesk.ui.charts import geometry, paint, ticks
from minerdesk.ui.charts.geometry import LABEL_STEP_PX, Geometry, spread, thinned, y_span
from minerdesk.ui.charts.model import (
    Band,
    BarsSpec,
    BusinessBars,
    ChartSpec,
    Curve,
    Level,
    Mark,
    Point,
    Shape,
    Span,
    View,
    broken_at_gaps,
)
from minerdesk.ui.charts.strokes import Brushwork, text_width
from minerdesk.ui.theme import LIGHT

DAY = 86_400


def curve(times, values, **more) -> Curve:
    settings = {"name": "c", "label": "Mining", "unit": "$/MWh", "role": "mining"} | more
    return Curve(times=np.asarray(times, dtype=np.int64), values=np.asarray(values, dtype=np.float64), **settings)


def chart(*curves: Curve, **more) -> ChartSpec:
    return ChartSpec(**({"name": "x", "title": "T", "y_title": "$"} | more), curves=curves)


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()


def test_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(ticks).failed == doctest.testmod(geometry).failed == 0


def test_a_month_missing_among_days_is_a_gap_and_the_end_of_the_weekly_part_is_not() -> None:
    weekly = np.arange(0, 8) * 7
    daily = np.arange(50, 60)
    after_a_month = np.arange(92, 99)
    times = np.concatenate([weekly, daily, after_a_month]) * DAY
    one = curve(times, np.ones(len(times)))
    broken_times, broken = broken_at_gaps(one, slice(0, len(times)), one.values)
    assert np.flatnonzero(np.isnan(broken)).tolist() == [len(weekly) + len(daily)]
    assert broken_times[np.isnan(broken)][0] == 92 * DAY


def test_two_points_alone_are_joined_and_a_step_never_breaks() -> None:
    two = curve([0, 900 * DAY], [1, 2])
    assert not np.isnan(broken_at_gaps(two, slice(0, 2), two.values)[1]).any()
    steps = curve([0, DAY, 2 * DAY, 400 * DAY], [1, 2, 3, 4], shape=Shape.STEP)
    assert len(broken_at_gaps(steps, slice(0, 4), steps.values)[0]) == 4


def test_the_value_at_a_time_is_the_last_one_known() -> None:
    one = curve(np.array([0, 1, 2, 3, 40, 41, 42]) * DAY, [10, 11, math.nan, 13, 14, 15, 16])
    assert one.value_at(DAY) == one.value_at(1.9 * DAY) == 11
    assert math.isnan(one.value_at(2 * DAY))
    assert math.isnan(one.value_at(-1))
    assert math.isnan(one.value_at(20 * DAY)), "inside a gap nothing is known"
    assert one.value_at(43 * DAY) == 16, "the newest value holds for one usual step"
    assert math.isnan(one.value_at(43.1 * DAY)), "and no longer"
    assert one.value_at(42 * DAY) == 16


def test_the_table_twin_holds_every_value_with_its_unit() -> None:
    mining = curve([0, DAY, 2 * DAY], [1.5, math.nan, 3.5])
    band = curve([DAY], [7.0], name="g", label="B200", low=np.array([6.0]), high=np.array([8.0]))
    header, rows = chart(
        mining, band, levels=(Level(name="p", value=50.0, label="Power", unit="$/MWh", role="cost"),)
    ).table()
    assert header == [
        "Date (UTC)",
        "Mining ($/MWh)",
        "B200 low ($/MWh)",
        "B200 ($/MWh)",
        "B200 high ($/MWh)",
        "Power ($/MWh)",
    ]
    assert rows == [
        ["1970-01-01", 1.5, None, None, None, 50.0],
        ["1970-01-02", None, 6.0, 7.0, 8.0, 50.0],
        ["1970-01-03", 3.5, None, None, None, 50.0],
    ]


def test_times_within_a_day_keep_their_hour_in_the_table() -> None:
    _, rows = chart(curve([0, 300], [1, 2])).table()
    assert [row[0] for row in rows] == ["1970-01-01", "1970-01-01 00:05"]


def test_an_empty_chart_has_an_empty_table_and_a_view() -> None:
    empty = chart()
    assert empty.is_empty
    assert empty.table() == (["Date (UTC)"], [])
    assert View.of(empty).end_s > View.of(empty).start_s
    assert chart(curve([0], [math.nan])).is_empty


def test_ranges_end_with_the_newest_point_of_all_charts() -> None:
    long, short = chart(curve([0, 2_000 * DAY], [1, 2])), chart(curve([0, 1_990 * DAY], [1, 2]))
    view = View.of(long, short, range_name="1Y")
    assert (view.start_s, view.end_s) == (1_635 * DAY, 2_000 * DAY)
    assert View.of(short, range_name="All").start_s == 0
    with pytest.raises(KeyError):
        View.of(long, range_name="2W")


def test_the_axis_begins_at_zero_unless_told_otherwise() -> None:
    one = curve(np.arange(5) * DAY, [900, 950, 1000, 1100, 1151])
    view = View(start_s=0, end_s=4 * DAY)
    assert y_span(chart(one), view)[0] == 0
    low, high = y_span(chart(one, from_zero=False), view)
    assert 800 < low < 900
    assert high > 1151
    negative = curve([0, DAY], [-20.0, 30.0])
    assert y_span(chart(negative), view)[0] < -20


def test_hidden_curves_and_points_outside_the_view_do_not_stretch_the_axis() -> None:
    small, tall = curve([0, DAY], [1, 2]), curve([0, DAY], [1000, 1000], name="tall")
    later = curve([0, DAY, 90 * DAY], [1, 1, 5_000], name="later")
    view = View(start_s=0, end_s=DAY, hidden=frozenset({"tall"}))
    assert y_span(chart(small, tall, later), view)[1] < 3


def test_a_log_axis_counts_only_what_it_can_show() -> None:
    one = curve(np.arange(4) * DAY, [-5, 0, 10, 1000])
    low, high = y_span(chart(one), View(start_s=0, end_s=3 * DAY, log=True))
    assert 1 < low <= 10
    assert high >= 1000
    assert y_span(chart(), View(start_s=0, end_s=1, log=True)) == (1.0, 10.0)


def test_pixels_and_values_agree_on_both_scales() -> None:
    plot = QRectF(50, 20, 400, 200)
    linear = Geometry(plot, 0.0, 100.0, 0.0, 50.0, log=False)
    assert (linear.x_of(25), linear.y_of(50), linear.y_of(0)) == (150.0, 20.0, 220.0)
    assert linear.time_at(linear.x_of(33.0)) == pytest.approx(33.0)
    log = Geometry(plot, 0.0, 100.0, 1.0, 100.0, log=True)
    assert log.y_of(10) == pytest.approx(120.0)
    assert math.isnan(log.y_of(0))


def test_labels_keep_apart_stay_inside_and_in_order() -> None:
    wanted = [100.0, 101.0, 99.0, 10.0, 198.0, 199.0]
    placed = spread(wanted, 0, 200)
    in_order = [placed[index] for index in np.argsort(wanted)]
    assert in_order == sorted(in_order)
    assert np.diff(in_order).min() >= LABEL_STEP_PX - 1e-9
    assert min(placed) >= 0
    assert max(placed) <= 200
    assert spread([], 0, 10) == []


def test_thinning_keeps_extremes_and_gaps() -> None:
    x = np.arange(100_000, dtype=np.float64)
    y = np.sin(x / 500)
    y[54_321], y[70_000:70_600] = 9.0, np.nan
    thin_x, thin_y = thinned(x, y, columns=600)
    assert len(thin_x) < 2_000
    assert np.nanmax(thin_y) == 9.0
    assert 54_321 in thin_x
    assert np.isnan(thin_y).any()
    assert (np.diff(thin_x) > 0).all()
    few = thinned(x[:1_000], y[:1_000], columns=600)
    assert len(few[0]) == 1_000


@pytest.mark.parametrize(
    ("start", "end", "most", "texts"),
    [
        ((2009, 1, 3), (2026, 1, 16), 5, ["2010", "2015", "2020", "2025"]),
        ((2025, 1, 16), (2026, 1, 16), 5, ["Apr 2025", "Jul", "Oct", "2026"]),
        ((2025, 12, 16), (2026, 1, 16), 5, ["22 Dec 2025", "1 Jan 2026", "8 Jan", "15 Jan"]),
        ((2026, 1, 10), (2026, 1, 16), 8, ["10 Jan 2026", *(f"{day} Jan" for day in range(11, 17))]),
        ((2026, 1, 15), (2026, 1, 16), 5, ["15 Jan 2026", "06:00", "12:00", "18:00", "16 Jan"]),
    ],
)
def test_date_ticks_are_round_and_name_the_year_once(start, end, most, texts) -> None:
    assert [tick.text for tick in ticks.calendar_ticks(at(*start), at(*end), most)] == texts


@pytest.mark.parametrize("days", [0.02, 0.2, 1, 3, 9, 40, 100, 400, 1_500, 6_300, 30_000])
@pytest.mark.parametrize("most", [2, 5, 11])
def test_date_ticks_are_never_many_more_than_asked_for(days, most) -> None:
    end = at(2026, 3, 2)
    found = ticks.calendar_ticks(end - days * DAY, end, most)
    assert len(found) <= most + 2
    assert all(end - days * DAY <= tick.at <= end for tick in found)


def test_number_ticks_are_round_grouped_and_signed() -> None:
    def texts(*span):
        return [tick.text.replace(words.THIN, "_") for tick in ticks.linear_ticks(*span)]

    assert texts(0, 1200, 5) == ["0", "250", "500", "750", "1_000"]
    assert texts(-20, 40, 4) == ["−20", "0", "20", "40"]
    assert texts(0.02, 0.045, 5) == ["0.020", "0.025", "0.030", "0.035", "0.040", "0.045"]
    assert texts(0, 1.4e14, 4) == ["0", "50_T", "100_T"]
    assert texts(5, 5, 4) == []


def test_log_ticks_are_powers_of_ten_or_1_2_5() -> None:
    assert [tick.at for tick in ticks.log_ticks(1, 1.5e14, 6)] == pytest.approx([1, 1e3, 1e6, 1e9, 1e12])
    assert [tick.at for tick in ticks.log_ticks(8, 130, 8)] == pytest.approx([10, 20, 50, 100])
    assert [tick.text for tick in ticks.log_ticks(40, 100, 4)] == ["40", "60", "80", "100"]


def test_the_bars_run_from_revenue_down_to_what_is_left() -> None:
    gpu = BusinessBars(
        name="gpu", label="GPU", role="gpu_cloud", revenue=1135.9, power_cost=50, opex=157.8, capital=688.3, left=239.8
    )
    steps = gpu.steps()
    assert [label for label, *_ in steps] == ["Revenue", "Power", "Opex", "Capital", "Left"]
    assert [end for _, _, end, _ in steps[:4]] == pytest.approx([1135.9, 1085.9, 928.1, 239.8])
    assert all(steps[n][2] == steps[n + 1][1] for n in range(3)), "each begins where the one before ends"
    header, rows = BarsSpec(name="b", title="T", unit="$/MWh", businesses=(gpu,)).table()
    assert header[1] == "Revenue ($/MWh)"
    assert rows == [["GPU", 1135.9, 50, 157.8, 688.3, 239.8, ""]]


@pytest.mark.parametrize(("low", "high", "log"), [(230.0, 1_290.0, False), (20e3, 124e3, False), (30.0, 290.0, True)])
def test_a_low_plot_still_has_two_ticks(low, high, log) -> None:
    def count(height):
        return len(paint._y_ticks(Geometry(QRectF(0, 0, 400, height), 0.0, 1.0, low, high, log=log)))

    assert count(80.0) >= 2, "one tick gives no scale"
    assert count(80.0) <= 80 / 14
    assert count(5.0) <= 3, "where there is no room none is forced in"


@pytest.fixture
def written(monkeypatch):
    """What is written on a plot: text and the rectangle it is written in."""
    found = {}
    monkeypatch.setattr(paint, "paint_text", lambda _painter, rect, text, *_, **__: found.update({text: rect}))
    return found


def painted(spec: ChartSpec, height: float) -> None:
    image = QImage(600, int(height), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint.paint_plot(painter, QRectF(0, 0, 600, height), spec, View.of(spec), Brushwork(theme=LIGHT))
    painter.end()


def test_the_name_of_a_stretch_of_time_stands_beside_the_name_of_a_mark(qapp, written) -> None:
    days = np.arange(1_000) * DAY
    span = Span(start_s=290.0 * DAY, end_s=700.0 * DAY, label="capitulation", role="cost")
    peak = Point(time_s=420.0 * DAY, value=999.0, label="peak 999 EH/s", role="network")
    marks = (Mark(time_s=float(280 * DAY), label="halving"),)
    painted(chart(curve(days, np.arange(1_000.0)), spans=(span,), marks=marks, points=(peak,)), 300)
    assert written["capitulation"].left() >= written["halving"].left() + text_width("halving")
    assert not written["peak 999 EH/s"].intersects(written["halving"])


def test_of_bands_that_are_near_each_other_the_one_next_to_the_price_is_named(qapp, written) -> None:
    days = np.arange(100) * DAY
    price = np.linspace(20_000, 95_000, 100)
    bands = tuple(
        Band(name=f"b{low}", label=f"band {low}", low=low, high=low + 3_000, unit="$", role="gain")
        for low in (86_000, 89_000, 92_000, 120_000)
    )
    painted(chart(curve(days, price), bands=bands), 180)
    assert "band 92000" in written
    assert "band 89000" not in written, "it would touch the one above it"
    places = sorted(rect.center().y() for text, rect in written.items() if text.startswith("band"))
    assert min(np.diff(places), default=99) >= 14


def test_what_is_tiny_is_written_with_the_digits_that_count() -> None:
    texts = [tick.text for tick in ticks.linear_ticks(6.9e-12, 7.6e-12, 2)]
    assert texts == ["7e−12", "7.5e−12"]
    assert [tick.text for tick in ticks.linear_ticks(0.02, 0.03, 2)] == ["0.020", "0.025", "0.030"]
    assert (paint._value_words(7.16e-12, 1), paint._value_words(0.0, 1)) == ("7.2e−12", "0.0")
    assert (paint._value_words(0.06, 1), paint._value_words(-0.004, 1)) == ("0.1", "−0.004")


def test_a_heading_without_a_unit_has_no_empty_brackets() -> None:
    header, _ = chart(curve([0, DAY], [1.0, 2.0], unit="", label="Score"), curve([0], [1.0], label="Price")).table()
    assert header == ["Date (UTC)", "Score", "Price ($/MWh)"]
