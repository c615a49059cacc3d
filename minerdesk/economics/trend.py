"""The network's trend as it was known at one moment: every indicator over the whole record, and its newest figures.

The one door between observed series and what the deck, the command line and the exports show of the network. Series
are cut at the moment first (`history.known_by`), and nothing in `indicators` looks ahead: so the past can be replayed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from minerdesk.economics import epochs, history, indicators, security
from minerdesk.economics.epochs import Halving, Progress
from minerdesk.economics.history import Drawdown, Times, Values
from minerdesk.economics.indicators import HashRibbons, RibbonState
from minerdesk.economics.network import hashprice_btc_per_ph_day, implied_hashrate_eh_s, subsidy_btc
from minerdesk.observations import Series
from minerdesk.units import SECONDS_PER_DAY

#: How old a figure's newest day may be and still be called that of the moment: a bundled week, and the lag of a source.
FRESH_FOR = timedelta(days=10)
WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkTrend:
    """Every indicator through time, as known at `moment`. Arrays lie on `hashrate.times` unless said otherwise.

    Attributes
    ----------
    price, hashrate, fees, difficulty, heights
        The series as they were known.
    means
        Of the hash rate over 1, 7, 30 and 60 days.
    drawdown
        Of the 7-day mean from its highest.
    blocks, subsidy_btc, fees_btc
        Blocks found per day, and what each of them paid.
    security_btc
        Subsidy and fees in BTC per day, mean of seven days; `security_usd` at the day's price.
    puell, fee_share
        Puell multiple; share of fees in the reward of a block.
    supply_btc
        BTC issued by the end of each day.
    hashprice_btc, hashprice_usd
        At the times of `price`, per PH/s and day.
    days, difficulty_by_day, difficulty_ribbon
        The difficulty in force on each of `days`, and its means of 9 to 200 days.
    """

    moment: datetime
    price: Series
    hashrate: Series
    fees: Series
    difficulty: Series
    heights: Series
    means: Mapping[int, Values]
    ribbons: HashRibbons
    drawdown: Drawdown | None
    blocks: Values
    subsidy_btc: Values
    fees_btc: Values
    price_usd: Values
    security_btc: Values
    security_usd: Values
    puell: Values
    fee_share: Values
    supply_btc: Values
    hashprice_btc: Values
    hashprice_usd: Values
    days: Times
    difficulty_by_day: Values
    difficulty_ribbon: Mapping[int, Values]
    progress: Progress | None

    @classmethod
    def of(cls, series: Mapping[str, Series], moment: datetime) -> "NetworkTrend":
        """Derive the trend from what was known of the observed series at `moment`; a missing one counts as empty."""

        def get(quantity: str) -> Series:
            found = series.get(quantity) or Series.of(quantity, [], [], source="", fetched_at=moment)
            return history.known_by(found, moment)

        price, hashrate = get("btc_price_daily_usd"), get("network_hashrate_daily_eh_s")
        difficulty, heights = get("difficulty_epochs"), get("epoch_heights")
        fees = get("fees_daily_btc_per_block")
        times, day_end = hashrate.times, hashrate.times + SECONDS_PER_DAY
        means = indicators.means(times, hashrate.values)
        blocks = indicators.blocks_per_day(hashrate, difficulty)
        subsidy = history.subsidy_through_time(heights, day_end)
        paid_fees = history.fees_of_day(fees, times)
        price_usd = same_day(price, times)
        security_btc = history.trailing_mean(times, blocks * (subsidy + paid_fees), WEEK_DAYS)
        hashprice_btc = history.hashprice_history_btc(price.times, difficulty, heights, fees)
        days, by_day = indicators.difficulty_by_day(difficulty, int(moment.timestamp()))
        return cls(
            moment=moment,
            price=price,
            hashrate=hashrate,
            fees=fees,
            difficulty=difficulty,
            heights=heights,
            means=means,
            ribbons=indicators.hash_ribbons(times, hashrate.values),
            drawdown=history.drawdown(times, means[WEEK_DAYS]),
            blocks=blocks,
            subsidy_btc=subsidy,
            fees_btc=paid_fees,
            price_usd=price_usd,
            security_btc=security_btc,
            security_usd=security_btc * price_usd,
            puell=indicators.puell_multiple(times, blocks * subsidy * price_usd),
            fee_share=indicators.fee_share(subsidy, paid_fees),
            supply_btc=security.supply_through_time(history.height_through_time(heights, day_end)),
            hashprice_btc=hashprice_btc,
            hashprice_usd=hashprice_btc * price.values,
            days=days,
            difficulty_by_day=by_day,
            difficulty_ribbon=indicators.difficulty_ribbon(days, by_day),
            progress=epochs.progress_at(hashrate, difficulty, heights, moment),
        )

    @property
    def security_share(self) -> Values:
        """The security budget as a share of market cap a year; the price cancels out."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return security.DAYS_PER_YEAR * self.security_btc / self.supply_btc

    def security_usd_per_mwh(self, efficiency_j_per_th: float) -> Values:
        """Return the budget per MWh of the network's energy at an assumed mean efficiency, by the 7-day means."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.security_usd / security.energy_mwh_per_day(self.means[WEEK_DAYS], efficiency_j_per_th)

    def odd_days(self) -> Times:
        """Return the days of the hash rate that stand out: zero, or far from the month before them."""
        daily = history.spans_s(self.hashrate.times) <= SECONDS_PER_DAY
        return indicators.odd_days(self.hashrate.times[daily], self.hashrate.values[daily])

    def missing_days(self, begin_s: float = -math.inf) -> int:
        """Return how many days lie in those gaps of the hash rate that end after `begin_s`; bundled weeks are none."""
        spans = history.spans_s(self.hashrate.times)
        steps = np.diff(self.hashrate.times)
        weekly = (spans[:-1] > SECONDS_PER_DAY) & (steps <= spans[:-1])
        carried = np.array([name.startswith("bundled") for name in self.hashrate.source_names], dtype=bool)
        of_weeks = carried[self.hashrate.source_index]  # at a seam a week looks like a day
        counted = ~weekly & ~of_weeks[1:] & ~of_weeks[:-1] & (self.hashrate.times[1:] >= begin_s)
        return int(np.sum(np.where(counted, steps - SECONDS_PER_DAY, 0)) // SECONDS_PER_DAY)


def same_day(series: Series, times: Times) -> Values:
    """Return the value that a series has at exactly each of `times`, NaN where it has none."""
    if len(series) == 0:
        return np.full(len(times), np.nan)
    place = np.minimum(np.searchsorted(series.times, times), len(series) - 1)
    return np.where(series.times[place] == times, series.values[place], np.nan)


@dataclass(frozen=True, kw_only=True)
class Believed:
    """What is believed of this very moment beside the daily record; None takes the record's newest day."""

    price_usd: float | None = None
    price_s: int | None = None
    difficulty: float | None = None
    fees_btc_per_block: float | None = None
    subsidy_btc: float | None = None
    hashprice_usd_per_ph_day: float | None = None
    progress: Progress | None = None


