"""The figures of indifference and of the signed leases."""

from minerdesk.provenance.figure import Figure

_BOTH = (
    *("=mining.kept_a_year", "=gpu_cloud.kept_a_year", "=colocation.kept_a_year", "=powered_shell.kept_a_year"),
    "site.capacity_mw",
)
_LEASES = ("file:signed_deals.csv", "table:deals")

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="indifference.solved",
        label="Where both keep the same",
        formula="The value of the chosen input at which the chosen AI business and mining keep the same per MW-year "
        "after capital, all others as they are: the whole model run again until the difference is zero.",
        inputs=_BOTH,
        shows=("indifference/sentence",),
    ),
    Figure(
        name="indifference.difference",
        label="Difference per MW-year",
        formula="AI business after capital − mining after capital, $ per MW-year, at each pair of values of the two "
        "inputs; the line is where it is zero.",
        inputs=_BOTH,
        shows=("heatmap/difference", "map/*"),
    ),
    Figure(
        name="indifference.swing",
        label="What one input does alone",
        formula="The same difference with one input at the low and at the high end of what is plausible, all others "
        "as they are, $ per MW-year; widest first.",
        inputs=_BOTH,
        shows=("tornado/swing", "swings/*"),
    ),
    Figure(
        name="deals.announced",
        label="What was announced",
        formula="As the operator announced it, or as typed for a lease of your own.",
        inputs=_LEASES,
        shows=(
            *("deals/Operator", "deals/Tenant", "deals/Signed", "deals/IT load MW", "deals/Term years"),
            *("deals/Total", "deals/Power", "deals/Source"),
        ),
    ),
    Figure(
        name="deals.mean",
        label="Mean rent",
        formula="total / years / 12 / kW of IT load, $/kW-month.",
        inputs=("row:Total", "row:Term years", "row:IT load MW", *_LEASES),
        shows=("deals/Mean $/kW-mo", "ruler/leases"),
    ),
    Figure(
        name="deals.first_year",
        label="Rent of year 1",
        formula="total / Σ (1 + e)ᵏ over the years k = 0 … n − 1 / 12 / kW of IT load, e the yearly escalator, "
        "$/kW-month; the mean where no escalator is known.",
        inputs=("row:Total", "row:Term years", "row:IT load MW", *_LEASES),
        shows=("deals/Year 1 $/kW-mo",),
    ),
    Figure(
        name="deals.per_mwh_it",
        label="Rent per MWh of IT load",
        formula="mean rent × 12 / 8.76, $/MWh: the whole IT load all year, take-or-pay.",
        inputs=("row:Mean $/kW-mo", "row:Total", "row:Term years", "row:IT load MW", *_LEASES),
        shows=("deals/$/MWh IT",),
    ),
    Figure(
        name="deals.per_mwh_meter",
        label="Rent per MWh at the meter",
        formula="rent per MWh of IT load / PUE, $/MWh.",
        inputs=("row:$/MWh IT", "row:PUE, from", "colo.pue", *_LEASES),
        shows=("deals/$/MWh meter",),
    ),
    Figure(
        name="deals.pue",
        label="PUE of a lease",
        formula="As stated in the lease, else gross load / IT load, else your site’s; the word beside it says which.",
        inputs=(*_LEASES, "colo.pue", "shell.pue"),
        shows=("deals/PUE, from",),
    ),
    Figure(
        name="deals.own",
        label="Your rent among the leases",
        formula="Your rent, $/kW-month, and how many signed leases of the same business lie below it.",
        inputs=("colo.rent_usd_per_kw_month", "shell.rent_usd_per_kw_month", *_LEASES),
        shows=("ruler/your rent", "ruler/title"),
    ),
)
