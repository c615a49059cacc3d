"""Bodies of the providers of power prices, for `loopback.World`."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

HOUR, DAY = 3_600, 86_400
Query = dict[str, list[str]]


def euros(hour: int) -> float:
    """Return the price of an hour, seconds UTC: every day alike, from -20 to 210."""
    return float(hour // HOUR % 24 * 10 - 20)


def zipped(csv: str, name: str = "cdr.csv") -> bytes:
    """Return a ZIP of one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, csv)
    return out.getvalue()


def no_data(told: str, code: str = "999") -> str:
    """Return ENTSO-E's answer that there is nothing."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Acknowledgement_MarketDocument '
        'xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"><mRID>1</mRID>'
        f"<Reason><code>{code}</code><text>{told}</text></Reason></Acknowledgement_MarketDocument>"
    )


def published(
    prices: list[float | None],
    begin: datetime,
    *,
    curve: str = "A03",
    step_min: int = 60,
    unit: str = "EUR",
    sequence: int | None = None,
) -> str:
    """Return ENTSO-E's answer of one series; with the curve A03 what equals the position before is left out."""
    series = series_of(prices, begin, curve=curve, step_min=step_min, unit=unit, sequence=sequence)
    return document_of(series)


def document_of(*series: str) -> str:
    """Return ENTSO-E's answer of several series."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<Publication_MarketDocument '
        'xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"><mRID>1</mRID><type>A44</type>'
        f"{''.join(series)}</Publication_MarketDocument>"
    )


def series_of(
    prices: list[float | None],
    begin: datetime,
    *,
    curve: str = "A03",
    step_min: int = 60,
    unit: str = "EUR",
    sequence: int | None = None,
) -> str:
    """Return one series of prices."""
    end = begin + timedelta(minutes=step_min * len(prices))
    position = "classificationSequence_AttributeInstanceComponent.position"
    points = "".join(
        f"<Point><position>{n}</position><price.amount>{price}</price.amount></Point>"
        for n, price in enumerate(prices, 1)
        if price is not None and not (curve == "A03" and n > 1 and prices[n - 2] == price)
    )
    return (
        f"<TimeSeries><mRID>1</mRID><currency_Unit.name>{unit}</currency_Unit.name>"
        f"<price_Measure_Unit.name>MWH</price_Measure_Unit.name>"
        + (f"<{position}>{sequence}</{position}>" if sequence is not None else "")
        + f"<curveType>{curve}</curveType><Period><timeInterval><start>{begin:%Y-%m-%dT%H:%MZ}</start>"
        f"<end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval><resolution>PT{step_min}M</resolution>{points}</Period></TimeSeries>"
    )


class PowerBodies:
    """Hours of whole days of UTC, from 400 days ago to tomorrow, the same in every market."""

    PROVIDERS = ("smard", "awattar", "awattar_de", "aemo", "ercot", "ecb", "entsoe", "eia")
    now: int
    today: int

    def smard(self, path: str, query: Query) -> Any:
        """Weeks that begin on Mondays at 0:00 UTC, in the zones DE-LU (4169) and AT (4170)."""
        _, number, _region, file = path.split("/")
        if number not in ("4169", "4170"):
            return None
        monday = self.today - (datetime.fromtimestamp(self.today, UTC).weekday()) * DAY
        weeks = [(monday - back * 7 * DAY) * 1_000 for back in range(53, -1, -1)]
        if file == "index_hour.json":
            return {"timestamps": weeks}
        week = int(file.removesuffix(".json").rsplit("_", 1)[1])
        if week not in weeks:
            return None
        hours = range(week // 1_000, week // 1_000 + 7 * DAY, HOUR)
        series = [[hour * 1_000, euros(hour) if hour < self.today + 2 * DAY else None] for hour in hours]
        return {"meta_data": {"version": 1, "created": self.now * 1_000}, "series": series}

    def awattar(self, path: str, query: Query) -> Any:
        if path != "/v1/marketdata":
            return None
        start, end = (int(query[key][0]) // 1_000 for key in ("start", "end"))
        hours = range(max(start, self.today - 400 * DAY), min(end, self.today + 2 * DAY), HOUR)
        rows = [
            {
                "start_timestamp": hour * 1_000,
                "end_timestamp": (hour + HOUR) * 1_000,
                "marketprice": euros(hour),
                "unit": "Eur/MWh",
            }
            for hour in hours
        ]
        return {"object": "list", "data": rows, "url": "/at/v1/marketdata"}

    awattar_de = awattar

    def aemo(self, path: str, query: Query) -> Any:
        """The interval that ended at the clock, in two regions; its stamp is the end, ten hours ahead."""
        if path != "/ELEC_NEM_SUMMARY":
            return None
        stamp = datetime.fromtimestamp(self.now + 10 * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        rows = [
            {"SETTLEMENTDATE": stamp, "REGIONID": region, "PRICE": price, "TOTALDEMAND": 6046.68}
            for region, price in (("NSW1", 61.5), ("SA1", -7.25))
        ]
        return {"ELEC_NEM_SUMMARY": rows}

    def post_aemo(self, path: str, posted: bytes) -> Any:
        """A day of intervals until five minutes before the clock, and one of a forecast."""
        if path != "/5MIN" or posted != b'{"timeScale":["5MIN"]}':
            return None
        ends = range(self.now - DAY, self.now + 600, 300)
        rows = [
            {
                "SETTLEMENTDATE": datetime.fromtimestamp(end + 10 * HOUR, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "REGIONID": region,
                "RRP": round(base + end // 300 % 7, 2),
                "PERIODTYPE": "ACTUAL" if end < self.now else "FORECAST",
                "APCFLAG": 0.0,
            }
            for end in ends
            for region, base in (("NSW1", 60.5), ("SA1", -9.25))
        ]
        return {"5MIN": rows}

    def ecb(self, path: str, query: Query) -> Any:
        """Rates per euro of the last two weeks' working days, as CSV with more columns than are needed."""
        known = {"USD": 1.1555, "AUD": 1.7325}
        series, _, rest = path.removeprefix("/service/data/EXR/D.").partition(".")
        if rest != "EUR.SP00.A" or query["format"] != ["csvdata"] or not set(series.split("+")) <= known.keys():
            return None
        days = [datetime.fromtimestamp(self.today - n * DAY, UTC) for n in range(14, 0, -1)]
        rows = [
            f"EXR.D.{name}.EUR.SP00.A,D,{name},EUR,SP00,A,{day:%Y-%m-%d},{known[name] + n / 1000 - 0.013},A"
            for name in series.split("+")
            for n, day in enumerate(days)
            if day.weekday() < 5
        ]
        head = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS"
        return "\n".join([head, *rows]) + "\n"

    def post_entsoe(self, path: str, posted: bytes) -> Any:
        """Hours of whole days of UTC from 400 days ago to tomorrow, of DE-LU; of other zones reason 999."""
        asked = dict(re.findall(r"<attribute>(.*?)</attribute><attributeValue>(.*?)<", posted.decode()))
        if path != "/api" or asked["DocumentType"] != "A44" or asked["In_Domain"] != asked["Out_Domain"]:
            return None
        begin, end = (int(datetime.fromisoformat(side).timestamp()) for side in asked["TimeInterval"].split("/"))
        hours = range(max(begin, self.today - 400 * DAY), min(end, self.today + 2 * DAY), HOUR)
        if asked["In_Domain"] != "10Y1001A1001A82H" or not hours:
            return no_data("No matching data found")
        return published([euros(hour) for hour in hours], datetime.fromtimestamp(hours[0], UTC))

    def eia(self, path: str, query: Query) -> Any:
        """The months until two months ago, the newest first; the price now a text, now a number, once missing."""
        if path != "/v2/electricity/retail-sales/data/" or query["facets[sectorid][]"] != ["IND"]:
            return None
        month = datetime.fromtimestamp(self.today, UTC).replace(day=1)
        rows = []
        for number, price in enumerate(("6.71", 6.5, None, "6.42", "6.38")):
            period = (month - timedelta(days=31 * (number + 2) - 10)).strftime("%Y-%m")
            state = query["facets[stateid][]"][0]
            row = {"period": period, "stateid": state, "sectorid": "IND", "price": price}
            rows.append(row | {"price-units": "cents per kilowatt-hour"})
        response = {"total": "5", "dateFormat": "YYYY-MM", "frequency": "monthly", "data": rows}
        return {"response": response, "request": {"command": path}, "apiVersion": "2.1.8"}

    #: How many quarters of an hour, and how many days, ERCOT lists.
    quarters = 2
    days_ahead = 1

    def ercot(self, path: str, query: Query) -> Any:
        """The last quarters of an hour and the days ahead, as CSV and as XML files, on the clock of January."""
        central = timedelta(hours=-6)
        quarter = self.now // 900 * 900
        ends = {str(1_000 + n): quarter - n * 900 for n in range(self.quarters)}
        days = {str(9_000 + n): self.today - n * DAY for n in range(self.days_ahead)}
        if path == "/misapp/servlets/IceDocListJsonWS":
            is_real = query["reportTypeId"] == ["12301"]
            stamps = {key: at + (120 if is_real else -11 * HOUR) for key, at in (ends if is_real else days).items()}
            return {"ListDocsByRptTypeRes": {"DocumentList": list(self._listed(stamps, ends, central))}}
        key = query.get("doclookupId", [""])[0]
        if key in ends:
            return zipped(_quarter_csv(datetime.fromtimestamp(ends[key] - 900, UTC) + central))
        if key in days:
            return zipped(_day_csv(datetime.fromtimestamp(days[key], UTC)))
        return None

    def _listed(self, stamps: dict[str, int], ends: dict[str, int], central: timedelta) -> Any:
        for key, published in stamps.items():
            local = (datetime.fromtimestamp(published, UTC) + central).strftime("%Y-%m-%dT%H:%M:%S-06:00")
            named = "DAMSPNP4190"
            if key in ends:
                named = f"SPPHLZNP6905_{datetime.fromtimestamp(ends[key], UTC) + central:%Y%m%d_%H%M}"
            for number, ending in ((key, "csv"), (f"7{key}", "xml")):
                yield {"Document": {"DocID": number, "FriendlyName": f"{named}_{ending}", "PublishDate": local}}


def _quarter_csv(start: datetime) -> str:
    """Return a file of one quarter of an hour that begins at `start` on the market's clock."""
    head = "DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointName,SettlementPointType,SettlementPointPrice"
    head += ",DSTFlag"
    when = f"{start:%m/%d/%Y},{start.hour + 1},{start.minute // 15 + 1}"
    rows = [f"{when},HB_HUBAVG,SH,{20 + start.hour + start.minute / 100:.2f},N", f"{when},LZ_WEST,LZ,-3.5,N"]
    return "\n".join([head, *rows, f"{when},LZ_WEST,LZEW,-4.5,N", f"{when},7RNCHSLR_ALL,RN,19.1,N"]) + "\n"


def _day_csv(day: datetime) -> str:
    """Return a day-ahead file."""
    rows = [f"{day:%m/%d/%Y},{hour:02}:00,HB_WEST,{hour * 2}.50,N" for hour in range(1, 25)]
    return "\n".join(["DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag", *rows]) + "\n"
