"""The page Data as the tests open it: a bridge that is taken down in order, the page on it, one source's state."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from loopback import Loopback
from sample_desk import NOW

from minerdesk.session import Session
from minerdesk.source_states import SourceState, source_states
from minerdesk.sources import endpoints
from minerdesk.sources.breaker import Health
from minerdesk.sources.topics import TOPICS
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.data import DataPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance


def served_by(server: Loopback, monkeypatch: Any) -> None:
    """Point every provider to a loopback server, as the variables of the environment do."""
    for provider, url in server.bases().items():
        monkeypatch.setenv(f"MINERDESK_URL_{provider.upper()}", url)


@contextmanager
def bridged(session: Session) -> Iterator[Bridge]:
    """Give a bridge over a session; both are taken down in order."""
    tasks = Tasks()
    bridge = Bridge(session, tasks)
    yield bridge
    bridge.stop()
    tasks.shutdown()
    session.close()


def data_page(bridge: Bridge, qapp: Any, qtbot: Any, width: int = 960, height: int = 520) -> DataPanel:
    """Open the page Data in the room that a window of 1280 x 800 leaves it, or in another."""
    page = DataPanel(bridge, Appearance(qapp))
    qtbot.addWidget(page)
    page.resize(width, height)
    bridge.changed.connect(page.render_snapshot)
    page.render_snapshot(bridge.snapshot)
    page.show()
    return page


def state_of(provider: str, health: Mapping[str, Health] | None = None, **changes: Any) -> SourceState:
    """Return the state of one source, of which nothing is known but what is given."""
    given: dict[str, Any] = {
        "now": NOW,
        "offline": False,
        "topics": TOPICS,
        "bases": endpoints.resolve({}, {}),
        "health": health or {},
        "last_given": {},
        "last_fetched": {},
        "sizes_bytes": None,
    }
    return next(state for state in source_states(**given | changes) if state.provider == provider)
