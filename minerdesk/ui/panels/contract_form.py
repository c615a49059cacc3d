"""The inputs of the page Power: contract, credits, how machines stop, firm AI load, beside the pictures."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from minerdesk.snapshot import Snapshot
from minerdesk.ui import theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fieldparts import BUTTON_ICON_PX, quiet_button, rich
from minerdesk.ui.panels.forms import FieldForm
from minerdesk.ui.theme import Appearance, Theme

WIDTH_PX = 290
PAGE = "power"


class ContractForm(QFrame):
    """The form of the page's own inputs. Edits go to the bridge; snapshots come back."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = FieldForm(bridge, appearance, PAGE)
        self.reset = quiet_button("Reset contract, credits, stopping and firm load", self)
        self.reset.setText("Reset")
        self.reset.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.reset.clicked.connect(self.form.reset)
        self.setProperty("look", "card")
        self.setFixedWidth(WIDTH_PX)
        title = QLabel("Terms")
        title.setProperty("look", "title")
        head = QHBoxLayout()
        head.setContentsMargins(theme.PADDING_PX, 0, theme.SPACE_PX, 0)
        head.addWidget(title, 1)
        head.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE_PX, 0, 1)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.form, 1)
        self.form.order_tabs([self.reset])
        self._restyle(appearance.theme)
        appearance.changed.connect(self._restyle)

    def sizeHint(self) -> QSize:
        """Return the width that the page keeps for it."""
        return QSize(WIDTH_PX, 200)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        self.form.render_snapshot(snapshot)
        changed = self.form.changed(snapshot)
        self.reset.setEnabled(bool(changed))
        self.reset.setToolTip(
            rich([f"Reset what is changed here ({len(changed)}) to its default. Undo brings it back."])
        )

    def _restyle(self, shown: Theme) -> None:
        self.reset.setIcon(theme.icon("reset", shown, "muted", BUTTON_ICON_PX))
