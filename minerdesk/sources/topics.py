"""What can be fetched, and from whom in which order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from minerdesk.sources import (
    binance,
    binance_vision,
    bitcoind,
    bitstamp,
    blockchain_info,
    braiins,
    bybit,
    coinbase,
    coingecko,
    coinglass,
    getdeploying,
    gpurentalprices,
    kraken,
    lambda_cloud,
    luxor,
    mempool,
    okx,
    primeintellect,
    runpod,
    shadeform,
    vast,
)
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.endpoints import PROVIDERS, Access


@dataclass(frozen=True, kw_only=True)
class Source:
    """One provider's way to fetch a topic."""

    provider: str
    fetch: Callable[[Ask], Fetched]


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Quantities that come together. The first decides when the topic is due: a fallback may not know the others.

    Where `second` names a quantity, another source than the one believed is asked for it now and then, as a check.
    One that is `extra` is worth having and no more: a refresh without it is complete (two venues don't serve every
    country). One with `only_with` is asked for only where that source is on: it is what that source leaves out of a
    topic that the others give whole.
    """

    name: str
    label: str
    quantities: tuple[str, ...]
    sources: tuple[Source, ...]
    second: str = ""
    extra: bool = False
    only_with: str = ""

    @property
    def headline(self) -> str:
        """The quantity that stands for the topic, empty if it fetches none by itself."""
        return self.quantities[0] if self.quantities else ""


#: Every topic; within each the sources in the order in which they are asked.
TOPICS: tuple[Topic, ...] = (
    Topic(
        name="spot",
        label="BTC price",
        quantities=("btc_price_usd",),
        second="btc_price_second_usd",
        sources=(
            Source(provider=coinbase.NAME, fetch=coinbase.fetch_spot),
            Source(provider=kraken.NAME, fetch=kraken.fetch_spot),
            Source(provider=bitstamp.NAME, fetch=bitstamp.fetch_spot),
            Source(provider=coingecko.NAME, fetch=coingecko.fetch_spot),
            Source(provider=mempool.NAME, fetch=mempool.fetch_spot),
        ),
    ),
    Topic(
        name="difficulty",
        label="Difficulty",
        quantities=("difficulty", "difficulty_epochs", "epoch_heights"),
        sources=(
            Source(provider=bitcoind.NAME, fetch=bitcoind.fetch_difficulty),
            Source(provider=mempool.NAME, fetch=mempool.fetch_difficulty),
            Source(provider=blockchain_info.NAME, fetch=blockchain_info.fetch_difficulty),
        ),
    ),
    Topic(
        name="tip",
        label="Block height",
        quantities=("tip_height",),
        sources=(
            Source(provider=bitcoind.NAME, fetch=bitcoind.fetch_tip),
            Source(provider=mempool.NAME, fetch=mempool.fetch_tip),
            Source(provider=blockchain_info.NAME, fetch=blockchain_info.fetch_tip),
        ),
    ),
    Topic(
        name="fees",
        label="Fees per block",
        quantities=("fees_btc_per_block",),
        sources=(
            Source(provider=bitcoind.NAME, fetch=bitcoind.fetch_fees),
            Source(provider=mempool.NAME, fetch=mempool.fetch_fees),
            Source(provider=blockchain_info.NAME, fetch=blockchain_info.fetch_fees),
        ),
    ),
    Topic(
        name="hashrate",
        label="Network hash rate",
        quantities=("network_hashrate_7d_eh_s", "network_hashrate_daily_eh_s"),
        sources=(
            Source(provider=bitcoind.NAME, fetch=bitcoind.fetch_hashrate),
            Source(provider=mempool.NAME, fetch=mempool.fetch_hashrate),
            Source(provider=blockchain_info.NAME, fetch=blockchain_info.fetch_hashrate),
        ),
    ),
    Topic(
        name="difficulty_epochs",
        label="Difficulty by epoch",
        quantities=("difficulty_epochs", "epoch_heights"),
        sources=(Source(provider=mempool.NAME, fetch=mempool.fetch_epochs),),
        only_with=bitcoind.NAME,
    ),
    Topic(
        name="hashrate_daily",
        label="Daily hash rate",
        quantities=("network_hashrate_daily_eh_s",),
        sources=(
            Source(provider=mempool.NAME, fetch=mempool.fetch_daily_hashrate),
            Source(provider=blockchain_info.NAME, fetch=blockchain_info.fetch_daily_hashrate),
        ),
        only_with=bitcoind.NAME,
    ),
    Topic(
        name="pools",
        label="Mining pools",
        quantities=("pool_hhi", "pools_for_majority", "pool_largest_share"),
        sources=(Source(provider=mempool.NAME, fetch=mempool.fetch_pools),),
    ),
    Topic(
        name="gpu",
        label="GPU rental rates",
        quantities=(gpurentalprices.QUANTITY, gpurentalprices.DAILY),
        sources=(
            Source(provider=gpurentalprices.NAME, fetch=gpurentalprices.fetch_rates),
            Source(provider=getdeploying.NAME, fetch=getdeploying.fetch_reference),
        ),
    ),
    Topic(
        name="gpu_history",
        label="GPU rental rates, past days",
        quantities=(gpurentalprices.COVERAGE,),
        sources=(Source(provider=gpurentalprices.HISTORY, fetch=gpurentalprices.fetch_history),),
        extra=True,
    ),
    # Rates of each source stand beside each other: none is pooled into another's.
    Topic(
        name="gpu_weekly",
        label="GPU rental rates, weekly",
        quantities=(getdeploying.QUANTITY,),
        sources=(Source(provider=getdeploying.NAME, fetch=getdeploying.fetch_weeks),),
        extra=True,
    ),
    *(
        Topic(
            name=f"gpu_{name}",
            label=f"GPU rental rates, {PROVIDERS[name].label}",
            quantities=(quantity,),
            sources=(Source(provider=name, fetch=fetch),),
            extra=True,
        )
        for name, quantity, fetch in (
            (lambda_cloud.NAME, lambda_cloud.QUANTITY, lambda_cloud.fetch_types),
            (primeintellect.NAME, primeintellect.QUANTITY, primeintellect.fetch_offers),
            (runpod.NAME, runpod.QUANTITY, runpod.fetch_types),
            (vast.NAME, vast.QUANTITY, vast.fetch_asks),
            (shadeform.NAME, shadeform.QUANTITY, shadeform.fetch_types),
        )
    ),
    Topic(
        name="price_history",
        label="Price history",
        quantities=("btc_price_daily_usd",),
        sources=(
            Source(provider=bitstamp.NAME, fetch=bitstamp.fetch_history),
            Source(provider=coingecko.NAME, fetch=coingecko.fetch_history),
            Source(provider=mempool.NAME, fetch=mempool.fetch_price_history),
        ),
    ),
    Topic(
        name="fees_history",
        label="Fees history",
        quantities=("fees_daily_btc_per_block",),
        sources=(
            Source(provider=mempool.NAME, fetch=mempool.fetch_fees_history),
            Source(provider=blockchain_info.NAME, fetch=blockchain_info.fetch_fees_history),
        ),
    ),
    # Open interest is each venue's own: one never stands in for another.
    Topic(
        name="open_interest",
        label="Open interest, OKX",
        quantities=("open_interest_usd", "open_interest_daily_usd"),
        sources=(Source(provider=okx.NAME, fetch=okx.fetch_open_interest),),
    ),
    Topic(
        name="open_interest_bybit",
        label="Open interest, Bybit",
        quantities=(bybit.QUANTITY,),
        sources=(Source(provider=bybit.NAME, fetch=bybit.fetch_open_interest),),
        extra=True,
    ),
    Topic(
        name="open_interest_binance",
        label="Open interest, Binance",
        quantities=(binance.QUANTITY,),
        sources=(Source(provider=binance.NAME, fetch=binance.fetch_open_interest),),
        extra=True,
    ),
    Topic(
        name="open_interest_binance_files",
        label="Open interest, Binance’s files",
        quantities=(binance_vision.QUANTITY,),
        sources=(Source(provider=binance_vision.NAME, fetch=binance_vision.fetch_open_interest),),
        extra=True,
    ),
    Topic(
        name="open_interest_coinglass",
        label="Open interest, Coinglass",
        quantities=(coinglass.QUANTITY,),
        sources=(Source(provider=coinglass.NAME, fetch=coinglass.fetch_open_interest),),
        extra=True,
    ),
    # A stated hashprice is the source's own; what is computed here needs none of them.
    Topic(
        name="hashprice_braiins",
        label="Hashprice, Braiins Insights",
        quantities=(braiins.QUANTITY,),
        sources=(Source(provider=braiins.NAME, fetch=braiins.fetch_hashprice),),
        extra=True,
    ),
    Topic(
        name="hashprice_luxor",
        label="Hashprice, Hashrate Index",
        quantities=(luxor.QUANTITY,),
        sources=(Source(provider=luxor.NAME, fetch=luxor.fetch_hashprice),),
        extra=True,
    ),
    Topic(
        name="hashprice_luxor_daily",
        label="Daily hashprice, Hashrate Index",
        quantities=(luxor.DAILY,),
        sources=(Source(provider=luxor.NAME, fetch=luxor.fetch_history),),
        extra=True,
    ),
)

TOPIC_NAMES: tuple[str, ...] = tuple(topic.name for topic in TOPICS)


def in_order(
    chosen: Mapping[str, Sequence[str]], topics: Sequence[Topic] = TOPICS, *, on: Collection[str] = ()
) -> tuple[Topic, ...]:
    """Return the topics with their sources in the user's order.

    Providers that `chosen` names for a topic come first, in its order, and before them only a system of the user's own
    that it doesn't name; the others follow in ours. A name that doesn't serve the topic is passed over, so that no
    preference can lose a source. Sources that are off by themselves are left out unless `on` names them, and so is a
    topic that has no other, or whose `only_with` is off.
    """

    def ordered(topic: Topic) -> Topic:
        ranks = {name: rank for rank, name in reversed(list(enumerate(chosen.get(topic.name, ()))))}
        asked = [source for source in topic.sources if PROVIDERS[source.provider].is_asked(on)]

        def rank(source: Source) -> int:
            unnamed = -1 if PROVIDERS[source.provider].access is Access.OWN else len(ranks)
            return ranks.get(source.provider, unnamed)

        return replace(topic, sources=tuple(sorted(asked, key=rank)))

    wanted = (topic for topic in topics if not topic.only_with or topic.only_with in on)
    return tuple(found for topic in wanted if (found := ordered(topic)).sources)


def only_from(provider: str, topics: Sequence[Topic] = TOPICS) -> tuple[Topic, ...]:
    """Return what a provider serves, with it as the only source; not twice what belongs together."""
    return tuple(
        replace(topic, sources=mine)
        for topic in topics
        if not topic.only_with and (mine := tuple(source for source in topic.sources if source.provider == provider))
    )
