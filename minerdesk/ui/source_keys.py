"""Keys and passwords of sources, from the window to the system's keyring and never back: every look at it is a job.

A keyring may ask its user to unlock it, so nothing here waits; and it is only looked into for a source that is on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from minerdesk import clock
from minerdesk.errors import StoreError
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.ui.bridge import Bridge

NO_KEY = "It wants a key, and the keyring has none. Paste it below and press Set."


@dataclass(frozen=True, kw_only=True)
class KeyState:
    """What is known of a source's key: whether there is one (None is not looked up), or what went wrong."""

    has: bool | None = None
    problem: str = ""
    busy: bool = False


UNASKED = KeyState()


class SourceKeys(QObject):
    """Switches sources on and off, and gives and takes their keys. `told(str, KeyState)` follows each of these."""

    told = Signal(str, object)

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._known: dict[str, KeyState] = {}
        bridge.sources_changed.connect(self._forget)

    def state(self, provider: str) -> KeyState:
        """Return what is known of a key."""
        return self._known.get(provider, UNASKED)

    def look(self, provider: str) -> None:
        """Look up whether there is a key."""
        self._run(provider, lambda: self._has_now(provider))

    def switch(self, provider: str, *, on: bool) -> None:
        """Ask a source from now on, or no more. One that wants a key and has none stays off, and it is said why."""
        if on and PROVIDERS[provider].access is Access.KEY:
            self._run(provider, lambda: self._has_now(provider), self._switch_with_key)
        else:
            self._prefer(provider, on=on)
            self._tell(provider, KeyState(has=self.state(provider).has))

    def give(self, provider: str, key: str) -> None:
        """Put a key into the keyring, in the place of the one before, and ask the source from now on."""

        def work() -> bool:
            self._bridge.session.keys.set(provider, key)
            return True

        def then(name: str, _has: bool) -> str:
            self._prefer(name, on=True, rekeyed=True)
            return ""

        self._run(provider, work, then)

    def remove(self, provider: str) -> None:
        """Take a key out of the keyring; a source that can't be asked without is not asked any more."""

        def work() -> bool:
            self._bridge.session.keys.remove(provider)
            return False

        def then(name: str, _has: bool) -> str:
            own = PROVIDERS[name].access is Access.OWN  # a node may still let in by its cookie
            self._prefer(name, on=own and name in self._bridge.session.preferences.sources_on, rekeyed=True)
            return ""

        self._run(provider, work, then)

    def _has_now(self, provider: str) -> bool:
        """Ask the keyring itself, not what was read of it before: the user may have given a key elsewhere."""
        keys = self._bridge.session.keys
        keys.forget(provider)
        return keys.get(provider) is not None

    def _switch_with_key(self, provider: str, has: bool) -> str:
        if has:
            self._prefer(provider, on=True)
        return "" if has else NO_KEY

    def _prefer(self, provider: str, *, on: bool, rekeyed: bool = False) -> None:
        session = self._bridge.session
        changed = session.preferences.with_source(provider, on=on)
        if rekeyed:
            changed = changed.with_key_changed(provider, clock.real_now())
        self._bridge.prefer(sources_on=changed.sources_on, keys_changed=changed.keys_changed)
        session.connection.forgive([provider])

    def _forget(self, providers: Iterable[str]) -> None:
        """Forget what is known of keys that another program may have changed; it is looked up when it is shown."""
        for provider in providers:
            self._known.pop(provider, None)

    def _run(
        self, provider: str, work: Callable[[], bool], then: Callable[[str, bool], str] = lambda _name, _has: ""
    ) -> None:
        """Look into the keyring; `then` goes on with what was found and returns a problem, or an empty text."""

        def done(has: bool) -> None:
            self._tell(provider, KeyState(has=has, problem=then(provider, has)))

        def failed(error: BaseException) -> None:
            if not isinstance(error, StoreError):
                raise error
            self._tell(provider, KeyState(has=self.state(provider).has, problem=str(error)))

        def job(_progress: Any, _cancelled: Any) -> bool:
            return work()

        self._tell(provider, KeyState(has=self.state(provider).has, busy=True))
        self._bridge.tasks.run(f"key {provider}", job, done, failed)

    def _tell(self, provider: str, state: KeyState) -> None:
        self._known[provider] = state
        self.told.emit(provider, state)
