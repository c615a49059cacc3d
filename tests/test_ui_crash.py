"""The last resort: log, redaction, hooks, and one window per distinct traceback."""

import faulthandler
import gc
import logging
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from minerdesk.ui import crash
from minerdesk.ui.crash import Crash, CrashWindow, QuietRotatingHandler, redacted


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def installed(folder, qtbot):
    handler = crash.install(folder)
    yield handler
    crash.uninstall()


def blow_up(text="boom") -> None:
    raise RuntimeError(text)


def not_caught(work) -> None:
    """Run `work` and hand what it raises to the hook, as the interpreter does."""
    try:
        work()
    except Exception:  # the hook is what is tested
        sys.excepthook(*sys.exc_info())


def log_of(folder) -> str:
    return (folder / crash.LOG_NAME).read_text(encoding="utf-8")


def windows() -> list[CrashWindow]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, CrashWindow)]


def test_what_nobody_catches_is_logged_and_shown_without_blocking(installed, folder, qtbot):
    not_caught(blow_up)
    assert "RuntimeError: boom" in log_of(folder)
    qtbot.waitUntil(lambda: len(windows()) == 1)
    window = installed.window
    assert window.isVisible() and not window.isModal()
    assert window.message.text() == "Something unexpected happened: RuntimeError: boom"
    assert "Your inputs are kept" in window.help.text() and crash.LOG_NAME in window.help.text()


def test_the_same_traceback_is_shown_once_and_another_joins_the_open_window(installed, folder, qtbot):
    for number in range(3):
        not_caught(lambda n=number: blow_up(f"boom {n}"))
    not_caught(lambda: int("x"))
    qtbot.waitUntil(lambda: installed.window is not None and "2 unexpected" in installed.window.message.text())
    assert len(windows()) == 1
    assert installed.window.details().count("Traceback") == 2
    assert log_of(folder).count("Traceback") == 2
    assert "Again: RuntimeError: boom 2" in log_of(folder)
    installed.window.close()
    not_caught(lambda: {}["x"])
    qtbot.waitUntil(lambda: installed.window is not None)
    assert installed.window.details().count("Traceback") == 1


def test_copied_details_hold_versions_and_traceback_but_no_home(installed, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    not_caught(lambda: blow_up(f"can't read {tmp_path}/secret/file, token=abc123"))
    qtbot.waitUntil(lambda: installed.window is not None)
    installed.window.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "minerdesk: 0.1.0" in copied and "Platform: " in copied and "in blow_up" in copied
    assert "can't read ~/secret/file, token=***" in copied
    assert str(tmp_path) not in copied and "abc123" not in copied


def test_a_crash_in_a_thread_is_shown_by_the_thread_of_the_window(installed, folder, qtbot):
    def work() -> None:
        blow_up("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "in a thread" in log_of(folder)
    qtbot.waitUntil(lambda: installed.window is not None)
    assert installed.window.thread() is QCoreApplication.instance().thread()
    assert QThread.currentThread() is installed.window.thread()


def test_what_can_not_be_raised_is_logged_only(installed, folder, qtbot):
    class Leaving:
        def __del__(self) -> None:
            blow_up("while leaving")

    leaving = Leaving()
    del leaving
    gc.collect()
    QApplication.processEvents()
    assert "while leaving" in log_of(folder)
    assert windows() == []


def test_the_callers_answer_is_asked_once_a_traceback_and_may_fail(folder, qtbot):
    asked: list[Crash] = []

    def answer(told: Crash) -> None:
        asked.append(told)
        raise ValueError("no help")

    handler = crash.install(folder, answer)
    not_caught(blow_up)
    not_caught(blow_up)
    qtbot.waitUntil(lambda: handler.window is not None)
    crash.uninstall()
    assert [told.what for told in asked] == ["RuntimeError: boom"]
    assert "no help" in log_of(folder)


def test_a_window_that_can_not_be_made_leaves_the_log_and_stderr(installed, folder, qtbot, monkeypatch, capsys):
    def broken(*_args) -> None:
        raise RuntimeError("no window")

    monkeypatch.setattr(crash, "CrashWindow", broken)
    not_caught(blow_up)
    qtbot.waitUntil(lambda: "no window" in log_of(folder))
    assert "RuntimeError: boom" in capsys.readouterr().err


def test_without_an_application_it_goes_to_log_and_stderr(folder, monkeypatch, capsys):
    monkeypatch.setattr(crash.QApplication, "instance", staticmethod(lambda: None))
    asked = []
    crash.install(folder, asked.append)
    not_caught(blow_up)
    crash.uninstall()
    assert "RuntimeError: boom" in log_of(folder)
    assert "RuntimeError: boom" in capsys.readouterr().err
    assert len(asked) == 1


def test_a_folder_that_can_not_be_made_is_no_reason_to_fail(tmp_path, qtbot, capsys):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    handler = crash.install(tmp_path / "file" / "log")
    not_caught(blow_up)
    qtbot.waitUntil(lambda: handler.window is not None)
    assert "could not be written" in handler.window.help.text()
    crash.uninstall()
    assert capsys.readouterr().err == ""


def test_uninstalling_puts_everything_back(folder, qtbot):
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook, list(logging.getLogger().handlers))
    had = faulthandler.is_enabled()
    crash.install(folder)
    crash.install(folder)  # replaces the first
    assert sys.excepthook != before[0] and faulthandler.is_enabled()
    crash.uninstall()
    crash.uninstall()
    after = (sys.excepthook, threading.excepthook, sys.unraisablehook, list(logging.getLogger().handlers))
    assert after == before
    assert faulthandler.is_enabled() == had
    assert (folder / crash.FAULTS_NAME).exists() and not (folder / crash.LOG_NAME).exists()  # nothing was said


def test_ctrl_c_is_no_crash(folder, monkeypatch):
    passed_on = []
    monkeypatch.setattr(sys, "excepthook", lambda *told: passed_on.append(told[0]))
    crash.install(folder)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    crash.uninstall()
    assert passed_on == [KeyboardInterrupt]
    assert not (folder / crash.LOG_NAME).exists()


def test_the_log_rotates_and_keeps_so_many_older_ones(folder):
    handler = QuietRotatingHandler(folder / "x.log", max_bytes=400, older=2)
    for number in range(60):
        handler.emit(logging.LogRecord("minerdesk", logging.INFO, "", 0, "line %d", (number,), None))
    handler.close()
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["x.log", "x.log.1", "x.log.2"]
    assert all(path.stat().st_size <= 400 for path in folder.iterdir())
    assert "line 59" in (folder / "x.log").read_text(encoding="utf-8")


def test_a_log_line_is_redacted_too(installed, folder, monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    crash.log_error(OSError(f"can't write {tmp_path}/a"))
    assert "can't write ~/a" in log_of(folder)
    assert str(tmp_path) not in log_of(folder)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/ann/a and /home/anna/b", "~/a and /home/anna/b"),
        ("https://u:pw@host/p?key=K1&token=T2", "https://***@host/p?key=***&token=***"),
        ("Authorization: Bearer abc", "Authorization: ***"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": ***, "n": 1}'),
        ("sorted(names, key=len)", "sorted(names, key=len)"),
    ],
)
def test_redaction(text, left):
    assert redacted(text, Path("/home/ann")) == left


def test_a_home_that_is_the_root_hides_no_slashes():
    assert redacted("/usr/lib", Path("/")) == "/usr/lib"
