"""Loan and tax of the plan: against numpy-financial, the tables of MACRS, and by hand."""

import numpy as np
import numpy_financial as npf
import pytest
from sample_plan import flows_of, hybrid, row, still

from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.loan import level_payment
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.economics.plan.taxes import MACRS_HALLS, MACRS_MACHINES, depreciation_at, monthly_shares, tax_at
from minerdesk.economics.schema import build

LOAN = {"debt.enabled": True, "debt.share_fraction": 0.5, "debt.rate": 0.12, "debt.tenor_years": 5.0}
COST = 40 * 1e7 / 1.3


# -- the loan ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 1e-9, 0.01, 0.08])
@pytest.mark.parametrize("periods", [1, 60, 480])
def test_the_level_payment_is_numpy_financials(rate: float, periods: int) -> None:
    assert level_payment(1e6, rate, periods) == pytest.approx(-npf.pmt(rate, periods, 1e6), rel=1e-6)


def test_a_loan_on_a_build_at_once_is_an_annuity() -> None:
    found = hybrid(still(LOAN, [row(40, 2, 0)])).lines
    drawn = COST / 2
    assert found["loan_drawn"][2] == pytest.approx(drawn)
    months = np.arange(1, 61)
    assert found["interest"][3:63] == pytest.approx(npf.ipmt(0.01, months, 60, drawn))
    assert found["principal"][3:63] == pytest.approx(npf.ppmt(0.01, months, 60, drawn))
    assert not found["interest"][63:].any()
    assert not found["loan_left"].any()


def test_interest_only_while_building_then_level() -> None:
    found = hybrid(still({**LOAN, "plan.capex_curve": "even", "plan.lease_delay_months": 1.0}, [row(40, 0, 4)])).lines
    part = COST / 8
    assert found["loan_drawn"][1:5] == pytest.approx([part] * 4)
    assert -found["interest"][1:6] == pytest.approx(np.array([0, 1, 2, 3, 4]) * part * 0.01)
    assert not found["principal"][:6].any()
    assert -(found["interest"] + found["principal"])[6] == pytest.approx(-npf.pmt(0.01, 60, COST / 2))
    assert found["principal"].sum() == pytest.approx(-COST / 2)


def test_interest_added_while_building() -> None:
    values = {**LOAN, "debt.grace": "capitalised", "plan.capex_curve": "up_front"}
    found = hybrid(still(values, [row(40, 0, 12)])).lines
    assert not found["interest"][:13].any()
    grown = COST / 2 * 1.01**12
    assert -(found["interest"] + found["principal"])[13] == pytest.approx(-npf.pmt(0.01, 60, grown))
    assert found["principal"].sum() == pytest.approx(-grown)


def test_no_grace_repays_each_draw_from_the_next_month() -> None:
    values = {**LOAN, "debt.grace": "none", "plan.capex_curve": "even"}
    found = hybrid(still(values, [row(40, 0, 2)])).lines
    payment = -npf.pmt(0.01, 60, COST / 4)
    service = -(found["interest"] + found["principal"])
    assert service[[1, 2, 3, 61, 62, 63]] == pytest.approx([0, payment, 2 * payment, 2 * payment, payment, 0])


def test_what_is_owed_at_the_horizon_is_repaid_then() -> None:
    values = {**LOAN, "debt.tenor_years": 30.0}
    found = hybrid(still(values, [row(40, 0, 0)])).lines
    left = npf.fv(0.01, 240, npf.pmt(0.01, 360, COST / 2), COST / 2)
    assert found["loan_left"][240] == pytest.approx(left)
    assert found["loan_drawn"].sum() + found["principal"].sum() + found["loan_left"].sum() == pytest.approx(0, abs=1)


