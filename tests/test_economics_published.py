"""Published hashprices held against formula and record, rows of the user's own, and the case of January 2026."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from sample_network import line

from minerdesk.economics import casestudy, published
from minerdesk.economics.casestudy import CaseRow, Finding
from minerdesk.economics.leverage import Interest, interests
from minerdesk.economics.published import Judgement, PublishedPoint
from minerdesk.economics.tables import TABLES
from minerdesk.economics.trend import NetworkTrend
from minerdesk.network_tables import case_sentence
from minerdesk.observations import Series
from minerdesk.units import SECONDS_PER_DAY

#: When an epoch began, its first block, its difficulty in T: enough for the points that are built in.
EPOCHS = (
    ("2024-12-15", 874_944, 108.52),
    ("2024-12-29", 876_960, 109.78),
    ("2025-10-29", 921_312, 155.97),
    ("2025-11-12", 923_328, 152.27),
    ("2025-12-25", 929_376, 148.26),
    ("2026-01-08", 931_392, 146.47),
    ("2026-01-22", 933_408, 141.67),
    ("2026-02-07", 935_424, 125.86),
    ("2026-02-19", 937_440, 144.40),
)


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def record(**lines: Series) -> dict[str, Series]:
    times = [at(day) for day, *_ in EPOCHS]
    return {
        "difficulty_epochs": line("difficulty_epochs", times, [t * 1e12 for *_, t in EPOCHS]),
        "epoch_heights": line("epoch_heights", times, [height for _, height, _ in EPOCHS]),
        **lines,
    }


def trend(moment: str = "2026-03-01", **lines: Series) -> NetworkTrend:
    return NetworkTrend.of(record(**lines), datetime.fromisoformat(moment).replace(tzinfo=UTC))


def judged(moment: str = "2026-03-01") -> list[published.Checked]:
    return list(published.checked(published.BUILT_IN, trend(moment)))


def test_the_dated_points_agree_with_the_formula_within_a_percent() -> None:
    found = {one.point.day.isoformat(): one for one in judged() if one.point.hashprice_usd_per_ph_day}
    ours = {"2024-12-23": 55.48, "2025-11-03": 43.37, "2026-01-12": 39.33, "2026-01-17": 41.30}
    for day, value in ours.items():
        assert found[day].from_stated == pytest.approx(value, abs=0.005), day
        assert found[day].judgement is Judgement.AGREES
        assert abs(found[day].stated_error or 1) < 0.01


def test_the_value_that_does_not_follow_from_its_terms_is_flagged() -> None:
    (found,) = [one for one in judged() if one.point.day == date(2026, 2, 22)]
    assert found.from_stated == pytest.approx(29.34, abs=0.005)
    assert found.judgement is Judgement.INCONSISTENT
    assert found.judgement.is_flagged
    assert found.stated_error == pytest.approx(23.9 / 29.34 - 1, abs=1e-3)


def test_the_page_that_prints_the_value_before_the_adjustment_is_caught() -> None:
    (found,) = [one for one in judged() if one.point.hashprice_usd_per_ph_day is None]
    assert found.judgement is Judgement.OLD_DIFFICULTY
    assert found.in_force == 146.47e12
    assert "before the adjustment" in found.reason
    assert "8 Jan 2026" in found.reason


def test_a_replay_knows_no_later_point() -> None:
    assert [one.point.day.isoformat() for one in judged("2026-01-13")] == [
        "2024-12-23",
        "2025-11-03",
        "2026-01-12",
        "2026-01-12",
    ]


def test_a_value_without_terms_is_held_against_the_record() -> None:
    day = "2026-01-16"
    times = [at(day) - SECONDS_PER_DAY, at(day)]
    known = trend(
        btc_price_daily_usd=line("btc_price_daily_usd", times, [95_000.0, 95_489.13]),
        fees_daily_btc_per_block=line("fees_daily_btc_per_block", times, [0.0229, 0.025744]),
    )
    points = [
        PublishedPoint(day=date.fromisoformat(day), hashprice_usd_per_ph_day=value, is_own=True)
        for value in (41.4, 45.0)
    ]
    good, bad = published.checked(points, known)
    assert good.from_record == pytest.approx(41.32, abs=0.01)
    assert (good.judgement, bad.judgement) == (Judgement.AGREES, Judgement.DIFFERS)
    (unknown,) = published.checked(points[:1], trend())
    assert (unknown.judgement, unknown.from_record) == (Judgement.UNKNOWN, None)
    nothing = NetworkTrend.of({}, datetime(2026, 3, 1, tzinfo=UTC))
    assert all(one.judgement is Judgement.UNKNOWN for one in published.checked(points, nothing))


def test_on_the_day_of_an_adjustment_both_difficulties_are_right() -> None:
    for difficulty in (148.26e12, 146.47e12):
        point = PublishedPoint(day=date(2026, 1, 8), hashprice_usd_per_ph_day=None, difficulty=difficulty)
        moved = record()
        times = moved["difficulty_epochs"].times.copy()
        times[5] += 8 * 3_600
        moved["difficulty_epochs"] = line("difficulty_epochs", times, moved["difficulty_epochs"].values)
        (found,) = published.checked([point], NetworkTrend.of(moved, datetime(2026, 3, 1, tzinfo=UTC)))
        assert found.judgement is Judgement.AGREES


ROW = {"day": "2026-01-16", "hashprice_usd_per_ph_day": 41.3, "difficulty_t": 146.47, "source": "a page"}


def test_rows_of_the_users_own() -> None:
    assert TABLES["published"].check([ROW]) == []
    (point,) = published.read_rows([ROW])
    assert (point.day, point.difficulty, point.source, point.is_own) == (
        date(2026, 1, 16),
        146.47e12,
        "a page",
        True,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"day": ""}, "day is empty"),
        ({"day": "16.1.2026"}, "write a date like"),
        ({"day": "1999-01-01"}, "before the first block"),
        ({"day": 5}, "takes text"),
        ({"source": "x" * 121}, "121 letters"),
        ({"hashprice_usd_per_ph_day": None}, "is empty"),
        ({"hashprice_usd_per_ph_day": "41"}, "takes a number"),
        ({"hashprice_usd_per_ph_day": True}, "takes a number"),
        ({"fee_share": 5.5}, "must lie between 0 and 0.99"),
        ({"difficulty_t": float("nan")}, "must lie between"),
        ({"colour": "red"}, "is no column"),
    ],
)
def test_a_row_that_cant_be_used_is_refused_by_its_column(change: dict[str, Any], said: str) -> None:
    (problem,) = published.check_rows([ROW, {**ROW, **change}])
    assert problem.message.startswith("Published value 2")
    assert said in problem.message


def test_very_many_rows_are_refused() -> None:
    (problem,) = published.check_rows([ROW] * 501)
    assert "500 are the most" in problem.message


# -- January 2026 -----------------------------------------------------------------------------------------------------

PEAK_WEEK = (1087.25, 1139.74, 1267.21, 1079.75, 1123.25, 1159.63, 1203.39)  # 12 to 18 October 2025
#: Mean of the seven days to the day, as the record has it; the days between are filled with it.
KNOWN_WEEKS = (("2026-01-16", 992.32), ("2026-01-19", 1005.84), ("2026-01-30", 825.97))
CLOSES = (("2026-01-13", 95_304.0), ("2026-01-14", 97_044.0), ("2026-01-19", 92_526.0), ("2026-01-20", 88_237.0))


def january() -> dict[str, Series]:
    """Return a record whose 7-day means are those of the known days: days that repeat every seven."""
    first = at("2025-10-12")
    rates = np.full(111, 1_050.0)
    rates[:7] = PEAK_WEEK
    for day, mean in KNOWN_WEEKS:
        end = (at(day) - first) // SECONDS_PER_DAY
        start = end - 6
        fill = slice(max(start, int(np.flatnonzero(rates != 1_050.0)[-1]) + 1), end + 1)
        total = mean * 7 - rates[start : fill.start].sum()
        rates[fill] = total / (fill.stop - fill.start)
    times = first + np.arange(len(rates)) * SECONDS_PER_DAY
    return {
        "network_hashrate_daily_eh_s": line("network_hashrate_daily_eh_s", times, rates),
        "btc_price_daily_usd": line("btc_price_daily_usd", [at(d) for d, _ in CLOSES], [p for _, p in CLOSES]),
    }


def rows(moment: str = "2026-02-01", interest: Interest | None = None) -> dict[str, CaseRow]:
    found = casestudy.case_rows(trend(moment, **january()), interest)
    return {row.figure: row for row in found}


def test_the_case_tells_which_figures_hold() -> None:
    found = rows()
    peak = found["Peak of the 7-day hash rate"]
    assert (peak.record, peak.finding) == (pytest.approx(1_151.46, abs=0.01), Finding.HOLDS)
    assert peak.record_day_s == at("2025-10-18")
    assert found["When that peak was"].finding is Finding.FAILS
    assert found["7-day hash rate, 19 Jan 2026"].finding is Finding.NEARLY
    assert found["From the peak, 16 Jan 2026"].record == pytest.approx(-0.138, abs=5e-4)
    assert found["From the peak, 19 Jan 2026"].record == pytest.approx(-0.126, abs=7e-4)
    assert found["From the peak, 30 Jan 2026"].record == pytest.approx(-0.283, abs=5e-4)
    assert found["From the peak, 30 Jan 2026"].finding is Finding.RECORD_ONLY
    support = next(row for name, row in found.items() if name.startswith("Support"))
    resistance = next(row for name, row in found.items() if name.startswith("Resistance"))
    assert (support.finding, support.record) == (Finding.FAILS, 88_237.0)
    assert "20 Jan 2026" in support.note
    assert (resistance.finding, resistance.record) == (Finding.HOLDS, 97_044.0)


def test_replayed_before_the_fall_support_still_holds() -> None:
    found = rows("2026-01-20")
    support = next(row for name, row in found.items() if name.startswith("Support"))
    assert support.finding is Finding.HOLDS
    assert found["7-day hash rate, 30 Jan 2026"].finding is Finding.UNKNOWN


LEVELS = (36.6e9, 36.7e9, 40.0e9)


def test_open_interest_of_another_set_of_venues_is_not_compared() -> None:
    days = ("2025-12-31", "2026-01-01", "2026-01-15")
    series = {"open_interest_aggregate_usd": line("open_interest_aggregate_usd", map(at, days), LEVELS, "set A")}
    (interest,) = interests(series, january()["btc_price_daily_usd"])
    found = rows(interest=interest)
    level = found["Futures open interest, 15 Jan 2026"]
    change = found["Its change since the new year"]
    assert (level.record, level.finding) == (40.0e9, Finding.NOT_COMPARABLE)
    assert "set A" in level.note
    assert change.record == pytest.approx(0.0929, abs=1e-4)
    assert change.finding is Finding.NEARLY
    assert rows()["Its change since the new year"].finding is Finding.UNKNOWN


def test_nothing_known_gives_every_row_without_a_record() -> None:
    found = casestudy.case_rows(NetworkTrend.of({}, datetime(2026, 2, 1, tzinfo=UTC)))
    assert len(found) == 13
    assert {row.finding for row in found} == {Finding.UNKNOWN}


def test_the_sentence_says_why_a_row_is_not_known() -> None:
    end = datetime(2026, 2, 1, tzinfo=UTC)
    nothing = casestudy.case_rows(NetworkTrend.of({}, end))
    assert case_sentence(nothing, end) == (
        "0 figures hold or nearly do, 0 do not; 13 are not in the record (F5 fetches it)."
    )
    early = tuple(rows("2026-01-17").values())
    said = case_sentence(early, datetime(2026, 1, 17, tzinfo=UTC))
    assert "1 does not" in said
    assert said.endswith("are not known by then.")
    assert "F5" not in said, "what had not come yet can't be fetched"


def test_a_venue_that_begins_after_the_new_year_does_not_reach_the_case() -> None:
    price = january()["btc_price_daily_usd"]
    for first, reaches in (("2026-01-20", False), ("2025-12-31", True)):
        series = {"open_interest_daily_usd": line("open_interest_daily_usd", [at(first)], [40e9], "okx")}
        (interest,) = interests(series, price)
        assert casestudy.reaches(interest) is reaches
