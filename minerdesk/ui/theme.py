"""Our own light and dark: colours, fonts, icons, palette and the few rules of style that Fusion lacks.

A theme is a plain value; whoever draws is handed one. `Appearance` owns the choice, follows the system if asked to, and
says `changed` so that everything drawn by hand can follow. Charts don't know palettes: they read the theme itself.
"""

import logging
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from minerdesk.store.paths import resources_dir

_LOG = logging.getLogger(__name__)

FAMILY = "Inter"
CAPTION_PX, BODY_PX, TITLE_PX, KPI_PX = 11, 13, 15, 22
REGULAR, SEMIBOLD = QFont.Weight.Normal, QFont.Weight.DemiBold
SPACE_PX, PADDING_PX = 8, 12


class Mode(StrEnum):
    """What the user chose; `SYSTEM` follows the desktop and is light where the desktop says nothing."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Every colour by its role, as #RRGGBB. `window` lies at the back, `card` holds panels, charts and fields.

    Contrast, computed by the tests against both surfaces: at least 4.5 for every role that writes or draws.
    """

    name: str
    window: str
    card: str
    text: str
    muted: str
    mining: str
    gpu_cloud: str
    colocation: str
    powered_shell: str
    cost: str
    network: str
    gain: str
    warning: str
    accent: str
    grid: str
    border: str
    selection: str

    def colour(self, role: str, alpha: float = 1.0) -> QColor:
        """Return the colour of a role, see-through for `alpha` < 1.

        Raises
        ------
        KeyError
            No such role.
        """
        if role not in ROLES:
            raise KeyError(role)
        colour = QColor(str(getattr(self, role)))
        colour.setAlphaF(alpha)
        return colour


ROLES = tuple(name for name in Theme.__dataclass_fields__ if name != "name")

#: Opacity of a fill under or between lines of the same colour.
FILL_ALPHA = 0.15

