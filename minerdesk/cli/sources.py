"""The command of the sources: which are asked, which could be, and the keys that some of them want."""

import argparse
import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from minerdesk.cli.judge import say
from minerdesk.cli.options import SUCCESS
from minerdesk.cli.orders import Front
from minerdesk.errors import InputError
from minerdesk.session import Session, open_session
from minerdesk.sources.endpoints import PROVIDERS, Access, Provider
from minerdesk.sources.topics import only_from

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_ACCESS = {
    Access.OPEN: "always asked",
    Access.KEY: "with a key",
    Access.OPT_IN: "if you accept its terms",
    Access.OWN: "your own system",
}


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    sources = commands.add_parser("sources", help="which sources are asked; switch one on or off, give it a key")
    orders = sources.add_subparsers(dest="order", required=True)
    orders.add_parser("list", help="print every source").set_defaults(run=_run_list)
    on = _with_name(orders.add_parser("on", help="ask a source that is off by itself"))
    on.add_argument("--accept-terms", action="store_true", help="you have read its terms and may use it this way")
    on.set_defaults(run=_run_on)
    _with_name(orders.add_parser("off", help="ask it no more")).set_defaults(run=_run_off)
    key = _with_name(orders.add_parser("key", help="keep its key in the system's keyring, and ask it"))
    key.add_argument("--remove", action="store_true", help="remove the key, and ask it no more")
    key.set_defaults(run=_run_key)


def _with_name(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("source", metavar="SOURCE", help="its name, as the list has it")
    return parser


def _optional(name: str) -> Provider:
    """Return a source that can be switched; an InputError says why it can't."""
    provider = PROVIDERS.get(name)
    if provider is None:
        raise InputError(f"There is no source “{name}”.", hint=f"Known are {', '.join(PROVIDERS)}.")
    if provider.access is Access.OPEN:
        raise InputError(
            f"{provider.label} is always asked.", hint="Its place in the order is chosen on the page Data."
        )
    return provider


def _run_list(options: argparse.Namespace, front: Front) -> int:
    del options, front
    session = open_session(offline=True)
    try:
        on = session.preferences.sources_on
    finally:
        session.close()
    for name, provider in PROVIDERS.items():
        served = ", ".join(topic.label for topic in only_from(name))
        if not provider.credit and not served:
            continue
        state = "on" if provider.is_asked(on) else "off"
        sys.stdout.write(f"{name:<18}{state:<5}{_ACCESS[provider.access]:<26}{served or 'when it is wanted'}\n")
    return SUCCESS


def _switch(session: Session, name: str, *, on: bool) -> None:
    others = tuple(other for other in session.preferences.sources_on if other != name)
    changed = replace(session.preferences, sources_on=(*others, name) if on else others)
    session.adopt_preferences(changed)
    session.save_preferences(changed)


def _run_on(options: argparse.Namespace, front: Front) -> int:
    del front
    provider = _optional(options.source)
    if provider.access is Access.OPT_IN and not options.accept_terms:
        raise InputError(
            f"{provider.label}: {provider.terms}", hint="If you may use it this way, add --accept-terms. It stays off."
        )
    session = open_session(offline=True)
    try:
        if provider.access is Access.KEY and session.keys.get(provider.name) is None:
            raise InputError(
                f"{provider.label} wants a key.", hint=f"Give it with: minerdesk sources key {provider.name}"
            )
        _switch(session, provider.name, on=True)
    finally:
        session.close()
    say(f"{provider.label} is asked from now on.")
    return SUCCESS


def _run_off(options: argparse.Namespace, front: Front) -> int:
    del front
    provider = _optional(options.source)
    session = open_session(offline=True)
    try:
        _switch(session, provider.name, on=False)
    finally:
        session.close()
    say(f"{provider.label} is not asked any more.")
    return SUCCESS


def _run_key(options: argparse.Namespace, front: Front) -> int:
    del front
    provider = _optional(options.source)
    if not provider.key_header:
        raise InputError(f"{provider.label} takes no key.", hint="Nothing was changed.")
    session = open_session(offline=True)
    try:
        if options.remove:
            session.keys.remove(provider.name)
            _switch(session, provider.name, on=False)
            say(f"The key of {provider.label} is removed, and it is not asked any more.")
        else:
            session.keys.set(provider.name, _typed_key(provider))
            session.forgive(provider.name)
            _switch(session, provider.name, on=True)
            say(f"The key of {provider.label} is in the system's keyring, and it is asked from now on.")
    finally:
        session.close()
    return SUCCESS


def _typed_key(provider: Provider) -> str:
    """Read a key from a terminal without showing it, or from what is piped in; never from the arguments."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Key of {provider.label}: ")
    return sys.stdin.readline()
