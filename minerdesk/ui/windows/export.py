"""The export dialog: what, in which format, how large; then a file name. The writing itself is a moment's work."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from minerdesk.report import PARTS
from minerdesk.ui.charts.export import SCALES
from minerdesk.ui.render import PAGES

DATA = "data"
_DATA_LABEL = "Data: results, inputs, observations, history"
PICTURES = {"png": "PNG picture", "svg": "SVG drawing", "pdf": "PDF page"}
TABLES = {"xlsx": "Excel workbook", "csv": "CSV text", "json": "JSON object", "md": "Markdown text"}
SIZES = {"1600x900": (1_600, 900), "1200x800": (1_200, 800), "1920x1080": (1_920, 1_080), "A4 landscape": (1_123, 794)}


@dataclass(frozen=True, kw_only=True)
class ExportOrder:
    """What the user wants written where."""

    page: str
    kind: str
    scale: int
    size: tuple[int, int]
    dark: bool
    out: Path


class ExportDialog(QDialog):
    """Asks what to write; `ordered(ExportOrder)` once a file is chosen. It writes nothing itself.

    A page is a picture; one with tables of its own may be written as those.
    """

    ordered = Signal(object)

    def __init__(self, page: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._name = name
        self.page, self.kind, self.scale, self.size_box = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.dark = QCheckBox("&Dark theme")
        for key, kind in PAGES.items():
            self.page.addItem(kind.label, key)
        self.page.addItem(_DATA_LABEL, DATA)
        for scale in SCALES:
            self.scale.addItem(f"{scale}×", scale)
        self.scale.setCurrentIndex(1)
        for label, size in SIZES.items():
            self.size_box.addItem(label if "x" not in label else f"{label.replace('x', ' × ')} px", size)
        form = QFormLayout()
        form.addRow("&What", self.page)
        form.addRow("&Format", self.kind)
        form.addRow("&Page size", self.size_box)
        form.addRow("&Resolution", self.scale)
        form.addRow("", self.dark)
        note = QLabel("Every export carries its sources, its as-of date and the inputs that it stands on.")
        note.setProperty("look", "caption")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        save = buttons.addButton("&Save as…", QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        buttons.accepted.connect(self._choose_file)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(buttons)
        self.page.currentIndexChanged.connect(self._on_page)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.page.setCurrentIndex(self.page.findData(page))
        self._on_page()

    def _on_page(self) -> None:
        page = self.page.currentData()
        formats = TABLES if page == DATA else PICTURES | TABLES if page in PARTS else PICTURES
        self.kind.clear()
        for key, label in formats.items():
            self.kind.addItem(f"{label} (.{key})", key)

    def _on_kind(self) -> None:
        kind = self.kind.currentData()
        self.scale.setEnabled(kind == "png")
        for widget in (self.size_box, self.dark):
            widget.setEnabled(kind in PICTURES)

    def order(self, out: Path) -> ExportOrder:
        """Return what is chosen, to be written to `out`; the format's ending is put on where it lacks."""
        kind = str(self.kind.currentData())
        if out.suffix.lower() != f".{kind}":
            out = out.with_name(f"{out.name}.{kind}")
        return ExportOrder(
            page=str(self.page.currentData()),
            kind=kind,
            scale=int(self.scale.currentData()),
            size=SIZES[list(SIZES)[self.size_box.currentIndex()]],
            dark=self.dark.isChecked(),
            out=out,
        )

    def _choose_file(self) -> None:
        kind = str(self.kind.currentData())
        suggestion = f"{self._name}-{self.page.currentData()}.{kind}"
        chooser = QFileDialog(self, "Export to", "", f"{self.kind.currentText()} (*.{kind})")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix(kind)
        chooser.selectFile(suggestion)
        chooser.fileSelected.connect(self._on_file)
        chooser.open()

    def _on_file(self, path: str) -> None:
        self.ordered.emit(self.order(Path(path)))
        self.accept()
