"""The way to the network: the one client of a run, what lets it in, and who is to be left alone over restarts."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from minerdesk import __version__, clock
from minerdesk.sources.breaker import Health
from minerdesk.sources.client import Client
from minerdesk.sources.credentials import KeyCredentials
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.sources.skew import Skew
from minerdesk.sources.surroundings import Change, Surroundings
from minerdesk.store.block_fees import KeptBlockFees
from minerdesk.store.keys import Keys
from minerdesk.store.node import NODE, NodeLogin
from minerdesk.store.paths import Folders
from minerdesk.store.pauses import KeptPauses
from minerdesk.store.preferences import Preferences
from minerdesk.store.replies import KeptReplies

USER_AGENT = f"minerdesk/{__version__} (Bitcoin mining and AI hosting comparison; desktop)"

#: The base URL of each provider.
Bases = Mapping[str, str]


class Connection:
    """The client, made before the first request, and what it needs to know.

    `client` may be called from any thread; all else belongs to the thread that owns the desk, unless it says otherwise.

    Parameters
    ----------
    preferences, offline
        Return what is preferred now, and whether the network is switched off.
    bases
        The base URL of each provider, to begin with.
    """

    def __init__(
        self, folders: Folders, preferences: Callable[[], Preferences], offline: Callable[[], bool], bases: Bases
    ) -> None:
        self.bases = bases
        self.replies = KeptReplies(folders.cache / "replies")
        self.keys = Keys()
        self.node = NodeLogin(preferences, self.keys.get)
        self.surroundings = Surroundings()
        self._folders = folders
        self._preferences = preferences
        self._offline = offline
        self._pauses = KeptPauses(folders.cache / "pauses.json")
        self._client: Client | None = None
        self._lock = threading.Lock()

    def client(self) -> Client:
        """Return the one client of this run; its pacing and its breakers outlive a single refresh."""
        with self._lock:
            if self._client is None:
                self._client = Client(
                    self.bases,
                    user_agent=USER_AGENT,
                    offline=self._offline(),
                    ca_file=self._preferences().ca_file,
                    credentials=KeyCredentials(self._key_of, {NODE: self.node.headers}),
                    replies=self.replies,
                    block_fees=KeptBlockFees(self._folders.cache / "blocks.json"),
                )
                self._client.restore(self._pauses.recall(self.bases, network=self._network(), now=clock.real_now()))
            return self._client

    @property
    def client_was_made(self) -> bool:
        """Whether anything was about to be asked of the network in this run."""
        return self._client is not None

    @property
    def skew(self) -> Skew | None:
        """By how much replies say that the clock is off; None before anything was asked."""
        return None if self._client is None else self._client.skew

    def health(self) -> dict[str, Health]:
        """Return how each provider is doing; nothing is known before anything was asked."""
        return {} if self._client is None else self._client.health()

    def switch(self, *, offline: bool) -> None:
        """Switch the client off or on for what follows; pacing and pauses go on through it."""
        with self._lock:
            if self._client is not None:
                self._client.offline = offline

    def go_by(self, bases: Bases, ca_file: str) -> None:
        """Ask at other addresses, and trust other certificates, from now on."""
        self.bases = bases
        with self._lock:
            if self._client is not None:
                self._client.rebase(bases)
                self._client.ca_file = ca_file

    def forgive(self, providers: Iterable[str]) -> None:
        """Ask providers again whatever kept them from being asked: switched on, or let in by another key now."""
        for provider in providers:
            with self._lock:
                if self._client is not None:
                    self._client.forgive(provider)
            self._pauses.keep({provider: None}, self.bases, network=self._network(), now=clock.real_now())

    def keep_pauses(self) -> None:
        """Write down who is to be left alone, for the next run; by the real time, which a replay doesn't hold up.

        From any thread. Offline nothing is written, and nothing of a run in which nothing was asked.
        """
        if self._client is not None and not self._offline():
            pauses = self._client.pauses()
            self._pauses.keep(pauses, self.bases, network=self._network(), now=clock.real_now())

    def look(self) -> Change | None:
        """Notice a sleep, a clock that was set or another network, begin anew after one, and return what it was."""
        change = self.surroundings.look()
        if not change:
            return None
        if self._client is not None:
            self._client.resume(change.slept_s)
            if change.clock_was_set:
                self._client.skew.forget()
        if change.clock_was_set:
            clock.correct(timedelta(0))
        return change

    def _key_of(self, provider: str) -> str | None:
        """Return the key of a provider; the keyring is not opened for one that does without, and was given none."""
        if PROVIDERS[provider].access is Access.OPEN and provider not in self._preferences().sources_on:
            return None
        return self.keys.get(provider)

    def _network(self) -> str:
        """Return what this computer's network is recognised by; offline it is not looked at."""
        return "" if self._offline() else self.surroundings.network()
