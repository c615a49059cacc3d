"""The figures of the fleet: what each machine class earns, where it stops, what converting its megawatt costs."""

from minerdesk.provenance.desk import POWER
from minerdesk.provenance.figure import Figure

_CLASS = ("row:TH/s each", "row:W each")
_MW = ("row:Machines", "row:W each", "row:Over-head")
_MARGIN = ("row:Breakeven $/MWh", "row:Power $/MWh", "mining.opex_usd_per_mwh")
_RECOVERY = ("mining.discount_rate", "mining.asic_life_years")
_WHOLE = ("table:fleet", "=hashprice", "mining.*", "site.capacity_mw", *POWER)

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="fleet.typed",
        label="What is typed of a class",
        formula="As typed, pasted, imported or taken from the catalogue. In italics stands the site’s own value.",
        inputs=("table:fleet", "file:asics.csv"),
        shows=(
            *("fleet/Model", "fleet/Machines", "fleet/TH/s each", "fleet/W each", "fleet/Resale $/TH"),
            "fleet/Buy $/TH",
        ),
    ),
    Figure(
        name="fleet.efficiency",
        label="Efficiency",
        formula="W each / TH/s each, J/TH at the plug.",
        inputs=("row:W each", "row:TH/s each"),
        shows=("fleet/J/TH",),
    ),
    Figure(
        name="fleet.breakeven",
        label="Breakeven power price",
        formula="hashprice × 1 000 / (24 × J/TH) / overhead × (1 − pool fee), $/MWh: the power price at which revenue "
        "equals power cost. Opex and capital are left out.",
        inputs=("=hashprice", "row:J/TH", "row:Over-head", "mining.pool_fee_fraction", *_CLASS),
        shows=("fleet/Breakeven $/MWh", "supply/breakeven"),
    ),
    Figure(
        name="fleet.breakeven_hashprice",
        label="Breakeven hashprice",
        formula="0.024 × J/TH × overhead × power / (1 − pool fee), $/PH/day: at which revenue equals power cost.",
        inputs=("row:J/TH", "row:Over-head", "row:Power $/MWh", "mining.pool_fee_fraction", *_CLASS),
        shows=("fleet/Breakeven $/PH/day",),
    ),
    Figure(
        name="fleet.margin",
        label="Margin",
        formula="breakeven − power − opex, $/MWh at the meter; × MW × 8 760 × uptime, $ a year.",
        inputs=(*_MARGIN, "row:Load MW", "row:Uptime", "=hashprice"),
        shows=("fleet/Margin $/MWh", "fleet/Margin $/year"),
    ),
    Figure(
        name="fleet.mw",
        label="Load",
        formula="machines × W each × overhead / 10⁶, MW at the meter.",
        inputs=_MW,
        shows=("fleet/Load MW", "supply/load"),
    ),
    Figure(
        name="fleet.conversion",
        label="What converting a MW costs",
        formula="Sunk: max(margin per MW-year, 0) − resale value a year. Still to be bought: max(margin − capital "
        "charge, 0). $ per MW and year; negative is a gain.",
        inputs=(*_MARGIN, "row:Uptime", "row:Sold frees $/MW-yr", "row:Buy $/TH", *_RECOVERY, "=hashprice"),
        shows=("fleet/Convert: $/MW-yr",),
    ),
    Figure(
        name="fleet.power",
        label="Power price of a class",
        formula="Its own if one is typed, else the site’s all-in price, $/MWh at the meter.",
        inputs=("=power_all_in", "table:fleet"),
        shows=("fleet/Power $/MWh",),
    ),
    Figure(
        name="fleet.uptime",
        label="Uptime of a class",
        formula="Its own if one is typed, else the site’s, share of the year.",
        inputs=("mining.uptime_fraction", "table:fleet"),
        shows=("fleet/Uptime",),
    ),
    Figure(
        name="fleet.overhead",
        label="Overhead of a class",
        formula="Power at the meter over power at the plug: its own if one is typed, else the site’s.",
        inputs=("mining.site_overhead", "table:fleet"),
        shows=("fleet/Over-head",),
    ),
    Figure(
        name="fleet.resale",
        label="What selling frees",
        formula="10⁶ / (J/TH × overhead) × resale $/TH × CRF, $ per MW and year, over the life and at the discount "
        "rate of new machines; CRF = r (1+r)ⁿ / ((1+r)ⁿ − 1).",
        inputs=("row:Resale $/TH", "row:J/TH", "row:Over-head", *_RECOVERY),
        shows=("fleet/Sold frees $/MW-yr",),
    ),
    Figure(
        name="fleet.after_capital",
        label="After capital",
        formula="margin × 8 760 × uptime − 10⁶ / (J/TH × overhead) × $/TH bought × CRF, $ per MW and year; of a sunk "
        "class its margin.",
        inputs=(*_MARGIN, "row:Uptime", "row:Buy $/TH", *_RECOVERY, "=hashprice"),
        shows=("fleet/After capital $/MW-yr",),
    ),
    Figure(
        name="fleet.at_stop",
        label="What the rest earns when a class stops",
        formula="At the hashprice at which this class breaks even: the sum over the classes that still run of "
        "(revenue − power − opex) × MWh, $ a year.",
        inputs=("row:Breakeven $/PH/day", *_WHOLE[:1], *_WHOLE[2:]),
        shows=("fleet/Fleet at its stop, $/yr",),
    ),
    Figure(
        name="fleet.whole",
        label="The fleet in sum",
        formula="Hash rate, MW and margin of all classes added up; under water is a class whose revenue is below its "
        "power price. $ a year, net of power and opex.",
        inputs=_WHOLE,
        shows=("supply/title", "supply/caption"),
    ),
    Figure(
        name="fleet.ladder",
        label="Where other models would break even",
        formula="The breakeven of a bundled model on this site, $/MWh; models on which two sources or more agree.",
        inputs=("file:asics.csv", "=hashprice", "mining.site_overhead", "mining.pool_fee_fraction"),
        shows=("supply/other models",),
    ),
)
