"""The declarations of the inputs of the page Power: the site's contract, credits, how machines stop, firm AI load."""

from functools import partial

from minerdesk.economics.field import ASSUMPTION, Choice, Field

CONTRACT, CREDITS, STOPPING, FIRM = "Contract", "Credits", "Stopping", "Firm AI"

_contract = partial(Field, group=CONTRACT, page="power")
_credits = partial(Field, group=CREDITS, page="power")
_stopping = partial(Field, group=STOPPING, page="power")
_firm = partial(Field, group=FIRM, page="power")

_TYPED = "none unless typed"
_BLOCK = "the usual block of ERCOT: hours ending 7 to 22 on weekdays"

#: The clocks that a time of use may count on; the first is that of the prices.
ZONES = (
    Choice(value="market", label="The clock of the prices"),
    Choice(value="America/Chicago", label="Texas, Midwest"),
    Choice(value="America/New_York", label="US East"),
    Choice(value="America/Denver", label="US Mountain"),
    Choice(value="America/Los_Angeles", label="US West"),
    Choice(value="America/Edmonton", label="Alberta"),
    Choice(value="Europe/London", label="Great Britain, Ireland"),
    Choice(value="Europe/Berlin", label="Central Europe"),
    Choice(value="Europe/Helsinki", label="Finland, Baltics"),
    Choice(value="Australia/Sydney", label="Australia, East"),
    Choice(value="UTC", label="UTC"),
)

_CONTRACT = (
    _contract(
        key="power.contract",
        label="Contract",
        default="index",
        help="How the site pays for energy. Delivery and taxes come on top of each; a machine class with a power price "
        "of its own pays that instead, all-in.",
        origin="index: what hourly prices ask for",
        featured=True,
        choices=(
            Choice(value="fixed", label="Fixed price", help="The desk’s power price in every hour."),
            Choice(
                value="fixed_sell_back",
                label="Fixed, sold back",
                help="A block at the desk’s power price, due in every hour; what isn’t taken is sold at the market.",
            ),
            Choice(value="index", label="Index plus adder", help="The market’s price of each interval."),
            Choice(value="time_of_use", label="Time of use", help="One price on peak, another off peak."),
        ),
    ),
    _contract(
        key="contract.on_peak_usd_per_mwh",
        label="On-peak price",
        unit="$/MWh",
        default=70.0,
        bounds=(-500, 5_000),
        plausible=(20, 300),
        step=1,
        help="Time of use: energy price in on-peak hours.",
        origin=ASSUMPTION,
    ),
    _contract(
        key="contract.off_peak_usd_per_mwh",
        label="Off-peak price",
        unit="$/MWh",
        default=40.0,
        bounds=(-500, 5_000),
        plausible=(10, 150),
        step=1,
        help="Time of use: energy price in all other hours.",
        origin=ASSUMPTION,
    ),
    _contract(
        key="contract.on_peak_from_hour",
        label="On peak from",
        unit="o’clock",
        default=6.0,
        bounds=(0, 24),
        plausible=(0, 24),
        step=1,
        help="Time of use: local hour at which on-peak begins, 6 is 06:00. Later than its end, it runs over midnight.",
        origin=_BLOCK,
    ),
    _contract(
        key="contract.on_peak_to_hour",
        label="On peak to",
        unit="o’clock",
        default=22.0,
        bounds=(0, 24),
        plausible=(0, 24),
        step=1,
        help="Time of use: local hour at which on-peak ends, 22 is 22:00.",
        origin=_BLOCK,
    ),
    _contract(
        key="contract.on_peak_weekdays_only",
        label="On peak on weekdays only",
        default=True,
        help="Time of use: on, Saturdays and Sundays are off-peak. Holidays are not known.",
        origin=_BLOCK,
    ),
    _contract(
        key="contract.on_peak_from_month",
        label="On peak from month",
        unit="1–12",
        default=1.0,
        bounds=(1, 12),
        plausible=(1, 12),
        step=1,
        help="Time of use: first month with on-peak hours. 6 to 9 is a summer tariff; 11 to 2 runs over the new year.",
        origin="all year",
    ),
    _contract(
        key="contract.on_peak_to_month",
        label="On peak to month",
        unit="1–12",
        default=12.0,
        bounds=(1, 12),
        plausible=(1, 12),
        step=1,
        help="Time of use: last month with on-peak hours.",
        origin="all year",
    ),
    _contract(
        key="contract.zone",
        label="Clock of the tariff",
        default="market",
        help="Time of use: the clock on which its hours are counted, daylight saving included.",
        origin="the clock of the prices",
        choices=ZONES,
    ),
    _contract(
        key="contract.demand_usd_per_kw_month",
        label="Demand charge",
        unit="$/kW-month",
        default=0.0,
        bounds=(0, 500),
        plausible=(0, 30),
        step=0.5,
        help="Due on the billed peak of each month, which a load has that runs in any hour of it.",
        origin=_TYPED,
    ),
    _contract(
        key="contract.demand_ratchet_fraction",
        label="Ratchet",
        unit="fraction",
        default=0.0,
        bounds=(0, 1),
        plausible=(0, 1),
        step=0.05,
        help="Share of the highest peak that is billed in months with less: 0.8 bills 80 % though nothing runs.",
        origin=_TYPED,
    ),
)

