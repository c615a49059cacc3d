"""The figures of the network's page: hash rate, difficulty, revenue, security, leverage, migration, what others say."""

from minerdesk import words
from minerdesk.provenance.figure import GPU_RECORD, Figure

_RATE = ("network_hashrate_daily_eh_s",)
_EPOCHS = ("difficulty_epochs", "epoch_heights")
_REWARD = ("epoch_heights", "fees_daily_btc_per_block")
_BUDGET = (*_RATE, *_EPOCHS, "fees_daily_btc_per_block", "btc_price_daily_usd")
_FLEET = "security.fleet_efficiency_j_per_th"
_INTEREST = (
    *("watch.interest_venue", "open_interest_usd", "open_interest_daily_usd", "open_interest_bybit_daily_btc"),
    *("open_interest_binance_daily_usd", "open_interest_binance_files_daily_usd"),
    *("open_interest_coinglass_daily_usd", "open_interest_aggregate_usd"),
)
_HASHPRICE = (*_EPOCHS, "fees_daily_btc_per_block", "btc_price_daily_usd")
_MINED = ("mining.site_overhead", "mining.pool_fee_fraction")
_MATCH = ("=colocation.revenue", "network_hashrate_7d_eh_s", _FLEET, "network.subsidy_btc", "fees_btc_per_block")
_TIP = ("tip_height", "difficulty", *_EPOCHS)

_HASH: tuple[Figure, ...] = (
    Figure(
        name="network.means",
        label="Mean hash rate",
        formula="The mean of the observed daily hash rate over the days that end with the newest, EH/s.",
        inputs=_RATE,
        shows=("deck/Hash rate: 7-day mean", "deck/Hash rate: 30-day mean"),
    ),
    Figure(
        name="network.peak",
        label="Highest week, and how far from it",
        formula="The highest 7-day mean on record, EH/s, the day that ended it, the days since; newest / highest − 1.",
        inputs=_RATE,
        shows=(
            *("deck/Hash rate: Highest 7-day mean", "deck/Hash rate: reached", "deck/Hash rate: days since"),
            "deck/Hash rate: From the peak",
        ),
    ),
    Figure(
        name="network.ribbons",
        label="Hash ribbons",
        formula="Capitulation while the 30-day mean is under the 60-day mean; recovery once it is back over it, until "
        "the level of the fall is regained.",
        inputs=_RATE,
        shows=("deck/Hash rate: Hash ribbons", "hashrate/spans"),
    ),
    Figure(
        name="network.difficulty",
        label="Difficulty",
        formula="Observed, no unit; by day the difficulty of the epoch in force, and its means of 9 to 200 days.",
        inputs=("difficulty", *_EPOCHS),
        shows=("deck/Difficulty: In force", "difficulty/*"),
    ),
    Figure(
        name="network.retarget",
        label="Next retarget",
        formula="600 s / mean block time of this epoch − 1 ± 1/√blocks found; the new difficulty by the consensus rule "
        "(2 015 intervals against 2 016 × 600 s, clamped, rounded to compact form), due when 2 016 blocks are found.",
        inputs=_TIP,
        shows=(
            *("deck/Difficulty: Next retarget", "deck/Difficulty: would set it to", "deck/Difficulty: about"),
            "difficulty/spans",
        ),
    ),
    Figure(
        name="network.halving",
        label="Blocks to the next halving",
        formula="210 000 − height mod 210 000, counted from the tip.",
        inputs=("tip_height",),
        shows=("deck/Difficulty: Next halving in",),
    ),
)

