"""The input panel: the inputs that everyone has on top, the others folded by group, the network with state and age."""

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics.declarations import NETWORK
from minerdesk.economics.field import DESK
from minerdesk.economics.schema import Value
from minerdesk.observations import Observation
from minerdesk.snapshot import Snapshot
from minerdesk.ui import fieldparts, theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fieldparts import BUTTON_ICON_PX, GAP_PX, MARGIN_PX, Note, quiet_button, rich
from minerdesk.ui.panels.catalogue import CatalogueMenu
from minerdesk.ui.panels.forms import FieldForm, fields_of
from minerdesk.ui.panels.industry_row import POWER_PRICE, IndustryRow
from minerdesk.ui.panels.networkfield import NetworkField
from minerdesk.ui.panels.provenance import described_in, standing_in
from minerdesk.ui.theme import Appearance, Theme

WIDTH_PX = 300
GPU_RATE, GPU_MEDIAN = "gpu.rate_usd_per_gpu_hour", "gpu_rate_on_demand_usd_per_gpu_hour"

GROUPS = tuple(dict.fromkeys(field.group for field in fields_of(DESK).values()))

#: Alt and the marked letter lead to the inputs that stand open.
_MNEMONICS = {
    POWER_PRICE: "&Power price",
    "site.capacity_mw": "S&ite capacity",
    "mining.efficiency_j_per_th": "F&leet efficiency",
    GPU_RATE: "&GPU rate",
    "colo.rent_usd_per_kw_month": "Colocation re&nt",
}


class Suggestion(QWidget):
    """The observed list price under the GPU rate, and a button that uses it."""

    used = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._value = 0.0
        self.value = QLabel(self, textFormat=Qt.TextFormat.PlainText)
        self.value.setProperty("look", "caption")
        self.note = Note(self)
        self.button = quiet_button(f"Use the {name}", self)
        self.button.setText("Use")
        self.button.setObjectName("use")
        self.button.setToolTip(rich(["Take it as the GPU rate. A list price is not realised revenue."]))
        self.button.clicked.connect(self._on_clicked)
        line = QHBoxLayout()
        line.addWidget(self.note, 1, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN_PX + GAP_PX, 0, 4, 0)
        layout.setSpacing(0)
        layout.addWidget(self.value)
        layout.addLayout(line)

    def show_observed(self, found: Observation | None, snapshot: Snapshot, shown: Theme) -> None:
        """Show an observation with its standing; the button can be pressed while another value is used."""
        self.setVisible(found is not None)
        if found is None:
            return
        self._value = found.value
        said, doubted = standing_in(snapshot, found), snapshot.doubt(found.quantity) is not None
        self.value.setText(f"{self._name} {words.with_unit(words.figure(found.value, 2), found.unit)}")
        # Its age is told without alarm, for nothing is computed from it; a doubt is told with it.
        icon = "clock" if said.role == "warning" and not doubted else said.icon
        self.note.say(said.text, shown, icon=icon)
        self.setToolTip(rich(described_in(snapshot, found)))
        self.button.setEnabled(snapshot.values[GPU_RATE] != found.value)

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.note.restyle(shown)

    def _on_clicked(self) -> None:
        self.used.emit(self._value)


class InputsPanel(QFrame):
    """The inputs of the desk, generated from the declarations. Edits go to the bridge; snapshots come back."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._theme = appearance.theme
        self.suggestion = Suggestion("B200 on-demand median")
        self.suggestion.used.connect(partial(self._edit, GPU_RATE))
        self.industry = IndustryRow(bridge, self._theme)
        self.industry.used.connect(partial(self._edit, POWER_PRICE))
        self.form = FieldForm(
            bridge,
            appearance,
            DESK,
            labels=_MNEMONICS,
            kinds={NETWORK: NetworkField},
            after={GPU_RATE: self.suggestion, POWER_PRICE: self.industry},
        )
        self.rows, self.folds = self.form.rows, self.form.folds
        self.reset_all = quiet_button("Reset all inputs", self)
        self.reset_all.setText("Reset all")
        self.reset_all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.reset_all.clicked.connect(self.form.reset)
        self.catalogue = quiet_button("Fill in from the catalogue", self)
        self.catalogue.setText("Catalogue")
        self.catalogue.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.catalogue.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.catalogue.setMenu(CatalogueMenu(bridge, self.catalogue))
        self.catalogue.setToolTip(rich(["A miner model, a GPU or a signed lease as a starting point."]))
        self.setProperty("look", "card")
        self.setMinimumWidth(WIDTH_PX)
        self._arrange()
        self.form.order_tabs([self.catalogue, self.reset_all])
        self._draw_icons()
        appearance.changed.connect(self._restyle)
        self.render_snapshot(bridge.snapshot)

    def sizeHint(self) -> QSize:
        """Return the width that the window keeps for the inputs."""
        return QSize(WIDTH_PX, super().sizeHint().height())

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. Only what differs is written, nothing is edited, the focus stays where it is."""
        self.form.render_snapshot(snapshot)
        self.industry.render_snapshot(snapshot)
        self.suggestion.show_observed(snapshot.observed(GPU_MEDIAN), snapshot, self._theme)
        changed = self.form.changed(snapshot)
        self.reset_all.setEnabled(bool(changed))
        self.reset_all.setToolTip(
            rich([f"Reset what is changed ({len(changed)}) to its default. Undo brings it back."])
        )

    def forget_typing(self) -> None:
        """Give up what is half typed or refused anywhere: every row shows the value that holds."""
        self.form.forget_typing()

    def _restyle(self, shown: Theme) -> None:
        self._theme = shown
        self._draw_icons()
        if self.isVisible():
            self._dress()
        self.suggestion.restyle(shown)
        self.industry.restyle(shown)

    def showEvent(self, event: QShowEvent) -> None:
        """Wear the rules of the theme; before, nobody sees them."""
        self._dress()
        super().showEvent(event)

    def _dress(self) -> None:
        fieldparts.wear(self, fieldparts.style_sheet(self._theme))

    def _draw_icons(self) -> None:
        self.catalogue.setIcon(theme.icon("search", self._theme, "muted", BUTTON_ICON_PX))
        self.reset_all.setIcon(theme.icon("reset", self._theme, "muted", BUTTON_ICON_PX))

    def _arrange(self) -> None:
        title = QLabel("Inputs")
        title.setProperty("look", "title")
        head = QHBoxLayout()
        head.setContentsMargins(theme.PADDING_PX, 0, theme.SPACE_PX, 0)
        head.addWidget(title, 1)
        head.addWidget(self.catalogue)
        head.addWidget(self.reset_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE_PX, 0, 1)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.form, 1)

    def _edit(self, key: str, value: Value) -> None:
        self._bridge.edit(key, value)
