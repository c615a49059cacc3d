"""Layouts of European and other markets, dates of several orders, clocks that change, and large files in pieces."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from minerdesk.errors import InputError
from minerdesk.price_files import PriceSeries, Wanted, import_prices, read_price_file, read_prices
from minerdesk.price_sheet import Sheet


def read(text: str, unit: str = "", **wanted: object) -> PriceSeries:
    return read_prices(text.encode(), Wanted(**wanted), unit=unit)  # type: ignore[arg-type] # handed on as it is


def starts(series: PriceSeries) -> list[str]:
    assert series.times is not None
    return [f"{datetime.fromtimestamp(int(second), UTC):%m-%d %H:%M}" for second in series.times]


def told(series: PriceSeries) -> str:
    return " ".join(series.handled)


# -- ENTSO-E ----------------------------------------------------------------------------------------------------------

OLD_HEAD = '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|DE-LU"\n'
NEW_HEAD = (
    '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)",'
    '"Intraday Period (CET/CEST)","Intraday Price (EUR/MWh)"\n'
)


def old_rows(day: str, hours: list[int]) -> str:
    spans = [f"{day} {hour:02}:00 - {day} {hour + 1:02}:00" for hour in hours]
    return OLD_HEAD + "".join(f'"{span}","{10 + place}.5","EUR",""\n' for place, span in enumerate(spans))


def test_entsoe_older_heading_over_both_changes_of_the_clock() -> None:
    autumn = read(old_rows("29.10.2023", [0, 1, 2, 2, 3]))
    assert starts(autumn) == ["10-28 22:00", "10-28 23:00", "10-29 00:00", "10-29 01:00", "10-29 02:00"]
    assert autumn.prices_per_mwh.tolist() == [10.5, 11.5, 12.5, 13.5, 14.5]
    assert (autumn.currency, autumn.label, autumn.zone) == ("EUR", "DE-LU", "Europe/Brussels")
    assert autumn.layout == "ENTSO-E day-ahead prices"
    assert set(autumn.hours.tolist()) == {1.0}
    spring = read(old_rows("26.03.2023", [0, 1, 2, 3]))
    assert starts(spring) == ["03-25 23:00", "03-26 00:00", "03-26 01:00"]
    assert [row.line for row in spring.refused] == [4]
    assert "clocks skip" in spring.refused[0].reason


def test_entsoe_newer_heading_marks_summer_time_and_has_sequences() -> None:
    rows = [("(CEST)", "00"), ("(CEST)", "15"), ("(CET)", "00"), ("(CET)", "15")]
    text = NEW_HEAD
    for place, (mark, minute) in enumerate(rows):
        until = f"26/10/2025 0{2 + (minute == '45')}:{int(minute) + 15:02}:00 {mark}"
        text += f'"26/10/2025 02:{minute}:00 {mark} - {until}","BZN|DE-LU","Sequence 1","{place}.25","",""\n'
    text += '"26/10/2025 03:00:00 - 26/10/2025 03:15:00","BZN|DE-LU","Sequence 2","99","",""\n'
    text += '"26/10/2025 03:00:00 - 26/10/2025 03:15:00","BZN|DE-LU","Sequence 1","n/e","",""\n'
    found = read(text)
    assert starts(found) == ["10-26 00:00", "10-26 00:15", "10-26 01:00", "10-26 01:15"]
    assert found.prices_per_mwh.tolist() == [0.25, 1.25, 2.25, 3.25]
    assert found.hours.tolist() == [0.25] * 4
    assert "Of 2 sequences “Sequence 1” is taken" in told(found)
    assert [row.reason for row in found.refused] == ["no price that can be read"]
    assert found.label == "BZN|DE-LU"


def test_entsoe_on_other_clocks_and_in_other_currencies() -> None:
    text = '"MTU (UTC)","Day-ahead Price (PLN/MWh)","Currency"\n"01.01.2024 00:00 - 01.01.2024 01:00","300","PLN"\n'
    found = read(text)
    assert (starts(found), found.currency, found.zone) == (["01-01 00:00"], "PLN", "UTC")
    eastern = text.replace("UTC", "EET/EEST")
    assert starts(read(eastern)) == ["12-31 22:00"]
    with pytest.raises(InputError, match="no column of prices"):
        read('"MTU (UTC)","Load"\n"01.01.2024 00:00 - 01.01.2024 01:00","300"\n')


# -- SMARD ------------------------------------------------------------------------------------------------------------


def test_smard_in_german_with_decimal_commas_and_in_english() -> None:
    head = "Datum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen;Belgien [€/MWh] Originalauflösungen\n"
    rows = [
        ("01.01.2024 00:00", "01.01.2024 01:00", "1.234,56", "-0,01"),
        ("01.01.2024 01:00", "01.01.2024 02:00", "-", "5"),
    ]
    german = read(head + "".join(";".join(row) + "\n" for row in rows))
    assert (starts(german), german.prices_per_mwh.tolist()) == (["12-31 23:00"], [1_234.56])
    assert (german.label, german.currency, german.zone) == ("Deutschland/Luxemburg", "EUR", "Europe/Berlin")
    assert "Of 2 markets" in told(german)
    belgian = read(head + "".join(";".join(row) + "\n" for row in rows), location="belgien")
    assert belgian.prices_per_mwh.tolist() == [-0.01, 5.0]
    with pytest.raises(InputError, match="Belgien"):
        read(head + ";".join(rows[0]) + "\n", location="Moon")
    english = "Start date;End date;Germany/Luxembourg [€/MWh] Original resolutions\n"
    english += "Jan 1, 2024 11:00 PM;Jan 2, 2024 12:00 AM;1,234.56\nJan 2, 2024 12:00 AM;Jan 2, 2024 1:00 AM;9.5\n"
    found = read(english)
    assert (starts(found), found.prices_per_mwh.tolist()) == (["01-01 22:00", "01-01 23:00"], [1_234.56, 9.5])
    older = "Datum;Anfang;Ende;Deutschland/Luxemburg [€/MWh] Originalauflösungen\n01.07.2024;00:00;01:00;7,5\n"
    assert (starts(read(older)), read(older).prices_per_mwh.tolist()) == (["06-30 22:00"], [7.5])


def test_smard_markets_are_offered(tmp_path: Path) -> None:
    path = tmp_path / "smard.csv"
    path.write_text(
        "Datum von;Datum bis;Belgien [€/MWh] X;Schweiz [€/MWh] X\n01.07.2024 00:00;01.07.2024 01:00;7,5;8,5\n"
    )
    found, parts = import_prices(path)
    assert (found.label, parts) == ("Belgien", ("Belgien", "Schweiz"))
    assert import_prices(path, "Schweiz")[0].prices_per_mwh.tolist() == [8.5]


# -- energy-charts and AEMO as tables ---------------------------------------------------------------------------------


def test_energy_charts_csv_has_its_unit_in_a_second_heading() -> None:
    text = '"Datum (MEZ)","Erzeugung","Day Ahead Auktion (DE-LU)"\n,"Leistung (MW)","Preis (EUR/MWh, EUR/tCO2)"\n'
    text += "2024-01-01T00:00+01:00,3000,41.5\n2024-01-01T01:00+01:00,3100,-0.5\n"
    found = read(text)
    assert (starts(found), found.prices_per_mwh.tolist()) == (["12-31 23:00", "01-01 00:00"], [41.5, -0.5])
    assert (found.currency, found.label) == ("EUR", "Day Ahead Auktion (DE-LU)")
    assert found.refused == ()


def test_aemo_with_slashes_as_published() -> None:
    text = "REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE\n"
    text += "NSW1,2025/11/14 11:35:00,5166,-11.7,TRADE\nNSW1,2025/11/14 11:40:00,5166,20,TRADE\n"
    found = read(text)
    assert starts(found) == ["11-14 01:30", "11-14 01:35"]
    assert found.zone == "+10:00"


# -- any table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "first", "said"),
    [
        (["01/02/2024 00:00", "13/02/2024 00:00"], "02-01 00:00", ""),
        (["01/02/2024 00:00", "01/13/2024 00:00"], "01-02 00:00", ""),
        (["01/02/2024 00:00", "02/02/2024 00:00"], "02-01 00:00", "taken as day, month, year"),
        (["02/01/2024 00:00", "02/02/2024 00:00"], "02-01 00:00", "taken as month, day, year"),
        (["01.02.2024", "02.02.2024"], "02-01 00:00", ""),
        (["01-02-2024 11:00 PM", "01-14-2024 01:00 AM"], "01-02 23:00", ""),
    ],
)
def test_the_order_of_day_and_month_is_found(dates: list[str], first: str, said: str) -> None:
    found = read("time,price\n" + "".join(f"{date},1\n" for date in dates))
    assert starts(found)[0] == first
    assert said in told(found)
    assert bool(said) == ("nothing in the file tells" in told(found))


def test_the_order_of_day_and_month_can_be_said() -> None:
    text = "time,price\n01/02/2024 00:00,1\n02/02/2024 00:00,2\n"
    assert starts(read(text, day_first=False)) == ["01-02 00:00", "02-02 00:00"]
    assert starts(read(text, day_first=True)) == ["02-01 00:00", "02-02 00:00"]


def test_times_at_the_end_of_intervals_and_rows_without_times() -> None:
    text = "time,price\n2024-01-01T00:30Z,1\n2024-01-01T01:00Z,2\n"
    assert starts(read(text, time_column="time", ends=True)) == ["01-01 00:00", "01-01 00:30"]
    assert read(text, no_times=True).times is None


def test_offsets_are_zones_and_clock_changes_are_counted() -> None:
    text = "time,price\n2024-10-27 01:00,1\n2024-10-27 02:00,2\n2024-10-27 02:00,3\n2024-10-27 03:00,4\n"
    assert starts(read(text, zone="+10:00"))[0] == "10-26 15:00"
    berlin = read(text, zone="Europe/Berlin")
    assert len(berlin) == 4
    assert "Clock changes: 1 in the hour that comes twice, 0 in one that is skipped" in told(berlin)
    assert berlin.zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("heading", "unit", "currency"),
    [
        ("price NOK/MWh", "", "NOK"),
        ("Preis in gbp pro kWh", "", "GBP"),
        ("price", "SEK/MWh", "SEK"),
        ("scads", "", "USD"),
    ],
)
def test_other_currencies(heading: str, unit: str, currency: str) -> None:
    assert read(f"{heading}\n1\n2\n", unit=unit).currency == currency


def test_titles_above_the_heading_are_passed_over() -> None:
    found = read("Prices of the site\n\ntime,price\n2024-01-01T00:00Z,1\n2024-01-01T01:00Z,2\n")
    assert found.prices_per_mwh.tolist() == [1, 2]
    broken = read("Prices of the site\n\ntime,price\n2024-01-01T00:00Z,x\n2024-01-01T01:00Z,2\n")
    assert [row.line for row in broken.refused] == [4]


def test_half_hours_and_five_minutes_keep_their_length() -> None:
    for minutes in (5, 30):
        text = "time,price\n" + "".join(
            f"2024-01-01T{n * minutes // 60:02}:{n * minutes % 60:02}Z,1\n" for n in range(9)
        )
        assert read(text).hours.tolist() == [pytest.approx(minutes / 60)] * 9


# -- the sheet --------------------------------------------------------------------------------------------------------


def test_a_sheet_reads_in_pieces_and_keeps_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minerdesk.price_sheet._PIECE", 3)
    monkeypatch.setattr("minerdesk.price_sheet._MOST_KINDS", 2)
    shares: list[float] = []
    text = 'a,b,c\n1,x\n\n"2\n2",y,9,10\n3\n\n\n\n\n4,z,8\n'
    sheet = Sheet(text, shares.append)
    assert sheet.lines.tolist() == [2, 5, 6, 11]
    assert sheet.column(0) == ["1", "2\n2", "3", "4"]
    assert sheet.column(1) == ["x", "y", "", "z"]
    assert sheet.column(2) == ["", "9", "", "8"]
    assert shares == sorted(shares)
    assert len(shares) > 1


def test_a_reading_can_be_stopped(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(_share: float) -> None:
        raise StopError

    path = tmp_path / "p.csv"
    path.write_text("price\n1\n2\n")
    with pytest.raises(StopError):
        read_price_file(path, watch=stop)


def test_a_table_of_thousands_of_columns_is_none() -> None:
    with pytest.raises(InputError, match="2,001 columns"):
        read("a," * 2_000 + "b\n" + "1," * 2_000 + "2\n")
