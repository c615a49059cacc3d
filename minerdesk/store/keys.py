"""Keys of providers, in the keyring of the operating system and nowhere else.

The library keyring comes with the optional extra ``minerdesk[keys]``, is imported late, and may ask the user to unlock
the keyring: so nothing here is called on the window's thread.
"""

import threading
from typing import Any

from minerdesk.errors import StoreError
from minerdesk.secrecy import keep_secret

SERVICE = "minerdesk"
EXTRA = "pip install 'minerdesk[keys]'"
LONGEST = 1_000
#: Keyrings that keep what they are given in a plain file.
_IN_FILES = "keyrings.alt"


class Keys:
    """The keys by provider, each read from the keyring once. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[str, str | None] = {}

    def get(self, provider: str) -> str | None:
        """Return the key of a provider, or None if the keyring has none. Blocks while the keyring is locked.

        Raises
        ------
        StoreError
            There is no keyring, it stays locked, or the extra is not installed.
        """
        with self._lock:
            if provider not in self._read:
                ring = _ring()
                try:
                    found = ring.get_password(SERVICE, provider)
                except ring.errors.KeyringError as error:
                    raise _trouble(error) from None
                if found:
                    keep_secret(found)
                self._read[provider] = found or None
            return self._read[provider]

    def set(self, provider: str, key: str) -> None:
        """Keep a key in the keyring; a StoreError says why it can't be, and nothing is kept anywhere then."""
        checked = usable(key)
        keep_secret(checked)
        with self._lock:
            ring = _ring()
            try:
                ring.set_password(SERVICE, provider, checked)
            except ring.errors.KeyringError as error:
                raise _trouble(error) from None
            self._read[provider] = checked

    def remove(self, provider: str) -> None:
        """Remove a key from the keyring; one that is not there is as good as removed."""
        with self._lock:
            ring = _ring()
            try:
                if ring.get_password(SERVICE, provider):
                    ring.delete_password(SERVICE, provider)
            except ring.errors.KeyringError as error:
                raise _trouble(error) from None
            self._read[provider] = None

    def forget(self, provider: str) -> None:
        """Forget what was read of a provider: the keyring is asked again when its key is needed next."""
        with self._lock:
            self._read.pop(provider, None)


def usable(key: str) -> str:
    """Return a key as it is sent, without blanks around it.

    Raises
    ------
    StoreError
        It is empty, too long, or holds what can't stand in a header; the message does not repeat it.

    >>> usable(" abc123\\n")
    'abc123'
    """
    stripped = key.strip()
    if not stripped:
        raise StoreError("The key is empty.", hint="Nothing was kept. Paste it again.")
    if len(stripped) > LONGEST or not (stripped.isascii() and stripped.isprintable()):
        raise StoreError(
            "That is no key: it is too long, or holds letters that no key has.",
            hint="Nothing was kept. Paste it again.",
        )
    return stripped


def _ring() -> Any:
    """Return the library with a keyring that is none of plain files."""
    try:
        import keyring  # noqa: PLC0415 - an optional extra, and slow to import
        import keyring.errors  # noqa: PLC0415 - as above
    except ImportError:
        raise StoreError(
            "Keys are kept in the system's keyring, and the part of minerdesk that reaches it is not installed.",
            hint=f"Install it with: {EXTRA}",
        ) from None
    chosen = type(keyring.get_keyring())
    if chosen.__module__.startswith(_IN_FILES):
        raise StoreError(
            f"The keyring of this system ({chosen.__name__}) writes keys to a file, which minerdesk does not do.",
            hint="Choose another keyring for Python's keyring library.",
        )
    return keyring


def _trouble(error: Exception) -> StoreError:
    """Return what a failing keyring comes to; its own words may be long, and never hold the key."""
    said = " ".join(str(error).split())[:120] or type(error).__name__
    return StoreError(
        f"The system's keyring can't be used ({said}).",
        hint="Unlock it, or set one up (on Linux: a Secret Service such as GNOME Keyring or KWallet).",
    )
