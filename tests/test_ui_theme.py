import doctest

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QFontMetricsF, QRawFont
from PySide6.QtWidgets import QApplication

from minerdesk import words
from minerdesk.store.paths import resources_dir
from minerdesk.ui import theme
from minerdesk.ui.theme import DARK, LIGHT, Appearance, Mode

TEXT_ROLES = ("text", "muted", "gain", "warning", "cost", "accent", "network")
LINE_ROLES = ("mining", "gpu_cloud", "colocation", "powered_shell")


@pytest.fixture
def appearance(qapp: QApplication) -> Appearance:
    made = Appearance(qapp)
    yield made
    made.apply(Mode.LIGHT)
    made.deleteLater()


@pytest.mark.parametrize("which", [LIGHT, DARK], ids=lambda one: one.name)
@pytest.mark.parametrize("role", TEXT_ROLES + LINE_ROLES)
def test_every_colour_can_be_read_on_both_surfaces(which, role) -> None:
    for surface in (which.window, which.card):
        assert theme.contrast(getattr(which, role), surface) >= 4.5


@pytest.mark.parametrize("which", [LIGHT, DARK], ids=lambda one: one.name)
def test_selected_text_can_be_read(which) -> None:
    assert theme.contrast(which.text, which.selection) >= 4.5


def test_contrast_agrees_with_a_published_pair() -> None:
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert doctest.testmod(theme).failed == 0


def test_businesses_differ_in_colour_dashes_and_marker() -> None:
    styles = [theme.business_style(name) for name in LINE_ROLES]
    for aspect in ("role", "dashes", "marker"):
        assert len({getattr(style, aspect) for style in styles}) == len(styles)
    assert theme.business_style("cost").dashes
    assert theme.business_style("network").dashes == ()


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(KeyError):
        LIGHT.colour("gold")
    with pytest.raises(KeyError):
        LIGHT.colour("name")


def test_the_bundled_font_is_there_with_its_licence(qapp) -> None:
    assert theme.load_fonts()
    assert theme.load_fonts(), "a second call is harmless"
    assert theme.FAMILY in QFontDatabase.families()
    folder = resources_dir() / "fonts"
    assert "SIL OPEN FONT LICENSE" in (folder / "LICENSE-Inter-OFL.txt").read_text(encoding="utf-8")
    for style in ("Regular", "SemiBold"):
        raw = QRawFont(str(folder / f"Inter-{style}.otf"), 13)
        letters = f"{words.THIN}{words.MINUS}{words.NOTHING}¢×≥≤·…“”’"
        assert [letter for letter in letters if not raw.supportsCharacter(ord(letter))] == []


def test_figures_are_of_one_width_and_semibold_is_wider(qapp) -> None:
    theme.load_fonts()
    metrics = QFontMetricsF(theme.font(13))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
    plain = QFontMetricsF(theme.font(13, for_file=True))
    assert plain.horizontalAdvance("1") < plain.horizontalAdvance("0")
    bold = QFontMetricsF(theme.font(13, theme.SEMIBOLD))
    assert bold.horizontalAdvance("hashprice") > metrics.horizontalAdvance("hashprice")


def test_every_icon_is_drawn_in_the_colour_asked_for(qapp) -> None:
    folder = resources_dir() / "icons"
    assert "ISC License" in (folder / "LICENSE-Lucide-ISC.txt").read_text(encoding="utf-8")
    names = sorted(path.stem for path in folder.glob("*.svg") if "currentColor" in path.read_text(encoding="utf-8"))
    assert len(names) >= 20
    for name in names:
        image = theme.icon(name, DARK, "warning", 48).pixmap(48, 48).toImage()
        inked = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        solid = [colour for colour in inked if colour.alpha() == 255]
        wanted = DARK.colour("warning").getRgb()
        assert solid, name
        assert all(abs(a - b) <= 2 for colour in solid for a, b in zip(colour.getRgb(), wanted, strict=True)), name


def test_a_missing_icon_is_an_error_not_a_blank(qapp) -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("no-such-icon", LIGHT)


def test_applying_a_mode_sets_palette_font_and_tells_once(appearance, qapp, qtbot) -> None:
    told = []
    appearance.changed.connect(told.append)
    assert appearance.apply(Mode.DARK) is DARK
    assert told == [DARK]
    assert qapp.palette().window().color().name() == DARK.window.lower()
    assert qapp.font().family() == theme.FAMILY
    assert qapp.styleSheet() == "", "the window wears the rules: here every widget would be looked at once per ancestor"
    appearance.apply("dark")
    assert told == [DARK], "nothing changed, so nothing is said"
    assert appearance.apply(Mode.LIGHT) is LIGHT
    assert told == [DARK, LIGHT]


def test_an_unknown_mode_is_refused(appearance) -> None:
    with pytest.raises(ValueError, match="sepia"):
        appearance.apply("sepia")


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [(Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Unknown, LIGHT)],
)
def test_the_system_is_followed_and_unknown_is_light(appearance, monkeypatch, scheme, expected) -> None:
    class Hints:
        def colorScheme(self):
            return scheme

        def unsetColorScheme(self):
            pass

        def setColorScheme(self, _scheme):
            pass

    appearance.apply(Mode.LIGHT)
    hints = Hints()
    monkeypatch.setattr(appearance, "_app", _AppWith(appearance._app, hints))
    assert appearance.apply(Mode.SYSTEM) is expected
    appearance.apply(Mode.DARK)
    appearance._follow_system()
    assert appearance.theme is DARK, "a chosen theme does not follow the system"


class _AppWith:
    """The application, but for the desktop's hints, which the offscreen platform can't change."""

    def __init__(self, app, hints) -> None:
        self._app, self._hints = app, hints

    def styleHints(self):
        return self._hints

    def __getattr__(self, name):
        return getattr(self._app, name)
