"""Text of files, of the network and of the user is shown as it is: no label, question or tooltip reads markup in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMessageBox, QWidget

import minerdesk
from minerdesk.errors import FailureKind, SourceError, StoreError
from minerdesk.session import open_session
from minerdesk.ui import app as desktop_app
from minerdesk.ui.app import Desktop
from minerdesk.ui.document import Unsaved

UI = Path(minerdesk.__file__).parent / "ui"
MARK = "<b>m4rk</b>"


# -- the source -------------------------------------------------------------------------------------------------------


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def calls(tree: ast.AST, method: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) == method:
            yield node


def careless_labels(tree: ast.AST) -> list[int]:
    """Return the lines that make a QLabel whose text is no literal and whose format is left to Qt's guess."""
    plain = {name_of(call.func.value) for call in calls(tree, "setTextFormat") if isinstance(call.func, ast.Attribute)}
    changing = {
        name_of(call.func.value)
        for call in calls(tree, "setText")
        if isinstance(call.func, ast.Attribute) and not all(map(is_literal, call.args))
    }
    targets: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = (
                    zip(target.elts, node.value.elts, strict=True)
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                    else [(target, node.value)]
                )
                targets |= {id(value): name_of(name) for name, value in pairs}
    careless = []
    for call in calls(tree, "QLabel"):
        texts = [argument for argument in call.args if not isinstance(argument, ast.Name | ast.Attribute)]
        named = [a for a in call.args if isinstance(a, ast.Name) and a.id not in ("self", "parent")]
        named += [a for a in call.args if isinstance(a, ast.Attribute) and name_of(a.value) != "self"]  # else a parent
        target = targets.get(id(call), "")
        says_more = not all(map(is_literal, texts)) or bool(named) or target in changing
        is_plain = target in plain or any(word.arg == "textFormat" for word in call.keywords)
        if says_more and not is_plain:
            careless.append(call.lineno)
    return careless


@pytest.mark.parametrize("path", sorted(UI.rglob("*.py")), ids=lambda path: str(path.relative_to(UI)))
def test_no_label_guesses_whether_its_text_is_markup(path: Path) -> None:
    assert careless_labels(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_a_careless_label_is_found() -> None:
    careless = "a = QLabel(text)\nself.b = QLabel()\nself.b.setText(name)\nc, d = QLabel('x'), QLabel(f'{x}')"
    assert careless_labels(ast.parse(careless)) == [1, 2, 4]
    plain = "a = QLabel(text)\na.setTextFormat(Plain)\nb = QLabel('b')\nc = QLabel(textFormat=Plain)\nc.setText(x)"
    assert careless_labels(ast.parse(plain)) == []


def test_nothing_shows_html_or_opens_links() -> None:
    for path in UI.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for word in ("QTextBrowser", "QTextEdit(", "setHtml", "insertHtml", "OpenExternalLinks", "WebEngine"):
            assert word not in source, path


# -- the window -------------------------------------------------------------------------------------------------------


@pytest.fixture
def desktop(qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    opened = desktop_app.build(open_session(offline=True), qapp)
    opened.window.resize(1_280, 800)
    opened.window.render_snapshot(opened.bridge.snapshot)
    opened.window.show()
    qtbot.waitExposed(opened.window)
    yield opened
    opened.window.hide()
    opened.close()
    desktop_app.application().setStyleSheet("")


def lay_marks(desktop: Desktop) -> None:
    """Put the mark wherever a text of a user, a file or a provider is shown."""
    desk = desktop.session.desk
    for name, row in {
        "fleet": {"model": MARK, "count": 9.0, "hashrate_th_s": 200.0, "power_w": 3_500.0},
        "deals": {"operator": MARK, "tenant": MARK, "power": MARK, "total_usd": 3e9, "years": 15.0, "it_mw": 100.0},
        "phases": {"label": MARK, "mw": 10.0, "start_month": 1.0, "build_months": 6.0},
    }.items():
        assert desktop.bridge.lay_table(name, [row]), name
    desktop.bridge.publish(desk.observe([], [], failures=[SourceError(FailureKind.MALFORMED, "kraken", MARK)]))
    desktop.document.path = Path(f"{MARK.replace('/', '_')}.minerdesk.json")
    desktop.document.failed.emit(StoreError(f"{MARK} can't be read.", hint=MARK))
    desktop.bridge.failed.emit(StoreError(MARK))


def may_be_markup(text: str) -> bool:
    """Return whether Qt may take a text for markup: it looks for a tag."""
    return re.search(r"<[a-zA-Z/!]", text) is not None


def assert_plain(shown: QWidget) -> int:
    """Look at every label and tooltip below a widget; return how many labels hold the mark."""
    marked = 0
    for label in shown.findChildren(QLabel):
        marked += MARK in label.text()
        if may_be_markup(label.text()):
            assert label.textFormat() is Qt.TextFormat.PlainText, (label.text(), label.parent())
    for widget in [shown, *shown.findChildren(QWidget)]:
        for text in (widget.toolTip(), widget.whatsThis()):
            assert MARK not in text, (widget, text)
            if may_be_markup(text):
                assert text.startswith("<qt>"), text
    for combo in shown.findChildren(QComboBox):
        for row in range(combo.count()):
            assert MARK not in str(combo.itemData(row, Qt.ItemDataRole.ToolTipRole) or "")
    return marked


def test_every_page_shows_the_mark_as_it_is(desktop: Desktop, qtbot: Any) -> None:
    lay_marks(desktop)
    marked = 0
    tabs = desktop.window.pages
    names = ("desk", "fleet", "power", "indifference", "deals", "plan", "risk", "deck", "watch", "data")
    for name in names:
        tabs.choose(name)
        qtbot.wait(50)
        marked += assert_plain(desktop.window)
    assert marked > 0
    assert tabs.current == names[-1]


def test_questions_show_names_as_they_are(desktop: Desktop, qtbot: Any) -> None:
    lay_marks(desktop)
    unsaved = Unsaved(path=Path("<b>m4rk"), error=StoreError(MARK), then=None)
    for marked, ask in ((1, desktop.document.stuck), (0, desktop.document.overtaken)):
        ask.emit(unsaved)
        (box,) = [box for box in desktop.window.findChildren(QMessageBox) if box.isVisible()]
        assert box.textFormat() is Qt.TextFormat.PlainText
        assert "m4rk" in box.text()
        assert assert_plain(box) == marked
        box.reject()
        qtbot.waitUntil(lambda: not desktop.window.findChildren(QMessageBox), timeout=5_000)