_REVENUE: tuple[Figure, ...] = (
    Figure(
        name="network.price",
        label="BTC price",
        formula="US dollars per bitcoin: the newest believed, or that of the day that is replayed.",
        inputs=("btc_price_usd", "btc_price_daily_usd"),
        shows=("deck/Revenue: BTC price", "production/price", "price_zones/price", "divergence/price"),
    ),
    Figure(
        name="network.hashprice",
        label="Hashprice through time",
        formula="86 400 × 10¹⁵ × (subsidy + fees per block) / (difficulty × 2³²), BTC, × BTC price, $/PH/day.",
        inputs=_HASHPRICE,
        shows=("hashprice/hashprice", "hashprice_btc/*"),
    ),
    Figure(
        name="network.puell",
        label="Puell multiple",
        formula="blocks found × subsidy × price of the day / its mean of the 365 days that end with it; no unit.",
        inputs=(*_RATE, *_EPOCHS, "btc_price_daily_usd"),
        shows=("deck/Revenue: Puell multiple", "puell/*"),
    ),
    Figure(
        name="network.fee_share",
        label="Fee share",
        formula="fees / (subsidy + fees) of a mean block of the day.",
        inputs=_REWARD,
        shows=("deck/Revenue: Fee share", "fee_share/*"),
    ),
    Figure(
        name="network.under_water",
        label="Catalogue under water",
        formula="Bundled models out by then whose revenue per MWh is below your all-in power price / all of them. "
        "Models are counted, not machines.",
        inputs=("file:asics.csv", *_HASHPRICE, *_MINED, "=power_all_in"),
        shows=("deck/Revenue: Catalogue under water", "under_water/*"),
    ),
    Figure(
        name="network.tiers",
        label="Revenue per MWh by machine tier",
        formula="hashprice × 1 000 / (24 × J/TH) / overhead × (1 − pool fee), $/MWh at the meter: the best model out "
        "by then, 17, 22 and 32 J/TH, your fleet.",
        inputs=(*_HASHPRICE, "file:asics.csv", "mining.efficiency_j_per_th", *_MINED),
        shows=("tiers/*",),
    ),
    Figure(
        name="network.production",
        label="Cost of production",
        formula="0.024 × J/TH × overhead × power price / (hashprice in BTC × (1 − pool fee)), $ of power per BTC.",
        inputs=("=power_all_in", _FLEET, "file:asics.csv", *_EPOCHS, "fees_daily_btc_per_block", *_MINED),
        shows=("production/cost",),
    ),
)

_SECURITY: tuple[Figure, ...] = (
    Figure(
        name="network.budget",
        label="Security budget",
        formula="blocks found × (subsidy + fees), mean of seven days in BTC, × price, $ a day.",
        inputs=_BUDGET,
        shows=("deck/Security: Budget a day", "security/*"),
    ),
    Figure(
        name="network.budget_share",
        label="Security, share of market cap",
        formula="365 × BTC paid a day / all BTC issued by then, a year.",
        inputs=(*_RATE, *_EPOCHS, "fees_daily_btc_per_block"),
        shows=("deck/Security: Of market cap a year", "security_share/*"),
    ),
    Figure(
        name="network.per_mwh",
        label="What the network pays per MWh",
        formula="security budget / (EH/s × J/TH × 24 h), $/MWh, at the mean efficiency that you assume. Gross.",
        inputs=("=network.budget", *_RATE, _FLEET),
        shows=("deck/Security: Per MWh", "bid/paid"),
    ),
    Figure(
        name="network.bid_colocation",
        label="What colocation pays per MWh",
        formula="Its revenue per MWh at the meter, at your inputs of today, gross.",
        inputs=("=colocation.revenue",),
        shows=("bid/colocation",),
    ),
    Figure(
        name="network.bid_gpu_cloud",
        label="What GPU cloud takes in per MWh",
        formula="Its revenue per MWh at the meter, at your inputs of today, gross.",
        inputs=("=gpu_cloud.revenue",),
        shows=("bid/gpu_cloud",),
    ),
    Figure(
        name="network.match",
        label="When the network pays as much as colocation",
        formula="colocation’s revenue per MWh × MWh a day / (144 × (subsidy + fees)), $ per BTC; by fees alone: … / "
        "(144 × price) − subsidy, BTC a block; after the halving with half the subsidy. The hash rate stays.",
        inputs=(*_MATCH, "btc_price_usd"),
        shows=(
            *("deck/Security: Equals colocation at", "deck/Security: or at fees a block of"),
            "deck/Security: after the next halving",
        ),
    ),
    Figure(
        name="network.attack",
        label="What an attack costs",
        formula="EH/s × 0.51 / 0.49 × (10⁶ × $/TH + J/TH × hours × $/MWh), $. That so many machines can’t be had, "
        "sites, staff and resale are left out.",
        inputs=("network_hashrate_7d_eh_s", _FLEET, "security.attack_*"),
        shows=("deck/Security: An attack costs",),
    ),
    Figure(
        name="network.pools",
        label="Pools",
        formula="Of a week’s blocks: how many of the largest pools found 51 %, the sum of squared shares (HHI), the "
        "largest share. A pool is no owner.",
        inputs=("pools_for_majority", "pool_hhi", "pool_largest_share"),
        shows=("deck/Security: 51 % of blocks", "deck/Security: Largest pool"),
        value=lambda snapshot: (
            words.percent(found.value) if (found := snapshot.observed("pool_largest_share")) else words.NOTHING
        ),
    ),
)

