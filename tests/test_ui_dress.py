"""Rules of style are put on as late and as seldom as can be: by the window once, by a form when it is seen."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from sample_desk import session_at

from minerdesk.ui import app as desktop_app
from minerdesk.ui.app import Desktop
from minerdesk.ui.panels.forms import FieldForm
from minerdesk.ui.theme import DARK, LIGHT, Theme


class StyleChanges(QObject):
    """Counts how often widgets are told that their style changed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.seen += event.type() is QEvent.Type.StyleChange
        return False


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch, qapp: QApplication, qtbot: Any) -> Iterator[Desktop]:
    made = desktop_app.build(session_at(monkeypatch, offline=True), qapp)
    made.appearance.apply("light")
    made.window.resize(1_280, 800)
    made.window.render_snapshot(made.bridge.snapshot)
    made.window.show()
    qtbot.wait(20)
    yield made
    made.window.hide()
    made.close()


def surface(widget: QWidget) -> str:
    """Return the colour in a corner of a field or card, inside its frame."""
    return widget.grab().toImage().pixelColor(widget.width() // 2, 3).name().upper()


def form_of(desktop: Desktop, page: str) -> FieldForm:
    return desktop.window.pages.page(page).findChild(FieldForm)


def test_cards_fields_and_dialogs_follow_the_theme(desktop: Desktop) -> None:
    field = desktop.window.inputs.form.rows["power.price_usd_per_mwh"].stops[0]
    assert surface(field) == LIGHT.card
    desktop.appearance.apply("dark")
    assert surface(field) == DARK.card
    assert DARK.card in desktop.window.styleSheet(), "dialogs inherit it"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda one: one.name)
def test_a_line_to_type_in_has_a_frame_that_is_seen_on_either_surface(desktop: Desktop, theme: Theme) -> None:
    desktop.appearance.apply(theme.name)
    desktop.window.pages.choose("data")
    line = desktop.window.pages.page("data").filter
    picture = line.grab().toImage()
    frame = picture.pixelColor(line.width() // 2, 0).name().upper()
    assert frame == theme.border and frame not in (theme.card, theme.window)


def test_a_form_is_built_without_rules_and_wears_them_when_seen(desktop: Desktop, qtbot: Any) -> None:
    form = form_of(desktop, "plan")
    assert form.styleSheet() == "", "with rules on it every move into a layout would look at each row again"
    desktop.window.pages.choose("plan")
    assert LIGHT.card in form.styleSheet()
    desktop.window.pages.choose("desk")
    desktop.appearance.apply("dark")
    assert LIGHT.card in form.styleSheet(), "nobody sees it"
    desktop.window.pages.choose("plan")
    assert DARK.card in form.styleSheet()
    qtbot.waitUntil(lambda: not desktop.tasks.is_running("plan"), timeout=10_000)


def test_a_change_of_theme_looks_at_a_widget_a_few_times_not_once_per_ancestor(
    desktop: Desktop, qapp: QApplication
) -> None:
    changes = StyleChanges()
    qapp.installEventFilter(changes)
    desktop.appearance.apply("dark")
    qapp.removeEventFilter(changes)
    assert changes.seen <= 6 * len(qapp.allWidgets()), "once worn by the application it was twelve times"
