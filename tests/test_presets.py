"""The catalogues as starting points: right numbers, nothing from the future, one undo step."""

from datetime import UTC, datetime

import pytest

from minerdesk import presets
from minerdesk.economics import schema
from minerdesk.errors import Severity
from minerdesk.session import open_session
from minerdesk.store import bundle

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_b200_fills_in_power_capital_and_contract_rate() -> None:
    b200 = next(preset for preset in presets.gpus(bundle.load(NOW)) if preset.label.startswith("B200"))
    assert b200.edits == {
        "gpu.meter_kw_per_gpu": 2.17,
        "gpu.capex_usd_per_gpu": 50_000,
        "gpu.rate_usd_per_gpu_hour": 2.90,
    }


def test_before_its_prices_were_known_a_gpu_fills_in_power_alone() -> None:
    early = presets.gpus(bundle.load(datetime(2026, 1, 16, tzinfo=UTC)))
    assert all(set(preset.edits) == {"gpu.meter_kw_per_gpu"} for preset in early)


def test_signed_leases_come_as_their_mean_rent() -> None:
    rents = {preset.label.split(",")[0]: preset.edits for preset in presets.leases(bundle.load(NOW))}
    assert rents["TeraWulf to Fluidstack"] == {"colo.rent_usd_per_kw_month": 154.2}
    assert rents["Cipher to Fluidstack"] == {"colo.rent_usd_per_kw_month": 148.8}
    assert not any("Microsoft" in label for label in rents), "that one is a GPU cloud"


def test_every_preset_can_be_laid_on_the_desk() -> None:
    found = bundle.load(NOW)
    for preset in (*presets.miners(found), *presets.gpus(found), *presets.leases(found)):
        assert preset.edits
        assert not [p for p in schema.validate(preset.edits) if p.severity is Severity.ERROR], preset.label


def test_miners_stand_under_their_maker_most_efficient_first() -> None:
    grouped = presets.by_heading(presets.miners(bundle.load(NOW)))
    assert {"Bitmain", "Canaan"} <= set(grouped)
    for members in grouped.values():
        efficiencies = [preset.edits["mining.efficiency_j_per_th"] for preset in members]
        assert efficiencies == sorted(efficiencies)  # type: ignore[type-var] # numbers all
    assert any("unconfirmed" in preset.detail for preset in grouped["Bitmain"])


def test_choosing_one_is_one_undo_step() -> None:
    session = open_session(offline=True, now=lambda: NOW)
    h100 = next(preset for preset in presets.gpus(session.bundle) if preset.label.startswith("H100"))
    before = dict(session.desk.snapshot().values)
    after = session.desk.apply(h100.edits)
    assert after.inputs.gpu.meter_kw_per_gpu == pytest.approx(1.73)
    assert dict(session.desk.undo().values) == before
