"""Backups of scenario files: which stay, that quick saves push out nothing older, that no failure hinders a save."""

import errno
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import NOW
from test_store_saving import KEY, price, read, together

from minerdesk.errors import InputError, StoreError
from minerdesk.store import backups, documents, saving, scenario
from minerdesk.store.backups import BURST, MOST_KEPT, Backups, staying
from minerdesk.store.documents import DamagedError

#: Saves a scenario so many times without asking what is there, and prints how often no backup could be kept.
SAVER = """
import sys
from pathlib import Path
from minerdesk.store import saving
from minerdesk.store.backups import Backups
from minerdesk.store.scenario import Scenario
home, name, first = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
unkept = 0
for number in range(first, first + 30):
    work = Scenario(inputs={"power.price_usd_per_mwh": number})
    held = saving.save(
        home / name, work, known_digest=None, lock_folder=home / "locks", backups=Backups(home / "backups")
    )
    unkept += held.unkept is not None
print(unkept)
"""


class Home:
    """A scenario file with the folder of its backups, and a clock to set."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.folder = folder / "West Texas.minerdesk.json", folder / "backups"
        self.backups = Backups(self.folder)
        self._locks, self._patch = folder / "locks", monkeypatch
        self.at(NOW)

    def at(self, moment: datetime) -> None:
        self.now = moment
        self._patch.setenv("MINERDESK_NOW", moment.isoformat())

    def save(self, number: float, path: Path | None = None, **given: Any) -> saving.Held:
        told = {"known_digest": None, "lock_folder": self._locks, "backups": self.backups} | given
        return saving.save(path or self.path, price(number), **told)

    def numbers(self, path: Path | None = None) -> list[float | bool | str | None]:
        """Return the number in each backup, newest first; every one of them is whole."""
        found, unusable = self.backups.usable(path or self.path, {KEY})
        assert unusable == ()
        return [backups.read(one, {KEY}).inputs[KEY] for one in found]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path, monkeypatch)


# -- which stay -------------------------------------------------------------------------------------------------------


gaps = st.one_of(
    st.timedeltas(timedelta(0), timedelta(minutes=9)),
    st.timedeltas(timedelta(minutes=10), timedelta(hours=5)),
    st.timedeltas(timedelta(hours=12), timedelta(days=40)),
)


def rolled(moments: list[datetime]) -> list[list[datetime]]:
    """Return what stays after each save."""
    kept: list[datetime] = []
    after = []
    for moment in moments:
        kept = [*kept, moment]
        stay = staying(kept)
        kept = [one for place, one in enumerate(kept) if place in stay]
        after.append(kept)
    return after


@given(st.lists(gaps, min_size=1, max_size=60))
def test_five_stay_and_among_them_the_newest_and_what_was_there_before_each_of_the_last_two_days(
    between: list[timedelta],
) -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + sum(between[: n + 1], timedelta(0)) for n in range(len(between))]
    for n, kept in enumerate(rolled(moments)):
        past = moments[: n + 1]
        assert len(kept) == min(len(past), MOST_KEPT)
        assert kept[-1] == past[-1]
        mornings = [one for place, one in enumerate(past) if not place or one.date() != past[place - 1].date()]
        assert set(mornings[-2:]) <= set(kept)
        begun = [place for place, one in enumerate(past) if not place or one - past[place - 1] >= BURST]
        for first, after in zip(reversed(begun[-2:]), (len(past), begun[-1]), strict=False):
            if past[after - 1] - past[first] >= BURST:
                break  # so long a time of saving is several bursts
            assert past[first] in kept, "what was there before this burst, and before the last one"


@given(st.lists(st.timedeltas(timedelta(hours=24), timedelta(days=40)), min_size=6, max_size=20))
def test_of_saves_days_apart_the_five_newest_stay(between: list[timedelta]) -> None:
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + sum(between[: n + 1], timedelta(0)) for n in range(len(between))]
    assert rolled(moments)[-1] == moments[-MOST_KEPT:]


@given(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=30))
def test_a_clock_that_jumps_costs_no_backup_that_was_just_made(moments: list[datetime]) -> None:
    after = rolled(moments)
    assert all(kept[-1] == moment for kept, moment in zip(after, moments, strict=True))
    assert all(len(kept) <= MOST_KEPT for kept in after)


def test_a_state_is_kept_as_it_was_once_it_is_saved_over(home: Home) -> None:
    home.save(1)
    assert home.numbers() == [], "nothing was replaced"
    first = home.path.read_bytes()
    home.at(NOW + timedelta(hours=3))
    home.save(2)
    (found,), _ = home.backups.usable(home.path, {KEY})
    assert found.path.read_bytes() == first
    assert (found.saved_at, found.replaced_at, found.as_of) == (NOW, home.now, NOW)
    assert found.size_bytes == len(first)
    assert found.path.parent.name.startswith("West_Texas-")
    assert found.path.parent.parent == home.folder
    if os.name == "posix":
        assert stat.S_IMODE(found.path.parent.stat().st_mode) == 0o700, "a file that was private does not become public"


def test_a_minute_of_saving_pushes_out_neither_the_last_hour_nor_yesterday(home: Home) -> None:
    for number, hours in enumerate((0, 22, 24, 27)):
        home.at(NOW + timedelta(hours=hours))
        home.save(number)
    for number in range(4, 24):
        home.at(home.now + timedelta(seconds=3))
        home.save(number)
    kept = home.numbers()
    assert kept[0] == 22, "the newest"
    assert {2, 1} <= set(kept), "what was there before this burst and this day"
    assert 0 in kept, "and before yesterday's work"
    assert len(kept) == MOST_KEPT


def test_the_same_state_is_kept_once(home: Home) -> None:
    home.save(1)
    data = home.path.read_bytes()
    for _ in range(3):
        home.backups.keep(home.path, data)
    assert home.numbers() == [1]
    (found,) = home.backups.of(home.path)
    found.path.write_bytes(data[:-9])
    home.backups.keep(home.path, data)
    (again, spoiled) = home.backups.of(home.path)
    assert (again.path.read_bytes(), spoiled.path.read_bytes()) == (data, data[:-9]), "a damaged one does not count"


def test_each_path_has_backups_of_its_own_and_a_link_those_of_its_file(home: Home, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / home.path.name
    strange = tmp_path / ("ä/../;".replace("/", "-") * 30 + ".json")
    for path, number in ((home.path, 1), (other, 10), (strange, 100)):
        home.save(number, path)
        home.save(number + 1, path)
    assert [home.numbers(path) for path in (home.path, other, strange)] == [[1], [10], [100]]
    link = tmp_path / "link.json"
    link.symlink_to(home.path)
    home.save(3, link)
    assert home.numbers(link) == home.numbers() == [2, 1]
    assert read(home.path) == 3


def test_scenarios_that_were_saved_longest_ago_give_way(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "MOST_SCENARIOS", 3)
    paths = [home.path.with_name(f"{number}.json") for number in range(5)]
    for number, path in enumerate(paths):
        home.at(NOW + timedelta(days=number))
        home.save(1, path)
        home.save(2, path)
    assert [bool(home.backups.of(path)) for path in paths] == [False, False, True, True, True]
    assert len(list(home.folder.iterdir())) == 3, "their folders go too"
    (home.folder / "a.json.backup-20260116T120000Z").write_text("of a file that was written directly")
    monkeypatch.setattr(backups, "MOST_BYTES", 1)
    home.at(NOW + timedelta(days=-9))
    home.save(3, paths[2])
    assert [len(home.backups.of(path)) for path in paths] == [0, 0, 2, 0, 0], "the one that is saved stays, whole"
    assert (home.folder / "a.json.backup-20260116T120000Z").exists()


# -- what hinders -----------------------------------------------------------------------------------------------------


def in_the_way(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.folder.write_text("a file")


def a_link(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = home.path.parent / "elsewhere"
    elsewhere.mkdir()
    home.save(1)
    home.folder.mkdir()
    home.backups._folder_of(home.path).symlink_to(elsewhere)


def failing(code: int, *, replace: bool = False) -> Callable[[Home, pytest.MonkeyPatch], None]:
    """Let whatever is written below the folder of the backups fail: while it is written, or as it gets its name."""

    def hinder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError(code, os.strerror(code))

        truly, truly_renamed, where = os.fsync, os.replace, str(home.folder)
        if replace:
            monkeypatch.setattr(os, "replace", lambda a, b: fail() if str(b).startswith(where) else truly_renamed(a, b))
        else:

            def fsync(descriptor: int) -> None:
                inside = list(home.folder.rglob("*.minerdesk-tmp")) if home.folder.exists() else []
                if inside and os.path.samestat(os.fstat(descriptor), inside[0].stat()):
                    fail()
                truly(descriptor)

            monkeypatch.setattr(os, "fsync", fsync)

    return hinder


@pytest.mark.parametrize(
    ("hinder", "words"),
    [
        (in_the_way, "is in the way"),
        (a_link, "is in the way"),
        (failing(errno.ENOSPC), "the disk is full"),
        (failing(errno.EROFS, replace=True), "the disk is read-only"),
        (failing(errno.EACCES, replace=True), "permission is denied"),
    ],
    ids=["a file in the way", "a link in the way", "full", "read-only", "not allowed"],
)
def test_what_keeps_a_backup_from_being_made_keeps_no_save_from_succeeding_and_is_said_in_the_same_words(
    home: Home, monkeypatch: pytest.MonkeyPatch, hinder: Any, words: str
) -> None:
    if not home.path.exists():
        home.save(1)
    hinder(home, monkeypatch)
    said = []
    for number in (2, 3):
        held = home.save(number)
        assert read(home.path) == number
        assert held.unkept is not None
        said.append(str(held.unkept))
    assert words in said[0]
    assert str(home.folder) in said[0]
    assert said[0] == said[1]
    assert not list(home.path.parent.rglob("*.minerdesk-tmp"))
    assert not list((home.path.parent / "elsewhere").glob("*")), "a link is not followed"
    monkeypatch.undo()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to this user")
def test_a_folder_that_can_not_be_written_is_said_and_the_save_succeeds(home: Home) -> None:
    home.save(1)
    home.folder.mkdir(mode=0o500)
    held = home.save(2)
    assert "permission is denied" in str(held.unkept)
    assert read(home.path) == 2
    home.folder.chmod(0o700)
    assert home.save(3).unkept is None


def test_a_save_that_is_refused_changes_no_backup(home: Home) -> None:
    home.save(1)
    home.save(2)
    with pytest.raises(saving.ChangedOnDiskError):
        home.save(3, known_digest="another")
    assert home.numbers() == [1]


def test_two_programs_that_save_at_once_lose_no_backup(home: Home, tmp_path: Path) -> None:
    said = together(SAVER, [str(tmp_path), "a.json", "0"], [str(tmp_path), "a.json", "100"], [str(tmp_path), "b", "0"])
    assert [int(out) for out in said] == [0, 0, 0]
    kept = home.numbers(tmp_path / "a.json")
    assert len(kept) == MOST_KEPT
    assert read(tmp_path / "a.json") not in kept[:1], "what was replaced last is not what is there"
    assert home.numbers(tmp_path / "b")[0] == 28
    assert not list(tmp_path.rglob("*.minerdesk-tmp"))


def test_leftovers_of_a_kill_are_swept_by_the_next_backup(home: Home) -> None:
    home.save(1)
    home.save(2)
    left = home.backups._folder_of(home.path) / f".{'0' * 32}.minerdesk-tmp"
    left.write_text("{")
    os.utime(left, (0, 0))
    home.save(3)
    assert not left.exists()
    assert home.numbers() == [2, 1]


# -- opening ----------------------------------------------------------------------------------------------------------


def test_a_damaged_backup_is_passed_over_and_said_and_what_is_none_is_not_looked_at(home: Home) -> None:
    for number in range(1, 5):
        home.save(number)
    newest, middle, oldest = home.backups.of(home.path)
    newest.path.write_bytes(newest.path.read_bytes().replace(b": 3", b": 7"))  # whole, but not what was written
    folder = newest.path.parent
    (folder / "notes.txt").write_text("mine")
    (folder / f"000009-20260116T120000Z-{'0' * 16}.minerdesk.json").symlink_to(home.path)
    (folder / f"000009-20261399T120000Z-{'0' * 16}.minerdesk.json").write_text("{}")
    found, unusable = home.backups.usable(home.path, {KEY})
    assert [one.path for one in found] == [middle.path, oldest.path]
    assert len(unusable) == 1
    assert newest.path.name in unusable[0]
    home.save(5)
    assert (folder / "notes.txt").read_text() == "mine"


WHOLE = {"schema_version": 1, "inputs": {KEY: 1}}


@pytest.mark.parametrize(
    ("data", "is_lost"),
    [
        (b"", True),
        (b"\0" * 500, True),
        (json.dumps(WHOLE).encode()[:-3], True),
        (b"[]", True),
        (b'{"inputs": {}}', True),
        (b'{"schema_version": "one", "inputs": {}}', True),
        (b'{"schema_version": 1}', True),
        (b'{"schema_version": 99, "inputs": {}}', False),
        (json.dumps(WHOLE | {"inputs": {KEY: "cheap"}}).encode(), False),
        (b'{"schema_version": 1, "inputs": {"a": 1, "a": 2}}', False),
    ],
)
def test_what_no_minerdesk_wrote_is_damaged_and_what_can_be_mended_or_is_newer_is_not(
    tmp_path: Path, data: bytes, is_lost: bool
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        saving.load(path, {KEY})
    assert backups.is_lost(caught.value, path) is is_lost
    assert isinstance(caught.value, DamagedError) is is_lost


def test_a_file_that_is_gone_is_lost_and_one_on_a_disk_that_is_gone_or_that_may_not_be_read_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def error_of(path: Path) -> StoreError:
        with pytest.raises(StoreError) as caught:
            documents.read_bytes(path)
        return caught.value

    for path, lost in ((tmp_path / "gone.json", True), (tmp_path / "no" / "gone.json", False), (tmp_path, False)):
        assert backups.is_lost(error_of(path), path) is lost, path
    for code, lost in ((errno.EIO, True), (errno.EACCES, False)):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", lambda *_, code=code: (_ for _ in ()).throw(OSError(code, "no")))
            error = error_of(tmp_path / "a.json")
        assert backups.is_lost(error, tmp_path / "a.json") is lost


# -- damaged originals ------------------------------------------------------------------------------------------------


def test_a_damaged_original_is_copied_before_it_is_saved_over_and_never_becomes_a_backup(home: Home) -> None:
    home.save(1)
    home.save(2)
    damaged = home.path.read_bytes()[:-40]
    home.path.write_bytes(damaged)
    held = home.save(3, known_digest=saving.digest_of(home.path))
    assert held.aside is not None
    assert held.aside.parent == home.path.parent
    assert held.aside.name.startswith(f"{home.path.name}.damaged-20260116T120000Z")
    assert held.aside.read_bytes() == damaged
    assert home.numbers() == [1]
    assert read(home.path) == 3
    assert home.save(4).aside is None


def test_a_damaged_original_that_can_not_be_copied_is_not_saved_over(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.path.write_bytes(b"{")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfileobj", fail)
    with pytest.raises(StoreError, match="can't be copied: the disk is full"):
        home.save(1)
    assert [path.name for path in home.path.parent.iterdir() if path.is_file()] == [home.path.name]
    assert home.path.read_bytes() == b"{"


def test_what_changes_while_it_is_kept_is_kept_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save(1)
    truly, late = Backups.keep, [scenario.dumps(price(50)), scenario.dumps(price(51))]

    def keep(self: Backups, path: Path, data: bytes) -> None:
        truly(self, path, data)
        if late:
            path.write_text(late.pop(0))  # by a program that knows nothing of our locks

    monkeypatch.setattr(Backups, "keep", keep)
    home.save(2)
    assert home.numbers() == [51, 50, 1]
    assert read(home.path) == 2


def test_a_file_that_is_written_directly_is_a_backup_too(home: Home) -> None:
    home.save(1)
    held = saving.save_directly(home.path, price(2), spare_folder=home.folder, backups=home.backups)
    assert held.copy is not None
    assert home.numbers() == [1]


def test_a_backup_is_not_saved_over(home: Home) -> None:
    home.save(1)
    home.save(2)
    (found,) = home.backups.of(home.path)
    with pytest.raises(StoreError, match="is a backup"):
        home.save(3, found.path)
    with pytest.raises(StoreError, match="is a backup"):
        saving.save_directly(found.path, price(3), spare_folder=home.folder, backups=home.backups)
    assert home.numbers() == [1]
