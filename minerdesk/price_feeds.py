"""Layouts of European and Australian markets: ENTSO-E, SMARD, energy-charts, aWATTar and AEMO."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minerdesk.errors import InputError
from minerdesk.price_cells import decimal_commas, localised, naive_seconds, numbers
from minerdesk.price_layout import BERLIN, BRUSSELS, PRICES, Floats, Rows, Wanted, choose_point, count_words
from minerdesk.price_sheet import Sheet

#: Eastern Standard Time of Australia, the whole year.
_AEMO_OFFSET_S = 10 * 3_600
_DAY_S = 86_400
#: Clocks that ENTSO-E writes into the heading of its times; any other is that of Brussels.
_CLOCKS = {"utc": "UTC", "gmt": "UTC", "wet": "Europe/Lisbon", "cet": BRUSSELS, "eet": "Europe/Helsinki"}
_SUMMER = ("CEST", "EEST", "WEST", "BST")
_SMARD_TIMES = (("datumvon",), ("startdate",), ("datum", "anfang"), ("date", "start"))
_SMARD_FIRST = ("deutschland/luxemburg", "germany/luxembourg")


# -- ENTSO-E ----------------------------------------------------------------------------------------------------------


def is_entsoe(sheet: Sheet) -> bool:
    """Whether a table is an export of the transparency platform: its times are called MTU."""
    return any(name.startswith("mtu") for name in sheet.names)


def read_entsoe(sheet: Sheet, wanted: Wanted) -> Rows:
    """Read day-ahead prices of the transparency platform, with its older and its newer heading.

    A time is a span, ``01.01.2024 00:00 - 01.01.2024 01:00``, on the clock that the heading names; where clocks go back
    the newer layout says (CEST) or (CET), the older one has the hour twice. Of several sequences the first is taken.
    """
    time = next(index for index, name in enumerate(sheet.names) if name.startswith("mtu"))
    price = sheet.named(wanted.price_column) if wanted.price_column else _entsoe_price(sheet)
    usable = np.ones(len(sheet), dtype=bool)
    notes: list[str] = []
    sequence = sheet.find(("sequence",))
    if sequence is not None:
        cells = np.array(sheet.column(sequence))
        if len(kinds := list(dict.fromkeys(cells.tolist()))) > 1:
            usable = cells == kinds[0]
            notes.append(f"Of {len(kinds)} sequences “{kinds[0]}” is taken.")
    keep, label, locations, said = choose_point(sheet, wanted, usable, ("area", "biddingzone"))
    spans = [span for span, kept in zip(sheet.column(time), keep, strict=True) if kept]
    begin, end = ([part.strip() for part in parts] for parts in zip(*(_halves(span) for span in spans), strict=True))
    heading = sheet.names[time]
    zone = next((clock for name, clock in _CLOCKS.items() if name in heading), wanted.zone or BRUSSELS)
    clock, ends = (naive_seconds([_bare(text) for text in texts], day_first=True) for texts in (begin, end))
    starts = clock if zone == "UTC" else localised(clock, zone, _second_pass(begin, clock))
    lengths = ends - clock
    usual = lengths[np.isfinite(lengths)]
    currency = sheet.find(("currency",))
    unit = sheet.said_of(price) + (f" {sheet.column(currency)[0].lower()}" if currency is not None else "")
    return Rows(
        layout="ENTSO-E day-ahead prices",
        lines=sheet.lines[keep],
        starts_s=starts,
        prices=numbers(sheet.column(price))[keep],
        step_s=float(usual[0]) if len(usual) and 0 < usual[0] <= _DAY_S and np.ptp(usual) == 0 else None,
        label=label or _area_of(sheet),
        unit=unit,
        locations=locations,
        notes=(*notes, *said, f"Times are on the clock of {zone}."),
        zone=zone,
    )


def _entsoe_price(sheet: Sheet) -> int:
    named = [index for index, name in enumerate(sheet.names) if "price" in name]
    found = next((index for index in named if "dayahead" in sheet.names[index]), next(iter(named), None))
    if found is None:
        raise InputError("The file is like ENTSO-E's, but has no column of prices.", hint=sheet.columns_words)
    return found


def _area_of(sheet: Sheet) -> str:
    """Return the zone that the older heading names in a column of its own: BZN|DE-LU."""
    return next((name.split("|", 1)[1].strip() for name in sheet.header if name.startswith("BZN|")), "")


def _halves(span: str) -> tuple[str, str]:
    begin, _, end = span.partition(" - ")
    return begin, end


def _bare(text: str) -> str:
    return re.sub(r"\s*\([A-Z]+\)$", "", text)


def _second_pass(texts: Sequence[str], clock: Floats) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return which rows belong to the later pass of an hour that comes twice."""
    marked = np.array([text.endswith(")") for text in texts])
    summer = np.array([text.rstrip(")").endswith(_SUMMER) for text in texts])
    _, first_at = np.unique(clock, return_index=True)
    again = ~np.isin(np.arange(len(clock)), first_at)
    return np.where(marked, ~summer, again)


# -- SMARD ------------------------------------------------------------------------------------------------------------


def is_smard(sheet: Sheet) -> bool:
    """Whether a table is an export of SMARD: its columns of times, and prices in €/MWh by neighbour."""
    known = any(all(name in sheet.names for name in names) for names in _SMARD_TIMES)
    return known and any("€/mwh" in name for name in sheet.names)


