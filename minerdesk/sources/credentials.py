"""What lets a request in: the secret headers of providers that want a key, made right before a request is sent."""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from minerdesk.errors import FailureKind, SourceError, StoreError
from minerdesk.sources.endpoints import PROVIDERS, Access

#: Makes the secret headers of one provider.
Maker = Callable[[], Mapping[str, str]]


class Credentials(Protocol):
    """Where the secret headers of requests come from."""

    def headers(self, provider: str) -> Mapping[str, str]:
        """Return the secret headers of a request, empty for a provider that wants none; a SourceError if it can't."""


class NoCredentials:
    """Has no key."""

    def headers(self, provider: str) -> Mapping[str, str]:
        """Return nothing."""
        del provider
        return {}


class KeyCredentials:
    """Keys as the providers want them sent.

    Parameters
    ----------
    key_of
        Returns the key of a provider, None if there is none; a StoreError says why it can't be read.
    makers
        Providers whose log-in is more than a key in a header, by name.
    """

    def __init__(self, key_of: Callable[[str], str | None], makers: Mapping[str, Maker] | None = None) -> None:
        self._key_of = key_of
        self._makers = dict(makers or {})

    def headers(self, provider: str) -> Mapping[str, str]:
        """Return the secret headers of a provider.

        Raises
        ------
        SourceError
            needs_key: it wants a key and there is none, or the keyring can't be read.
        """
        try:
            if provider in self._makers:
                return self._makers[provider]()
            declared = PROVIDERS[provider]
            if not declared.key_header:
                return {}
            key = self._key_of(provider)
        except StoreError as error:
            if provider not in self._makers and PROVIDERS[provider].access is Access.OPEN:
                return {}  # it does without
            raise SourceError(FailureKind.NEEDS_KEY, provider, str(error)) from None
        if key is None and declared.access is Access.KEY:
            raise SourceError(
                FailureKind.NEEDS_KEY, provider, "It wants a key, and there is none. Give one on the page Data."
            )
        return {} if key is None else {declared.key_header: declared.key_prefix + key}


def may_carry_secrets(url: str, *, own: bool) -> bool:
    """Return whether a secret may travel to a URL: by https, or within this computer; to one's `own` system, also
    within a private network.

    >>> may_carry_secrets("http://192.168.1.5:8332", own=True), may_carry_secrets("http://192.168.1.5", own=False)
    (True, False)
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return own and ("." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa")))
    return address.is_loopback or (own and (address.is_private or address.is_link_local))