_MARKET: tuple[Figure, ...] = (
    Figure(
        name="network.interest",
        label="Open interest",
        formula="Of one venue’s futures, or one aggregator’s set of venues, as given, $; in BTC over the day’s close. "
        "Venues count different contracts and are never added up.",
        inputs=(*_INTEREST, "btc_price_daily_usd"),
        shows=("deck/Leverage: Open interest", "deck/Leverage: of", "open_interest/*", "open_interest_btc/*"),
    ),
    Figure(
        name="network.interest_change",
        label="Change of open interest",
        formula="newest / the known day nearest to 7 and to 30 days before − 1; since the new year against the last "
        "value before it.",
        inputs=_INTEREST,
        shows=("deck/Leverage: over 30 days", "open_interest_change/*"),
    ),
    Figure(
        name="network.interest_share",
        label="Open interest by market cap",
        formula="open interest / (price × BTC issued by then); its mean of 365 days.",
        inputs=(*_INTEREST, "btc_price_daily_usd", "epoch_heights"),
        shows=("open_interest_share/*",),
    ),
    Figure(
        name="network.zones",
        label="Price zones",
        formula="Bands in which the price has closed most within 180 days (a sum of normal kernels 1 % wide, cut at "
        "half of the peak), or those that you draw.",
        inputs=("btc_price_daily_usd", "table:zones"),
        shows=("price_zones/zone*",),
    ),
    Figure(
        name="network.divergence",
        label="Divergence of leverage",
        formula="Each of price, open interest and 7-day hash rate indexed to 100 a year before; score = open interest "
        "− (price + hash rate) / 2 of the 30-day log changes, each over its own root mean square of a year.",
        inputs=("btc_price_daily_usd", *_INTEREST, *_RATE),
        shows=("divergence/interest", "divergence/hashrate", "divergence_score/*"),
    ),
    Figure(
        name="network.migration",
        label="Migration to AI",
        formula="IT load of the signed leases from their signing on, GW; hash rate under its highest week × J/TH, GW. "
        "A comparison, not an attribution.",
        inputs=("file:signed_deals.csv", "table:deals", *_RATE, _FLEET),
        shows=("migration/lost", "migration/signed"),
    ),
    Figure(
        name="network.events",
        label="Dated events",
        formula="Storms, summer peaks and bans, as recorded.",
        inputs=("file:events.csv",),
        shows=("migration/spans",),
    ),
)

_TABLES: tuple[Figure, ...] = (
    Figure(
        name="network.gpu_rates",
        label="GPU rental rates",
        formula="Listed rates of each source by itself, $/GPU-h: the median and the quartiles of its sellers; day by "
        "day over the same providers, weekly and by month as they were told. List prices, not what was paid.",
        inputs=(GPU_RECORD, "gpu_rate_daily_usd_per_gpu_hour", "file:gpu_rates_monthly.csv"),
        shows=("gpu_rates/*", "rates/*"),
    ),
    Figure(
        name="network.epochs",
        label="Difficulty epochs",
        formula="Height, start and difficulty as on the chain; adjustment = difficulty / the one before − 1; implied "
        "hash rate = difficulty × 2³² / 600 s; time per block = length / 2 016.",
        inputs=_EPOCHS,
        shows=("epochs/*",),
    ),
    Figure(
        name="network.case",
        label="January 2026, published against record",
        formula="The figure as it was published, and what the record of its day says.",
        inputs=(*_RATE, *_EPOCHS, "btc_price_daily_usd", "fees_daily_btc_per_block"),
        shows=("case/*",),
    ),
    Figure(
        name="network.published",
        label="Published hashprices",
        formula="As published, or as typed by you; ours: the formula on its own stated terms, and on the record of "
        "that day; error = published / ours − 1.",
        inputs=(*_HASHPRICE, "table:published"),
        shows=("published/*",),
    ),
)

FIGURES: tuple[Figure, ...] = (*_HASH, *_REVENUE, *_SECURITY, *_MARKET, *_TABLES)