def read_smard(sheet: Sheet, wanted: Wanted) -> Rows:
    """Read the market data of SMARD, in German or English: a start on the clock of Berlin, one column per market."""
    columns = {
        re.split(r"\s*\[", heading)[0].strip(): index
        for index, heading in enumerate(sheet.header)
        if "€/MWh" in heading
    }
    markets = tuple(columns)
    usual = next((name for name in markets if name.lower() in _SMARD_FIRST), markets[0])
    chosen = next((name for name in markets if name.lower() == wanted.location.lower()), usual)
    if wanted.location and chosen.lower() != wanted.location.lower():
        raise InputError(f"There is no market “{wanted.location}”.", hint=f"There are: {', '.join(markets)}.")
    if wanted.price_column:
        columns[chosen] = sheet.named(wanted.price_column)
    names = next(names for names in _SMARD_TIMES if all(name in sheet.names for name in names))
    parts = [sheet.column(sheet.named(name)) for name in names]
    texts = [" ".join(filter(None, cells)) for cells in zip(*parts, strict=True)]
    clock = naive_seconds(texts, day_first=True)
    cells = [cell.lstrip("\ufeff") for cell in sheet.column(columns[chosen])]
    notes = [f"Of {len(markets)} markets {chosen} is taken; another can be named."] if len(markets) > 1 else []
    return Rows(
        layout="SMARD market data",
        lines=sheet.lines,
        starts_s=localised(clock, BERLIN, _second_pass(texts, clock)),
        prices=numbers(decimal_commas(cells)),
        label=chosen,
        unit="eur/mwh",
        locations=markets,
        notes=(*notes, f"Times are on the clock of {BERLIN}."),
        zone=BERLIN,
    )


# -- AEMO -------------------------------------------------------------------------------------------------------------


def read_aemo(sheet: Sheet, wanted: Wanted) -> Rows:
    """Read the Australian market: no offset, the same zone all year, and the stamp is the END of an interval."""
    price = sheet.named(wanted.price_column) if wanted.price_column else sheet.find(PRICES)
    if price is None:
        raise InputError("The file is like AEMO's, but has no column RRP or PRICE.", hint=sheet.columns_words)
    kind = sheet.find(("periodtype",))
    forecast = np.array([cell.upper() == "FORECAST" for cell in sheet.column(kind)]) if kind is not None else None
    usable = np.ones(len(sheet), dtype=bool) if forecast is None else ~forecast
    keep, label, locations, notes = choose_point(sheet, wanted, usable)
    if forecast is not None and forecast.any():
        notes.append(f"{count_words(int(forecast.sum()), 'forecast row')} left out.")
    ends = naive_seconds(sheet.column(sheet.named("settlementdate")))[keep] - _AEMO_OFFSET_S
    usual = np.diff(np.unique(ends[np.isfinite(ends)]))
    step_s = float(np.median(usual)) if len(usual) else 300.0
    return Rows(
        layout="AEMO dispatch prices (stamps are the end of an interval, UTC+10)",
        lines=sheet.lines[keep],
        starts_s=ends - step_s,
        prices=numbers(sheet.column(price))[keep],
        step_s=step_s,
        label=label,
        unit="aud/mwh",
        locations=locations,
        notes=tuple(notes),
        zone="+10:00",
    )


# -- answers of the network -------------------------------------------------------------------------------------------


def read_json(text: str, wanted: Wanted) -> Rows:
    """Read the answers of energy-charts, aWATTar and AEMO as they come from the network."""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("The file begins like JSON but is none.", hint="Save it again from its source.") from None
    if isinstance(body, dict) and isinstance(body.get("unix_seconds"), list) and isinstance(body.get("price"), list):
        return _from_energy_charts(body)
    if isinstance(body, dict):
        rows = next((value for value in body.values() if _are_records(value)), None)
        if rows is not None and "SETTLEMENTDATE" in rows[0]:
            return read_aemo(Sheet(_as_csv(rows)), wanted)
        if rows is not None and "start_timestamp" in rows[0]:
            sheet = Sheet(_as_csv(rows))
            begin, end = (numbers(sheet.column(sheet.named(name))) for name in ("start_timestamp", "end_timestamp"))
            lengths = (end - begin) / 1_000
            return Rows(
                layout="aWATTar market data",
                lines=sheet.lines,
                starts_s=begin / 1_000,
                prices=numbers(sheet.column(sheet.named("marketprice"))),
                step_s=float(lengths[0]) if 0 < lengths[0] <= _DAY_S and np.ptp(lengths) == 0 else None,
                label="aWATTar",
                zone=BERLIN,
                unit=str(rows[0].get("unit", "")).lower(),
                notes=("Lines are counted as rows of the JSON answer.",),
            )
    raise InputError(
        "The JSON is of no known layout (energy-charts, aWATTar, AEMO).", hint="Save the prices as CSV instead."
    )


def _from_energy_charts(body: Mapping[str, Any]) -> Rows:
    times, prices = body["unix_seconds"], body["price"]
    if len(times) != len(prices) or not times:
        raise InputError(f"The file holds {len(times)} times and {len(prices)} prices.", hint="Download it again.")
    licence = str(body.get("license_info", "")).strip()
    return Rows(
        layout="energy-charts day-ahead prices",
        lines=np.arange(1, len(times) + 1),
        starts_s=numbers([_plain_number(value) for value in times]),
        prices=numbers([_plain_number(value) for value in prices]),
        label="energy-charts",
        zone=BERLIN,
        unit=str(body.get("unit", "")).lower(),
        notes=(*((f"Licence: {licence}.",) if licence else ()), "Lines are counted as rows of the JSON answer."),
    )


def _plain_number(value: object) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _are_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(rows[0])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue()
