"""What industry in a US state pays for electricity: fetched when it is wanted, and kept with its month."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from minerdesk.errors import InputError, StoreError
from minerdesk.sources.client import Client
from minerdesk.sources.eia import STATES, fetch_prices
from minerdesk.store import documents
from minerdesk.store.atomic import set_aside_in_words, write_text
from minerdesk.store.paths import ensure

USUAL_STATE = "TX"
_FILE = "industry_price.json"
_LEAST_USD, _MOST_USD = 0.0, 10_000.0


@dataclass(frozen=True, kw_only=True)
class IndustryPrice:
    """The newest monthly mean that industry in a state paid, delivery included."""

    state: str
    month: datetime
    usd_per_mwh: float
    fetched_at: datetime

    @property
    def words(self) -> str:
        """Of where and when the figure is."""
        return f"{STATES[self.state]}, {self.month:%B %Y}"


def fetch(
    client: Client, folder: Path, state: str, *, now: datetime, cancel: threading.Event | None = None
) -> IndustryPrice:
    """Fetch the newest figure of a state and keep it. Blocks; raises SourceError, or StoreError if it can't be kept."""
    newest = fetch_prices(client, state, now=now, cancel=cancel)[-1]
    found = IndustryPrice(state=state, month=newest.month, usd_per_mwh=newest.usd_per_mwh, fetched_at=now)
    write_text(
        ensure(folder) / _FILE,
        documents.dumps(
            {
                "state": found.state,
                "month": found.month.isoformat(),
                "usd_per_mwh": found.usd_per_mwh,
                "fetched_at": found.fetched_at.isoformat(),
            }
        ),
    )
    return found


def kept(folder: Path, now: datetime) -> IndustryPrice | None:
    """Return the figure that is kept; None if there is none, or only one of later than `now`.

    A damaged file is set aside; it is fetched again with a press. Never raises.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        found = _read(documents.read(path))
    except StoreError:
        return None
    except (InputError, ValueError, TypeError, KeyError):
        set_aside_in_words(path)
        return None
    return found if found.month <= found.fetched_at <= now else None


def _read(document: documents.Document) -> IndustryPrice:
    month, fetched = (datetime.fromisoformat(document[name]).astimezone(UTC) for name in ("month", "fetched_at"))
    state, price = document["state"], float(document["usd_per_mwh"])
    if state not in STATES or not _LEAST_USD < price < _MOST_USD:
        raise ValueError("it is no price of a state")
    return IndustryPrice(state=state, month=month, usd_per_mwh=price, fetched_at=fetched)
