"""The figures of the watch-list: what each condition measures, and when its rule is triggered."""

from minerdesk.provenance.figure import GPU_RECORD, Figure

_INTEREST = (
    *("watch.interest_venue", "open_interest_daily_usd", "open_interest_bybit_daily_btc"),
    *("open_interest_binance_daily_usd", "open_interest_binance_files_daily_usd"),
    *("open_interest_coinglass_daily_usd", "open_interest_aggregate_usd"),
)
_LEASES = ("file:signed_deals.csv", "table:deals")

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="watch.hashrate",
        label="7-day hash rate",
        formula="Mean of the observed daily hash rate over seven days, EH/s; at or over the threshold on each of the "
        "last days.",
        inputs=("network_hashrate_daily_eh_s", "watch.hashrate_eh_s", "watch.hashrate_days"),
        shows=("watch/hashrate_7d *",),
    ),
    Figure(
        name="watch.ribbon",
        label="30-day against 60-day mean",
        formula="30-day mean / 60-day mean of the observed hash rate − 1; holds at zero and above.",
        inputs=("network_hashrate_daily_eh_s",),
        shows=("watch/hash_ribbon *",),
    ),
    Figure(
        name="watch.retarget",
        label="Next retarget, estimate",
        formula="mean observed hash rate since the epoch began / the one that its difficulty implies − 1, at the end "
        "of each day.",
        inputs=("network_hashrate_daily_eh_s", "difficulty_epochs", "watch.retarget_fraction"),
        shows=("watch/next_retarget *",),
    ),
    Figure(
        name="watch.signed",
        label="IT load signed to AI",
        formula="IT load of the leases signed within the days, MW.",
        inputs=(*_LEASES, "watch.signed_mw", "watch.signed_days"),
        shows=("watch/mw_signed *",),
    ),
    Figure(
        name="watch.gpu",
        label="GPU rental rate over a month",
        formula="newest / 30 days before − 1 of this program’s own daily record; where that is too short, the median "
        "of the newest month / that of the month before − 1, of one panel of providers.",
        inputs=(
            GPU_RECORD,
            "file:gpu_rates_monthly.csv",
            "gpu_rate_daily_usd_per_gpu_hour",
            "watch.gpu_change_fraction",
        ),
        shows=("watch/gpu_trend *",),
    ),
    Figure(
        name="watch.rent",
        label="Rents against the year before",
        formula="mean rent of the leases signed within a year, weighted by IT load / that of the year before − 1.",
        inputs=(*_LEASES, "watch.rent_change_fraction"),
        shows=("watch/rent_trend *",),
    ),
    Figure(
        name="watch.share",
        label="Open-interest share, in its own year",
        formula="(open interest / market cap − its mean) / its standard deviation of 365 days, σ.",
        inputs=(*_INTEREST, "btc_price_daily_usd", "epoch_heights", "watch.share_z"),
        shows=("watch/open_interest_share *",),
    ),
    Figure(
        name="watch.interest",
        label="Open interest over 30 days",
        formula="newest / the known day nearest to 30 days before − 1, of the venue that is judged.",
        inputs=(*_INTEREST, "watch.interest_change_fraction"),
        shows=("watch/open_interest_change *",),
    ),
    Figure(
        name="watch.state",
        label="State of a rule",
        formula="Triggered when all of its conditions that are on hold, quiet when one doesn’t, unknown when none "
        "fails but one can’t be told; every day judged by what was known at its end (UTC).",
        inputs=(
            *("=watch.hashrate", "=watch.ribbon", "=watch.retarget", "=watch.signed", "=watch.gpu", "=watch.rent"),
            *("=watch.share", "=watch.interest"),
        ),
        shows=("watch/rule *", "watch/headline", "changes/*"),
    ),
)
