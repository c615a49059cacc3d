"""The European Central Bank itself: its reference rates, units per euro. https://data.ecb.europa.eu"""

import csv
import io
import threading
from datetime import datetime, timedelta

from minerdesk.sources.ask import Ask, Fetched, Probe
from minerdesk.sources.client import Client
from minerdesk.sources.failures import malformed
from minerdesk.sources.parsing import iso_instant, number, text
from minerdesk.sources.rates import Rate, believed

NAME = "ecb"
DEADLINE_S = 15.0
_SPAN = timedelta(days=14)
_COLUMNS = ("CURRENCY", "TIME_PERIOD", "OBS_VALUE")


def parse_rates(body: bytes, currency: str, *, now: datetime) -> Rate:
    """Read the CSV of the series EXR, by the names of its columns: daily rates per euro of the dollar and a currency.

    The rate is that of the newest day on which both are known; a day without a value is passed over.
    """
    per_euro: dict[str, dict[datetime, float]] = {}
    try:
        rows = csv.DictReader(io.StringIO(text(body, NAME)))
        if not set(_COLUMNS) <= set(rows.fieldnames or ()):
            raise malformed(NAME, "it has no columns of currency, day and rate")
        for row in rows:
            if None in row.values():
                raise malformed(NAME, "a row of it is cut off")
            name, day, value = (row[column] for column in _COLUMNS)
            if value.strip() not in ("", "NaN"):
                at = iso_instant(day, NAME, "a day")
                if at <= now:
                    per_euro.setdefault(name, {})[at] = number(value.strip(), NAME, "a rate")
    except csv.Error as error:
        raise malformed(NAME, f"it is no CSV ({str(error)[:60]})") from None
    dollars = per_euro.get("USD", {})
    units = per_euro.get(currency, {}) if currency != "EUR" else dict.fromkeys(dollars, 1.0)
    both = dollars.keys() & units.keys()
    if not both:
        raise malformed(NAME, f"it holds no day with the rates of USD and {currency}")
    newest = max(both)
    if units[newest] <= 0:
        raise malformed(NAME, f"its rate of {currency} is {units[newest]:g}")
    rate = Rate(currency=currency, usd_per_unit=dollars[newest] / units[newest], day=newest)
    return believed(rate, now=now, source=NAME)


def _asked_for(currency: str, now: datetime) -> tuple[str, dict[str, str]]:
    """Return path and parameters of the last two weeks of a currency and of the dollar, which it is reckoned into."""
    names = "+".join(sorted({"USD", currency} - {"EUR"}))
    first = (now - _SPAN).date().isoformat()
    return f"/service/data/EXR/D.{names}.EUR.SP00.A", {"format": "csvdata", "startPeriod": first}


def fetch_rate(client: Client, currency: str, *, now: datetime, cancel: threading.Event | None = None) -> Rate:
    """Fetch the newest rate of a currency into dollars. Blocks; raises SourceError."""
    path, params = _asked_for(currency, now)
    with client.judged(NAME, force=True):
        body = client.get(NAME, path, params=params, deadline=client.monotonic() + DEADLINE_S, cancel=cancel)
        return parse_rates(body, currency, now=now)


def _probe(ask: Ask) -> Fetched:
    rate = parse_rates(ask.get(NAME, *_asked_for("EUR", ask.now)), "EUR", now=ask.now)
    return Fetched(told=f"1 EUR is {rate.usd_per_unit:.4f} $, {rate.note}")


PROBE = Probe(provider=NAME, label="Exchange rates", fetch=_probe)
