"""Which addresses a scan may ask: a private subnet of the user's own, and not too many."""

import ipaddress

from minerdesk.errors import InputError

#: RFC 1918, this machine itself, and link-local. Anything else may belong to somebody else.
PRIVATE = tuple(
    ipaddress.IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")
)
#: A /22 holds 1,024 addresses.
WIDEST_PREFIX = 22
EXAMPLE = "192.168.1.0/24"

_NOTHING_ASKED = "Nothing was asked."


def hosts_of(text: str) -> tuple[str, ...]:
    """Return the addresses of a subnet in order, without those of the network and of broadcast.

    Bits behind the prefix are forgiven; an address alone is asked alone.

    Raises
    ------
    InputError
        It is no IPv4 subnet, not private, or wider than /22.

    >>> hosts_of("192.168.1.77/30"), hosts_of(" 10.0.0.5 ")
    (('192.168.1.77', '192.168.1.78'), ('10.0.0.5',))
    """
    bare = text.strip()
    try:
        network = ipaddress.ip_network(bare, strict=False)
    except ValueError:
        raise InputError(
            f"“{bare:.60}” is no subnet.", hint=f"{_NOTHING_ASKED} Write it like {EXAMPLE}, or one address."
        ) from None
    if not isinstance(network, ipaddress.IPv4Network):
        raise InputError(
            f"{bare:.60} is IPv6, which is not scanned.",
            hint=f"{_NOTHING_ASKED} Write the IPv4 subnet, like {EXAMPLE}.",
        )
    if not any(network.subnet_of(private) for private in PRIVATE):
        raise InputError(
            f"{network} is not a private network.",
            hint=f"{_NOTHING_ASKED} Only 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, link-local and loopback "
            "addresses are scanned.",
        )
    if network.prefixlen < WIDEST_PREFIX:
        raise InputError(
            f"{network} has {network.num_addresses:,} addresses; {2 ** (32 - WIDEST_PREFIX):,} (/{WIDEST_PREFIX}) "
            "are the most that one scan asks.",
            hint=f"{_NOTHING_ASKED} Scan it in parts.",
        )
    return tuple(str(host) for host in network.hosts())
