"""The message area: slim bars that can be dismissed, never a dialog."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from minerdesk.errors import Severity, StoreError
from minerdesk.ui.notices import Notices
from minerdesk.ui.panels.messages import SHOWN, MessageArea
from minerdesk.ui.theme import Appearance


@pytest.fixture
def notices(qapp):
    return Notices()


@pytest.fixture
def area(notices, qtbot, qapp):
    window = QWidget()
    qtbot.addWidget(window)
    made = MessageArea(notices, Appearance(qapp))
    QVBoxLayout(window).addWidget(made)
    window.resize(600, 300)
    window.show()
    QApplication.processEvents()
    yield made


def shown(area) -> list[str]:
    return [bar.text.text() for bar in area.bars if bar.isVisible()]


def test_without_messages_it_takes_no_room(area):
    assert not area.isVisible()


def test_errors_come_first_then_the_newest(area, notices):
    notices.post("one")
    notices.post_error(StoreError("It could not be saved.", hint="Choose another folder."))
    notices.post("two")
    area.more.setChecked(True)
    assert shown(area) == ["It could not be saved. Choose another folder.", "two", "one"]
    assert area.bars[0].accessibleName().startswith("Error: It could")
    assert area.bars[1].accessibleName() == "Warning: two"
    assert not [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog)]


def test_a_doubt_about_a_number_stands_before_other_warnings_and_stays_put_away_until_it_is_over(area, notices):
    notices.post("$102 000 is not believed", key="doubt", pressing=True)
    notices.post("Not refreshed: open interest")
    area.more.setChecked(True)
    assert shown(area) == ["$102 000 is not believed", "Not refreshed: open interest"]
    notices.dismiss("doubt")
    notices.post("$102 100 is not believed", key="doubt", pressing=True)
    assert shown(area) == ["Not refreshed: open interest"]
    notices.withdraw("doubt")
    notices.post("$102 200 is not believed", key="doubt", pressing=True)
    assert shown(area)[0] == "$102 200 is not believed"


def test_only_some_are_shown_and_the_rest_is_one_press_away(area, notices, qtbot):
    for number in range(SHOWN + 2):
        notices.post(f"message {number}")
    assert len(shown(area)) == SHOWN
    assert area.more.text() == "and 2 more"
    bar = next(bar for bar in area.bars if bar.isVisible())
    assert area.more.geometry().top() < bar.geometry().bottom(), "the rest stands beside the first, not under it"
    qtbot.mouseClick(area.more, Qt.MouseButton.LeftButton)
    assert len(shown(area)) == SHOWN + 2
    assert area.more.text() == "Show fewer"


def test_a_dismissed_message_goes_and_the_next_moves_up(area, notices, qtbot):
    for number in range(SHOWN + 1):
        notices.post(f"message {number}")
    first = area.bars[0]
    assert first.dismiss.accessibleName() == "Dismiss"
    qtbot.mouseClick(first.dismiss, Qt.MouseButton.LeftButton)
    assert first.notice not in notices.standing
    assert shown(area) == [f"message {number}" for number in reversed(range(SHOWN))]
    assert not area.more.isVisible()
    for bar in area.bars:
        qtbot.mouseClick(bar.dismiss, Qt.MouseButton.LeftButton)
    assert not area.isVisible()


def test_a_bar_whose_message_stands_is_kept_when_another_comes(area, notices):
    notices.post("one", key="a")
    (bar,) = area.bars
    notices.post("two", key="b")
    assert area.bars[1] is bar
    notices.post("one, anew", key="a")
    assert bar not in area.bars and len(area.bars) == 2


def test_text_is_shown_as_it_is(area, notices):
    notices.post("<b>bold</b>", severity=Severity.ERROR)
    label = area.bars[0].text
    assert (label.text(), label.textFormat()) == ("<b>bold</b>", Qt.TextFormat.PlainText)


def test_messages_that_came_before_the_window_are_shown_once_it_is_there(notices, qtbot, qapp):
    notices.post("early")
    window = QWidget()
    qtbot.addWidget(window)
    area = MessageArea(notices, Appearance(qapp), window)
    window.show()
    assert shown(area) == ["early"]
