"""About: versions, who is to be thanked for the data, and the licences of all that is inside, as plain text."""

from importlib import metadata
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from minerdesk import __version__
from minerdesk.errors import StoreError
from minerdesk.session import Session
from minerdesk.sources import endpoints
from minerdesk.store.paths import resources_dir
from minerdesk.store.tables import Credit
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import BODY_PX, KPI_PX, PADDING_PX, SEMIBOLD, SPACE_PX, font
from minerdesk.ui.versions import versions

_SIZE = QSize(720, 560)

_PURPOSE = "Mining or AI: what a megawatt earns either way, on one basis, beside the Bitcoin network’s own trend."

#: What is inside, under which licence, and the file in resources/ that holds its text (empty: no text of its own).
_PARTS = (
    (
        "Qt and PySide6",
        "GNU Lesser General Public License, version 3; their libraries can be replaced",
        "licences/LGPL-3.0.txt",
    ),
    ("", "the General Public License, version 3, that it builds on", "licences/GPL-3.0.txt"),
    ("Inter, the typeface", "SIL Open Font License 1.1", "fonts/LICENSE-Inter-OFL.txt"),
    ("Lucide, the icons", "ISC License", "icons/LICENSE-Lucide-ISC.txt"),
)
_PACKAGES = (
    "pyqtgraph (MIT), NumPy (BSD), pandas (BSD), requests (Apache 2.0), urllib3 (MIT), platformdirs (MIT), "
    "XlsxWriter (BSD), truststore (MIT), tzdata (Apache 2.0), Python (PSF)."
)


def versions_text() -> str:
    """Return what this is and which versions run, a line each."""
    return "\n".join(f"{name}: {version}" for name, version in versions().items())


def data_text(bundled: tuple[Credit, ...]) -> str:
    """Return the credits of the providers that are asked, and of the tables that come with the program."""
    asked = [f"{endpoints.PROVIDERS[name].label}\n  {credit}" for name, credit in endpoints.CREDITS.items()]
    carried = [
        f"{credit.title}, as of {credit.as_of}\n  {credit.origin}\n  {credit.credit}".rstrip() for credit in bundled
    ]
    return "\n\n".join(["FETCHED WHEN ONLINE", *asked, "CARRIED WITH THE PROGRAM", *carried])


def licences_text() -> str:
    """Return the licences of minerdesk and of all that comes with it, their texts below."""
    named = [f"{name}: {licence}." for name, licence, _ in _PARTS if name]
    overview = "\n".join(["minerdesk: MIT License.", *named, f"Packages: {_PACKAGES}"])
    texts = [("MINERDESK: MIT LICENSE", _own_licence())]
    texts += [(f"{name or 'Qt and PySide6'}: {licence}".upper(), _text(file)) for name, licence, file in _PARTS]
    return "\n\n\n".join([overview, *(f"{heading}\n\n{text}" for heading, text in texts)])


def _text(file: str) -> str:
    try:
        return (resources_dir() / file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError, StoreError):
        return f"The text is missing: resources/{file} can’t be read. Reinstall minerdesk."


def _own_licence() -> str:
    """Return the text of LICENSE: in a source tree and a frozen program above resources/, else from the wheel."""
    try:
        resources = resources_dir()
        for folder in (resources.parent, resources.parent.parent):
            if (folder / "LICENSE").is_file():
                return (folder / "LICENSE").read_text(encoding="utf-8").strip()
        found = metadata.distribution("minerdesk").read_text(str(Path("licenses") / "LICENSE"))
    except (OSError, UnicodeDecodeError, StoreError, metadata.PackageNotFoundError):
        found = None
    return found.strip() if found else "The text is missing: LICENSE can’t be read. Reinstall minerdesk."


class AboutDialog(QDialog):
    """Three pages to read and copy; nothing in it opens a link."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About minerdesk")
        self.resize(_SIZE)
        title = plain_label(KPI_PX, text=f"minerdesk {__version__}")
        title.setFont(font(KPI_PX, SEMIBOLD))
        purpose = plain_label(BODY_PX, "muted", _PURPOSE)
        purpose.setWordWrap(True)
        self.pages = QTabWidget()
        self.pages.setAccessibleName("About")
        for name, text in (
            ("&Versions", versions_text()),
            ("&Data", data_text(session.bundle.credits)),
            ("&Licences", licences_text()),
        ):
            self.pages.addTab(_page(name.replace("&", ""), text), name)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.setSpacing(SPACE_PX)
        for widget in (title, purpose, self.pages, buttons):
            layout.addWidget(widget)


def _page(name: str, text: str) -> QPlainTextEdit:
    page = QPlainTextEdit(text)
    page.setReadOnly(True)
    page.setFont(font(BODY_PX))
    page.setAccessibleName(name)
    page.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return page
