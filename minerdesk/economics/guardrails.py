"""Guard-rails: the pitfalls of this comparison, recognised in the inputs and named beside the field that they lie in.

Every rule looks for one pitfall, with the threshold and its origin in its docstring, and says what the number looks
like, that it is used as typed, and what to do. The defaults give no warning. Whatever may be meant as it stands is a
warning, never a refusal. What is observed of the network has its rules in :mod:`minerdesk.economics.networkrails`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from minerdesk import words
from minerdesk.economics import fleetrails, hosting, mining, networkrails, powerrails
from minerdesk.economics.deals import SignedLease, figures
from minerdesk.economics.declarations import FIELDS, Value
from minerdesk.economics.inputs import Inputs, Lease
from minerdesk.economics.machines import Machines
from minerdesk.economics.networkrails import Finding, Seen
from minerdesk.economics.plan import rails
from minerdesk.economics.schema import validate
from minerdesk.economics.unitslips import shown, slips
from minerdesk.errors import Problem, Severity
from minerdesk.units import HOURS_PER_MONTH, KW_PER_MW

Rule = Callable[[Inputs], Iterator[Finding]]

_GPU_KW = "gpu.meter_kw_per_gpu"
_ASIC_PRICE = "mining.asic_price_usd_per_th"


@dataclass(frozen=True)
class Chip:
    """An accelerator by its data sheet, in kW per GPU: TDP of the chip, share of a server, draw at the meter."""

    names: str
    tdp_kw: float
    it_kw: float | None = None
    meter_kw: float | None = None


#: Data sheets of chips and servers; at the meter as published with contract rates, 2026-05.
CHIPS = (
    Chip("A100", 0.4, 0.81),
    Chip("H100 or H200", 0.7, 1.275, 1.73),
    Chip("MI300X", 0.75, None, 1.79),
    Chip("B200", 1.0, 1.7875, 2.17),
    Chip("GB200", 1.2, 1.8333, 2.10),
    Chip("B300", 1.4, 1.8125, 2.17),
)

#: $/TH of the best machines new, and a year later; old ones fetch 1 to 3. Published price lists, 2024-2025.
NEW_ASIC_USD_PER_TH, YEAR_OLD_ASIC_USD_PER_TH, OLD_ASIC_USD_PER_TH = 25.70, 18.38, 3.0


def warnings(
    inputs: Inputs,
    seen: Seen | None = None,
    leases: Iterable[SignedLease] = (),
    machines: Machines | None = None,
) -> list[Problem]:
    """Return what the inputs look like that was probably not meant, at most one warning per field. Never raises.

    Parameters
    ----------
    seen
        What is observed and current; without it the rules that compare with the network are silent.
    leases
        Signed leases, to recognise the mean rent of one of them.
    machines
        The machine classes that are laid, to recognise that the desk judges others.
    """
    found: dict[str, Finding] = {}
    other = () if machines is None else fleetrails.another_fleet(machines, inputs)
    for finding in (*_findings(inputs, seen or Seen(), tuple(leases)), *other):
        found.setdefault(finding.key, finding)
    return [_problem(found[key], Severity.WARNING) for key in FIELDS if key in found]


def advice(
    inputs: Inputs,
    seen: Seen | None = None,
    leases: Iterable[SignedLease] = (),
    machines: Machines | None = None,
) -> list[Problem]:
    """Return everything that is to be said beside fields: the warnings, and notes beside fields without one.

    A note says what is good to know while nothing is wrong; it is no problem.
    """
    found = warnings(inputs, seen, leases, machines)
    warned = {problem.field for problem in found}
    notes = (*sunk_fleet(inputs), *rails.credits_not_typed(inputs))
    return [*found, *(_problem(note, Severity.NOTE) for note in notes if note.key not in warned)]


def input_problems(values: Mapping[str, Value], advice: Iterable[Problem]) -> list[Problem]:
    """Return every warning about inputs: the usual range of a field is named where `advice` warns of nothing there."""
    advised = {problem.field: problem for problem in advice if problem.severity is Severity.WARNING}
    unusual = [p for p in validate(values) if p.severity is Severity.WARNING and p.field not in advised]
    return [*unusual, *advised.values()]


def _findings(inputs: Inputs, seen: Seen, leases: tuple[SignedLease, ...]) -> Iterator[Finding]:
    for rule in RULES:
        yield from rule(inputs)
    for observing in networkrails.RULES:
        yield from observing(inputs, seen)
    yield from mean_for_first_year(inputs, leases)


def _problem(finding: Finding, severity: Severity) -> Problem:
    used = "It is used as typed." if severity is Severity.WARNING else ""
    parts = (f"{FIELDS[finding.key].label}: {finding.looks}", used, finding.remedy)
    return Problem(field=finding.key, severity=severity, message=" ".join(part for part in parts if part))


# -- units ------------------------------------------------------------------------------------------------------------


def another_unit(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a number that is unusual where it stands and usual in another unit; see the table of slips."""
    values = {f"{part}.{name}": value for part, group in asdict(inputs).items() for name, value in group.items()}
    for key, looks, remedy in slips(values):
        yield Finding(key, looks, remedy)


