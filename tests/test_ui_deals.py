"""The deals page: where dots and words stand, the sortable table, leases of one's own, and the exported page."""

import re

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.store import scenario
from minerdesk.ui import render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.ruler import RulerEntry, RulerMark, RulerSpec, paint_ruler, place
from minerdesk.ui.panels.deals import DealsPanel
from minerdesk.ui.panels.lease_form import LeaseForm
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.words import NOTHING, THIN

OWN = {"operator": "Rio <b>1</b>", "tenant": "Lab", "total_usd": 3.7e9, "years": 10, "it_mw": 200}
MEAN, PER_MWH_METER, OPERATOR, SOURCE = 6, 9, 0, 12


@pytest.fixture
def session(monkeypatch):
    opened = session_at(monkeypatch, offline=True)
    yield opened
    opened.close()


@pytest.fixture
def bridge(session, qapp):
    tasks = Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = DealsPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.render_snapshot(bridge.snapshot)
    made.resize(960, 520)
    made.show()
    QApplication.processEvents()
    return made


def column(panel, number):
    model = panel.table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def form_of(panel) -> LeaseForm:
    (form,) = [found for found in panel.findChildren(LeaseForm) if found.isVisible()]
    return form


def fill(form, **texts):
    for name, text in texts.items():
        form.edits[name].setText(text)


# -- the ruler ----------------------------------------------------------------------------------


def entries(*values, **more):
    return tuple(RulerEntry(label=f"Site {n} – Tenant, 2025", value=value, **more) for n, value in enumerate(values))


def ruler(*values, own=150.0, **more):
    marks = (RulerMark(label="Your rent", value=own, role="accent"),)
    return RulerSpec(title="t", axis="$/kW-month", entries=entries(*values, **more), marks=marks)


@pytest.mark.parametrize("size", [(900, 150), (900, 600), (500, 120), (1_800, 200)])
def test_no_two_words_or_dots_overlap_and_none_leaves_the_ruler(qapp, size):
    spec = ruler(101.9, 120.8, 121.5, 148.8, 154.2, 158.4, 158.7, 177.4, 188.5)
    placed = place(spec, QRectF(0, 0, *size))
    assert {one.entry for one in placed} == set(spec.entries)
    named = [one for one in placed if one.lane is not None]
    for one in named:
        assert one.left >= 0
        assert one.right <= size[0]
        for other in named:
            if other is not one and other.lane == one.lane:
                assert one.right < other.left or other.right < one.left


def test_with_room_each_has_its_own_lane_rising_with_its_value(qapp):
    placed = place(ruler(188.5, 101.9, 154.2), QRectF(0, 0, 900, 500))
    assert [(one.lane, one.entry.value) for one in placed] == [(0, 101.9), (1, 154.2), (2, 188.5)]
    assert [one.x for one in placed] == sorted(one.x for one in placed)


def test_words_stand_away_from_the_own_rent(qapp):
    _, below, above, _ = place(ruler(100.0, 140.0, 160.0, 200.0, own=150.0), QRectF(0, 0, 2_000, 300))
    assert (below.on_right, above.on_right) == (False, True)
    assert below.right < above.left


def test_what_has_no_room_for_words_is_a_dot_on_the_axis(qapp):
    placed = place(ruler(*(150 + n / 100 for n in range(60))), QRectF(0, 0, 600, 130))
    assert 0 < sum(one.lane is not None for one in placed) < 60
    assert all(0 <= one.x <= 600 for one in placed)


def test_a_year_1_reaches_from_its_value_to_the_mean(qapp):
    (placed,) = place(ruler(158.7, start=128.0, start_label="year 1 128.0"), QRectF(0, 0, 900, 200))
    low, high = ruler(158.7, start=128.0).span()
    assert placed.left < (128.0 - low) / (high - low) * 900 < placed.x


