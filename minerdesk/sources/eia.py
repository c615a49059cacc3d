"""The US Energy Information Administration: what industry pays for electricity, by state and month, with a key.

https://www.eia.gov/opendata. It is a retail price, delivery included, two or three months old; no market price.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from minerdesk.sources.ask import Ask, Fetched, Probe
from minerdesk.sources.client import Client
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import listed, loads, member, number

NAME = "eia"
DEADLINE_S = 15.0
_PATH = "/v2/electricity/retail-sales/data/"
_MONTHS = 24
_USD_PER_MWH_PER_CENT_PER_KWH = 10.0
_LOWEST_USD, _HIGHEST_USD = 10.0, 1_000.0
#: Figures come out two or three months after their month; older ones are not the newest.
_OLDEST = timedelta(days=400)
STATES: Mapping[str, str] = MappingProxyType(
    {
        "US": "United States",
        "AL": "Alabama",
        "AK": "Alaska",
        "AZ": "Arizona",
        "AR": "Arkansas",
        "CA": "California",
        "CO": "Colorado",
        "CT": "Connecticut",
        "DE": "Delaware",
        "DC": "District of Columbia",
        "FL": "Florida",
        "GA": "Georgia",
        "HI": "Hawaii",
        "ID": "Idaho",
        "IL": "Illinois",
        "IN": "Indiana",
        "IA": "Iowa",
        "KS": "Kansas",
        "KY": "Kentucky",
        "LA": "Louisiana",
        "ME": "Maine",
        "MD": "Maryland",
        "MA": "Massachusetts",
        "MI": "Michigan",
        "MN": "Minnesota",
        "MS": "Mississippi",
        "MO": "Missouri",
        "MT": "Montana",
        "NE": "Nebraska",
        "NV": "Nevada",
        "NH": "New Hampshire",
        "NJ": "New Jersey",
        "NM": "New Mexico",
        "NY": "New York",
        "NC": "North Carolina",
        "ND": "North Dakota",
        "OH": "Ohio",
        "OK": "Oklahoma",
        "OR": "Oregon",
        "PA": "Pennsylvania",
        "RI": "Rhode Island",
        "SC": "South Carolina",
        "SD": "South Dakota",
        "TN": "Tennessee",
        "TX": "Texas",
        "UT": "Utah",
        "VT": "Vermont",
        "VA": "Virginia",
        "WA": "Washington",
        "WV": "West Virginia",
        "WI": "Wisconsin",
        "WY": "Wyoming",
    }
)


@dataclass(frozen=True, kw_only=True)
class MonthPrice:
    """What industry paid in a month, which is told by its first moment UTC."""

    month: datetime
    usd_per_mwh: float


def parse_prices(body: bytes, state: str, *, now: datetime) -> tuple[MonthPrice, ...]:
    """Read a state's months, in any order: cents per kWh, as number or text; null for a month without a figure.

    Returns the months in order, each once. The newest must not be older than a year and a month.
    """
    rows = listed(member(member(loads(body, NAME), "response", NAME), "data", NAME), NAME, "data")
    found: dict[datetime, float] = {}
    for row in rows:
        if (member(row, "stateid", NAME), member(row, "sectorid", NAME)) != (state, "IND"):
            raise malformed(NAME, f"a row of it is not about industry in {state}")
        unit = str(member(row, "price-units", NAME)).lower()
        if "cents per kilowatt" not in unit:
            raise implausible(NAME, f"its prices are in “{unit[:30]}”, not in cents per kWh")
        price = member(row, "price", NAME)
        if price is None:
            continue
        usd = number(price, NAME, "a price") * _USD_PER_MWH_PER_CENT_PER_KWH
        if not _LOWEST_USD <= usd <= _HIGHEST_USD:
            raise implausible(NAME, f"a price is {usd:g} $/MWh, outside {_LOWEST_USD:g} to {_HIGHEST_USD:,g}")
        found[_month(member(row, "period", NAME))] = round(usd, 6)
    known = {month: usd for month, usd in found.items() if month <= now}
    if not known:
        raise implausible(NAME, "it holds no month with a price before the clock")
    if now - max(known) > _OLDEST:
        raise implausible(NAME, f"its newest month is {max(known):%Y-%m}")
    return tuple(MonthPrice(month=month, usd_per_mwh=known[month]) for month in sorted(known))


def _month(period: object) -> datetime:
    try:
        return datetime.strptime(str(period), "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise malformed(NAME, f"its period is no month ({str(period)[:20]!r})") from None


def _question(state: str) -> dict[str, str]:
    return {
        "frequency": "monthly",
        "data[0]": "price",
        "facets[stateid][]": state,
        "facets[sectorid][]": "IND",
        "sort[0][column]": "period",
        "sort[0][direction]": "desc",
        "length": str(_MONTHS),
    }


def fetch_prices(
    client: Client, state: str, *, now: datetime, cancel: threading.Event | None = None
) -> Sequence[MonthPrice]:
    """Fetch what industry in a state paid in the last two years, by month. Blocks; raises SourceError."""
    with client.judged(NAME, force=True):
        deadline = client.monotonic() + DEADLINE_S
        body = client.get(NAME, _PATH, params=_question(state), deadline=deadline, cancel=cancel)
        return parse_prices(body, state, now=now)


def _probe(ask: Ask) -> Fetched:
    newest = parse_prices(ask.get(NAME, _PATH, _question("TX")), "TX", now=ask.now)[-1]
    return Fetched(told=f"Industry in Texas paid {newest.usd_per_mwh:.2f} $/MWh in {newest.month:%B %Y}")


PROBE = Probe(provider=NAME, label="Power prices of US industry", fetch=_probe)