def machine_for_efficiency(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a machine's TH/s (above 100, more than the J/TH of any machine since 2016) or its W (above 1,000)."""
    value = inputs.mining.efficiency_j_per_th
    if value > 100:
        what = "power of one machine in W" if value > 1_000 else "hash rate of one machine in TH/s"
        yield Finding(
            "mining.efficiency_j_per_th",
            f"{_written('mining.efficiency_j_per_th', value)} looks like the {what}.",
            "Efficiency is its W divided by its TH/s: 3500 W at 200 TH/s are 17.5 J/TH.",
        )


# -- GPU cloud --------------------------------------------------------------------------------------------------------


def chip_tdp(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a chip's TDP (within 1 %) or a server's share without PUE (exact) in place of kW at the meter.

    700 W of an H100 are 1.73 kW at the meter: server, network, storage and cooling draw the rest.
    """
    typed = inputs.gpu.meter_kw_per_gpu
    for chip in CHIPS:
        at_meter = f"about {chip.meter_kw:.2f} kW" if chip.meter_kw else "more than twice that"
        if abs(typed - chip.tdp_kw) <= 0.01 * chip.tdp_kw:
            looks = f"{typed:g} kW is the TDP of a chip alone ({chip.names})."
            yield Finding(_GPU_KW, looks, f"All in it draws {at_meter} at the meter.")
        elif chip.it_kw is not None and abs(typed - chip.it_kw) <= 0.0006:
            looks = f"{typed:g} kW is the share of a server ({chip.names}) without network, storage and PUE."
            yield Finding(_GPU_KW, looks, f"All in it draws {at_meter} at the meter." if chip.meter_kw else "")


def every_hour_sold(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a utilisation above 95 %: clouds sell 60-90 % of their hours, only take-or-pay pays for all."""
    typed = inputs.gpu.utilisation_fraction
    if typed > 0.95:
        at_85 = replace(inputs.gpu, utilisation_fraction=0.85)
        revenue, usual = hosting.cloud_revenue_usd_per_mwh(inputs.gpu), hosting.cloud_revenue_usd_per_mwh(at_85)
        yield Finding(
            "gpu.utilisation_fraction",
            f"{typed * 100:.4g} % of all hours sold is what a take-or-pay contract pays for, not a cloud.",
            f"At 85 % revenue is {words.usd_per_mwh(usual)} instead of {words.usd_per_mwh(revenue)} $/MWh.",
        )


def long_gpu_life(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a GPU life of six years or more: accounts use three to six, and rents fall faster."""
    years = inputs.gpu.life_years
    if years >= 6:
        here = hosting.cloud_capital_usd_per_mwh(inputs.gpu)
        at_four = hosting.cloud_capital_usd_per_mwh(replace(inputs.gpu, life_years=4.0))
        yield Finding(
            "gpu.life_years",
            f"{years:g} years is long: accounts use 3 to 6, and rents fall faster.",
            f"Over 4 years capital is {words.usd_per_mwh(at_four)} instead of {words.usd_per_mwh(here)} $/MWh.",
        )


# -- leases -----------------------------------------------------------------------------------------------------------


def gross_for_it_load(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a PUE under 1.05, which takes gross MW for critical IT load: real sites have 1.25-1.5 times as much."""
    for prefix, lease in _leases(inputs):
        if lease.pue < 1.05:
            site = inputs.site.capacity_mw
            yield Finding(
                f"{prefix}.pue",
                f"{lease.pue:.4g} takes nearly all of {_mw(site)} gross for critical IT load.",
                f"At a PUE of 1.25 to 1.5 it is {_mw(site / 1.5)} to {_mw(site / 1.25)}.",
            )


def rent_with_power(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a hall's rent of 220-720 $/kW-month with power passed through: net of power 120-190 are signed."""
    lease, key = inputs.colo, "colo.rent_usd_per_kw_month"
    if lease.power_passed_through and 220 < lease.rent_usd_per_kw_month < 720:
        per_mwh_it = lease.rent_usd_per_kw_month * HOURS_PER_MONTH / KW_PER_MW
        yield Finding(
            key,
            f"{_written(key, lease.rent_usd_per_kw_month)} is above every signed lease: 120 to 190, "
            "the tenant paying the power.",
            "If power is inside, switch “tenant pays the power” off; "
            f"if it is $/MWh of IT energy, type {words.figure(per_mwh_it, 1)}.",
        )


def rent_without_power(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a lease whose landlord pays the power with over half of the rent: such rents leave power out."""
    power = inputs.power.all_in_usd_per_mwh
    for prefix, lease in _leases(inputs):
        rent = hosting.lease_revenue_usd_per_mwh(lease)
        if not lease.power_passed_through and rent > 0 and power > rent / 2:
            yield Finding(
                f"{prefix}.power_passed_through",
                f"You pay {words.usd_per_mwh(power)} $/MWh for power out of {words.usd_per_mwh(rent)} $/MWh of rent.",
                "Rents this low leave power to the tenant: switch it on, or type the rent with power inside.",
            )


def power_inside_opex(inputs: Inputs) -> Iterator[Finding]:
    """Recognise opex above 30 % of a rent net of power: signed leases leave 80-90 % as net operating income."""
    for prefix, lease in _leases(inputs):
        if lease.power_passed_through and lease.opex_fraction_of_rent > 0.3:
            yield Finding(
                f"{prefix}.opex_fraction_of_rent",
                f"{lease.opex_fraction_of_rent * 100:.4g} % looks as if power were inside, which the tenant pays here.",
                "Signed leases leave 80 to 90 % of rent: opex of 0.1 to 0.2.",
            )


def mean_for_first_year(inputs: Inputs, leases: tuple[SignedLease, ...]) -> Iterator[Finding]:
    """Recognise the mean rent (within 0.05 $/kW-month) of a signed lease that rises: its first year pays less."""
    for prefix, ours in _leases(inputs):
        for lease in leases:
            known = figures(lease, ours.pue)
            first, mean = known.first_year_usd_per_kw_month, known.usd_per_kw_month
            if lease.is_rent and first is not None and first < mean and abs(ours.rent_usd_per_kw_month - mean) <= 0.05:
                yield Finding(
                    f"{prefix}.rent_usd_per_kw_month",
                    f"{mean:.1f} $/kW-month is the mean over {lease.years:g} years of {lease.parties}.",
                    f"Year 1 pays {first:.1f}: type that to compare with today’s hashprice.",
                )


def unpaid_capital(inputs: Inputs) -> Iterator[Finding]:
    """Recognise an AI business without any capital, while mining would be left for it: nothing of it is built yet."""
    for key, capital in (
        ("gpu.capex_usd_per_gpu", inputs.gpu.capex_usd_per_gpu),
        ("colo.capex_usd_per_it_mw", inputs.colo.capex_usd_per_it_mw),
        ("shell.capex_usd_per_it_mw", inputs.shell.capex_usd_per_it_mw),
    ):
        if capital == 0:
            yield Finding(key, "0 judges it as built and paid for.", "Type what it costs to build, unless it stands.")


# -- mining -----------------------------------------------------------------------------------------------------------


def sunk_fleet(inputs: Inputs) -> Iterator[Finding]:
    """Name the comparison of a sunk fleet with new AI capital; it is the default case, so it is a note, no warning."""
    if inputs.mining.asic_price_usd_per_th == 0:
        per_ten = mining.capital_usd_per_mwh(replace(inputs.mining, asic_price_usd_per_th=10.0))
        yield Finding(
            _ASIC_PRICE,
            "0 is a sunk fleet, judged against new AI capital. Its resale value, which converting sets free, is left "
            f"out: 10 $/TH are worth {words.usd_per_mwh(per_ten)} $/MWh.",
            "",
        )


def new_fleet_as_sunk(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a price of 0 for machines of 15 J/TH or less, on sale since 2024: few of them are paid off."""
    typed = inputs.mining
    if typed.asic_price_usd_per_th == 0 and typed.efficiency_j_per_th <= 15:
        priced = mining.capital_usd_per_mwh(replace(typed, asic_price_usd_per_th=YEAR_OLD_ASIC_USD_PER_TH))
        yield Finding(
            _ASIC_PRICE,
            f"0 judges machines of {typed.efficiency_j_per_th:g} J/TH as paid for, against new AI capital.",
            f"Bought at {YEAR_OLD_ASIC_USD_PER_TH} $/TH they carry {words.usd_per_mwh(priced)} $/MWh of capital.",
        )


def old_price_for_new_machines(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a price under 3 $/TH for machines under 25 J/TH: 1-3 $/TH is what older ones fetch."""
    price, efficiency = inputs.mining.asic_price_usd_per_th, inputs.mining.efficiency_j_per_th
    if 0 < price < OLD_ASIC_USD_PER_TH and efficiency < 25:
        yield Finding(
            _ASIC_PRICE,
            f"{price:g} $/TH is what old machines fetch (1 to 3), not those of {efficiency:g} J/TH.",
            f"The best cost {NEW_ASIC_USD_PER_TH:.2f} $/TH new and {YEAR_OLD_ASIC_USD_PER_TH} a year later.",
        )


def long_asic_life(inputs: Inputs) -> Iterator[Finding]:
    """Recognise bought machines recovered over more than five years: the best lost 28 % of their price in one."""
    typed = inputs.mining
    if typed.asic_price_usd_per_th > 0 and typed.asic_life_years > 5:
        here = mining.capital_usd_per_mwh(typed)
        at_four = mining.capital_usd_per_mwh(replace(typed, asic_life_years=4.0))
        yield Finding(
            "mining.asic_life_years",
            f"{typed.asic_life_years:g} years is long: the best machines fell from {NEW_ASIC_USD_PER_TH:.2f} to "
            f"{YEAR_OLD_ASIC_USD_PER_TH} $/TH in one year.",
            f"Over 4 years capital is {words.usd_per_mwh(at_four)} instead of {words.usd_per_mwh(here)} $/MWh.",
        )


def curtailed_uptime(inputs: Inputs) -> Iterator[Finding]:
    """Recognise an uptime under 85 %, where it is easily counted twice and the mean power price no longer holds."""
    uptime = inputs.mining.uptime_fraction
    if uptime < 0.85:
        yield Finding(
            "mining.uptime_fraction",
            f"{uptime * 100:.4g} % leaves $/MWh alone; don’t count it again in hashprice or capacity.",
            "If the fleet stops in dear hours, type the mean power price of the hours it runs.",
        )


def credits_lost(inputs: Inputs) -> Iterator[Finding]:
    """Recognise a negative adder: credits for curtailment, which firm AI load doesn't earn."""
    adder, key = inputs.power.adder_usd_per_mwh, "power.adder_usd_per_mwh"
    if adder < 0:
        yield Finding(
            key,
            f"{_written(key, adder)} is a credit that AI gets here too.",
            "Credits for demand response and 4CP are lost when firm AI load replaces mining: "
            "leave them out to judge AI.",
        )


#: Every rule that looks at the inputs alone; of several that speak of one field the first is heard.
RULES: tuple[Rule, ...] = (
    another_unit,
    machine_for_efficiency,
    chip_tdp,
    every_hour_sold,
    long_gpu_life,
    gross_for_it_load,
    rent_with_power,
    rent_without_power,
    power_inside_opex,
    unpaid_capital,
    new_fleet_as_sunk,
    old_price_for_new_machines,
    long_asic_life,
    curtailed_uptime,
    credits_lost,
    *powerrails.RULES,
    *rails.RULES,
)


def _leases(inputs: Inputs) -> tuple[tuple[str, Lease], ...]:
    return (("colo", inputs.colo), ("shell", inputs.shell))


def _written(key: str, value: float) -> str:
    return shown(FIELDS[key], value)


def _mw(value: float) -> str:
    return words.with_unit(words.general(value), "MW")