@pytest.mark.parametrize("values", [(150.0,), (0.0,), (150.0, 150.0), (1e-3, 2_000.0)])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_any_values_paint_something(qapp, values, theme):
    image = QImage(500, 160, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    blank = QImage(image)
    painter = QPainter(image)
    paint_ruler(painter, QRectF(0, 0, 500, 160), theme, ruler(*values))
    painter.end()
    assert image != blank


# -- the page ----------------------------------------------------------------------------------


def test_the_page_places_the_own_rent_and_keeps_the_cloud_off_the_ruler(panel, bridge):
    spec = panel.ruler.spec
    assert spec.title == "Your rent of 150.0 $/kW-month lies above 4 of 9 signed leases"
    assert [mark.value for mark in spec.marks] == [150.0]
    assert len(spec.entries) == 9
    assert "1\u202f107 $/MWh" in spec.caption
    assert "GPU cloud" in spec.caption
    hut = next(entry for entry in spec.entries if "River Bend" in entry.label)
    assert (hut.value, hut.start) == (pytest.approx(158.7, abs=0.05), pytest.approx(128.0, abs=0.05))
    assert panel.ruler.accessibleName() == spec.title
    assert "Galaxy" in panel.ruler.accessibleDescription()
    bridge.edit("colo.rent_usd_per_kw_month", 170.0)
    assert panel.ruler.spec.title == "Your rent of 170.0 $/kW-month lies above 7 of 9 signed leases"


def test_hovering_tells_the_whole_lease_as_plain_text(panel, bridge):
    bridge.lay_table("deals", [OWN])
    ruler_widget = panel.ruler.focusProxy()
    placed = place(panel.ruler.spec, QRectF(ruler_widget.rect()))
    assert any("<b>1</b>" in one.entry.note for one in placed), "escaped where it is shown, plain in the spec"
    notes = {
        ruler_widget.note_at(QPointF(x, y))
        for x in range(0, ruler_widget.width(), 6)
        for y in range(0, ruler_widget.height(), 6)
    }
    assert any("376 M".replace(" ", THIN) in note for note in notes)


def test_the_table_sorts_by_value_and_unknown_comes_last_either_way(panel):
    assert column(panel, MEAN)[0] == "188.5"
    assert column(panel, MEAN)[-1] == NOTHING
    panel.table.sortByColumn(MEAN, Qt.SortOrder.AscendingOrder)
    assert column(panel, MEAN)[0] == "101.9"
    assert column(panel, MEAN)[-1] == NOTHING, "a GPU cloud has no rent"
    panel.table.sortByColumn(PER_MWH_METER, Qt.SortOrder.DescendingOrder)
    shown = [float(text.replace(THIN, "")) for text in column(panel, PER_MWH_METER)]
    assert shown == sorted(shown, reverse=True)
    panel.table.sortByColumn(OPERATOR, Qt.SortOrder.AscendingOrder)
    assert column(panel, OPERATOR)[0] == "Cipher"


def test_a_date_reads_as_everywhere_and_is_copied_as_it_is_kept(panel):
    table = panel.table
    row = next(row for row in range(table.model().rowCount()) if "Hut 8" in table.model().index(row, 0).data())
    assert table.model().index(row, 2).data() == "17 Dec 2025"
    assert table.fontMetrics().horizontalAdvance("28 Nov 2025") < table.columnWidth(2) - 6
    assert "2025-12-17" in table.all_text()
    assert panel.ruler.spec.caption.endswith("the newest of 17 Dec 2025.")


def test_the_table_is_copied_at_full_precision_in_the_order_shown(panel, qtbot):
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert len(lines) == 11
    assert float(lines[1][MEAN]) == pytest.approx(188.492063)
    assert lines[-1][MEAN] == ""


def test_a_tick_without_news_leaves_table_and_selection_alone(panel, bridge, session):
    panel.table.selectRow(3)
    before = panel.table.chosen()
    bridge.publish(session.desk.snapshot())
    assert panel.table.chosen() == before is not None
    bridge.edit("colo.rent_usd_per_kw_month", 170.0)
    assert panel.table.chosen() == before


def test_before_any_lease_was_signed_the_page_says_so(monkeypatch, qtbot, qapp):
    early = session_at(monkeypatch, "2020-01-01T00:00:00Z", offline=True)
    tasks = Tasks()
    bridge = Bridge(early, tasks)
    panel = DealsPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    panel.render_snapshot(bridge.snapshot)
    assert panel.ruler.spec.is_empty
    assert panel.ruler.spec.title.endswith("no signed leases to measure it by")
    assert "1 Jan 2020" in panel.ruler.accessibleDescription()
    bridge.stop()
    tasks.shutdown()
    early.close()


# -- leases of one's own ----------------------------------------------------------------------------------


def test_a_lease_is_added_edited_and_removed_each_undoable(panel, bridge, qtbot, monkeypatch):
    monkeypatch.setattr("minerdesk.desk.MERGE_WITHIN_S", 0.0)
    panel.add.click()
    form = form_of(panel)
    fill(form, operator="Rio", total_usd="3.7 B$", years="10", it_mw="200", escalator_fraction="3", signed="2025-12")
    assert "154.2 $/kW-month on average; year 1 134.5" in form.preview.text()
    form._check()
    (row,) = bridge.snapshot.tables["deals"]
    assert (row["total_usd"], row["escalator_fraction"]) == (3.7e9, 0.03)
    assert panel.table.chosen().operator == "Rio"
    assert panel.edit.isEnabled() and panel.remove.isEnabled()
    assert "of 10 signed leases" in panel.ruler.spec.title

    QApplication.processEvents()
    panel.edit.click()
    form = form_of(panel)
    assert form.edits["total_usd"].text() == f"3{THIN}700"
    assert form.edits["escalator_fraction"].text() == "3"
    form.edits["it_mw"].setText("100")
    form.business.setCurrentIndex(1)
    form._check()
    (row,) = bridge.snapshot.tables["deals"]
    assert (row["it_mw"], row["business"]) == (100, "powered_shell")
    assert [mark.role for mark in panel.ruler.spec.marks] == ["accent", "powered_shell"]

    panel.remove.click()
    assert bridge.snapshot.tables["deals"] == ()
    assert "own" not in column(panel, SOURCE)
    for expected in (100, 200):
        bridge.undo()
        assert bridge.snapshot.tables["deals"][0]["it_mw"] == expected
    bridge.undo()
    assert not bridge.snapshot.tables.get("deals")
    QApplication.processEvents()


def test_what_is_wrong_stands_at_its_field_and_nothing_changes(panel, bridge):
    panel.add.click()
    form = form_of(panel)
    fill(form, operator="Rio", total_usd="3,700", years="0", pue="9", signed="soon")
    form._check()
    told = {name: note.text() for name, note in form.notes.items() if note.isVisible()}
    assert set(told) == {"total_usd", "years", "it_mw", "pue", "signed"}
    assert "two ways" in told["total_usd"]
    assert told["it_mw"] == "It is empty."
    assert "between 1 and 3" in told["pue"]
    assert form.isVisible()
    assert not bridge.snapshot.tables.get("deals")
    fill(form, pue="1.2")
    assert not form.notes["pue"].isVisible(), "what is mended is no longer told"
    form.reject()
    QApplication.processEvents()


def test_a_bundled_lease_can_be_neither_edited_nor_removed(panel, bridge):
    panel.table.selectRow(0)
    assert not panel.edit.isEnabled()
    assert not panel.remove.isEnabled()
    panel._remove()
    panel._edit()
    assert not panel.findChildren(LeaseForm)
    assert "Bundled" in panel.hint.accessibleName()


def test_a_full_table_is_said_in_the_form(panel, bridge):
    bridge.lay_table("deals", [OWN] * 200)
    panel.add.click()
    form = form_of(panel)
    fill(form, operator="One more", total_usd="1", years="10", it_mw="200")
    form._check()
    assert "200 are the most" in form.problem.text()
    assert form.isVisible()
    assert len(bridge.snapshot.tables["deals"]) == 200
    form.reject()
    QApplication.processEvents()


def test_own_leases_are_kept_in_the_scenario(panel, bridge, session, tmp_path):
    bridge.lay_table("deals", [OWN])
    path = tmp_path / "a.minerdesk.json"
    scenario.save(path, session.scenario())
    bridge.lay_table("deals", [])
    session.open_scenario(path)
    bridge.publish(session.desk.snapshot())
    assert column(panel, SOURCE).count("own") == 1
    assert scenario.load(path, {}).tables["deals"][0]["operator"] == "Rio <b>1</b>"


# -- what is exported ----------------------------------------------------------------------------------


def test_the_page_is_exported_with_the_figures_of_the_screen(bridge, panel):
    page = render.page(bridge.snapshot, "deals", size=(1_200, 800))
    svg = export.render(page, "svg").decode()
    told = re.sub(r"<[^>]*>", " ", svg)
    for words in ("Hut 8", "158.7", "year 1 128.0", "above 4 of 9", "$/kW-month", "16 Jan 2026"):
        assert words in told, words
    assert "<image" not in svg
    assert len(set(re.findall(r'cx="([\d.]+)"', svg))) >= 9, "every dot in its own place"
    assert export.render(page, "png").startswith(b"\x89PNG")
    assert export.render(page, "pdf").startswith(b"%PDF")


def test_the_buttons_ask_the_window(panel, qtbot):
    asked = []
    panel.export_asked.connect(asked.append)
    panel.ruler.export_asked.emit()
    assert asked == ["deals"]
    assert panel.table.geometry().bottom() <= panel.table.parentWidget().height()
    assert panel.ruler.mapTo(panel, QPoint(0, 0)).y() >= 0
