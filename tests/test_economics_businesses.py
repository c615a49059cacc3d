"""Mining, GPU cloud and leases per MWh, one formula at a time, against worked numbers."""

from dataclasses import replace

import pytest

from minerdesk.economics import hosting, mining, schema
from minerdesk.economics.inputs import GpuCloud, Lease

INPUTS = schema.build({})


@pytest.mark.parametrize(
    ("efficiency", "usd"),
    [(9.5, 173.38), (13.5, 122.01), (17, 96.89), (17.5, 94.12), (21.5, 76.61), (22, 74.87), (29.5, 55.83), (32, 51.47)],
)
def test_mining_revenue_at_the_machine(efficiency: float, usd: float) -> None:
    assert mining.revenue_usd_per_mwh(39.53, efficiency) == pytest.approx(usd, abs=0.005)


@pytest.mark.parametrize(("efficiency", "power", "usd"), [(15, 50, 18.00), (17.5, 60, 25.20), (30, 70, 50.40)])
def test_breakeven_hashprice(efficiency: float, power: float, usd: float) -> None:
    fleet = replace(INPUTS.mining, efficiency_j_per_th=efficiency, site_overhead=1.0, pool_fee_fraction=0.0)
    assert mining.breakeven_hashprice_usd_per_ph_day(fleet, power) == pytest.approx(usd)
    assert mining.fleet_revenue_usd_per_mwh(fleet, usd) == pytest.approx(power)


def test_a_sunk_fleet_carries_no_capital() -> None:
    assert mining.capital_usd_per_mwh(INPUTS.mining) == 0


def cloud(rate: float, utilisation: float, it_kw: float, pue: float) -> GpuCloud:
    return replace(
        INPUTS.gpu, rate_usd_per_gpu_hour=rate, utilisation_fraction=utilisation, meter_kw_per_gpu=it_kw * pue
    )


@pytest.mark.parametrize(
    ("business", "usd"),
    [
        (cloud(2.00, 0.80, 1.275, 1.30), 965.31),
        (cloud(5.30, 0.85, 1.7875, 1.25), 2016.22),
        (cloud(4.00, 0.85, 132 / 72, 1.2), 1545.45),
    ],
)
def test_gpu_cloud_revenue(business: GpuCloud, usd: float) -> None:
    assert hosting.cloud_revenue_usd_per_mwh(business) == pytest.approx(usd, abs=0.005)


def lease(rent: float, pue: float) -> Lease:
    return replace(INPUTS.colo, rent_usd_per_kw_month=rent, pue=pue)


@pytest.mark.parametrize(("rent", "pue", "usd"), [(100, 1, 136.99), (150, 1, 205.48), (150, 1.3, 158.06)])
def test_colocation_revenue(rent: float, pue: float, usd: float) -> None:
    assert hosting.lease_revenue_usd_per_mwh(lease(rent, pue)) == pytest.approx(usd, abs=0.005)


def test_rent_is_take_or_pay() -> None:
    half = replace(INPUTS.colo, load_factor=0.5)
    per_mwh, mwh = hosting.lease_revenue_usd_per_mwh(half), hosting.lease_mwh_per_year(half, 100)
    full = hosting.lease_revenue_usd_per_mwh(INPUTS.colo) * hosting.lease_mwh_per_year(INPUTS.colo, 100)
    assert per_mwh * mwh == pytest.approx(full)


@pytest.mark.parametrize(
    ("total_billion", "years", "it_mw", "rent", "usd_per_mwh_it"),
    [
        (8.7, 12, 500, 120.8, 165.5),
        (3.7, 10, 200, 154.2, 211.2),
        (3.0, 10, 168, 148.8, 203.9),
        (7.0, 15, 245, 158.7, 217.4),
    ],
)
def test_signed_leases_in_the_usual_units(
    total_billion: float, years: float, it_mw: float, rent: float, usd_per_mwh_it: float
) -> None:
    found = hosting.rent_from_contract(total_billion * 1e9, years, it_mw)
    assert found == pytest.approx(rent, abs=0.05)
    assert hosting.rent_usd_per_mwh_it(found) == pytest.approx(usd_per_mwh_it, abs=0.06)  # published to 0.1
