"""What the user prefers, kept in one JSON file. Loading never fails: what can't be read falls back to its default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from minerdesk.errors import InputError, Problem, Severity, StoreError
from minerdesk.store import documents
from minerdesk.store.atomic import copy_aside_in_words, set_aside_in_words, write_text
from minerdesk.store.locks import Lock
from minerdesk.store.paths import ensure

THEMES = ("system", "light", "dark")
MOST_RECENT_FILES = 10

_PATIENCE_S = 2.0


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _theme(value: object) -> str:
    if value not in THEMES:
        raise ValueError(f"must be one of {', '.join(THEMES)}")
    return str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of texts")
    return tuple(value)


def _recent(value: object) -> tuple[str, ...]:
    return _texts(value)[:MOST_RECENT_FILES]


def _text_by_name(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError("must be an object of texts")
    return value


def _texts_by_name(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ValueError("must be an object of lists")
    return {name: _texts(texts) for name, texts in value.items()}


def _sizes_by_name(value: object) -> dict[str, tuple[int, ...]]:
    if not isinstance(value, dict):
        raise ValueError("must be an object of lists")
    return {name: _sizes(sizes) for name, sizes in value.items()}


def _sizes(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 2**31 for item in value):
        raise ValueError("must hold lists of whole numbers")
    return tuple(value)


def _checked(default: Any, check: Callable[[object], Any]) -> Any:
    """Declare a preference: its default, and the function that reads it from JSON or raises ValueError."""
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata={"check": check})
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The user's preferences.

    Attributes
    ----------
    base_urls
        Replaced base URLs by provider name.
    source_order
        By topic, of power markets (power) and of exchange rates (rates), the providers that are asked first, in their
        order; the others follow in ours.
    sources_on
        The sources that are asked though off by themselves: with a key, in spite of their terms, the user's own.
    keys_changed
        When the key of each source was last changed, in whatever program: another that runs reads it anew.
    node_cookie, node_user
        How to log in at one's own Bitcoin Core: the cookie file, empty for the usual places, or a user name.
    ca_file
        A file, or folder, of certificates to trust besides the system's own; empty for none.
    display_units
        The label of the chosen display unit by base unit.
    recent_files
        Absolute paths, newest first, ten at most.
    indifference
        The business compared with mining, the inputs of the map's axes, and the one solved for.
    power_market
        The key of the bundled market year that the page of hourly power shows where a scenario names none.
    power_view
        What that page shows of it: the duration curve, one of the maps of hours and months, or classes and contracts.
    power_terms
        Whether that page's own inputs are shown.
    watch_notify, watch_states
        Whether a change of a watched rule is told on the desktop, and the state of each rule that was told last.
    watch_range
        The range of the watch-list's history.
    deck_charts
        The charts above and below on the network's page, by name; the second may be missing.
    folded_groups
        Names of the input groups that are folded; None leaves it to the window.
    window_geometry, window_state
        The window system's own opaque text (base64).
    splitter_sizes
        Pixels by name of the splitter.
    unknown
        Keys of another version: kept as they are.
    """

    theme: str = _checked("system", _theme)
    offline: bool = _checked(False, _switch)
    auto_refresh: bool = _checked(True, _switch)
    base_urls: Mapping[str, str] = _checked({}, _text_by_name)
    source_order: Mapping[str, tuple[str, ...]] = _checked({}, _texts_by_name)
    sources_on: tuple[str, ...] = _checked((), _texts)
    keys_changed: Mapping[str, str] = _checked({}, _text_by_name)
    node_cookie: str = _checked("", _text)
    node_user: str = _checked("", _text)
    ca_file: str = _checked("", _text)
    display_units: Mapping[str, str] = _checked({}, _text_by_name)
    recent_files: tuple[str, ...] = _checked((), _recent)
    page: str = _checked("desk", _text)
    chart_range: str = _checked("3Y", _text)
    chart_basis: str = _checked("revenue", _text)
    chart_log_scale: bool = _checked(True, _switch)
    indifference: Mapping[str, str] = _checked({}, _text_by_name)
    deck_charts: tuple[str, ...] = _checked((), _texts)
    power_market: str = _checked("", _text)
    power_view: str = _checked("curve", _text)
    power_terms: bool = _checked(True, _switch)
    watch_notify: bool = _checked(False, _switch)
    watch_states: Mapping[str, str] = _checked({}, _text_by_name)
    watch_range: str = _checked("3Y", _text)
    folded_groups: tuple[str, ...] | None = _checked(None, _texts)
    window_geometry: str = _checked("", _text)
    window_state: str = _checked("", _text)
    splitter_sizes: Mapping[str, tuple[int, ...]] = _checked({}, _sizes_by_name)
    unknown: Mapping[str, Any] = field(default_factory=dict)

    def with_source(self, name: str, *, on: bool) -> "Preferences":
        """Return these preferences with a source that is off by itself switched on or off."""
        others = tuple(other for other in self.sources_on if other != name)
        return replace(self, sources_on=(*others, name) if on else others)

    def with_key_changed(self, name: str, at: datetime) -> "Preferences":
        """Return these preferences with the moment at which the key of a source was given or removed."""
        return replace(self, keys_changed={**self.keys_changed, name: at.isoformat()})

    def with_recent_file(self, path: Path) -> "Preferences":
        """Return these preferences with `path` as the newest of the recent files, each path once."""
        newest = str(path.absolute())
        others = tuple(other for other in self.recent_files if other != newest)
        return replace(self, recent_files=(newest, *others)[:MOST_RECENT_FILES])


