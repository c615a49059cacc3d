"""The input panel: the inputs that everyone has on top, the others folded by group, the network with state and age."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics.declarations import AI, NETWORK, Field
from minerdesk.economics.schema import DEFAULTS, FIELDS, Value
from minerdesk.errors import InputError
from minerdesk.observations import Observation
from minerdesk.snapshot import Snapshot
from minerdesk.ui import fieldparts, theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fieldparts import BUTTON_ICON_PX, GAP_PX, MARGIN_PX, FieldRow, Note, quiet_button, rich
from minerdesk.ui.fields import QuantityField, SwitchField
from minerdesk.ui.panels.catalogue import CatalogueMenu
from minerdesk.ui.panels.networkfield import NetworkField
from minerdesk.ui.panels.provenance import described, standing
from minerdesk.ui.theme import Appearance, Theme

WIDTH_PX = 300
GPU_RATE, GPU_MEDIAN = "gpu.rate_usd_per_gpu_hour", "gpu_rate_on_demand_usd_per_gpu_hour"

GROUPS = tuple(dict.fromkeys(field.group for field in FIELDS.values()))

#: What the parts of the AI/HPC group are called, by the first word of their keys.
_PARTS = {"gpu": "GPU cloud", "colo": "Colocation", "shell": "Powered shell"}

#: Alt and the marked letter lead to the inputs that stand open.
_MNEMONICS = {
    "power.price_usd_per_mwh": "&Power price",
    "site.capacity_mw": "S&ite capacity",
    "mining.efficiency_j_per_th": "F&leet efficiency",
    GPU_RATE: "&GPU rate",
    "colo.rent_usd_per_kw_month": "Colocation re&nt",
}


def short_label(field: Field) -> str:
    """Return the label of `field` under a heading that already says what it belongs to.

    >>> short_label(FIELDS["colo.power_passed_through"]), short_label(FIELDS["gpu.meter_kw_per_gpu"])
    ('Tenant pays the power', 'Power per GPU')
    """
    label = field.label
    for owner in (field.group, "GPU", *_PARTS.values()):
        label = label.removeprefix(f"{owner}: ").removeprefix(f"{owner} ")
    return label[:1].upper() + label[1:]


class Fold(QWidget):
    """A group under a heading that folds it. Folded, the heading still says how many of its inputs are changed."""

    toggled = Signal()

    def __init__(self, name: str, shown: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._theme = shown
        self.heading = QToolButton(self)
        self.heading.setProperty("look", "heading")
        self.heading.setText(name)
        self.heading.setCheckable(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setIconSize(QSize(BUTTON_ICON_PX, BUTTON_ICON_PX))
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.clicked.connect(self.toggled)
        self.heading.toggled.connect(self._show_body)
        self.count = QLabel(self.heading)
        self.count.setProperty("look", "caption")
        self.count.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(self.heading)
        inside.setContentsMargins(0, 0, 6, 0)
        inside.addStretch(1)
        inside.addWidget(self.count)
        self.body = QWidget(self)
        self.body.hide()
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(0, 0, 0, theme.SPACE_PX)
        self.rows.setSpacing(theme.SPACE_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.body)
        self.restyle(shown)
        self.show_count(0)

    @property
    def is_folded(self) -> bool:
        """Whether its inputs are hidden."""
        return not self.heading.isChecked()

    def fold(self, folded: bool) -> None:
        """Hide or show its inputs."""
        self.heading.setChecked(not folded)

    def show_count(self, changed: int) -> None:
        """Say how many of its inputs differ from their defaults."""
        text = f"{changed} changed" if changed else ""
        self.count.setText(text)
        self.heading.setAccessibleName(f"{self.name} inputs, {text}" if text else f"{self.name} inputs")

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = shown
        chevron = "chevron-right" if self.is_folded else "chevron-down"
        self.heading.setIcon(theme.icon(chevron, shown, "muted", BUTTON_ICON_PX))

    def _show_body(self, shown: bool) -> None:
        self.body.setVisible(shown)
        self.restyle(self._theme)


class Suggestion(QWidget):
    """The observed list price under the GPU rate, and a button that uses it."""

    used = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._value = 0.0
        self.value = QLabel(self)
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
        said = standing(found, snapshot.now)
        self.value.setText(f"{self._name} {words.with_unit(words.figure(found.value, 2), found.unit)}")
        icon = "clock" if said.role == "warning" else said.icon  # its age is told; nothing is computed from it
        self.note.say(said.text, shown, icon=icon)
        self.setToolTip(rich([described(found, snapshot.now)]))
        self.button.setEnabled(snapshot.values[GPU_RATE] != found.value)

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.note.restyle(shown)

    def _on_clicked(self) -> None:
        self.used.emit(self._value)


class InputsPanel(QFrame):
    """Every input of the model, generated from the declarations. Edits go to the bridge; snapshots come back."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._theme = appearance.theme
        self.rows = {key: self._row(field) for key, field in FIELDS.items()}
        self.folds = {group: Fold(group, self._theme) for group in GROUPS}
        self.suggestion = Suggestion("B200 on-demand median")
        self.suggestion.used.connect(partial(self._edit, GPU_RATE))
        self.reset_all = quiet_button("Reset all inputs", self)
        self.reset_all.setText("Reset all")
        self.reset_all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.reset_all.clicked.connect(self._reset_all)
        self.catalogue = quiet_button("Fill in from the catalogue", self)
        self.catalogue.setText("Catalogue")
        self.catalogue.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.catalogue.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.catalogue.setMenu(CatalogueMenu(bridge, self.catalogue))
        self.catalogue.setToolTip(rich(["A miner model, a GPU or a signed lease as a starting point."]))
        self.setProperty("look", "card")
        self.setMinimumWidth(WIDTH_PX)
        self._arrange()
        self._order_tabs()
        self._restore_folds()
        self._dress()
        for fold in self.folds.values():
            fold.toggled.connect(self._remember_folds)
        bridge.refused.connect(self._on_refused)
        appearance.changed.connect(self._restyle)
        self.render_snapshot(bridge.snapshot)

    def sizeHint(self) -> QSize:
        """Return the width that the window keeps for the inputs."""
        return QSize(WIDTH_PX, super().sizeHint().height())

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. Only what differs is written, nothing is edited, the focus stays where it is."""
        unit_labels = self._bridge.session.preferences.display_units
        for row in self.rows.values():
            row.render_snapshot(snapshot, unit_labels)
        changed = changed_keys(snapshot.values)
        for group, fold in self.folds.items():
            fold.show_count(sum(FIELDS[key].group == group and not FIELDS[key].featured for key in changed))
        self.suggestion.show_observed(snapshot.observed(GPU_MEDIAN), snapshot, self._theme)
        self.reset_all.setEnabled(bool(changed))
        self.reset_all.setToolTip(
            rich([f"Reset what is changed ({len(changed)}) to its default. Undo brings it back."])
        )

    def forget_typing(self) -> None:
        """Give up what is half typed or refused anywhere: every row shows the value that holds."""
        for row in self.rows.values():
            row.forget_typing()

    def _restyle(self, shown: Theme) -> None:
        self._theme = shown
        self._dress()
        for row in self.rows.values():
            row.restyle(shown)
        for fold in self.folds.values():
            fold.restyle(shown)
        self.suggestion.restyle(shown)

    def _dress(self) -> None:
        self.setStyleSheet(fieldparts.style_sheet(self._theme) + _style_sheet(self._theme))
        self.catalogue.setIcon(theme.icon("search", self._theme, "muted", BUTTON_ICON_PX))
        self.reset_all.setIcon(theme.icon("reset", self._theme, "muted", BUTTON_ICON_PX))

    # -- building -----------------------------------------------------------------------------------------------------

    def _row(self, field: Field) -> FieldRow:
        label = _MNEMONICS.get(field.key) if field.featured else short_label(field)
        if field.is_switch:
            row: FieldRow = SwitchField(field, self._theme, label or "")
        else:
            kind = NetworkField if field.group == NETWORK else QuantityField
            row = quantity = kind(field, self._theme, label or "")
            quantity.unit_chosen.connect(self._choose_unit)
        row.edited.connect(self._edit)
        return row

    def _arrange(self) -> None:
        content = QWidget()
        content.setObjectName("inputs")
        rows = QVBoxLayout(content)
        rows.setContentsMargins(3, 4, 0, theme.PADDING_PX)
        rows.setSpacing(theme.SPACE_PX)
        for key, row in self.rows.items():
            if FIELDS[key].featured:
                rows.addWidget(row)
            if key == GPU_RATE:
                rows.addWidget(self.suggestion)
        for fold in self.folds.values():
            rows.addWidget(_hairline())
            rows.addWidget(fold)
        rows.addStretch(1)
        part = ""
        for key, field in FIELDS.items():
            into = self.folds[field.group].rows
            if field.group == AI and part != key.split(".")[0]:
                part = key.split(".")[0]
                into.addWidget(_part_heading(part))
            if not field.featured:
                into.addWidget(self.rows[key])
        scroll = QScrollArea()
        scroll.setObjectName("inputsScroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = scroll.verticalScrollBar()  # always there, so that nothing moves sideways; seen only if there is more
        bar.setEnabled(False)
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
        scroll.setWidget(content)
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
        layout.addWidget(scroll, 1)

    def _order_tabs(self) -> None:
        """Let Tab go down the panel as it is read: number, unit, margin button; then what belongs to the row."""
        order: list[QWidget] = [self.catalogue, self.reset_all]
        featured = [row for row in self.rows.values() if row.field.featured]
        for row in featured:
            order += row.stops
            if row.field.key == GPU_RATE:
                order.append(self.suggestion.button)
        for group, fold in self.folds.items():
            order.append(fold.heading)
            for row in self.rows.values():
                if row.field.group == group and not row.field.featured:
                    order += row.stops
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    # -- folding ------------------------------------------------------------------------------------------------------

    def _restore_folds(self) -> None:
        remembered = self._bridge.session.preferences.folded_groups
        for group, fold in self.folds.items():
            fold.fold(remembered is None or group in remembered)

    def _remember_folds(self) -> None:
        self._bridge.prefer(folded_groups=tuple(group for group, fold in self.folds.items() if fold.is_folded))

    # -- editing ------------------------------------------------------------------------------------------------------

    def _edit(self, key: str, value: Value) -> None:
        self._bridge.edit(key, value)

    def _reset_all(self) -> None:
        self._bridge.edit_all(dict.fromkeys(changed_keys(self._bridge.snapshot.values)))

    def _on_refused(self, error: InputError) -> None:
        """Say beside each input what was wrong with it."""
        for problem in error.problems:
            if problem.field in self.rows:
                self.rows[problem.field].refuse(problem.message, self._bridge.snapshot.values[problem.field])

    def _choose_unit(self, base_unit: str, label: str) -> None:
        """Show every input of `base_unit` in another unit, from now on and in every panel."""
        chosen = {**self._bridge.session.preferences.display_units, base_unit: label}
        self._bridge.prefer(display_units=chosen)
        self._bridge.publish(self._bridge.snapshot)


def changed_keys(values: Mapping[str, Value]) -> list[str]:
    """Return the inputs that differ from their defaults, in the order of the panel."""
    return [key for key, default in DEFAULTS.items() if values[key] != default]


def _hairline() -> QFrame:
    line = QFrame()
    line.setObjectName("hairline")
    line.setFixedHeight(1)
    return line


def _part_heading(part: str) -> QLabel:
    label = QLabel(_PARTS[part])
    label.setProperty("part", part)
    label.setIndent(MARGIN_PX + GAP_PX)
    return label


def _style_sheet(shown: Theme) -> str:
    heading = 'QToolButton[look="heading"]'
    parts = {"gpu": shown.gpu_cloud, "colo": shown.colocation, "shell": shown.powered_shell}
    return (
        "#inputs, #inputsScroll, #inputsScroll > QWidget { background: transparent; }"
        f"#use:enabled {{ color: {shown.accent}; }}"
        f"#hairline {{ background: {shown.grid}; border: none; }}"
        f"{heading} {{ border: 1px solid transparent; border-radius: 4px; padding: 4px 2px; font-weight: 600;"
        f" text-align: left; color: {shown.text}; }}"
        f"{heading}:hover {{ background: {shown.window}; }}"
        f"{heading}:focus {{ border-color: {shown.accent}; }}"
        f"QScrollBar:vertical {{ width: 8px; background: transparent; border: none; }}"
        f"QScrollBar::handle:vertical {{ background: {shown.border}; border-radius: 3px; min-height: 32px;"
        f" margin: 0 1px; }}"
        f"QScrollBar::handle:vertical:hover {{ background: {shown.muted}; }}"
        "QScrollBar::handle:vertical:disabled { background: transparent; }"
        "QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0; }"
        "QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical { background: transparent; }"
        + "".join(f'QLabel[part="{part}"] {{ color: {colour}; font-weight: 600; }}' for part, colour in parts.items())
    )
