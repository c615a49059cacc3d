"""Whatever the values, the words of a painted chart neither run into each other nor leave it."""

from collections.abc import Callable
from itertools import combinations
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from minerdesk.ui.charts import heatmap, ruler, supply, waterfall
from minerdesk.ui.charts.heatmap import HeatSpec, Scale, Side
from minerdesk.ui.charts.model import BarsSpec, BusinessBars
from minerdesk.ui.charts.ruler import RulerEntry, RulerMark, RulerSpec
from minerdesk.ui.charts.strokes import text_width
from minerdesk.ui.charts.supply import Rung, SupplySpec
from minerdesk.ui.theme import CAPTION_PX, LIGHT, REGULAR

ROOM = QRectF(0, 0, 560, 400)


def words_of(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, paint: Callable[[QPainter], None], room: QRectF = ROOM
) -> list[tuple[str, QRectF]]:
    """Return every text that a painter writes, with the rectangle that its letters fill."""
    seen: list[tuple[str, QRectF]] = []

    def note(_painter: QPainter, rect: QRectF, text: str, _colour: Any, **how: Any) -> None:
        wide = text_width(text, how.get("size_px", CAPTION_PX), how.get("weight", REGULAR))
        align = how.get("align", Qt.AlignmentFlag.AlignLeft)
        spare = rect.width() - wide
        left = rect.left() + (spare if align & Qt.AlignmentFlag.AlignRight else 0)
        left += spare / 2 if align & Qt.AlignmentFlag.AlignHCenter else 0
        seen.append((text, QRectF(left, rect.center().y() - 5, wide, 10)))

    monkeypatch.setattr(module, "paint_text", note)
    image = QImage(room.toRect().size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint(painter)
    painter.end()
    return seen


def assert_apart(seen: list[tuple[str, QRectF]], room: QRectF = ROOM) -> None:
    assert seen
    for text, where in seen:
        assert where.left() >= -1 and where.right() <= room.width() + 1, text
    for (one, here), (other, there) in combinations(seen, 2):
        assert not here.adjusted(-4, 0, 4, 0).intersects(there), f"{one!r} runs into {other!r}"


@pytest.mark.parametrize("largest", [0.4, 30e6, 350e6, 7e11])
def test_the_values_of_a_maps_key_stand_apart(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication, largest: float
) -> None:
    across = np.linspace(1.0, 2.0, 9)
    spec = HeatSpec(
        title="t",
        x=Scale(title="x", values=across),
        y=Scale(title="y", values=across),
        values=np.tile(np.linspace(-largest, largest, 9), (9, 1)),
        below=Side(role="mining", words="mining keeps more"),
        above=Side(role="gpu_cloud", words="GPU cloud keeps more"),
    )
    seen = words_of(monkeypatch, heatmap, lambda painter: heatmap.paint_heatmap(painter, ROOM, spec, LIGHT))
    assert_apart([(text, where) for text, where in seen if text[0] in "0+−"])
    assert sum(text[0] in "+−" for text, _ in seen) >= 4


def test_the_machines_beside_a_fleet_stand_apart_however_long_their_names(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    rungs = tuple(
        Rung(label=f"Antminer S19 XP Hydro Longname {n}, 20.8 J/TH", breakeven_usd_per_mwh=1_700.0 + n)
        for n in range(4)
    )
    spec = SupplySpec(
        title="t",
        model="Class {}".format,
        mw=np.array([9_000.0]),
        breakeven_usd_per_mwh=np.array([2_031.0]),
        price_usd_per_mwh=np.array([950.0]),
        site_price_usd_per_mwh=950.0,
        note="class {}".format,
        ladder=rungs,
    )
    room = QRectF(0, 0, 1_300, 300)
    seen = words_of(monkeypatch, supply, lambda painter: supply.paint_supply(painter, room, LIGHT, spec), room)
    named = [(text, where) for text, where in seen if "Longname" in text]
    assert len(named) >= 2
    assert_apart(named, room)


def test_the_year_1_of_a_lease_is_written_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    lease = RulerEntry(label="Site – Tenant, 2025", value=158.7, start=128.0, start_label="year 1 128.0")
    for own, is_written in ((150.0, False), (1_900.0, False), (60.0, True)):
        mark = RulerMark(label="Your rent", value=own, role="accent")
        spec = RulerSpec(title="t", axis="$/kW-month", entries=(lease,), marks=(mark,))
        seen = words_of(monkeypatch, ruler, lambda painter, spec=spec: ruler.paint_ruler(painter, ROOM, LIGHT, spec))
        assert all(where.left() >= 0 for _, where in seen), own
        assert ("year 1 128.0" in dict(seen)) is is_written, own


def test_millions_of_dollars_a_megawatt_hour_stay_beside_their_bars(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    bars = BusinessBars(
        name="mining",
        label="Mining",
        role="mining",
        revenue=15_338_731.0,
        power_cost=50.0,
        opex=0.0,
        capital=0.0,
        left=15_338_681.0,
    )
    spec = BarsSpec(name="bars", title="t", unit="$/MWh", businesses=(bars,), caption="", summary="")
    seen = words_of(
        monkeypatch, waterfall, lambda painter: waterfall.paint_bars(painter, ROOM, spec, LIGHT, own_scales=False)
    )
    assert sum("15.3" in text for text, _ in seen) == 2
    assert all(where.width() <= waterfall._NUMBER_PX for text, where in seen if "15.3" in text)
