"""The dialog that reads any table as prices: what it finds, what a choice changes, and what it hands on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.errors import InputError
from minerdesk.price_layout import Wanted
from minerdesk.price_preview import head_of, preview
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.import_form import ImportForm
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.panels.power_getter import PriceGetter
from minerdesk.ui.tasks import StoppedError, Tasks, stop_if
from minerdesk.ui.theme import Appearance
from minerdesk.words import THIN

#: A table of no known layout: a title, a day before the month, decimal commas, the hour that comes twice, and faults.
ODD = """Site 4 power costs
Period;Load MW;Cost c/kWh;Remark
27/10/2024 01:00;50;4,25;ok
27/10/2024 02:00;50;4,10;ok
27/10/2024 02:00;51;3,95;ok
27/10/2024 03:00;51;-0,20;ok
27/10/2024 04:00;52;n/a;meter down
27/10/2024 06:00;52;6,00;ok
27/10/2024 06:00;52;6,10;again
"""


def plain(text: str) -> str:
    return text.replace(THIN, " ")


@pytest.fixture
def bridge(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    session, tasks = session_at(monkeypatch, offline=True), Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.csv"
    path.write_text(ODD)
    return path


@pytest.fixture
def form(bridge: Bridge, odd: Path, qtbot: Any) -> ImportForm:
    made = ImportForm(odd, head_of(odd), bridge.tasks)
    qtbot.addWidget(made)
    made.show()
    settle(qtbot, made, bridge)
    return made


def settle(qtbot: Any, form: ImportForm, bridge: Bridge) -> None:
    qtbot.waitUntil(lambda: not form._wait.isActive() and not bridge.tasks.is_running("price preview"), timeout=5_000)


def test_the_first_rows_stand_with_their_lines_and_marks(form: ImportForm) -> None:
    cells = form.table.cells
    assert [cells.heading(column) for column in range(5)] == [
        "Line", "Period\n▲ time", "Load MW", "Cost c/kWh\n▲ price", "Remark",
    ]  # fmt: skip
    assert [cells.cell(0, column) for column in range(4)] == ["3", "27/10/2024 01:00", "50", "4,25"]
    assert cells.rowCount() == 7


def test_what_would_be_read_is_said_before_it_is(form: ImportForm, bridge: Bridge, qtbot: Any) -> None:
    form.price.setCurrentText("Cost c/kWh")
    form.zone.setCurrentText("Europe/Berlin")
    form.currency.setCurrentText("EUR")
    form.per.setCurrentText("cents per kWh")
    assert not form.accept_button.isEnabled(), "nothing is accepted before it was tried"
    settle(qtbot, form, bridge)
    assert form.accept_button.isEnabled()
    said, details = plain(form.sentence.text()), form.details.toPlainText()
    assert said.startswith("5 rows, 2024-10-26 23:00 – 2024-10-27 06:00 UTC: mean 36.2 EUR/MWh")
    assert said.endswith("1 row refused.")
    for part in (
        "Clock changes: 2 in the hour that comes twice",
        "1 gap, 2 h missing",
        "1 row with a negative price, the lowest −2.00",
        "1 row with a time that was there before (line 9)",
        "Line 7: no price that can be read.",
    ):
        assert part in details
    assert details.count("no price that can be read") == 1
    assert form.unit() == "ct/kWh"
    assert form.wanted() == Wanted(price_column="Cost c/kWh", zone="Europe/Berlin")


def test_choices_become_what_the_reader_is_told(form: ImportForm) -> None:
    form.time.setCurrentText("Period")
    form.meaning.setCurrentIndex(1)
    form.dates.setCurrentIndex(2)
    assert form.wanted() == Wanted(time_column="Period", ends=True, day_first=False)
    form.time.setCurrentIndex(1)
    assert form.wanted().no_times
    assert not form.zone.isEnabled()
    assert not form.dates.isEnabled()
    for currency, per, unit in (
        ("As the file says", "per MWh", ""),
        ("USD", "per kWh", "$/kWh"),
        ("USD", "cents per kWh", "¢/kWh"),
        ("NOK", "per MWh", "NOK/MWh"),
    ):
        form.currency.setCurrentText(currency)
        form.per.setCurrentText(per)
        assert form.unit() == unit
    assert form.per.findText("cents per kWh") == -1, "øre are no unit that is read"


def test_what_gives_no_prices_is_said_and_can_not_be_accepted(form: ImportForm, bridge: Bridge, qtbot: Any) -> None:
    form.price.setCurrentText("Remark")
    settle(qtbot, form, bridge)
    assert "Not one row can be used" in form.sentence.text()
    assert not form.accept_button.isEnabled()
    form.price.setCurrentText("Load MW")
    form.zone.setCurrentText("Moon/Sea")
    settle(qtbot, form, bridge)
    assert "“Moon/Sea” is no time zone" in form.sentence.text()
    assert not form.accept_button.isEnabled()
    form.zone.setCurrentText("+10:00")
    settle(qtbot, form, bridge)
    assert form.accept_button.isEnabled()


def test_locations_of_a_file_are_offered(bridge: Bridge, qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("time,location,lmp\n2024-01-01T00:00Z,A,1\n2024-01-01T00:00Z,B,2\n")
    form = ImportForm(path, head_of(path), bridge.tasks)
    qtbot.addWidget(form)
    settle(qtbot, form, bridge)
    assert [form.location.itemText(row) for row in range(form.location.count())] == ["The usual one", "A", "B"]
    form.location.setCurrentText("B")
    settle(qtbot, form, bridge)
    assert form.preview is not None and form.preview.series is not None
    assert form.preview.series.prices_per_mwh.tolist() == [2.0]


# -- from the page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def panel(bridge: Bridge, qtbot: Any, qapp: QApplication) -> PowerPanel:
    made = PowerPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.show()
    made.render_snapshot(bridge.snapshot)
    return made


def form_of(getter: PriceGetter, qtbot: Any) -> ImportForm:
    qtbot.waitUntil(lambda: getter.form is not None, timeout=5_000)
    assert isinstance(getter.form, ImportForm)
    return getter.form


def test_a_file_of_no_known_layout_opens_the_dialog_and_is_read_by_it(
    panel: PowerPanel, bridge: Bridge, qtbot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "site.csv"
    path.write_text("When,Demand 1,Load 1\n2024-01-01 00:00,10,7\n2024-01-01 01:00,20,8\n2024-01-01 02:00,x,9\n")
    panel.getter.import_file(path)
    form = form_of(panel.getter, qtbot)
    assert form.price.currentText() == "Demand 1", "the first column of numbers"
    form.price.setCurrentText("Load 1")
    settle(qtbot, form, bridge)
    form.accept_button.click()
    qtbot.waitUntil(lambda: bridge.snapshot.power.chosen is not None, timeout=5_000)
    own = bridge.snapshot.power.chosen
    assert own is not None
    assert own.prices_per_mwh.tolist() == [7.0, 8.0, 9.0]
    assert own.title == "site.csv, Load 1"
    qtbot.waitUntil(lambda: panel.getter.form is None and not bridge.tasks.is_running("power"))


def test_the_dialog_that_is_dismissed_changes_nothing(panel: PowerPanel, bridge: Bridge, qtbot: Any, odd: Path) -> None:
    panel.getter.import_table(odd)
    form = form_of(panel.getter, qtbot)
    form.reject()
    qtbot.waitUntil(lambda: panel.getter.form is None and not bridge.tasks.is_running("power"))
    assert bridge.snapshot.power.prices is None
    assert not bridge.tasks.is_running("price preview")


def test_a_file_without_numbers_opens_no_dialog(panel: PowerPanel, bridge: Bridge, qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are, no prices\nat all, really\n")
    with qtbot.waitSignal(bridge.failed) as failed:
        panel.getter.import_file(path)
    assert "notes.txt" in str(failed.args[0])
    assert panel.getter.form is None
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("power"))


# -- without a window -------------------------------------------------------------------------------------------------


def test_a_large_file_is_previewed_by_its_beginning(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minerdesk.price_preview.PREVIEW_BYTES", 150)
    found = preview(odd, Wanted(price_column="Cost c/kWh"), "")
    assert found.partly
    assert found.series is not None
    assert len(found.series) == 2, "the line that is cut off does not count, the repeated time counts once"
    assert "the whole file is read on import" in found.sentence


@pytest.mark.parametrize(
    ("text", "message"), [('{"a": 1}', "JSON"), ("", "empty"), ("time,price\n", "no rows"), ("a\0b", "no text")]
)
def test_what_has_no_columns_says_so(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        head_of(path)


def test_a_table_without_a_heading_has_numbered_columns(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("1,20\n2,25\n3,-3\n")
    assert head_of(path).header == ("column 1", "column 2")
    found = preview(path, Wanted(price_column="column 2"), "")
    assert found.series is not None
    assert found.series.prices_per_mwh.tolist() == [20, 25, -3]


def test_a_job_that_nobody_waits_for_is_ended() -> None:
    shares: list[float | None] = []
    stop_if(lambda: False, lambda share, _text: shares.append(share))(0.5)
    assert shares == [0.5]
    with pytest.raises(StoppedError):
        stop_if(lambda: True)(0.5)