_CREDITS = (
    _credits(
        key="contract.capacity_credit",
        label="Capacity or 4CP credit",
        default=False,
        help="On: mining stops in the hours that the grid’s capacity charge is measured in, and earns it back. Firm AI "
        "can’t. The rule of 4CP is under reform.",
        origin="off unless switched",
    ),
    _credits(
        key="contract.capacity_usd_per_kw_year",
        label="Capacity credit",
        unit="$/kW-year",
        default=60.0,
        bounds=(0, 1_000),
        plausible=(10, 150),
        step=1,
        help="What a kW earns in a year by being off in all of those hours: 60 are 60 * 1000 / 8760 = 6.85 $/MWh.",
        origin=ASSUMPTION,
    ),
    _credits(
        key="contract.capacity_earned_fraction",
        label="Share earned",
        unit="fraction",
        default=0.9,
        bounds=(0, 1),
        plausible=(0.3, 1),
        step=0.05,
        help="Share of the credit that stopping really earns: a missed hour of four costs a quarter.",
        origin=ASSUMPTION,
    ),
    _credits(
        key="contract.capacity_hours_a_year",
        label="Hours stopped for it",
        unit="hours a year",
        default=60.0,
        bounds=(0, 8_760),
        plausible=(4, 200),
        step=5,
        help="Hours a year that mining stands still to be sure of those few; the dearest are taken.",
        origin=ASSUMPTION,
    ),
    _credits(
        key="contract.demand_response",
        label="Demand response",
        default=False,
        help="On: mining is paid to stand by and stops when it is called. Firm AI can’t.",
        origin="off unless switched",
    ),
    _credits(
        key="contract.response_usd_per_kw_year",
        label="For standing by",
        unit="$/kW-year",
        default=30.0,
        bounds=(0, 1_000),
        plausible=(0, 150),
        step=1,
        help="Paid for each kW that can be called, whether it is or not.",
        origin=ASSUMPTION,
    ),
    _credits(
        key="contract.response_usd_per_mwh",
        label="For each MWh called",
        unit="$/MWh",
        default=0.0,
        bounds=(0, 10_000),
        plausible=(0, 5_000),
        step=10,
        help="Paid besides for each MWh that is not taken when called.",
        origin=_TYPED,
    ),
    _credits(
        key="contract.response_hours_a_year",
        label="Hours called",
        unit="hours a year",
        default=40.0,
        bounds=(0, 8_760),
        plausible=(0, 500),
        step=5,
        help="Hours a year in which mining is called to stop; the dearest are taken.",
        origin=ASSUMPTION,
    ),
)

_STOPPING = (
    _stopping(
        key="stopping.minimum_down_hours",
        label="Least time off",
        unit="hours",
        default=0.0,
        bounds=(0, 168),
        plausible=(0, 24),
        step=0.25,
        help="Once stopped, machines stay off for so long. Takes prices in the order of time.",
        origin=_TYPED,
    ),
    _stopping(
        key="stopping.minimum_up_hours",
        label="Least time on",
        unit="hours",
        default=0.0,
        bounds=(0, 168),
        plausible=(0, 24),
        step=0.25,
        help="Once started, machines run for so long. Takes prices in the order of time.",
        origin=_TYPED,
    ),
    _stopping(
        key="stopping.ramp_minutes",
        label="Ramp after a stop",
        unit="minutes",
        default=0.0,
        bounds=(0, 1_440),
        plausible=(0, 60),
        step=1,
        help="Minutes after each start in which full power is drawn and nothing is earned yet: boot and warm-up.",
        origin=_TYPED,
    ),
)

_FIRM = (
    _firm(
        key="firm.business",
        label="Firm load",
        default="gpu_cloud",
        help="The AI business that runs through. A pause costs a GPU cloud its revenue; the rent of a lease is due all "
        "the same, so there only the penalty counts. What a pause saves goes to whoever pays the power.",
        origin="the business that pauses cost most",
        choices=(
            Choice(value="gpu_cloud", label="GPU cloud"),
            Choice(value="colocation", label="Colocation"),
            Choice(value="powered_shell", label="Powered shell"),
        ),
    ),
    _firm(
        key="firm.interruptible_hours_a_year",
        label="May pause",
        unit="hours a year",
        default=0.0,
        bounds=(0, 8_760),
        plausible=(0, 200),
        step=5,
        help="Hours a year in which the firm load may be interrupted; the dearest are taken if that pays.",
        origin="none: firm",
    ),
    _firm(
        key="firm.notice_hours",
        label="Notice",
        unit="hours",
        default=0.0,
        bounds=(0, 168),
        plausible=(0, 48),
        step=1,
        help="Warning that a pause takes: it is decided on the price of so many hours before. Takes prices in the "
        "order of time.",
        origin=_TYPED,
    ),
    _firm(
        key="firm.penalty_usd_per_mwh",
        label="Penalty of a pause",
        unit="$/MWh",
        default=0.0,
        bounds=(0, 1e6),
        plausible=(0, 10_000),
        step=10,
        help="What the tenant is owed per MWh at the meter that is not delivered, on top of lost revenue.",
        origin=_TYPED,
    ),
)

#: Every input of the page, in the order of its form.
POWER_PAGE = (*_CONTRACT, *_CREDITS, *_STOPPING, *_FIRM)
