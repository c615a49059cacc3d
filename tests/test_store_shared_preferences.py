"""Preferences of several running programs: what one changes of the sources the others notice, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minerdesk.store import preferences, shared_preferences
from minerdesk.store.preferences import Preferences
from minerdesk.store.shared_preferences import SharedPreferences

AT = datetime(2026, 1, 16, 12, tzinfo=UTC)


class Program:
    """A running program with its own view of the preferences."""

    def __init__(self, path: Path) -> None:
        self.shared, self.view, _ = SharedPreferences.opened(path)

    def set(self, **changes: Any) -> None:
        self.view = replace(self.view, **changes)
        self.shared.save(self.view)

    def switch(self, name: str, *, on: bool) -> None:
        self.set(sources_on=self.view.with_source(name, on=on).sources_on)

    def look(self) -> bool:
        news = self.shared.news()
        if news is not None:
            self.view = news.laid_over(self.view)
            self.shared.followed(news)
        return news is not None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "preferences.json"


def test_a_look_reads_the_file_only_after_it_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Program(path), Program(path)
    theirs.switch("vast", on=True)
    reads: list[Path] = []
    load = preferences.load
    monkeypatch.setattr(shared_preferences, "load", lambda file: (reads.append(file), load(file))[1])
    assert ours.look() and ours.view.sources_on == ("vast",)
    for _ in range(3):
        assert not ours.look()
    assert len(reads) == 1


def test_what_another_window_prefers_of_its_looks_is_not_followed(path: Path) -> None:
    ours, theirs = Program(path), Program(path)
    theirs.set(theme="dark", page="data", offline=True, recent_files=("/a",))
    assert not ours.look() and ours.view == Preferences()
    ours.switch("vast", on=True)
    assert preferences.load(path)[0] == replace(theirs.view, sources_on=("vast",))


def test_a_key_that_was_changed_elsewhere_names_its_source_and_own_changes_are_no_news(path: Path) -> None:
    ours, theirs = Program(path), Program(path)
    theirs.set(**{"keys_changed": theirs.view.with_key_changed("luxor", AT).keys_changed, "sources_on": ("luxor",)})
    news = ours.shared.news()
    assert news is not None and news.rekeyed == news.switched == {"luxor"}
    assert ours.shared.news() is None
    assert not theirs.look(), "what it wrote itself"


def test_switched_off_elsewhere_stays_off_though_this_program_saves(path: Path) -> None:
    ours, theirs = Program(path), Program(path)
    ours.switch("vast", on=True)
    ours.switch("luxor", on=True)
    assert theirs.look()
    theirs.switch("vast", on=False)
    assert ours.look() and ours.view.sources_on == ("luxor",)
    ours.set(theme="dark")
    assert preferences.load(path)[0].sources_on == ("luxor",)


def test_what_was_followed_and_then_taken_back_elsewhere_does_not_come_back_with_a_save(path: Path) -> None:
    ours, theirs = Program(path), Program(path)
    theirs.switch("vast", on=True)
    assert ours.look()
    theirs.switch("vast", on=False)
    ours.set(theme="dark")  # before it looked again
    assert preferences.load(path)[0].sources_on == ()
    assert ours.look() and ours.view.sources_on == ()


@pytest.mark.parametrize("text", ["", "{", '{"sources_on": 7}', None])
def test_a_file_that_is_damaged_or_gone_is_no_news(path: Path, text: str | None) -> None:
    ours = Program(path)
    ours.switch("vast", on=True)
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert not ours.look() and ours.view.sources_on == ("vast",)


Step = tuple[int, str, bool]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["a", "b", "look"]), st.booleans()), max_size=12))
def test_two_programs_lose_none_of_each_others_switches(tmp_path: Path, steps: list[Step]) -> None:
    path = tmp_path / "preferences.json"
    path.unlink(missing_ok=True)
    programs, expected = (Program(path), Program(path)), set[str]()
    for who, what, on in steps:
        if what == "look":
            programs[who].look()
            continue
        name = f"{what}{who}"  # each switches sources of its own
        programs[who].switch(name, on=on)
        (expected.add if on else expected.discard)(name)
        assert set(preferences.load(path)[0].sources_on) == expected
    for program in programs:
        program.look()
        assert set(program.view.sources_on) == expected
