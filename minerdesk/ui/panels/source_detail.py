"""One source in full: what it serves and on which terms, how it failed, its address, a test, its last body."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.errors import InputError
from minerdesk.quantities import QUANTITIES
from minerdesk.source_states import SourceState
from minerdesk.sources import endpoints
from minerdesk.sources.refresh import Report
from minerdesk.ui.panels.parts import plain_label, set_look
from minerdesk.ui.panels.provenance import failure_sentence, value_words
from minerdesk.ui.panels.served import services_words
from minerdesk.ui.panels.source_access import SourceAccess
from minerdesk.ui.source_keys import UNASKED, KeyState
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, PADDING_PX, SPACE_PX, Theme, icon

_ICON_PX = 14
_TEST = "Ask this source now for all that it serves; nothing of it is taken over"


class SourceDetail(QFrame):
    """The source that is chosen in the table.

    Signals
    -------
    test_asked(str), body_asked(str)
        Test a provider; show its last body.
    base_chosen(str, str)
        Ask a provider at another address; an empty one is its own.
    """

    test_asked = Signal(str)
    body_asked = Signal(str)
    base_chosen = Signal(str, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._state: SourceState | None = None
        self._testing: set[str] = set()
        self._results: dict[str, tuple[str, str]] = {}
        self.title = plain_label(BODY_PX, "title")
        self.services, self.terms = self._line("muted"), self._line("muted")
        self.failure, self.result, self.problem = self._line("warning"), self._line("muted"), self._line("cost")
        self.test, self.body = QPushButton("&Test"), QPushButton("&Last body…")
        self.test.setToolTip(_TEST)
        self.body.setToolTip("Show what it answered last, as plain text")
        self.base = QLineEdit()
        self.base.setClearButtonEnabled(True)
        label = QLabel("Base &URL", textFormat=Qt.TextFormat.PlainText)
        label.setBuddy(self.base)
        self.base.setAccessibleName("Base URL")
        self.use = QPushButton("&Use")
        self.use.setToolTip("Ask this source at the address that is typed; empty is its own")
        self._note = plain_label(CAPTION_PX, "caption")
        self.access = SourceAccess()
        head, address = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        for button in (self.test, self.body):
            head.addWidget(button)
        for widget in (label, self.base, self.use):
            address.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, SPACE_PX, PADDING_PX, SPACE_PX)
        layout.setSpacing(4)
        layout.addLayout(head)
        for line in (self.services, self.terms, self.failure, self.result):
            layout.addWidget(line)
        layout.addWidget(self.access)
        layout.addLayout(address)
        layout.addWidget(self._note)
        layout.addWidget(self.problem)
        self.test.clicked.connect(self._ask_test)
        self.body.clicked.connect(lambda: self.body_asked.emit(self.provider))
        self.use.clicked.connect(self._use_base)
        self.base.returnPressed.connect(self._use_base)
        self.set_theme(theme)

    @staticmethod
    def _line(look: str) -> QLabel:
        line = plain_label(BODY_PX, look)
        line.setWordWrap(True)
        line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line.hide()
        return line

    @property
    def provider(self) -> str:
        """The name of the source that is shown, empty if none is."""
        return self._state.provider if self._state else ""

    def set_theme(self, theme: Theme) -> None:
        """Redraw the signs in another theme."""
        for button, name in ((self.test, "refresh"), (self.body, "file-text")):
            button.setIcon(icon(name, theme, "text", _ICON_PX))
            button.setIconSize(QSize(_ICON_PX, _ICON_PX))

    def show_source(
        self,
        state: SourceState,
        preferred: Mapping[str, str],
        *,
        offline: bool,
        key: KeyState = UNASKED,
        lines: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Show a source; what is being typed stays while it is the same one.

        `preferred` are the base URLs of the preferences, `lines` those of them that `source_access.LINES` names.
        """
        another = state.provider != self.provider
        self.access.show_source(state, key, lines)
        self._state = state
        self.title.setText(state.label)
        _say(self.services, f"{'Asked for' if state.is_on else 'It serves'}: {services_words(state)}.")
        _say(self.terms, f"Terms: {state.licence}. Credit: {state.credit}." if state.credit else "")
        _say(self.failure, _failed_words(state))
        if another:
            self.base.setText(preferred.get(state.provider, ""))
            _say(self.problem, "")
        self.base.setPlaceholderText(state.own_base)
        chosen = preferred.get(state.provider) or state.own_base
        overruled = state.base != chosen.strip().rstrip("/")
        self._note.setText(
            f"A flag or the variable {endpoints.VARIABLE_PREFIX}{state.provider.upper()} goes before: {state.base}"
            if overruled
            else f"Asked at {state.base}"
        )
        self.test.setEnabled(
            not offline and state.is_on and state.can_be_tested and state.provider not in self._testing
        )
        self.test.setToolTip(_TEST if state.is_on else "It is off: switch it on below, then test it")
        self.test.setText("Testing…" if state.provider in self._testing else "&Test")
        self._show_result()

    def show_result(self, provider: str, report: Report, now: datetime) -> None:
        """Say how a test went."""
        self._testing.discard(provider)
        self._results[provider] = _tested_words(report, now)
        if self._state is not None and provider == self.provider:
            self.test.setEnabled(True)
            self.test.setText("&Test")
            self._show_result()

    def _show_result(self) -> None:
        text, look = self._results.get(self.provider, ("", "muted"))
        _say(self.result, text)
        set_look(self.result, look)

    def _ask_test(self) -> None:
        self._testing.add(self.provider)
        self.test.setEnabled(False)
        self.test.setText("Testing…")
        self.test_asked.emit(self.provider)

    def _use_base(self) -> None:
        url = self.base.text().strip()
        try:
            endpoints.resolve({self.provider: url}, {})
        except InputError as error:
            _say(self.problem, "\n".join(problem.message for problem in error.problems) or error.message)
            return
        _say(self.problem, "")
        self.base_chosen.emit(self.provider, url)


def _say(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))


def _failed_words(state: SourceState) -> str:
    if state.failure is None:
        return ""
    when = f" at {words.day_and_time(state.failed_at)} UTC" if state.failed_at else ""
    return f"Failed{when}. {failure_sentence(state.failure, state.failure_hint)}"


def _tested_words(report: Report, now: datetime) -> tuple[str, str]:
    """Say what a test brought, and in which colour."""
    if not report.asked and report.outcomes:
        return f"Nothing was asked of it: {report.outcomes[0].nothing_to_ask}.", "muted"
    given = report.answered
    slowest = max((outcome.latency_s for outcome in given), default=0.0)
    said = f"Tested {words.day_and_time(now)} UTC"
    if not given:
        failure = report.failures[0]
        return f"{said}. {failure_sentence(failure.kind, failure.hint)}", "warning"
    fetched = [outcome.fetched for outcome in given if outcome.fetched]
    values = "; ".join(
        [
            f"{words.inside_sentence(QUANTITIES[found.quantity].label)} {value_words(found)}"
            for one in fetched
            for found in one.observations
        ]
        + [one.told for one in fetched if one.told]
    )
    said += f": {len(given)} of {len(report.asked)} answered within {slowest:.1f} s"
    if len(given) < len(report.asked):
        failure = report.failures[0]
        return f"{said}. {failure_sentence(failure.kind, failure.hint)}", "warning"
    return f"{said}{f': {values}' if values else ''}. Nothing of it was taken over.", "gain"
