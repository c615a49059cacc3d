"""Machine classes out of a CSV file or a spreadsheet's clipboard: headings matched loosely, every refused row named.

A heading is matched by its letters and digits alone, with or without a unit: “Hash rate (TH/s)”, “hashrate_th_s” and
“TH/s” are the same. The cells are parted by comma, semicolon or tab. A decimal comma is understood where commas don't
part cells; a number that could be read in two ways is refused, never guessed.
"""

import csv
import io
import math
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from minerdesk.economics.machines import COLUMNS, MOST_ROWS, REQUIRED, Row, faults
from minerdesk.errors import InputError
from minerdesk.export.csv_file import read_csv, unguarded

MOST_BYTES = 32 * 1024 * 1024
#: A heading may stand below a title or two.
MOST_LINES_BEFORE_HEADING = 12
_LONGEST_CELL = 10_000

#: What an export calls otherwise than the table.
_EXPORTED_KEYS = {"power_price_usd_per_mwh": "power_usd_per_mwh"}
_EFFICIENCY = "efficiency_j_per_th"
_NAMES: Mapping[str, Sequence[str]] = {
    "model": ("model", "machine", "machinemodel", "miner", "minermodel", "asic", "asicmodel", "name", "type", "device"),
    "count": ("count", "machines", "number", "numberofmachines", "quantity", "qty", "units", "amount", "pieces", "pcs"),
    "hashrate_th_s": ("hashrate", "hashpower", "hash", "nominalhashrate", "hashratepermachine", "hashrateeach", ""),
    _EFFICIENCY: ("efficiency", "energyefficiency", "powerefficiency", ""),
    "uptime_fraction": ("uptime", "availability"),
    "site_overhead": ("overhead", "siteoverhead", "pue"),
    "power_price_usd_per_mwh": (
        "powerprice",
        "power",
        "powercost",
        "energyprice",
        "electricityprice",
        "electricity",
        "tariff",
        "",
    ),
    # Below the price, for “power” alone means this.
    "power_w": ("power", "powerdraw", "powerconsumption", "consumption", "draw", "wattage", "nominalpower", "wall", ""),
    "purchase_usd_per_th": ("purchase", "purchaseprice", "buy", "buyprice", "newprice", "cost", "capex"),
    "resale_usd_per_th": ("resale", "resalevalue", "resaleprice", "salvage", "salvagevalue", "usedprice"),
}
#: What a column is called in a message.
_SAID: Mapping[str, str] = {
    "model": "the model",
    "count": "the number of machines",
    "hashrate_th_s": "the hash rate (TH/s)",
    _EFFICIENCY: "the efficiency (J/TH)",
    "uptime_fraction": "uptime",
    "site_overhead": "overhead",
    "power_price_usd_per_mwh": "the power price ($/MWh)",
    "power_w": "the power (W)",
    "purchase_usd_per_th": "the purchase price ($/TH)",
    "resale_usd_per_th": "the resale value ($/TH)",
}
#: Units by column, as letters and digits, with the factor to the column's own; the empty one is that very unit.
_UNITS: Mapping[str, Mapping[str, float]] = {
    "model": {"": 1},
    "count": {"": 1},
    "hashrate_th_s": {"": 1, "th": 1, "ths": 1, "thps": 1, "thpers": 1, "thseach": 1, "phs": 1e3, "ghs": 1e-3},
    "power_w": {"": 1, "w": 1, "watt": 1, "watts": 1, "weach": 1, "kw": 1e3},
    _EFFICIENCY: {"": 1, "jth": 1, "jperth": 1, "wth": 1, "wperth": 1, "jths": 1, "wths": 1},
    "uptime_fraction": {"": 1, "fraction": 1, "percent": 0.01, "pct": 0.01},
    "site_overhead": {"": 1, "factor": 1},
    "power_price_usd_per_mwh": {
        **dict.fromkeys(("", "usdmwh", "usdpermwh", "mwh"), 1),
        **dict.fromkeys(("usdkwh", "usdperkwh", "kwh"), 1e3),
        **dict.fromkeys(("ckwh", "ctkwh", "centkwh", "centskwh", "centsperkwh", "uscentskwh"), 10),
    },
    "purchase_usd_per_th": {"": 1, "usdth": 1, "usdperth": 1, "th": 1, "usdths": 1},
    "resale_usd_per_th": {"": 1, "usdth": 1, "usdperth": 1, "th": 1, "usdths": 1},
}
#: Every heading that is known, by its letters and digits: the column and the factor.
_HEADINGS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        name + unit: (column, factor)
        for column, names in _NAMES.items()
        for name in names
        for unit, factor in _UNITS[column].items()
        if name + unit and not (name == "" and unit in ("mwh", "kwh", "th", "fraction"))
    }
)
_REQUIRED_WORDS = "model, TH/s, and W or J/TH (machines, uptime, overhead, power price, purchase and resale if known)"

_POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?")
_SURELY_DECIMAL_COMMA = re.compile(r"[+-]?[\d.]*\d,(\d{1,2}|\d{4,})")
_MAYBE_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,3},\d{3}")
_NO_PART_OF_A_NUMBER = str.maketrans("", "", " \u00a0\u202f\u2009'’$")


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A line that can't be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FleetImport:
    """What was read: rows for the table, lines that can't be used, and headings that mean nothing here."""

    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]
    ignored: tuple[str, ...]


def read_bytes(data: bytes, name: str) -> FleetImport:
    """Read a CSV file, of any program or minerdesk's own export; `name` is what messages call it.

    UTF-8 and UTF-16 are known by themselves, else it is Western.

    Raises
    ------
    InputError
        See `read_text`; or the file is too large.
    """
    if len(data) > MOST_BYTES:
        raise InputError(f"{name} is larger than {MOST_BYTES // 1024**2} MiB.", hint="It is not read. Split it.")
    if data.removeprefix(BOM_UTF8).startswith(b"# minerdesk"):
        return _exported(data, name)
    if data.startswith(b"PK"):
        raise InputError(f"{name} is a workbook.", hint="Save its sheet as CSV, or copy the cells and paste them.")
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return read_text(data.decode(encoding), name)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{name} is no text that can be read.", hint="Save it as CSV in UTF-8.")


def read_text(text: str, name: str) -> FleetImport:
    """Read rows under a heading out of text. Without a column of machines every line is one machine.

    Raises
    ------
    InputError
        No heading was recognised, one that is needed is missing or stands twice, or there are too many rows.
    """
    if (ends := text.count("\n")) > 2 * MOST_ROWS:  # before anything is made of them
        raise InputError(f"{name} has {ends:,} lines; {MOST_ROWS:,} are the most that a fleet takes.")
    lines = _lines(text, name)
    start, columns = _heading(lines, name)
    body = [(number, cells) for number, cells in lines[start + 1 :] if any(cell.strip() for cell in cells)]
    if len(body) > MOST_ROWS:
        raise InputError(f"{name} has {len(body):,} rows; {MOST_ROWS:,} are the most that a fleet takes.")
    heading = lines[start][1]
    decimal_comma = _has_decimal_comma(
        [cells[place] for _, cells in body for place in columns if place < len(cells)], _delimiter(text)
    )
    rows: list[Row] = []
    numbers: list[int] = []
    refused: list[Refused] = []
    for number, cells in body:
        try:
            rows.append(_row(cells, columns, heading, decimal_comma=decimal_comma))
            numbers.append(number)
        except ValueError as error:
            refused.append(Refused(line=number, reason=str(error)))
    ignored = (cell.strip() for place, cell in enumerate(heading) if cell.strip() and place not in columns)
    return _judged(rows, numbers, refused, tuple(ignored))


def _judged(
    rows: Sequence[Row], lines: Sequence[int], refused: Iterable[Refused] = (), ignored: tuple[str, ...] = ()
) -> FleetImport:
    """Part the rows that can be used from those that can't; `lines` is where each was read."""
    reasons: dict[int, list[str]] = {}
    for index, column, message in faults(rows):
        reasons.setdefault(index, []).append(f"{column} {message}")
    found = [Refused(line=lines[index], reason=" ".join(told)) for index, told in reasons.items()]
    return FleetImport(
        rows=tuple(row for index, row in enumerate(rows) if index not in reasons),
        refused=tuple(sorted([*refused, *found], key=lambda one: one.line)),
        ignored=ignored,
    )


def _exported(data: bytes, name: str) -> FleetImport:
    """Read the fleet out of a file that minerdesk exported; what was the site's own is then the class's own."""
    table = next((table for table in read_csv(data).tables if table.name == "Fleet"), None)
    if table is None:
        raise InputError(f"{name} holds no fleet.", hint="Export it again from a scenario with machine classes.")
    places = {column: table.position(_EXPORTED_KEYS.get(column, column)) for column in sorted(COLUMNS)}
    rows: list[Row] = []
    for cells in table.rows:
        told = {column: cells[place] for column, place in places.items()}
        rows.append({column: cell for column, cell in told.items() if isinstance(cell, str | int | float)})
    return _judged(rows, range(1, len(rows) + 1))


def _delimiter(text: str) -> str:
    """Return what parts the cells: that by which the most headings are known in the first lines."""
    head = text[:_LONGEST_CELL].splitlines()[:MOST_LINES_BEFORE_HEADING]

    def known(delimiter: str) -> int:
        return max((len(_known(cells)) for cells in csv.reader(head, delimiter=delimiter)), default=0)

    return max("\t;,", key=known)