_CHECKS: dict[str, Callable[[object], Any]] = {
    item.name: item.metadata["check"] for item in fields(Preferences) if "check" in item.metadata
}


def load(path: Path) -> tuple[Preferences, tuple[Problem, ...]]:
    """Return the preferences in `path` and what was wrong with them; nothing is raised.

    No file: the defaults, silently. One value of the wrong kind: its default, with a problem. A damaged file: it is set
    aside, never overwritten, and the defaults hold.
    """
    try:
        document = documents.read(path)
        if not documents.is_finite(document):
            raise InputError(f"{path} holds NaN or Infinity, which JSON has not.")
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return Preferences(), ()
        return Preferences(), (_problem(str(path), f"{error} The default preferences are used."),)
    except InputError as error:
        message = f"{error.message} {set_aside_in_words(path)} The default preferences are used."
        return Preferences(), (_problem(str(path), message),)

    read: dict[str, Any] = {"unknown": {key: value for key, value in document.items() if key not in _CHECKS}}
    problems: list[Problem] = []
    for key, check in _CHECKS.items():
        if document.get(key) is None:
            continue
        try:
            read[key] = check(document[key])
        except ValueError as error:
            problems.append(_problem(key, f"The preference “{key}” in {path} {error}. Its default is used."))
    if problems:  # a newer minerdesk may have written it: saving must not be the end of it
        problems.append(_problem(str(path), f"Preferences in {path} are not known here. {copy_aside_in_words(path)}"))
    return Preferences(**read), tuple(problems)


def save(path: Path, preferences: Preferences) -> None:
    """Write the preferences in one step, creating their folder.

    Raises
    ------
    StoreError
        The file can't be written; the old one is whole.
    """
    document = {key: getattr(preferences, key) for key in _CHECKS}
    ensure(path.parent)
    write_text(path, documents.dumps(dict(preferences.unknown) | document))


def save_changes(path: Path, before: Preferences, after: Preferences) -> None:
    """Write what differs between `before`, as this program last read or wrote it, and `after`; the rest stays on disk.

    So what another running minerdesk saved meanwhile is not lost. Of mappings each key counts by itself, so does each
    source that is on, and recent files of both are kept. Only one program at a time does this; after two seconds of
    waiting it is done all the same.

    Raises
    ------
    StoreError
        The file can't be written; the old one is whole.
    """
    ensure(path.parent)
    lock = Lock.wait(path.with_suffix(".lock"), _PATIENCE_S)
    try:
        found, problems = load(path)
        on_disk = before if problems or not path.exists() else found
        both = merged(before, after, on_disk)
        if both != found or problems or not path.exists():
            save(path, both)
    finally:
        if lock is not None:
            lock.release()


def merged(before: Preferences, after: Preferences, other: Preferences) -> Preferences:
    """Return `other` with what differs between `before` and `after`, by the rules of `save_changes`."""
    changes: dict[str, Any] = {}
    for item in fields(Preferences):
        was, now, there = (getattr(held, item.name) for held in (before, after, other))
        if now == was:
            continue
        if isinstance(now, Mapping):
            kept = {key: value for key, value in there.items() if key in now or key not in was}
            changes[item.name] = kept | {key: now[key] for key in now if key not in was or now[key] != was[key]}
        elif item.name == "sources_on":
            stay = [name for name in there if name in now or name not in was]
            changes[item.name] = tuple(dict.fromkeys((*stay, *(name for name in now if name not in was))))
        elif item.name == "recent_files" and now:
            changes[item.name] = tuple(dict.fromkeys((*now, *there)))[:MOST_RECENT_FILES]
        else:
            changes[item.name] = now
    return replace(other, **changes)


def _problem(field_name: str, message: str) -> Problem:
    return Problem(field=field_name, severity=Severity.WARNING, message=message)