def test_a_loan_at_the_discount_rate_moves_no_value_and_a_dearer_one_lowers_it() -> None:
    def npv(**debt):
        values = {**LOAN, "plan.discount_rate": 1.01**12 - 1, **debt}
        result = evaluate_plan(still(values, [row(40, 3, 9)])).strategies[Strategy.HYBRID]
        return result.npv_usd, result.unlevered_npv_usd

    at_the_rate, alone = npv()
    assert at_the_rate == pytest.approx(alone)
    assert npv(**{"debt.rate": 0.2})[0] < alone
    assert npv(**{"debt.share_fraction": 0.0})[0] == pytest.approx(alone)
    off = evaluate_plan(still({}, [row(40, 3, 9)])).strategies[Strategy.HYBRID]
    assert (off.min_dscr, off.dscr_breached_months) == (None, 0)


@pytest.mark.parametrize("share", [1e-308, 1e-12])
def test_a_loan_of_less_than_a_cent_is_no_debt(share: float) -> None:
    flows = hybrid(still({**LOAN, "debt.share_fraction": share}, [row(40, 0, 0)]))
    assert np.isnan(flows.dscr).all()
    tiny = hybrid(still(LOAN, [row(2e-308, 0, 0)]))
    assert np.isnan(tiny.dscr).all()


def test_dscr_is_income_over_service_of_twelve_months() -> None:
    values = {**LOAN, "plan.capex_curve": "up_front", "plan.ramp_months": 1.0, "debt.minimum_dscr": 2.0}
    result = evaluate_plan(still(values, [row(100, 0, 6)])).strategies[Strategy.HYBRID]
    flows = result.flows
    rent, service = 150 * 100_000 / 1.3 * 0.85, -npf.pmt(0.01, 60, 100e7 / 1.3 / 2)
    first = (0.5 - 0.15 * 0.5 / 0.85 + 0.075 / 0.85) * rent / service  # half the rent, half the opex
    assert np.isnan(flows.dscr[:7]).all()
    assert flows.dscr[7] == pytest.approx(first)
    assert flows.noi_usd[8] / flows.debt_service_usd[8] == pytest.approx(rent / service)
    assert flows.dscr[18] == pytest.approx((0.5 + 11) / 12 * rent / service)
    assert flows.dscr[66] == pytest.approx(rent / service)
    assert np.isnan(flows.dscr[67:]).all()
    assert result.min_dscr == pytest.approx(first)
    assert result.dscr_breached_months == int((flows.dscr[7:67] < 2.0).sum()) > 0
    covenant = {**values, "debt.minimum_dscr": 0.0}
    none = evaluate_plan(still(covenant, [row(100, 0, 6)])).strategies[Strategy.HYBRID]
    assert none.dscr_breached_months == 0


# -- tax --------------------------------------------------------------------------------------------------------------


def tax_of(**values):
    return build({"tax.enabled": True, **{f"tax.{name}": value for name, value in values.items()}}).tax


def test_the_tables_of_macrs_write_off_everything() -> None:
    assert sum(MACRS_MACHINES) == pytest.approx(100)
    assert sum(MACRS_HALLS) == pytest.approx(100)
    assert len(MACRS_HALLS) == 16
    shares = monthly_shares("macrs", 10, 2, is_hall=False)
    assert shares[:12].sum() == pytest.approx(0.2)
    assert shares[12:24].sum() == pytest.approx(0.32)
    assert monthly_shares("macrs", 10, 2, is_hall=True)[:12].sum() == pytest.approx(0.05)


@pytest.mark.parametrize("method", ["straight_line", "declining", "macrs"])
@pytest.mark.parametrize(("life", "factor"), [(0.25, 1.0), (10.0, 2.0), (60.0, 4.0)])
def test_every_method_writes_off_all_and_never_more(method: str, life: float, factor: float) -> None:
    shares = monthly_shares(method, life, factor, is_hall=True)
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all()
    assert (np.diff(shares) <= 1e-12).all() or method == "macrs"


