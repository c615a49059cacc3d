"""Forms of input rows generated from the declarations: the featured ones open, the others folded by group."""

from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from minerdesk.economics.field import Field
from minerdesk.economics.schema import DEFAULTS, FIELDS, Value
from minerdesk.errors import InputError
from minerdesk.snapshot import Snapshot
from minerdesk.ui import fieldparts, theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fieldparts import BUTTON_ICON_PX, GAP_PX, MARGIN_PX, FieldRow
from minerdesk.ui.fields import ChoiceField, QuantityField, SwitchField
from minerdesk.ui.theme import Appearance, Theme

#: What the parts of the AI/HPC group are called, by the first word of their keys.
PARTS = {"gpu": "GPU cloud", "colo": "Colocation", "shell": "Powered shell"}


def fields_of(page: str) -> dict[str, Field]:
    """Return the inputs that are typed on a page, in their order."""
    return {key: field for key, field in FIELDS.items() if field.page == page}


def changed_keys(values: Mapping[str, Value], page: str) -> list[str]:
    """Return the inputs of a page that differ from their defaults, in their order."""
    return [key for key in fields_of(page) if values[key] != DEFAULTS[key]]


def short_label(field: Field) -> str:
    """Return the label of `field` under a heading that already says what it belongs to.

    >>> short_label(FIELDS["colo.power_passed_through"]), short_label(FIELDS["gpu.meter_kw_per_gpu"])
    ('Tenant pays the power', 'Power per GPU')
    """
    label = field.label
    for owner in (field.group, "GPU", *PARTS.values()):
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
        self.count = QLabel(self.heading, textFormat=Qt.TextFormat.PlainText)
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


class FieldForm(QScrollArea):
    """The inputs of one page as rows that scroll by themselves. Edits go to the bridge; snapshots come back.

    Parameters
    ----------
    page
        Whose inputs these are; see `Field.page`.
    labels
        Labels in place of the declared ones, by key: with a mnemonic, for example.
    kinds
        The row of a group's numbers, where it is not a plain one.
    after
        Widgets that stand under the row of a key.
    """

    def __init__(
        self,
        bridge: Bridge,
        appearance: Appearance,
        page: str,
        *,
        labels: Mapping[str, str] | None = None,
        kinds: Mapping[str, type[QuantityField]] | None = None,
        after: Mapping[str, QWidget] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._theme, self._page = bridge, appearance.theme, page
        self._labels, self._kinds, self._after = labels or {}, kinds or {}, after or {}
        self.fields = fields_of(page)
        self.rows = {key: self._row(field) for key, field in self.fields.items()}
        folded = dict.fromkeys(field.group for field in self.fields.values() if not field.featured)
        self.folds = {group: Fold(group, self._theme) for group in folded}
        self._arrange()
        self._restore_folds()
        for fold in self.folds.values():
            fold.toggled.connect(self._remember_folds)
        bridge.refused.connect(self._on_refused)
        appearance.changed.connect(self._restyle)

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. Only what differs is written, nothing is edited, the focus stays where it is."""
        unit_labels = self._bridge.session.preferences.display_units
        for row in self.rows.values():
            row.render_snapshot(snapshot, unit_labels)
        changed = self.changed(snapshot)
        for group, fold in self.folds.items():
            fold.show_count(sum(FIELDS[key].group == group and not FIELDS[key].featured for key in changed))

    def changed(self, snapshot: Snapshot) -> list[str]:
        """Return the inputs of this form that differ from their defaults."""
        return changed_keys(snapshot.values, self._page)

    def reset(self) -> None:
        """Reset every input of this form to its default, as one edit."""
        self._bridge.edit_all(dict.fromkeys(self.changed(self._bridge.snapshot)))

    def forget_typing(self) -> None:
        """Give up what is half typed or refused anywhere: every row shows the value that holds."""
        for row in self.rows.values():
            row.forget_typing()

    def stops(self) -> list[QWidget]:
        """Return where Tab stops, as the form is read: number, unit, margin button; then what belongs to the row."""
        order: list[QWidget] = []
        for key, row in self.rows.items():
            if row.field.featured:
                order += row.stops
                order += [self._after[key]] if key in self._after else []
        for group, fold in self.folds.items():
            order.append(fold.heading)
            for row in self.rows.values():
                if row.field.group == group and not row.field.featured:
                    order += row.stops
        return order

    def order_tabs(self, first: list[QWidget]) -> None:
        """Let Tab go from `first` down the form."""
        for before, after in pairwise([*first, *self.stops()]):
            QWidget.setTabOrder(before, after)

    def _restyle(self, shown: Theme) -> None:
        self._theme = shown
        if self.isVisible():
            self._dress()
        for row in self.rows.values():
            row.restyle(shown)
        for fold in self.folds.values():
            fold.restyle(shown)

    def showEvent(self, event: QShowEvent) -> None:
        """Wear the rules of the theme; before, nobody sees them."""
        self._dress()
        super().showEvent(event)

    def _dress(self) -> None:
        fieldparts.wear(self, fieldparts.style_sheet(self._theme) + _style_sheet(self._theme))

    # -- building -----------------------------------------------------------------------------------------------------

    def _row(self, field: Field) -> FieldRow:
        label = self._labels.get(field.key) or (field.label if field.featured else short_label(field))
        if field.is_switch:
            row: FieldRow = SwitchField(field, self._theme, label)
        elif field.is_choice:
            row = ChoiceField(field, self._theme, label)
        else:
            row = quantity = self._kinds.get(field.group, QuantityField)(field, self._theme, label)
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
            if self.fields[key].featured:
                rows.addWidget(row)
            if key in self._after:
                rows.addWidget(self._after[key])
        for fold in self.folds.values():
            rows.addWidget(_hairline())
            rows.addWidget(fold)
        rows.addStretch(1)
        part = ""
        for key, field in self.fields.items():
            into, owner = self.folds.get(field.group), key.split(".")[0]
            if into is None:
                continue
            if owner in PARTS and part != owner:
                part = owner
                into.rows.addWidget(_part_heading(part))
            if not field.featured:
                into.rows.addWidget(self.rows[key])
        self.setObjectName("inputsScroll")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()  # always there, so that nothing moves sideways; seen only if there is more
        bar.setEnabled(False)
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
        self.setWidget(content)

    # -- folding ------------------------------------------------------------------------------------------------------

    def _restore_folds(self) -> None:
        remembered = self._bridge.session.preferences.folded_groups
        for group, fold in self.folds.items():
            fold.fold(remembered is None or group in remembered)

    def _remember_folds(self) -> None:
        """Remember which groups are folded; those of other forms stay as they are."""
        remembered = self._bridge.session.preferences.folded_groups
        every = dict.fromkeys(field.group for field in FIELDS.values() if not field.featured)
        folded = set(every if remembered is None else remembered) - self.folds.keys()
        folded |= {group for group, fold in self.folds.items() if fold.is_folded}
        self._bridge.prefer(folded_groups=tuple(group for group in every if group in folded))

    # -- editing ------------------------------------------------------------------------------------------------------

    def _edit(self, key: str, value: Value) -> None:
        self._bridge.edit(key, value)

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


def _hairline() -> QFrame:
    line = QFrame()
    line.setObjectName("hairline")
    line.setFixedHeight(1)
    return line


def _part_heading(part: str) -> QLabel:
    label = QLabel(PARTS[part], textFormat=Qt.TextFormat.PlainText)
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
