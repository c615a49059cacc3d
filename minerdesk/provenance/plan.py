"""The figures of the conversion plan and of its risk: worth, rates, payback, and how they spread over many paths."""

from minerdesk.provenance.figure import Figure

_CASH = (
    *("=hashprice", "tip_height", "table:phases", "plan.*", "debt.*", "tax.*"),
    *("site.capacity_mw", "mining.*", "power.price_usd_per_mwh", "power.adder_usd_per_mwh", "gpu.*", "colo.*"),
    "shell.*",
)
_RATE = ("=plan.cash", "plan.discount_rate")
_RUN = ("=plan.cash", "risk.*", "=risk.volatility")

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="plan.phases",
        label="Phases of the conversion",
        formula="As typed. Without phases of your own: two of a quarter of the site, as this program assumes.",
        inputs=("table:phases", "site.capacity_mw", "plan.convertible_fraction", "plan.interconnection_mw"),
        shows=("phases/*", "gantt/phases"),
    ),
    Figure(
        name="plan.cash",
        label="Monthly cash",
        formula="mining (revenue − power − opex) of the MW that mine + AI (revenue − power − opex) of those that are "
        "let − capital of the phases ± machines sold and bought, loan and tax, $ a month. Hashprice from today’s on: "
        "BTC and difficulty as planned, halvings counted from the tip.",
        inputs=_CASH,
        shows=("cash/*", "plan/keep_mining", "plan/hybrid", "plan/convert_all", "gantt/megawatts"),
    ),
    Figure(
        name="plan.npv",
        label="Net present value",
        formula="Σ cash of month k / (1 + r)^(k/12), $, after loan and tax where they are on.",
        inputs=_RATE,
        shows=("plan results/NPV", "plan/headline"),
    ),
    Figure(
        name="plan.against",
        label="Against mining on",
        formula="NPV − NPV of mining on, $: what a paid-for fleet gives up counts as a cost.",
        inputs=_RATE,
        shows=("plan results/Against mining on",),
    ),
    Figure(
        name="plan.irr",
        label="Internal rate of return",
        formula="Every rate a year, −90 % to 1 000 %, at which the cash is worth nothing today; none and several are "
        "said as such.",
        inputs=("=plan.cash",),
        shows=("plan results/IRR",),
    ),
    Figure(
        name="plan.payback",
        label="Payback",
        formula="When the running sum of the cash is back at zero after its deepest point, counted from today; "
        "discounted: the same of every month’s cash / (1 + r)^(k/12).",
        inputs=_RATE,
        shows=("plan results/Payback", "plan results/Discounted payback"),
    ),
    Figure(
        name="plan.peak",
        label="Peak funding",
        formula="The deepest shortfall of the running sum of the cash, $, and its month.",
        inputs=("=plan.cash",),
        shows=("plan results/Peak funding",),
    ),
    Figure(
        name="plan.dscr",
        label="Least DSCR",
        formula="Net operating income / debt service, the worst twelve months; in the first year of repayment the "
        "months since its start.",
        inputs=("=plan.cash", "debt.*"),
        shows=("plan results/Least DSCR",),
    ),
    Figure(
        name="plan.optimum",
        label="How much to convert",
        formula="NPV of a MW converted against that of a MW mining on, $ per MW, within the caps of site, "
        "interconnection and capital.",
        inputs=(*_RATE, "plan.convertible_fraction", "plan.interconnection_mw", "plan.capital_limit_usd"),
        shows=("plan/best",),
    ),
    Figure(
        name="risk.volatility",
        label="How far each driver moves",
        formula="As typed, else the standard deviation of the history’s log changes × √(changes a year), else an "
        "assumption that is called so. Fraction a year.",
        inputs=(
            *("risk.btc_volatility", "risk.difficulty_volatility", "risk.gpu_rate_volatility"),
            *("risk.power_volatility", "btc_price_daily_usd", "difficulty_epochs", "file:gpu_rates_monthly.csv"),
            "file:power_price_duration.csv",
        ),
        shows=("form note/risk.*",),
    ),
    Figure(
        name="risk.paths",
        label="Cash over many paths",
        formula="The plan’s monthly cash on every path of the drivers, cumulative, $: quantiles of each month. The "
        "dashed line is the plan itself.",
        inputs=_RUN,
        shows=("fans/*", "months/*"),
    ),
    Figure(
        name="risk.npv",
        label="NPV over all paths",
        formula="Present value of every path: mean, quantiles, share below zero, mean of the worst twentieth, $; ± is "
        "1.96 standard errors of independent paths.",
        inputs=(*_RUN, "plan.discount_rate"),
        shows=("npv/*", "spread/*", "risk/spread"),
    ),
    Figure(
        name="risk.beats",
        label="How often converting beats mining",
        formula="Paths on which its NPV exceeds that of mining on / all paths; ± is 1.96 √(p (1 − p) / paths).",
        inputs=(*_RUN, "plan.discount_rate"),
        shows=("settling/*", "risk/headline"),
    ),
    Figure(
        name="risk.run",
        label="What was run",
        formula="Paths, seed and horizon of this run, and the rate at which it is discounted.",
        inputs=("risk.paths", "risk.seed", "plan.horizon_years", "plan.discount_rate"),
        shows=("risk/status",),
    ),
)
