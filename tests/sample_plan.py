"""Cases of the plan for tests: today's network of January 2026, and inputs in which nothing moves unless it is said."""

from datetime import date

import numpy as np

from minerdesk.economics import schema
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.drivers import Drivers, base_drivers
from minerdesk.economics.plan.strategies import Strategy, StrategyFlows, cash_flows
from minerdesk.economics.results import network_state

TIP = 932_640

#: No phase, no growth, nothing sold, no ramp: what stays is today's business, month after month.
STILL = {
    "plan.difficulty_mode": "feedback",
    "plan.difficulty_elasticity": 1.0,
    "plan.difficulty_lag_months": 0.0,
    "plan.asic_resale_usd_per_th": 0.0,
    "plan.ramp_months": 0.0,
    "plan.renewal_fraction": 1.0,
    "plan.gpu_rate_decay_fraction_a_year": 0.0,
}


def row(mw, start, build, label=None):
    return {"mw": mw, "start_month": start, "build_months": build} | ({"label": label} if label else {})


def case_of(values=None, rows=(), *, tip=TIP, hashprice=None, **network) -> PlanCase:
    """Return a case; a typed hashprice of the reference case if none of the network's parts are given."""
    inputs = schema.build(values or {})
    known = {"difficulty": 146.47e12, "btc_price_usd": 95_546.0, "subsidy_btc": 3.125, "fees_btc_per_block": 0.019}
    state = network_state(**{**known, **network}, typed_hashprice_usd_per_ph_day=hashprice)
    case = PlanCase.of(inputs, state, tip_height=tip, rows=list(rows), start=date(2026, 1, 16))
    assert case is not None
    return case


def still(values=None, rows=(), **known) -> PlanCase:
    """Return a case at 39.53 $/PH/day in which nothing moves but what `values` say."""
    return case_of({**STILL, **(values or {})}, rows, **{"hashprice": 39.53, **known})


def flows_of(case: PlanCase, drivers: Drivers | None = None) -> dict[Strategy, StrategyFlows]:
    return cash_flows(case, drivers or base_drivers(case))


def hybrid(case: PlanCase) -> StrategyFlows:
    return flows_of(case)[Strategy.HYBRID]


def line(case: PlanCase, name: str, strategy: Strategy = Strategy.HYBRID) -> np.ndarray:
    return flows_of(case)[strategy].lines[name]
