"""The program's own files in its three forms, and the user's folders."""

import sys
from pathlib import Path

import pytest

from minerdesk.errors import StoreError
from minerdesk.store import paths
from minerdesk.store.paths import Folders, ensure, resources_dir


def test_the_source_tree_has_its_resources() -> None:
    assert (resources_dir() / "data" / "network_weekly.csv").is_file()


@pytest.mark.parametrize("place", ["site-packages/minerdesk/resources", "site-packages/resources"])
def test_resources_of_a_wheel_and_of_a_source_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / place / "data").mkdir(parents=True)
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "site-packages" / "minerdesk")
    assert resources_dir() == tmp_path / place


def test_a_wheels_own_resources_win_over_a_strangers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "minerdesk" / "resources" / "data").mkdir(parents=True)
    (tmp_path / "resources" / "data").mkdir(parents=True)
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "minerdesk")
    assert resources_dir() == tmp_path / "minerdesk" / "resources"


@pytest.mark.parametrize("place", ["minerdesk/resources", "resources"])
def test_resources_of_a_frozen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / place / "data").mkdir(parents=True)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resources_dir() == tmp_path / place


def test_missing_resources_name_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    with pytest.raises(StoreError, match="Reinstall"):
        resources_dir()


def test_the_variable_replaces_all_four_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_HOME", str(tmp_path / "home"))
    folders = Folders.of_user()
    four = {folders.config, folders.data, folders.cache, folders.log}
    assert {folder.parent for folder in four} == {tmp_path / "home"}
    assert len(four) == 4
    assert not (tmp_path / "home").exists()


def test_without_the_variable_the_platform_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_HOME", " ")
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    folders = Folders.of_user()
    for folder in (folders.config, folders.data, folders.cache, folders.log):
        assert "minerdesk" in folder.parts
    assert not any(tmp_path.iterdir())


def test_a_relative_home_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINERDESK_HOME", "here")
    assert Folders.of_user().cache == tmp_path / "here" / "cache"


def test_ensure_creates_or_says_why_not(tmp_path: Path) -> None:
    assert ensure(tmp_path / "a" / "b").is_dir()
    assert ensure(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"created: a part of its path is a file.* another folder"):
        ensure(tmp_path / "file" / "b")
    with pytest.raises(StoreError, match="in the way"):
        ensure(tmp_path / "file")