LIGHT = Theme(
    name="light",
    window="#F4F5F7",
    card="#FFFFFF",
    text="#1B1F24",
    muted="#56606C",
    mining="#A85700",
    gpu_cloud="#6B3FA0",
    colocation="#0B62B8",
    powered_shell="#0B7A6B",
    cost="#B3261E",
    network="#34495E",
    gain="#1A7F37",
    warning="#8F6100",
    accent="#0B62B8",
    grid="#E6E9ED",
    border="#D3D8DE",
    selection="#CFE3F8",
)
DARK = Theme(
    name="dark",
    window="#14171C",
    card="#1D2128",
    text="#E6E9ED",
    muted="#9AA4B0",
    mining="#F5A742",
    gpu_cloud="#B794F6",
    colocation="#5AA9F8",
    powered_shell="#3CC7B0",
    cost="#F28B82",
    network="#A9BCD0",
    gain="#4AC26B",
    warning="#E3B341",
    accent="#5AA9F8",
    grid="#2B313A",
    border="#363D47",
    selection="#24507C",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


@dataclass(frozen=True, kw_only=True)
class BusinessStyle:
    """How one business is drawn everywhere: its colour role, its dashes (in pen widths; empty = solid), its marker."""

    role: str
    dashes: tuple[float, ...]
    marker: str


_BUSINESSES = {
    "mining": BusinessStyle(role="mining", dashes=(), marker="o"),
    "gpu_cloud": BusinessStyle(role="gpu_cloud", dashes=(9, 3, 2, 3), marker="d"),
    "colocation": BusinessStyle(role="colocation", dashes=(9, 4), marker="s"),
    "powered_shell": BusinessStyle(role="powered_shell", dashes=(2, 3), marker="t1"),
    "cost": BusinessStyle(role="cost", dashes=(5, 4), marker="x"),
}


def business_style(name: str) -> BusinessStyle:
    """Return the style of a business (mining, gpu_cloud, colocation, powered_shell) or of the power cost (cost).

    Special case: any other role (network, muted ...) is solid in its own colour.
    """
    return _BUSINESSES.get(name, BusinessStyle(role=name, dashes=(), marker="o"))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #RRGGBB colours, 1 to 21 (WCAG 2 relative luminance).

    >>> round(contrast("#FFFFFF", "#000000"), 1)
    21.0
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def load_fonts() -> bool:
    """Load the bundled font. Without any font Qt draws no text and says nothing, so a failure is logged.

    Needs a QGuiApplication. Calling it again is harmless and cheap.
    """
    if FAMILY in QFontDatabase.families():
        return True
    loaded = [
        QFontDatabase.addApplicationFont(str(resources_dir() / "fonts" / f"{FAMILY}-{style}.otf")) >= 0
        for style in ("Regular", "SemiBold")
    ]
    if not all(loaded):
        _LOG.warning("The bundled font could not be loaded from %s; the system's is used.", resources_dir() / "fonts")
    return all(loaded)


def font(size_px: int = BODY_PX, weight: QFont.Weight = REGULAR, *, for_file: bool = False) -> QFont:
    """Return the program's font, with figures of one width, so that columns of numbers stand still.

    `for_file` is for SVG and PDF, where letters stay as they come: Qt can't tell a PDF what letter a glyph stands for
    once a font feature has replaced it, and numbers could then be neither searched nor copied.
    """
    result = QFont([FAMILY, "DejaVu Sans", "sans-serif"])
    result.setPixelSize(size_px)
    result.setWeight(weight)
    result.setFeature(QFont.Tag("tnum"), 0 if for_file else 1)
    if for_file:
        result.setFeature(QFont.Tag("calt"), 0)
    return result


@lru_cache(maxsize=64)
def _icon_source(name: str) -> str:
    return (resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def icon(name: str, theme: Theme, role: str = "text", size_px: int = 16) -> QIcon:
    """Return a bundled icon in the colour of `role`, drawn once for screens of one, two and three pixels a point.

    Raises
    ------
    FileNotFoundError
        There is no icon of this name in resources/icons.
    """
    result = QIcon()
    for mode, colour in ((QIcon.Mode.Normal, theme.colour(role)), (QIcon.Mode.Disabled, theme.colour("muted", 0.5))):
        source = _icon_source(name).replace("currentColor", colour.name())
        renderer = QSvgRenderer(QByteArray(source.encode()))
        for ratio in (1, 2, 3):
            pixmap = QPixmap(QSize(size_px, size_px) * ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setOpacity(colour.alphaF())
            renderer.render(painter, QRectF(pixmap.rect()))
            painter.end()
            pixmap.setDevicePixelRatio(ratio)
            result.addPixmap(pixmap, mode)
    return result


def app_icon() -> QIcon:
    """Return the program's own icon."""
    return QIcon(str(resources_dir() / "minerdesk.svg"))


def palette(theme: Theme) -> QPalette:
    """Return the Qt palette of a theme, disabled states included."""
    role = QPalette.ColorRole
    result = QPalette(theme.colour("card"), theme.colour("window"))
    for target, name in (
        (role.Window, "window"),
        (role.WindowText, "text"),
        (role.Base, "card"),
        (role.AlternateBase, "window"),
        (role.Text, "text"),
        (role.Button, "card"),
        (role.ButtonText, "text"),
        (role.BrightText, "cost"),
        (role.ToolTipBase, "card"),
        (role.ToolTipText, "text"),
        (role.PlaceholderText, "muted"),
        (role.Highlight, "selection"),
        (role.HighlightedText, "text"),
        (role.Mid, "border"),
        (role.Accent, "accent"),
        (role.Link, "accent"),
        (role.LinkVisited, "gpu_cloud"),
    ):
        result.setColor(target, theme.colour(name))
    for target in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, target, theme.colour("muted", 0.65))
    return result


def style_sheet(theme: Theme) -> str:
    """Return the rules that a palette can't say. A widget takes part by its property `look`.

    A window wears them, put on once all is in it; its dialogs inherit them. Worn by the application they would be
    worked out again for every widget with every move into a layout, and at a change of theme once per ancestor of each.

    card: a panel with a hairline frame. caption, muted, title, kpi: text. warning, cost, gain: text in that colour.
    """
    coloured = "".join(
        f'QLabel[look="{role}"] {{ color: {getattr(theme, role)}; }}' for role in ("warning", "cost", "gain")
    )
    return (
        f'QFrame[look="card"] {{ background: {theme.card}; border: 1px solid {theme.border}; border-radius: 6px; }}'
        f'QLabel[look="caption"] {{ color: {theme.muted}; font-size: {CAPTION_PX}px; }}'
        f'QLabel[look="muted"] {{ color: {theme.muted}; }}'
        f'QLabel[look="title"] {{ font-weight: 600; }}'
        f'QLabel[look="kpi"] {{ font-size: {KPI_PX}px; font-weight: 600; }}'
        f"{coloured}"
        f"QToolTip {{ background: {theme.card}; color: {theme.text}; border: 1px solid {theme.border}; padding: 4px; }}"
        f'QToolButton[look="legend"] {{ border: none; padding: 2px 6px 2px 2px; font-size: {CAPTION_PX}px; }}'
        f'QToolButton[look="legend"]:!checked {{ color: {theme.muted}; }}'
        f'QToolButton[look="legend"]:hover, QToolButton[look="legend"]:focus {{ background: {theme.window}; }}'
        # Fusion frames a line in a shade of the window, which on a dark one is none.
        f"QLineEdit {{ background: {theme.card}; border: 1px solid {theme.border}; border-radius: 4px; padding: 2px; }}"
        f"QLineEdit:focus {{ border-color: {theme.accent}; }}"
        f"QAbstractItemView QLineEdit {{ border: 1px solid {theme.accent}; border-radius: 0; padding: 0; }}"
        f"QComboBox QLineEdit, QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; }}"
        f"QSplitter::handle {{ background: transparent; }}"
        f"QStatusBar::item {{ border: none; }}"
        f"QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {theme.muted}; border-radius: 3px; }}"
        f"QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent};"
        f' image: url("{(resources_dir() / f"check-{theme.name}.svg").as_posix()}"); }}'
        f"QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}"
    )


class Appearance(QObject):
    """The chosen mode and the theme that follows from it; `changed(theme)` is emitted whenever the theme differs."""

    changed = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.mode = Mode.SYSTEM
        self.theme = LIGHT
        self._prepared = False
        app.aboutToQuit.connect(icon.cache_clear)  # pictures must not outlive the application
        app.styleHints().colorSchemeChanged.connect(self._follow_system)

    def apply(self, mode: Mode | str = Mode.SYSTEM) -> Theme:
        """Choose a mode: sets style, font and palette of the whole program, and tells the window and the charts.

        Raises
        ------
        ValueError
            `mode` is none of system, light, dark.
        """
        self.mode = Mode(mode)
        if not self._prepared:  # both would go through every widget again
            self._prepared = True
            load_fonts()
            self._app.setStyle("Fusion")
            self._app.setFont(font())
        hints = self._app.styleHints()
        if self.mode is Mode.SYSTEM:
            hints.unsetColorScheme()
        else:  # so that a native title bar goes with us; platforms without one ignore it
            hints.setColorScheme(Qt.ColorScheme.Dark if self.mode is Mode.DARK else Qt.ColorScheme.Light)
        self._use(self._wanted())
        return self.theme

    def _wanted(self) -> Theme:
        if self.mode is not Mode.SYSTEM:
            return THEMES[self.mode]
        return DARK if self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark else LIGHT

    def _follow_system(self) -> None:
        if self.mode is Mode.SYSTEM:
            self._use(self._wanted())

    def _use(self, theme: Theme) -> None:
        different = theme is not self.theme
        self.theme = theme
        self._app.setPalette(palette(theme))
        if different:
            self.changed.emit(theme)
