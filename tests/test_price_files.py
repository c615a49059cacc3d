"""Price files: each layout, the days on which clocks change, gaps, doubles, and what is no price file at all."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.errors import InputError
from minerdesk.price_files import PriceSeries, Wanted, read_price_file, read_prices

RTM = """DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointName,SettlementPointType,SettlementPointPrice,DSTFlag
01/15/2023,1,1,HB_HOUSTON,HU,25.50,N
01/15/2023,1,2,HB_HOUSTON,HU,26.50,N
01/15/2023,1,1,HB_WEST,HU,-3.25,N
01/15/2023,24,4,HB_HOUSTON,HU,30.00,N
01/15/2023,1,1,LZ_WEST,LZEW,9.99,N
"""
DAM = """DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag
11/05/2023,01:00,HB_WEST,10,N
11/05/2023,02:00,HB_WEST,20,N
11/05/2023,02:00,HB_WEST,21,Y
11/05/2023,03:00,HB_WEST,30,N
11/05/2023,24:00,HB_WEST,99,N
"""


def read(text: str, unit: str = "", **wanted: str) -> PriceSeries:
    return read_prices(text.encode(), Wanted(**wanted), unit=unit)


def starts(series: PriceSeries) -> list[str]:
    assert series.times is not None
    return [f"{datetime.fromtimestamp(int(second), UTC):%Y-%m-%d %H:%M}" for second in series.times]


def told(series: PriceSeries) -> str:
    return " ".join(series.handled)


# -- ERCOT ------------------------------------------------------------------------------------------------------------


def test_ercot_real_time_counts_hours_by_their_end_and_quarters() -> None:
    found = read(RTM, location="hb_houston")
    assert starts(found) == ["2023-01-15 06:00", "2023-01-15 06:15", "2023-01-16 05:45"]
    assert found.prices_per_mwh.tolist() == [25.5, 26.5, 30.0]
    assert found.hours.tolist() == [0.25] * 3
    assert (found.label, found.currency) == ("HB_HOUSTON", "USD")
    assert found.locations == ("HB_HOUSTON", "HB_WEST"), "the energy-weighted double of a zone is no location"
    assert "1 row of type LZEW" in told(found)
    assert "1 gap, 23.25 h missing" in told(found)


def test_ercot_with_several_points_says_which_one_it_took() -> None:
    assert "Of 2 locations HB_HOUSTON is taken" in told(read(RTM))
    with pytest.raises(InputError, match="HB_HOUSTON, HB_WEST"):
        read(RTM, location="HB_EAST")


def test_ercot_day_ahead_over_the_repeated_hour() -> None:
    found = read(DAM)
    assert starts(found) == [f"2023-11-05 0{hour}:00" for hour in (5, 6, 7, 8)] + ["2023-11-06 05:00"]
    assert found.prices_per_mwh.tolist() == [10, 20, 21, 30, 99]
    assert "1 row taken as the repeated hour" in told(found)


def test_ercot_hour_25_is_the_repeated_one() -> None:
    text = "Delivery Date,Hour Ending,Settlement Point,Settlement Point Price,DSTFlag    \n"
    text += "11/05/2023,1,HB_WEST,10,N\n11/05/2023,2,HB_WEST,20,N\n11/05/2023,25,HB_WEST,21,N\n"
    assert starts(read(text)) == ["2023-11-05 05:00", "2023-11-05 06:00", "2023-11-05 07:00"]


@pytest.mark.parametrize(
    "header",
    ["OperDay,HourEnding,Price,Repeated Hour Flag", "DELIVERY_DATE,HOUR_ENDING,SPP,DSTFlag", "Date,DeliveryHour,LMP,X"],
)
def test_ercot_spellings_of_the_header(header: str) -> None:
    found = read(f"{header}\n07/01/2024,24:00,55.5,N\n")
    assert starts(found) == ["2024-07-02 04:00"]
    assert found.hours.tolist() == [1.0]


def test_ercot_rows_that_cannot_be_are_refused_by_line() -> None:
    text = DAM + "11/05/2023,26:00,HB_WEST,1,N\n03/12/2023,03:00,HB_WEST,1,N\n13/40/2023,01:00,HB_WEST,1,N\n"
    found = read(text + "11/06/2023,01:00,HB_WEST,n/a,N\n")
    assert [row.line for row in found.refused] == [7, 8, 9, 10], (
        "hour 26, the skipped hour of spring, no date, no price"
    )
    assert found.refused_rows == 4
    assert "clocks skip" in found.refused[1].reason
    assert found.refused[3].reason == "no price that can be read"
    assert len(found) == 5


# -- other sources ----------------------------------------------------------------------------------------------------


def test_gridstatus_export() -> None:
    text = "Time,Interval Start,Interval End,Market,Location,Location Type,LMP\n" + "".join(
        f"2024-06-01 0{hour}:00:00-05:00,2024-06-01 0{hour}:00:00-05:00,2024-06-01 0{hour + 1}:00:00-05:00,"
        f"DAY_AHEAD_HOURLY,HB_NORTH,Trading Hub,{20 + hour}\n"
        for hour in range(3)
    )
    found = read(text)
    assert starts(found) == ["2024-06-01 05:00", "2024-06-01 06:00", "2024-06-01 07:00"]
    assert (found.label, found.layout) == ("HB_NORTH", "gridstatus export")
    snake = read("interval_start_utc,interval_end_utc,location,lmp\n2024-06-01T05:00:00Z,2024-06-01T06:00:00Z,A,7\n")
    assert (starts(snake), snake.prices_per_mwh.tolist()) == (["2024-06-01 05:00"], [7.0])


def test_energy_charts_goes_from_hours_over_to_quarters() -> None:
    times = [1_759_262_400, 1_759_266_000, 1_759_269_600, *(1_759_273_200 + 900 * n for n in range(5))]
    prices = "[80, 81, null, 70, 71, 72, 73, -1.5]"
    body = f'{{"license_info": "CC BY 4.0", "unix_seconds": {times}, "price": {prices}, "unit": "EUR / MWh"}}'
    found = read(body)
    assert found.currency == "EUR"
    assert found.hours.tolist() == [1, 1, 0.25, 0.25, 0.25, 0.25, 0.25]
    assert "1 gap, 1 h missing" in told(found)
    assert "1 row with a negative price, the lowest −1.50" in told(found)
    assert "CC BY 4.0" in told(found)
    assert found.in_usd(1.2).prices_per_mwh[0] == pytest.approx(96.0)


def test_aemo_stamps_are_the_end_of_an_interval() -> None:
    text = "REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE\n"
    text += "NSW1,2025/11/14 11:35:00,5166,-11.7,TRADE\nNSW1,2025/11/14 11:40:00,5166,20,TRADE\n"
    found = read(text.replace("/", "-"))
    assert starts(found) == ["2025-11-14 01:30", "2025-11-14 01:35"]
    assert found.currency == "AUD"
    assert found.hours.tolist() == [pytest.approx(1 / 12)] * 2
    body = '{"5MIN":[{"SETTLEMENTDATE":"2025-11-14T11:35:00","REGIONID":"NSW1","RRP":-11.7,"PERIODTYPE":"ACTUAL"},'
    body += '{"SETTLEMENTDATE":"2025-11-14T11:40:00","REGIONID":"NSW1","RRP":50,"PERIODTYPE":"FORECAST"}]}'
    found = read(body)
    assert (starts(found), found.prices_per_mwh.tolist()) == (["2025-11-14 01:30"], [-11.7])
    assert "1 forecast row left out" in told(found)


def test_awattar_counts_milliseconds() -> None:
    rows = '{"start_timestamp":1428591600000,"end_timestamp":1428595200000,"marketprice":42.09,"unit":"Eur/MWh"}'
    found = read(f'{{"object":"list","data":[{rows}]}}')
    assert (starts(found), found.prices_per_mwh.tolist(), found.currency) == (["2015-04-09 15:00"], [42.09], "EUR")


# -- any table --------------------------------------------------------------------------------------------------------


def test_prices_alone_count_an_hour_each() -> None:
    for text in ("price\n20\n25\n-3\n", "20\n25\n-3\n", "hour,price\n1,20\n2,25\n3,-3\n"):
        found = read(text)
        assert found.times is None
        assert found.hours.tolist() == [1, 1, 1]
        assert found.prices_per_mwh.tolist() == [20, 25, -3]
        assert "each row counts as one hour" in told(found)


def test_columns_are_chosen_by_name_and_asked_for_if_several_may_be_meant() -> None:
    text = (
        "utc_hour,hb_west_da,hb_west_rt,filled\n2024-01-01T06:00:00Z,19.79,15.49,0\n2024-01-01T07:00:00Z,20.9,16.7,0\n"
    )
    assert read(text, price_column="HB_West_RT").prices_per_mwh.tolist() == [15.49, 16.7]
    with pytest.raises(InputError, match=r"several columns.*hb_west_da, hb_west_rt"):
        read(text)
    with pytest.raises(InputError, match=r"no column “nope”.*utc_hour"):
        read(text, price_column="nope")


@pytest.mark.parametrize(
    ("heading", "unit", "currency", "usd"),
    [
        ("price $/kWh", "", "USD", 50.0),
        ("price", "$/kWh", "USD", 50.0),
        ("price (¢/kWh)", "", "USD", 0.5),
        ("price_eur_mwh", "", "EUR", 0.05),
        ("price", "", "USD", 0.05),
    ],
)
def test_units(heading: str, unit: str, currency: str, usd: float) -> None:
    found = read(f"time,{heading}\n2024-01-01T00:00Z,0.05\n", unit=unit)
    assert found.prices_per_mwh.tolist() == [pytest.approx(usd)]
    assert found.currency == currency
    with pytest.raises(InputError, match=r"unit “bushel”.*EUR/MWh"):
        read("price\n1\n", unit="bushel")


def test_a_local_clock_in_autumn_and_spring() -> None:
    autumn = [f"2024-10-27 0{hour}:00" for hour in (1, 2, 2, 3)]
    found = read("time;price\n" + "".join(f"{time};1,5\n" for time in autumn), zone="Europe/Berlin")
    assert starts(found) == ["2024-10-26 23:00", "2024-10-27 00:00", "2024-10-27 01:00", "2024-10-27 02:00"]
    assert found.prices_per_mwh.tolist() == [1.5] * 4, "a comma is a decimal mark where semicolons separate"
    spring = read("time,price\n2024-03-31 01:00,1\n2024-03-31 02:30,2\n2024-03-31 03:00,3\n", zone="Europe/Berlin")
    assert starts(spring) == ["2024-03-31 00:00", "2024-03-31 01:00"]
    assert [row.line for row in spring.refused] == [3]
    with pytest.raises(InputError, match=r"“Europe/Nowhere” is not known.*tzdata"):
        read("time,price\n2024-03-31 01:00,1\n", zone="Europe/Nowhere")


def test_times_without_a_zone_are_said_to_be_utc() -> None:
    found = read("time,price\n01/02/2024 00:00,1\n01/02/2024 01:00,2\n")
    assert starts(found) == ["2024-01-02 00:00", "2024-01-02 01:00"]
    assert "taken as UTC" in told(found)


def test_gaps_doubles_and_disorder_are_handled_and_said() -> None:
    hours = [0, 1, 2, 2, 3, 7, 8, 5]
    text = "time,price\n" + "".join(f"2024-01-01T0{hour}:00Z,{place}\n" for place, hour in enumerate(hours))
    found = read(text)
    assert found.prices_per_mwh.tolist() == [0, 1, 2, 4, 7, 5, 6], "in order, of equal times the first"
    assert found.hours.tolist() == [1.0] * 7
    said = told(found)
    assert "not in the order of time" in said
    assert "1 row with a time that was there before (line 5) left out" in said
    assert "2 gaps, 2 h missing" in said
    assert "2024-01-01 04:00 (before line 9)" in said


# -- what is no price file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"PK\x03\x04abc", "ZIP or Excel"),
        (b"a\0b,c\n1,2\n", "no text file"),
        (b"time,price\n", "no rows"),
        (b"time,price\nx,y\n", "Not one row"),
        (b'{"a": ', "begins like JSON"),
        (b"[1, 2]", "no known layout"),
        (b"[" * 100_000, "begins like JSON"),
        (b'{"unix_seconds":[1],"price":[]}', "1 times and 0 prices"),
        (b'{"unix_seconds":["x"],"price":[{}]}', "Not one row"),
        (b"time,price\n2024-01-01T00:00Z,inf\n", "Line 2: no price"),
        (b"time,price\n2024-01-01T00:00Z,1e300\n", "out of all bounds"),
        (b'time,price\n2024-01-01T00:00Z,"' + b"9" * 200_000, "field larger"),
        (b"time,price\n01-01T00,1\n2024-01-01T01:00Z,2\n2024-01-01T02:00Z,2\n", "Some times carry a zone"),
        (b"name,comment\na,b\n", "no column that is plainly one of prices"),
    ],
)
def test_hostile_files_are_refused_in_words(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read_prices(data)
    assert refused.value.hint


@given(st.one_of(st.binary(max_size=300), st.text('0123456789:-/.,;\nTZ priceutcHE{}[]"', max_size=300)))
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes | str) -> None:
    data = content if isinstance(content, bytes) else b"DeliveryDate,HourEnding,price,time\n" + content.encode()
    try:
        found = read_prices(data)
    except InputError:
        return
    assert len(found) == len(found.hours) > 0
    assert np.isfinite(found.prices_per_mwh).all()
    assert (found.hours > 0).all()


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_price_file(tmp_path / "none.csv")
    path = tmp_path / "bad.csv"
    path.write_text("time,price\nx,y\n")
    with pytest.raises(InputError, match=r"bad\.csv: Not one row"):
        read_price_file(path)


# -- what is probably another unit, or another column -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("price_usd_per_mwh\n0.03\n0\n0.045\n", "under 0.0375 USD/MWh: the unit, $/MWh, may be another one"),
        ("price\n30000\n45000\n", "over 37,500 USD/MWh"),
        ("price_eur_mwh\n0.08\n0.09\n", "EUR/MWh: the unit"),
        ("price\n30\n-5\n45\n", None),
        ("price_jpy_kwh\n12\n14\n", None),
        ("price\n0\n0\n", None),
    ],
)
def test_prices_of_an_unusual_size_are_doubted_and_used(text: str, said: str | None) -> None:
    found = told(read(text))
    if said is None:
        assert "may be another one" not in found
    else:
        assert said in found
        assert "They are used as they are" in found


def test_of_columns_with_one_name_it_says_that_the_first_is_taken() -> None:
    found = read("time,price,price\n2025-01-01T00:00Z,10,99\n2025-01-01T01:00Z,20,99\n")
    assert found.prices_per_mwh.tolist() == [10, 20]
    assert "2 columns are called “price”; the first of them is taken" in told(found)
