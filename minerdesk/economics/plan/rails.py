"""Guard-rails of the plan: pitfalls of many years, recognised in what is typed of it."""

from collections.abc import Callable, Iterator

from minerdesk import words
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.networkrails import Finding
from minerdesk.economics.plan.inputs import DifficultyMode
from minerdesk.economics.plan.timeline import lease_of
from minerdesk.economics.results import Business
from minerdesk.units import MONTHS_PER_YEAR

#: $/TH of the best machines new, and the J/TH from which on 1 to 3 $/TH is what machines fetch; price lists, 2024-2025.
NEW_ASIC_USD_PER_TH, OLD_ASIC_USD_PER_TH, OLD_FROM_J_PER_TH = 25.70, 3.0, 25.0


def term_beyond_the_horizon(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a term that outlasts the horizon: rents beyond it don't count, nor does the end of the lease."""
    plan = inputs.plan
    if plan.term_years > plan.horizon_years:
        yield Finding(
            "plan.term_years",
            f"{plan.term_years:g} years outlast the horizon of {plan.horizon_years:g}: rents beyond it don’t count.",
            "Look further, or give what still stands its value at the horizon (plan.salvage_fraction).",
        )


def gpus_die_before_the_term(inputs: Inputs) -> Iterator[Finding]:
    """Recognise GPUs that aren't replaced although their life is shorter than the term."""
    plan, life = inputs.plan, inputs.gpu.life_years
    if plan.business == Business.GPU_CLOUD and not plan.gpu_refresh and life < plan.term_years:
        yield Finding(
            "plan.gpu_refresh",
            f"GPUs live {life:g} years of a term of {plan.term_years:g}; without new ones the cloud ends with them.",
            f"Let them be replaced, or type a term of {life:g} years.",
        )


def first_rent_and_escalator(inputs: Inputs) -> Iterator[Finding]:
    """Recognise an escalator on the default rent, which is a contract's mean: its rise is inside already."""
    plan = inputs.plan
    if plan.business == Business.GPU_CLOUD or plan.rent_escalator_fraction_a_year <= 0:
        return
    lease, default = lease_of(inputs), {"colocation": 150.0, "powered_shell": 70.0}[plan.business]
    if lease.rent_usd_per_kw_month == default:
        yield Finding(
            "plan.rent_escalator_fraction_a_year",
            f"It raises {default:g} $/kW-month, which is the mean of a contract: the rise would count twice.",
            "With an escalator type the first year’s rent.",
        )


def hashprice_through_halvings(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a difficulty that makes up for every halving: hashprice then never falls."""
    plan = inputs.plan
    follows = plan.difficulty_mode == DifficultyMode.FEEDBACK
    if follows and plan.difficulty_elasticity >= 1 and plan.difficulty_growth_fraction_a_year <= 0:
        yield Finding(
            "plan.difficulty_elasticity",
            f"{plan.difficulty_elasticity:g} lets half of the hash rate leave at each halving, "
            "so that hashprice stays as it is today.",
            "Below 1 a part of the halving stays with the miners; so does growth of difficulty of its own.",
        )


def price_rises_and_difficulty_stands(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a BTC price that rises by 10 % a year or more while difficulty grows at a fixed rate of 0 or less."""
    plan = inputs.plan
    steady = plan.difficulty_mode == DifficultyMode.GROWTH and plan.difficulty_growth_fraction_a_year <= 0
    if steady and plan.btc_growth_fraction_a_year >= 0.1:
        yield Finding(
            "plan.difficulty_growth_fraction_a_year",
            f"Nobody adds a machine while BTC rises by {words.percent(plan.btc_growth_fraction_a_year)} a year.",
            "Let difficulty follow the reward, or type its growth.",
        )


def resale_above_purchase(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a resale above the purchase price, above the best new machines', or of old machines above 3 $/TH.

    5 $/TH, the default, is used as typed for any machine.
    """
    resale, price = inputs.plan.asic_resale_usd_per_th, inputs.mining.asic_price_usd_per_th
    efficiency, key = inputs.mining.efficiency_j_per_th, "plan.asic_resale_usd_per_th"
    if 0 < price < resale:
        yield Finding(
            key, f"{resale:g} $/TH is more than the {price:g} $/TH that they are bought at.", "A used machine is less."
        )
    elif resale > NEW_ASIC_USD_PER_TH:
        yield Finding(
            key,
            f"{resale:g} $/TH is more than the best machines cost new ({NEW_ASIC_USD_PER_TH:.2f}).",
            "A year later they fetched 18.38; old ones fetch 1 to 3.",
        )
    elif efficiency >= OLD_FROM_J_PER_TH and resale > OLD_ASIC_USD_PER_TH:
        yield Finding(key, f"{resale:g} $/TH is much for machines of {efficiency:g} J/TH.", "Old ones fetch 1 to 3.")


def loan_beyond_the_term(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a loan that is still repaid when the lease that pays for it has ended."""
    debt, plan = inputs.debt, inputs.plan
    if debt.enabled and debt.tenor_years > plan.term_years:
        yield Finding(
            "debt.tenor_years",
            f"{debt.tenor_years:g} years outlast the term of {plan.term_years:g}: the last payments have no rent.",
            "Lenders want the loan repaid before the lease ends.",
        )


def prepayment_swallows_the_rent(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a prepayment credited faster than rent is due: the tenant would be paid to stay."""
    plan = inputs.plan
    over = min(plan.prepaid_credit_months, MONTHS_PER_YEAR * plan.term_years)
    if plan.prepaid_months > over:
        yield Finding(
            "plan.prepaid_credit_months",
            f"{plan.prepaid_months:g} months of rent credited over {over:g} are more than the rent itself.",
            "Credit them over as many months at least.",
        )


def credits_of_the_contract(inputs: Inputs) -> Iterator[Finding]:
    """Recognise credits that the contract earns mining and the plan leaves at 0: converting would seem to lose none."""
    contract, typed = inputs.contract, inputs.plan.interruption_credit_usd_per_kw_year
    capacity = contract.capacity_usd_per_kw_year * contract.capacity_earned_fraction * contract.capacity_credit
    earned = capacity + contract.response_usd_per_kw_year * contract.demand_response
    if typed == 0 and earned > 0:
        yield Finding(
            "plan.interruption_credit_usd_per_kw_year",
            f"0, but the contract pays mining {earned:.4g} $/kW-year for stopping when it is asked.",
            f"Firm AI load loses it: type {earned:.4g}.",
        )


def credits_not_typed(inputs: Inputs) -> Iterator[Finding]:
    """Name what converting loses beside hash revenue where it is left at 0; the default, so it is a note."""
    if inputs.plan.interruption_credit_usd_per_kw_year == 0:
        yield Finding(
            "plan.interruption_credit_usd_per_kw_year",
            "0: if mining earns credits for demand response or 4CP here, converting loses them.",
            "50 $/kW-year would be 5.71 $/MWh of capacity.",
        )


#: Every rule of the plan; of several that speak of one field the first is heard.
RULES: tuple[Callable[[Inputs], Iterator[Finding]], ...] = (
    term_beyond_the_horizon,
    gpus_die_before_the_term,
    first_rent_and_escalator,
    hashprice_through_halvings,
    price_rises_and_difficulty_stands,
    resale_above_purchase,
    loan_beyond_the_term,
    prepayment_swallows_the_rent,
    credits_of_the_contract,
)
