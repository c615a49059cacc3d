"""The page of risk: what moves and how far on the left, what follows from many paths on the right."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.economics.risk import correlation
from minerdesk.economics.risk.fields import PAGE, VOLATILITY
from minerdesk.economics.risk.planned import RiskCase, run
from minerdesk.economics.risk.simulation import RiskResult
from minerdesk.errors import Problem
from minerdesk.risk_report import NO_CASE, RiskOutcome, basis_words, headline, spread_words
from minerdesk.snapshot import Snapshot
from minerdesk.ui import risk, theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.fan import FanChart
from minerdesk.ui.charts.settling import SettlingChart
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.charts.spread import SpreadChart
from minerdesk.ui.panels.forms import FieldForm, fields_of
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel, SignedLine, plain_label, set_look
from minerdesk.ui.panels.risk_tables import RiskTables
from minerdesk.ui.panels.volatilityfield import VolatilityField
from minerdesk.ui.tasks import Cancelled, Progress
from minerdesk.ui.theme import Appearance, Theme

JOB = "risk"
FORM_PX, _BAR_PX, _PARTS = 290, 110, 1_000
_WAITING = "The first paths are under way."
_HINT = "Point at them to read their values."
_STALE = "Out of date: inputs or prices have changed since this run."


class RiskPanel(PagePanel):
    """A quick look runs by itself and follows the inputs; a full run on the button stays until the next, and says so.

    Both run as a job. A result whose inputs have changed since is marked.
    """

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._case: RiskCase | None = None
        self._asked: RiskCase | None = None
        self._shown_empty: str | None = None
        self._marked: str | None = None
        self.outcome: RiskOutcome | None = None
        self._is_full = False
        self._look: RiskOutcome | None = None
        labels = {key: field.label for key, field in fields_of(PAGE).items()}
        self.form = FieldForm(bridge, appearance, PAGE, labels=labels, kinds={VOLATILITY: VolatilityField})
        self.headline = FittingLabel(theme.TITLE_PX, "title")
        self.spread_line = FittingLabel(theme.BODY_PX, "muted")
        self.status = SignedLine(appearance.theme)
        self.said = FittingLabel(theme.CAPTION_PX, "muted")
        self.fans, self.spread, self.settling = (
            FanChart(appearance.theme),
            SpreadChart(appearance.theme),
            SettlingChart(appearance.theme),
        )
        self.sheets = (Sheet(self.fans), Sheet(self.spread), Sheet(self.settling))
        self.tables = RiskTables()
        self.run_button, self.cancel_button = QPushButton("Run"), QPushButton("Cancel")
        self.bar = QProgressBar()
        self._stack = QStackedWidget()
        self._build()
        self._connect(appearance)
        self._restyle(appearance.theme)
        for widget, place, name in (
            (self.headline, JOB, "headline"),
            (self.spread_line, JOB, "spread"),
            (self.status.label, JOB, "status"),
            (self.said, "fans", "cash"),
            (self.sheets[0], "fans", "cash"),
            (self.sheets[1], "spread", "npv"),
            (self.sheets[2], "settling", "share"),
        ):
            whence.link(widget, place, name)
        for table, place in (
            (self.tables.npv, "npv"),
            (self.tables.settling, "settling"),
            (self.tables.months, "months"),
        ):
            whence.link_table(table, place)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot: run a quick look where there is no full run to keep, and mark what is out of date."""
        self.form.render_snapshot(snapshot)
        case = self._case = snapshot.risk_case()
        refused = None if case is None else correlation.problem(case.risk)
        self._mark(refused, snapshot)
        if case is None or refused is not None:
            self._stop()
            self.outcome = self._look = None
            self._is_full = False
            self._draw(NO_CASE if refused is None else refused.message)
            return
        self.run_button.setText(f"Run {words.figure(case.paths)} paths")
        asked = self._asked is not None and self._asked.same_but_for_paths(case)
        if self._present() is None and not asked:
            self._start(case, full=False)
        self._say_status()

    def _mark(self, refused: Problem | None, snapshot: Snapshot) -> None:
        """Say beside the field which correlation contradicts the others; once it fits, that is withdrawn."""
        if self._marked is not None and (refused is None or refused.field != self._marked):
            self.form.rows[self._marked].forget_typing()
        self._marked = None if refused is None else refused.field
        if refused is not None:
            self.form.rows[refused.field].refuse(refused.message, snapshot.values[refused.field])

    def shown(self, name: str) -> risk.Shown:
        """Return what an export shows: the run that speaks of what is on the desk, and the scales."""
        del name
        return risk.Shown(outcome=self._present(), own_scales=self.own_scales.isChecked())

    def _present(self) -> RiskOutcome | None:
        """Return the run that speaks of what is on the desk: that on screen, else a quick look."""
        return next((run for run in (self.outcome, self._look) if run is not None and run.is_of(self._case)), None)

    def forget_typing(self) -> None:
        """Give up what is half typed or refused."""
        self.form.forget_typing()

    def _draw(self, empty_text: str = "") -> None:
        """Draw the run, or say why there is none."""
        outcome = self.outcome
        if outcome is None and self._shown_empty == empty_text:
            return
        self._shown_empty = empty_text if outcome is None else None
        fans, spread, settling = (
            risk.fan_spec(outcome, empty_text, own_scales=self.own_scales.isChecked()),
            risk.spread_spec(outcome),
            risk.settling_spec(outcome),
        )
        self.fans.set_spec(fans)
        self.spread.set_spec(spread)
        self.settling.set_spec(settling)
        self.sheets[0].say(title=fans.title, caption="", description=fans.summary or empty_text)
        self.sheets[1].say(title=spread.title, caption=spread.caption, description=spread.summary or empty_text)
        self.sheets[2].say(title=settling.title, caption=settling.caption, description=settling.summary or empty_text)
        said = outcome is not None
        self.headline.set_variants(f"{headline(outcome)}." if outcome else "")
        self.spread_line.set_variants(
            *(spread_words(outcome), spread_words(outcome).split(". ")[0]) if outcome else ("",)
        )
        for widget in (self.headline, self.spread_line):
            widget.setVisible(said)
        self._on_pointed()
        self._fill_tables()
        self._say_status()

    def _say_status(self) -> None:
        """Say what was run, and whether it still holds."""
        outcome, running = self.outcome, self._bridge.tasks.is_running(JOB)
        self.bar.setVisible(running)
        self.cancel_button.setVisible(running)
        self.run_button.setEnabled(not running and self._case is not None and self._shown_empty in (None, _WAITING))
        if running or outcome is None:
            return
        basis = basis_words(outcome)
        notes = " ".join(outcome.case.notes)
        self.status.label.setToolTip(f"{basis} {notes}")
        stale = not outcome.is_of(self._case)
        set_look(self.headline, "muted" if stale else "title")
        if stale:
            new = self._present()
            look = () if new is None else (f"{_STALE} A quick look at what holds now: {headline(new)}.",)
            self.status.say((*look, _STALE, "Out of date. Run again."), role="warning", sign="warning")
        elif self._case is not None and outcome.result.paths < self._case.paths:
            brief = basis.split(", ")
            told = (f"{basis} {notes}", basis, ", ".join(brief[:2]) + ".", brief[0] + ".")
            self.status.say(tuple(f"A quick look: {text}" for text in told))
        else:
            self.status.say((f"{basis} {notes}", basis))

    def _on_pointed(self, *texts: str) -> None:
        """Say what lies under the pointer, else how the fans are read."""
        caption = self.fans.spec.caption
        if not texts:
            texts = (f"{caption} {_HINT}", caption, risk.FANS_BRIEF) if self.outcome else ("",)
        self.said.set_variants(*texts)

    def _fill_tables(self) -> None:
        if self.table_button.isChecked():
            self.tables.show_run(self.outcome)

    def _restyle(self, shown: Theme) -> None:
        for chart in (self.fans, self.spread, self.settling):
            chart.set_theme(shown)
        self.status.set_theme(shown)
        for button, icon in ((self.table_button, "table"), (self.export_button, "export"), (self.reset, "reset")):
            button.setIcon(theme.icon(icon, shown))

    # -- running ------------------------------------------------------------------------------------------------------

    def run_all(self) -> None:
        """Run as many paths as are typed."""
        if self._case is not None and correlation.problem(self._case.risk) is None:
            self._start(self._case, full=True)

    def cancel(self) -> None:
        """Stop the run under way; what was shown before stays."""
        self._stop()
        if self.outcome is None:
            self._draw("The run was cancelled. Run it again for an answer.")
        self._say_status()

    def _start(self, case: RiskCase, *, full: bool) -> None:
        """Run a case as a job. A full run stays on screen until the next one: a quick look then stands beside it."""
        paths = case.paths if full else case.quick_paths
        self._asked = case

        def work(progress: Progress, cancelled: Cancelled) -> RiskResult | None:
            def tell(done: int, total: int) -> None:
                progress(done / total, f"{words.figure(done)} of {words.figure(total)} paths")

            return run(case, paths, on_progress=tell, cancelled=cancelled)

        def done(result: RiskResult | None) -> None:
            self._asked = None
            if result is None:
                return
            found = RiskOutcome(case=case, result=result)
            if full or not self._is_full:
                self.outcome, self._is_full = found, full
                self._draw()
            else:
                self._look = found
                self._say_status()

        self._bridge.tasks.run(JOB, work, done, self._failed, self._on_progress)
        self.bar.setValue(0)
        self.status.say((f"Simulating {words.figure(paths)} paths",))
        if self.outcome is None:
            self._draw(_WAITING)
        self._say_status()

    def _stop(self) -> None:
        self._asked = None
        self._bridge.tasks.cancel(JOB)

    def _failed(self, error: BaseException) -> None:
        self._asked = None
        self._say_status()
        raise error  # the correlations were checked before: a bug, and the crash window shows it

    def _on_progress(self, fraction: float | None, text: str) -> None:
        self.bar.setValue(round((fraction or 0.0) * _PARTS))
        self.status.say((f"Simulating: {text}", text))

    # -- building -----------------------------------------------------------------------------------------------------

    def _connect(self, appearance: Appearance) -> None:
        self.run_button.clicked.connect(self.run_all)
        self.cancel_button.clicked.connect(self.cancel)
        self.fans.pointed.connect(
            lambda month: self._on_pointed(*(self.fans.spec.readouts(month) if month >= 0 else ()))
        )
        self.spread.pointed.connect(
            lambda value: self._on_pointed(*(() if np.isnan(value) else (self.spread.spec.readout(value),)))
        )
        for sheet in self.sheets:
            sheet.copy_asked.connect(lambda: self.copy_asked.emit(JOB))
            sheet.export_asked.connect(lambda: self.export_asked.emit(JOB))
        appearance.changed.connect(self._restyle)

    def _build(self) -> None:
        across = self._splitter("risk_across", Qt.Orientation.Horizontal, (self._left(), self._right()), (FORM_PX, 700))
        across.setStretchFactor(1, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(across)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def _left(self) -> QWidget:
        self.reset = _tool("", "Set every input of this page to its default (undo brings yours back)")
        self.reset.setAccessibleName("Reset the inputs of risk")
        self.reset.clicked.connect(self.form.reset)
        heading = QHBoxLayout()
        heading.setContentsMargins(12, 6, 6, 0)
        heading.addWidget(plain_label(theme.BODY_PX, "title", "What moves"), 1)
        heading.addWidget(self.reset)
        inside = QVBoxLayout()
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addLayout(heading)
        inside.addWidget(self.form, 1)
        self.run_button.setShortcut("Ctrl+R")
        self.run_button.setToolTip("Run as many paths as are typed (Ctrl+R)")
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 10)
        foot.addWidget(self.run_button)
        inside.addLayout(foot)
        card = QFrame()
        card.setProperty("look", "card")
        card.setLayout(inside)
        card.setMinimumWidth(FORM_PX)
        return card

    def _right(self) -> QWidget:
        right = QWidget()
        layout = QVBoxLayout(right)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.headline)
        layout.addWidget(self.spread_line)
        layout.addLayout(self._bar())
        self._stack.addWidget(self._charts())
        self._stack.addWidget(self.tables)
        layout.addWidget(self._stack, 1)
        return right

    def _bar(self) -> QHBoxLayout:
        self.own_scales = _tool("Own scales", "Draw each fan on a scale of its own")
        self.own_scales.setCheckable(True)
        self.own_scales.toggled.connect(lambda _: self._draw(self._shown_empty or ""))
        self.table_button = _tool("Data table", "Show the values behind the charts")
        self.table_button.setCheckable(True)
        self.table_button.toggled.connect(self._show_tables)
        self.export_button = _tool("Export…", "Write this page to a file (Ctrl+E)")
        self.export_button.clicked.connect(lambda: self.export_asked.emit(JOB))
        self.bar.setFixedSize(_BAR_PX, 12)
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the simulation")
        self.cancel_button.setFlat(True)
        self.cancel_button.setToolTip("Stop this run; what is shown stays")
        self.status.setMinimumHeight(self.cancel_button.sizeHint().height())  # charts keep their place while it runs
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.status, 1)
        for widget in (self.bar, self.cancel_button):
            row.addWidget(widget)
        for button in (self.own_scales, self.table_button, self.export_button):
            row.addWidget(button)
        return row

    def _charts(self) -> QWidget:
        fans = QFrame()
        fans.setProperty("look", "card")
        inside = QVBoxLayout(fans)
        inside.setContentsMargins(0, 0, 0, 7)
        inside.setSpacing(0)
        inside.addWidget(self.sheets[0], 1)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.said)
        inside.addLayout(line)
        side = (_card(self.sheets[1]), _card(self.sheets[2]))
        lower = self._splitter("risk_lower", Qt.Orientation.Horizontal, side, (430, 270))
        return self._splitter("risk_down", Qt.Orientation.Vertical, (fans, lower), (270, 230))

    def _splitter(
        self, name: str, orientation: Qt.Orientation, parts: Sequence[QWidget], usual: Sequence[int]
    ) -> QSplitter:
        """Return a splitter that is as it was left, or as is usual."""
        splitter = QSplitter(orientation)
        splitter.setObjectName(name)
        for part in parts:
            splitter.addWidget(part)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(theme.SPACE_PX)
        kept = self._bridge.session.preferences.splitter_sizes.get(name, ())
        splitter.setSizes(list(kept) if len(kept) == len(parts) else list(usual))
        splitter.splitterMoved.connect(lambda *_: self._remember(splitter))
        return splitter

    def _remember(self, splitter: QSplitter) -> None:
        known = self._bridge.session.preferences.splitter_sizes
        self._bridge.prefer(splitter_sizes={**known, splitter.objectName(): tuple(splitter.sizes())})

    def _show_tables(self, shown: bool) -> None:
        self._fill_tables()
        self._stack.setCurrentIndex(1 if shown else 0)


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(text.rstrip("…"))
    return button


def _card(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(content)
    return frame
