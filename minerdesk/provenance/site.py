"""The figures of hourly power: run hours, what stopping is worth, what a contract makes of prices."""

from minerdesk.provenance.figure import MARKET, Figure

_STOP = ("=hashprice", "table:fleet", "mining.*", "power.adder_usd_per_mwh")
_TERMS = ("power.contract", "contract.*", "stopping.*")
_RUN = (MARKET, *_STOP, *_TERMS)
_FIRM = (MARKET, "power.adder_usd_per_mwh", *_TERMS[:2], "firm.*", "gpu.*", "colo.*", "shell.*")

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="power.price",
        label="Prices of the market",
        formula="As read or fetched, from the dearest hour to the cheapest; another currency at the rate that is "
        "shown, $/MWh. Under a contract: what a MWh costs by it.",
        inputs=(MARKET, "power.contract", "contract.*"),
        shows=("duration/price", "curve/Hours so far (%)", "curve/Price (*", "hours/price"),
    ),
    Figure(
        name="power.mean_by_hour",
        label="Mean price by hour and month",
        formula="The mean of the prices of that hour of the day in that month, weighted by their length.",
        inputs=(MARKET, "power.contract", "contract.*"),
        shows=("by hour/Month", "by hour/Hour", "by hour/Mean price (*", "by hour/Hours"),
    ),
    Figure(
        name="power.standstill",
        label="Standstill",
        formula="Share of those hours in which a MWh costs more than it earns, so that mining stands still.",
        inputs=_RUN,
        shows=("by hour/Standstill (% of hours)", "hours/standstill", "curve/Mining"),
    ),
    Figure(
        name="power.stop",
        label="Price above which mining stops",
        formula="What a MWh earns (breakeven) less what every MWh pays on top of the energy price, $/MWh.",
        inputs=_STOP,
        shows=("duration/stop", "classes/Stops above $/MWh"),
    ),
    Figure(
        name="power.option",
        label="Option value of interruptibility",
        formula="left after power when stopping as soon as it pays − left when always on, $ per MWh of capacity; per "
        "MW over the hours of the market. Never negative.",
        inputs=_RUN,
        shows=(
            "duration/Option value of interruptibility",
            *("contracts/Option value $/MWh*", "classes/Option value $/MWh*", "duration/title"),
        ),
    ),
    Figure(
        name="power.runs",
        label="How long mining runs",
        formula="The hours in which a MWh costs no more than it earns, least times and ramps kept; as a share of all.",
        inputs=_RUN,
        shows=(
            *("duration/Mining runs", "contracts/Mining runs % of hours", "classes/Runs hours"),
            *("classes/Runs % of hours", "classes/Starts", "duration/Starts"),
        ),
    ),
    Figure(
        name="power.taken",
        label="Per MWh taken",
        formula="revenue and cost of the hours that mining runs / the MWh that it takes, $/MWh.",
        inputs=_RUN,
        shows=(
            *("duration/Per MWh taken", "contracts/Mining pays $/MWh", "classes/Earns $/MWh taken"),
            "classes/Pays $/MWh taken",
            "site/title",
        ),
    ),
    Figure(
        name="power.capacity",
        label="Per MWh of capacity",
        formula="(revenue − power cost − demand charge + credits of the hours run) / all hours, $ per MWh of capacity. "
        "After power alone: opex and capital are left out.",
        inputs=_RUN,
        shows=(
            *("duration/Per MWh of capacity", "contracts/After power $/MWh*", "classes/After power $/MWh*"),
            "classes/Load MW",
        ),
    ),
    Figure(
        name="power.firm",
        label="What power costs firm AI",
        formula="(energy + adder + demand charge − gain of its pauses) / all hours, $/MWh: it takes every hour but "
        "those in which it may pause.",
        inputs=_FIRM,
        shows=("contracts/Firm AI pays $/MWh", "duration/A MWh costs, *", "duration/Firm AI pauses"),
    ),
    Figure(
        name="power.demand",
        label="Demand charge",
        formula="highest load of each month, ratchet kept × $/kW-month, over all hours, $ per MWh of capacity; "
        "months are left out whose gain is less.",
        inputs=(*_RUN, "site.capacity_mw"),
        shows=("duration/Demand charge", "contracts/Demand charge $/MWh*"),
    ),
    Figure(
        name="power.credits",
        label="Credits for stopping",
        formula="$/kW-year earned by stopping in the dearest hours + $/MWh not taken, over all hours, $ per MWh of "
        "capacity; taken only where they exceed what is lost.",
        inputs=_RUN,
        shows=("duration/Credits for stopping", "contracts/Credits $/MWh*"),
    ),
)
