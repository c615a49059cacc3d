"""Guard-rails of contract, credits, stopping and firm load: what is probably meant otherwise, or counted twice."""

from collections.abc import Callable, Iterator

from minerdesk import words
from minerdesk.economics.contracts import Kind, on_peak_share, usd_per_mwh_of_kw_year
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.networkrails import Finding
from minerdesk.units import HOURS_PER_MONTH, HOURS_PER_YEAR, KW_PER_MW

Rule = Callable[[Inputs], Iterator[Finding]]

_DEMAND, _ADDER = "contract.demand_usd_per_kw_month", "power.adder_usd_per_mwh"


def demand_counted_twice(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a demand charge beside delivery and taxes, which hold it already where they were typed as one adder.

    Beside an adder of at least half of what the charge makes per MWh at full load, for a small tax is no such sum.
    """
    per_mwh = inputs.contract.demand_usd_per_kw_month * KW_PER_MW / HOURS_PER_MONTH
    adder = inputs.power.adder_usd_per_mwh
    if per_mwh > 0 and adder >= per_mwh / 2:
        yield Finding(
            _DEMAND,
            f"It makes {words.usd_per_mwh(per_mwh)} $/MWh at full load, beside {words.usd_per_mwh(adder)} $/MWh of "
            "delivery and taxes, which may hold it already.",
            "Type it in one of the two.",
        )


def credit_counted_twice(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a credit that is switched on beside a negative adder, which is a credit by itself."""
    adder = inputs.power.adder_usd_per_mwh
    for key, is_on in (
        ("contract.capacity_credit", inputs.contract.capacity_credit),
        ("contract.demand_response", inputs.contract.demand_response),
    ):
        if is_on and adder < 0:
            yield Finding(
                key,
                f"Delivery and taxes of {words.usd_per_mwh(adder)} $/MWh are a credit already, for AI too.",
                f"Set them ({_ADDER}) to what is really paid on top, and leave the credit here.",
            )


def same_hours_paid_twice(inputs: Inputs) -> Iterator[Finding]:
    """Recognise both credits at once: the dearest hours earn both here, which not every market allows."""
    if inputs.contract.capacity_credit and inputs.contract.demand_response:
        yield Finding(
            "contract.demand_response",
            "The same dearest hours earn the capacity credit and demand response.",
            "Check that your market pays both; else switch one off.",
        )


def hours_turned_round(inputs: Inputs) -> Iterator[Finding]:
    """Recognise on-peak hours that run over midnight or are none at all, where a time of use is the contract."""
    contract = inputs.contract
    if inputs.power.contract != Kind.TIME_OF_USE.value:
        return
    first, last = contract.on_peak_from_hour, contract.on_peak_to_hour
    share = on_peak_share(contract)
    if share == 0:
        yield Finding(
            "contract.on_peak_to_hour", f"From {first:g} to {last:g} o’clock is no hour at all: all are off-peak.", ""
        )
    elif first > last:
        yield Finding(
            "contract.on_peak_from_hour",
            f"From {first:g} to {last:g} o’clock runs over midnight, {(last - first) % 24:g} hours.",
            f"If the day is meant, type from {last:g} to {first:g}.",
        )


def peak_under_off_peak(inputs: Inputs) -> Iterator[Finding]:
    """Recognise an on-peak price under the off-peak one: two prices in each other's place."""
    contract = inputs.contract
    if contract.on_peak_usd_per_mwh < contract.off_peak_usd_per_mwh:
        yield Finding(
            "contract.on_peak_usd_per_mwh",
            f"{contract.on_peak_usd_per_mwh:g} $/MWh on peak is less than {contract.off_peak_usd_per_mwh:g} off peak.",
            "The two may stand in each other’s place.",
        )


def called_most_of_the_year(inputs: Inputs) -> Iterator[Finding]:
    """Recognise hours of demand response that are most of the year: a call is an exception, a fixed stop an uptime."""
    contract = inputs.contract
    hours = contract.response_hours_a_year
    if contract.demand_response and hours > HOURS_PER_YEAR / 2:
        yield Finding(
            "contract.response_hours_a_year",
            f"Called in {hours / HOURS_PER_YEAR * 100:.0f} % of the year, the machines stand still in all of these "
            "hours.",
            "Calls are some tens of hours a year; standing by is paid in the rest.",
        )


def credit_above_the_power(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a capacity credit above the desk's power price: $/kW-year * 1000 / 8760 is $/MWh, no more."""
    contract = inputs.contract
    per_mwh = usd_per_mwh_of_kw_year(contract.capacity_usd_per_kw_year)
    if contract.capacity_credit and per_mwh > max(inputs.power.price_usd_per_mwh, 20.0):
        yield Finding(
            "contract.capacity_usd_per_kw_year",
            f"It makes {words.usd_per_mwh(per_mwh)} $/MWh of capacity, more than the energy costs.",
            "It is per kW and year: a charge per MW-year is 1000 times as much.",
        )


def pause_that_never_pays(inputs: Inputs) -> Iterator[Finding]:
    """Recognise interruptible hours of a firm lease without any penalty: then every hour's price is saved for free."""
    firm = inputs.firm
    is_lease = firm.business != "gpu_cloud"
    if is_lease and firm.interruptible_hours_a_year > 0 and firm.penalty_usd_per_mwh == 0:
        yield Finding(
            "firm.penalty_usd_per_mwh",
            "0 lets the tenant’s load pause for nothing, while rent is due all the same.",
            "Type what the lease owes per MWh that is not delivered.",
        )


#: Every rule; of several that speak of one field the first is heard.
RULES: tuple[Rule, ...] = (
    demand_counted_twice,
    credit_counted_twice,
    same_hours_paid_twice,
    hours_turned_round,
    peak_under_off_peak,
    called_most_of_the_year,
    credit_above_the_power,
    pause_that_never_pays,
)