def _lines(text: str, name: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=_delimiter(text))
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num}, can’t be read: {error}.") from None


def _heading(lines: Sequence[tuple[int, list[str]]], name: str) -> tuple[int, dict[int, tuple[str, float]]]:
    """Return which line holds the headings and what its columns are: the line that most of them are known of."""
    candidates = [_known(cells) for _, cells in lines[:MOST_LINES_BEFORE_HEADING]]
    start = max(range(len(candidates)), key=lambda index: len(candidates[index]), default=0)
    columns = candidates[start] if candidates else {}
    found = Counter(column for column, _ in columns.values())
    if len(found) < 2:
        raise InputError(f"No headings were recognised in {name}.", hint=f"Wanted: {_REQUIRED_WORDS}.")
    twice = [column for column, times in found.items() if times > 1]
    if twice:
        raise InputError(f"There are two columns for {_SAID[twice[0]]} in {name}.", hint="Rename one of them.")
    lacking = [column for column in REQUIRED if column not in found and column != "count"]
    if "power_w" in lacking and _EFFICIENCY in found:
        lacking.remove("power_w")
    if lacking:
        missing = " and ".join(_SAID[column] for column in lacking)
        raise InputError(f"There is no column for {missing} in {name}.", hint=f"Wanted: {_REQUIRED_WORDS}.")
    return start, columns


def _known(cells: Iterable[str]) -> dict[int, tuple[str, float]]:
    return {place: _HEADINGS[flat] for place, cell in enumerate(cells) if (flat := _flat(cell)) in _HEADINGS}


def _flat(heading: str) -> str:
    """Return a heading's letters and digits, with money and percent spelled out.

    >>> _flat("Hash rate (TH/s)"), _flat("power_price [$/kWh]"), _flat("Uptime %")
    ('hashrateths', 'powerpriceusdkwh', 'uptimepercent')
    """
    spelled = heading.casefold().replace("$", "usd").replace("%", "percent").replace("¢", "c")
    return re.sub(r"[^a-z0-9]", "", spelled[:_LONGEST_CELL])


def _has_decimal_comma(cells: Iterable[str], delimiter: str) -> bool:
    if delimiter == ",":
        return False
    return any(_SURELY_DECIMAL_COMMA.fullmatch(cell.strip()) for cell in cells)


def _row(
    cells: Sequence[str], columns: Mapping[int, tuple[str, float]], heading: Sequence[str], *, decimal_comma: bool
) -> Row:
    """Return one line as a row; what is left empty has no cell. Raises ValueError with the reason."""
    row: dict[str, str | float | bool | None] = {}
    for place, (column, factor) in columns.items():
        text = cells[place].strip() if place < len(cells) else ""
        if column == "model":
            row[column] = unguarded(text)  # a name copied or exported here may have been guarded against spreadsheets
        elif text:
            try:
                row[column] = _scaled(text, column, factor, decimal_comma=decimal_comma)
            except ValueError as error:
                raise ValueError(f"{heading[place].strip():.40} {error}") from None
    efficiency, hashrate = row.pop(_EFFICIENCY, None), row.get("hashrate_th_s")
    if "power_w" not in row and isinstance(efficiency, float) and isinstance(hashrate, float):
        row["power_w"] = efficiency * hashrate
    if "count" not in {column for column, _ in columns.values()}:
        row["count"] = 1.0
    return row


def _scaled(text: str, column: str, factor: float, *, decimal_comma: bool) -> float:
    """Return a cell in its column's unit. Uptime may be written as percent under any heading."""
    if column != "uptime_fraction":
        return _number(text, decimal_comma=decimal_comma) * factor
    value = _number(text.removesuffix("%"), decimal_comma=decimal_comma)
    is_percent = text.endswith("%") or factor != 1 or value > 1
    return value / 100 if is_percent else value


def _number(text: str, *, decimal_comma: bool) -> float:
    """Return a number; raises ValueError where it is none, or could be two.

    >>> _number("1,234.5", decimal_comma=False), _number("1.234,5", decimal_comma=True)
    (1234.5, 1234.5)
    """
    bare = text.translate(_NO_PART_OF_A_NUMBER)
    pattern = _COMMA if decimal_comma else _POINT
    if not pattern.fullmatch(bare) or not any(letter.isdigit() for letter in bare):
        raise ValueError(f"is “{text:.40}”, which is no number.")
    if not decimal_comma and _MAYBE_DECIMAL_COMMA.fullmatch(bare):
        raise ValueError(f"is “{text:.40}”, which can be read in two ways; write it without the comma.")
    plain = bare.replace(".", "").replace(",", ".") if decimal_comma else bare.replace(",", "")
    number = float(plain)
    if not math.isfinite(number):
        raise ValueError(f"is “{text:.40}”, which is no finite number.")
    return number
