"""The command of the sources: which are asked, which could be, and the keys that some of them want."""

import argparse
import getpass
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from minerdesk import clock
from minerdesk.cli.judge import say
from minerdesk.cli.options import SUCCESS
from minerdesk.cli.orders import Front
from minerdesk.errors import InputError, StoreError
from minerdesk.session import Session, open_session
from minerdesk.sources.endpoints import PROVIDERS, Access, Provider
from minerdesk.sources.topics import only_from
from minerdesk.store.node import NODE
from minerdesk.store.preferences import Preferences

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
    on.add_argument("--cookie", metavar="FILE", help="bitcoind: the cookie file, in place of the usual one")
    on.add_argument("--user", metavar="NAME", help="bitcoind: the user name, its password is given with “key bitcoind”")
    on.set_defaults(run=_run_on)
    _with_name(orders.add_parser("off", help="ask it no more")).set_defaults(run=_run_off)
    key = _with_name(orders.add_parser("key", help="keep its key, or password, in the system's keyring"))
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
    width = max(map(len, PROVIDERS)) + 2
    for name, provider in PROVIDERS.items():
        served = ", ".join(topic.label for topic in only_from(name))
        if not provider.credit and not served:
            continue
        state = "on" if provider.is_asked(on) else "off"
        sys.stdout.write(f"{name:<{width}}{state:<5}{_ACCESS[provider.access]:<26}{served or 'when it is wanted'}\n")
    return SUCCESS


def _switch(session: Session, name: str, *, on: bool) -> None:
    _adopt(session, session.preferences.with_source(name, on=on))


def _switch_rekeyed(session: Session, name: str, *, on: bool) -> None:
    """Switch a source whose key is another now; a window that is open takes notice of both."""
    _adopt(session, session.preferences.with_source(name, on=on).with_key_changed(name, clock.real_now()))


def _adopt(session: Session, changed: Preferences) -> None:
    session.adopt_preferences(changed)
    session.save_preferences(changed)


def _run_on(options: argparse.Namespace, front: Front) -> int:
    del front
    provider = _optional(options.source)
    if provider.access is Access.OPT_IN and not options.accept_terms:
        raise InputError(
            f"{provider.label}: {provider.terms}", hint="If you may use it this way, add --accept-terms. It stays off."
        )
    if provider.name != NODE and (options.cookie is not None or options.user is not None):
        raise InputError(f"{provider.label} takes no --cookie and no --user.", hint="Nothing was changed.")
    session = open_session(offline=True)
    try:
        if provider.access is Access.KEY and session.keys.get(provider.name) is None:
            raise InputError(
                f"{provider.label} wants a key.", hint=f"Give it with: minerdesk sources key {provider.name}"
            )
        changed = session.preferences.with_source(provider.name, on=True)
        if options.cookie is not None:
            path = options.cookie and str(Path(options.cookie).expanduser().absolute())
            changed = replace(changed, node_cookie=path, node_user="")
        if options.user is not None:
            changed = replace(changed, node_user=options.user)
        _adopt(session, changed)
        trouble = _log_in_trouble(session) if provider.name == NODE else None
        verb = "is logged in" if trouble is None else "is to be logged in"
        how = f" It {verb} {session.node.told()}." if provider.name == NODE else ""
    finally:
        session.close()
    say(f"{provider.label} is asked from now on.{how}")
    if trouble is not None:
        say(f"Warning: it gives nothing yet, for it can't be logged in to. {trouble}")
    return SUCCESS


def _log_in_trouble(session: Session) -> StoreError | None:
    """Return why the user's own node can't be logged in to as things are; None if it can."""
    try:
        session.node.headers()
    except StoreError as error:
        return error
    return None


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
    asked_anyway = options.source in PROVIDERS and PROVIDERS[options.source].access is Access.OPEN
    takes_key = options.source in PROVIDERS and bool(PROVIDERS[options.source].key_header)
    provider = PROVIDERS[options.source] if takes_key else _optional(options.source)
    if not (takes_key or provider.name == NODE):
        raise InputError(f"{provider.label} takes no key.", hint="Nothing was changed.")
    what = "password" if provider.name == NODE else "key"
    session = open_session(offline=True)
    try:
        if options.remove:
            session.keys.remove(provider.name)
            _switch_rekeyed(session, provider.name, on=False)
            after = "it is asked without one" if asked_anyway else "it is not asked any more"
            say(f"The {what} of {provider.label} is removed, and {after}.")
        else:
            session.keys.set(provider.name, _typed(f"{what.capitalize()} of {provider.label}: "))
            _switch_rekeyed(session, provider.name, on=True)
            say(f"The {what} of {provider.label} is in the system's keyring, and it is asked from now on.")
    finally:
        session.close()
    return SUCCESS


def _typed(prompt: str) -> str:
    """Read a secret from a terminal without showing it, or from what is piped in; never from the arguments."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline()