def test_declining_balance_turns_into_a_straight_line() -> None:
    shares = monthly_shares("declining", 10, 2, is_hall=True)
    assert shares[:2] == pytest.approx([2 / 120, (1 - 2 / 120) * 2 / 120])
    assert shares[-1] == pytest.approx(shares[-30])
    assert monthly_shares("declining", 10, 1, is_hall=True) == pytest.approx(np.full(120, 1 / 120))


def test_depreciation_begins_the_month_after_service_and_stops_at_the_horizon() -> None:
    tax = tax_of(depreciation="straight_line", life_years=1.0)
    capital = np.zeros(20)
    capital[[2, 15]] = 1_200, 2_400
    written = depreciation_at(tax, capital, is_hall=True)
    assert written[[2, 3, 14, 15, 16, 19]] == pytest.approx([0, 100, 100, 0, 200, 200])
    assert written.sum() == pytest.approx(1_200 + 800)


def test_losses_are_carried_forward_within_their_limit_or_lost() -> None:
    income = np.zeros(49)
    income[[6, 18, 30, 42]] = -100.0, 60.0, 80.0, 50.0
    paid = tax_at(tax_of(rate=0.5), income)
    assert np.flatnonzero(paid).tolist() == [24, 36, 48]
    assert paid[[24, 36, 48]] == pytest.approx([0.5 * 12, 0.5 * (80 - 52), 0.5 * 50])
    all_of_it = tax_at(tax_of(rate=0.5, loss_limit_fraction=1.0), income)
    assert all_of_it[[24, 36, 48]] == pytest.approx([0, 0.5 * 40, 25])
    lost = tax_at(tax_of(rate=0.5, loss_carry_forward=False), income)
    assert lost[[24, 36, 48]] == pytest.approx([30, 40, 25])
    assert not tax_at(tax_of(rate=0.0), income).any()
    part = tax_at(tax_of(rate=0.5), np.append(income[:45], 0.0))
    assert part[45] == pytest.approx(25), "a year that the horizon cuts is taxed there"


def test_mining_on_is_taxed_on_its_net_and_its_sales() -> None:
    values = {"tax.enabled": True, "tax.rate": 0.25, "plan.asic_resale_usd_per_th": 5.0, "plan.horizon_years": 2.0}
    keep = flows_of(still(values, tip=None))[Strategy.KEEP_MINING]
    year = 12 * keep.noi_usd[1]
    assert keep.lines["tax"][[12, 24]] == pytest.approx([-0.25 * year, -0.25 * (year + keep.lines["asic_resale"][24])])
    assert np.count_nonzero(keep.lines["tax"]) == 2


def test_interest_and_depreciation_lower_the_tax() -> None:
    values = {
        **LOAN,
        "tax.enabled": True,
        "tax.rate": 0.25,
        "tax.depreciation": "straight_line",
        "tax.life_years": 20.0,
    }
    found = hybrid(still(values, [row(100, 0, 0)]))
    written, noi = 100e7 / 1.3 / 240, found.noi_usd[1]
    first = 12 * (noi - written) + found.lines["interest"][1:13].sum()
    assert found.lines["tax"][12] == pytest.approx(-0.25 * first)
    without = 12 * (noi - written)
    unlevered_tax = 12 * noi - found.unlevered_usd[1:13].sum()
    assert unlevered_tax == pytest.approx(0.25 * without)


@pytest.mark.parametrize(("business", "first_year"), [("gpu_cloud", 0.2), ("colocation", 0.05)])
def test_gpus_are_machines_and_halls_are_halls(business: str, first_year: float) -> None:
    values = {"plan.business": business, "tax.enabled": True, "tax.rate": 0.25, "gpu.residual_fraction": 0.0}
    found = hybrid(still({**values, "plan.horizon_years": 3.0}, [row(100, 0, 0)]))
    capex = -found.lines["capital"][0]
    assert found.lines["tax"][12] == pytest.approx(-0.25 * (12 * found.noi_usd[1] - first_year * capex))