@dataclass(frozen=True, kw_only=True)
class NetworkFigures:
    """The newest figures of a trend. What is not known, or last known too long before the moment, is None.

    `price_s` dates the price, `hashrate_s` the newest day of hash rate; subsidy, fees and `fee_share` are of one block.
    """

    moment: datetime
    price_usd: float | None
    price_s: int | None
    difficulty: float | None
    implied_hashrate_eh_s: float | None
    hashrate_eh_s: Mapping[int, float | None]
    hashrate_s: int | None
    peak: Drawdown | None
    drawdown_fraction: float | None
    ribbon_state: RibbonState | None
    ribbon_since: int | None
    progress: Progress | None
    halving: Halving | None
    subsidy_btc: float | None
    fees_btc_per_block: float | None
    fee_share: float | None
    hashprice_btc_per_ph_day: float | None
    hashprice_usd_per_ph_day: float | None
    puell_multiple: float | None
    supply_btc: float | None
    security: security.Budget | None

    @classmethod
    def of(
        cls, trend: NetworkTrend, *, efficiency_j_per_th: float, believed: Believed | None = None
    ) -> "NetworkFigures":
        """Return the figures of a trend's moment; the network's mean efficiency is assumed, the rest observed."""
        now = believed or Believed()
        oldest = (trend.moment - FRESH_FOR).timestamp()
        on_days = trend.hashrate.times

        def newest(values: Values, times: Times = on_days) -> float | None:
            found = indicators.newest(times, values, not_before=oldest)
            return None if found is None else found[1]

        dated_price = indicators.newest(trend.price.times, trend.price.values, not_before=oldest)
        dated_rate = indicators.newest(on_days, trend.hashrate.values, not_before=oldest)
        means = {days: newest(values) for days, values in trend.means.items()}
        price = _first(now.price_usd, dated_price[1] if dated_price else None)
        difficulty = _first(now.difficulty, newest(trend.difficulty_by_day, trend.days))
        progress = now.progress or trend.progress
        # By the height: the newest day of hash rate may lie before a halving that is over by the moment.
        subsidy = _first(now.subsidy_btc, subsidy_btc(progress.height) if progress else newest(trend.subsidy_btc))
        fees = _first(now.fees_btc_per_block, newest(trend.fees_btc))
        hashprice_btc = None
        if difficulty is not None and subsidy is not None and fees is not None:
            hashprice_btc = hashprice_btc_per_ph_day(difficulty, subsidy, fees)
        hashprice_usd = now.hashprice_usd_per_ph_day
        if hashprice_usd is None and hashprice_btc is not None and price is not None:
            hashprice_usd = hashprice_btc * price
        fresh = means[WEEK_DAYS] is not None
        supply = security.supply_btc(progress.height) if progress else newest(trend.supply_btc)
        paid = newest(trend.security_btc)
        return cls(
            moment=trend.moment,
            price_usd=price,
            price_s=now.price_s or (dated_price[0] if dated_price else None),
            difficulty=difficulty,
            implied_hashrate_eh_s=None if difficulty is None else implied_hashrate_eh_s(difficulty),
            hashrate_eh_s=means,
            hashrate_s=dated_rate[0] if dated_rate else None,
            peak=trend.drawdown,
            drawdown_fraction=trend.drawdown.fraction if trend.drawdown and fresh else None,
            ribbon_state=trend.ribbons.state if fresh else None,
            ribbon_since=trend.ribbons.since if fresh else None,
            progress=progress,
            halving=epochs.next_halving(progress.height, trend.moment) if progress else None,
            subsidy_btc=subsidy,
            fees_btc_per_block=fees,
            fee_share=fees / (subsidy + fees) if subsidy is not None and fees is not None and subsidy + fees else None,
            hashprice_btc_per_ph_day=hashprice_btc,
            hashprice_usd_per_ph_day=hashprice_usd,
            puell_multiple=newest(trend.puell),
            supply_btc=supply,
            security=None
            if paid is None or price is None
            else security.budget(
                btc_per_day=paid,
                btc_price_usd=price,
                supply=supply,
                hashrate_eh_s=means[WEEK_DAYS],
                efficiency_j_per_th=efficiency_j_per_th,
            ),
        )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
