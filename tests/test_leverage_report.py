"""The tables of leverage and market in a workbook: content, units, sources, and empty where nothing is known."""

from datetime import date

import numpy as np
import pytest
from sample_desk import session_at
from sample_market import line

from minerdesk.leverage_report import market_tables
from minerdesk.report import table_bytes, workbook
from minerdesk.watch_report import watch_tables


@pytest.fixture
def session(monkeypatch):
    opened = session_at(monkeypatch, "2026-02-10T12:00:00Z", offline=True)
    yield opened
    opened.close()


def table_of(snapshot, name, as_of=None):
    made = (*market_tables(snapshot, as_of), *watch_tables(snapshot, as_of))
    return next(table for table in made if table.name == name)


def rows_of(table):
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]


def test_open_interest_names_its_venue_in_every_row(session):
    okx = line("open_interest_daily_usd", "2026-01-01", np.linspace(2e9, 3e9, 40), source="okx")
    table = table_of(session.desk.observe([], [okx]), "Open interest")
    rows = rows_of(table)
    assert {row["venue"] for row in rows} == {"OKX", "One aggregator’s venues"}
    last = [row for row in rows if row["venue"] == "OKX"][-1]
    assert (last["date"], last["usd"], last["source"]) == (date(2026, 2, 9), 3e9, "okx")
    assert last["change_7d"] == pytest.approx(3e9 / okx.values[-8] - 1)
    assert last["change_ytd"] is None, "its record begins with the year"
    assert any("never added up" in note for note in table.notes)
    weekly = [row for row in rows if row["date"] == date(2026, 1, 18) and row["venue"] != "OKX"]
    assert weekly[0]["usd"] == 38.7e9


def test_zones_of_the_users_own_come_first_with_their_side(session):
    snapshot = session.desk.lay_table("zones", [{"label": "January", "low_usd": 92e3, "high_usd": 95e3}])
    own, *found = rows_of(table_of(snapshot, "Price zones"))
    assert (own["label"], own["origin"], own["side"]) == ("January", "own", "resistance")
    assert found
    assert all(row["origin"] == "found" and 0 < row["share_of_closes"] <= 1 for row in found)


def test_a_past_day_has_nothing_of_what_came_after(session):
    table = table_of(session.desk.snapshot(), "Open interest", date(2026, 1, 16))
    assert max(row["date"] for row in rows_of(table)) == date(2026, 1, 11)
    past = table_of(session.desk.snapshot(), "Watch history", date(2026, 1, 16))
    assert all(row["date"] <= date(2026, 1, 16) for row in rows_of(past))


def test_divergence_says_its_definition_and_what_is_not_covered(session):
    table = table_of(session.desk.snapshot(), "Divergence")
    assert "root mean square" in table.notes[0]
    assert "ETF flows, options" in table.notes[1]
    last = rows_of(table)[-1]
    terms = [last[key] for key in ("open_interest_move", "price_move", "hashrate_move")]
    assert last["score"] == pytest.approx(terms[0] - (terms[1] + terms[2]) / 2)


def test_migration_compares_and_says_so(session):
    table = table_of(session.desk.snapshot(), "Migration")
    assert "not an attribution" in table.notes[0]
    rows = rows_of(table)
    assert rows[0]["signed_gw"] == 0.0
    assert rows[-1]["signed_gw"] == pytest.approx(2.546)
    worst = next(row for row in rows if row["date"] == date(2026, 1, 25))
    assert worst["event"] == "Winter storm of January 2026"
    assert worst["lost_gw"] == pytest.approx(worst["lost_eh_s"] * 18.5 / 1_000)


def test_the_watch_list_and_its_history_stand_in_the_workbook(session):
    book = workbook(session.desk.snapshot())
    names = [table.name for table in book.tables]
    assert {"Watch-list", "Watch history", "Open interest", "Price zones", "Divergence", "Migration"} <= set(names)
    listed = next(table for table in book.tables if table.name == "Watch-list")
    assert [row[0] for row in listed.rows if row[1] == ""] == [
        "Hash rate is back",
        "AI demand grows",
        "Leverage is high",
    ]
    past = next(table for table in book.tables if table.name == "Watch history")
    assert [row[0] for row in past.rows] == sorted((row[0] for row in past.rows), reverse=True)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "md"])
def test_every_format_takes_them(session, kind):
    assert len(table_bytes(session.desk.snapshot(), kind, "watch")) > 1_000


def test_nothing_known_gives_empty_tables(monkeypatch):
    opened = session_at(monkeypatch, "2009-01-02T00:00:00Z", offline=True)
    try:
        snapshot = opened.desk.snapshot()
        *empty, listed, past = (*market_tables(snapshot), *watch_tables(snapshot))
        assert all(table.rows == () for table in (*empty, past))
        assert len(listed.rows) == 11
    finally:
        opened.close()
