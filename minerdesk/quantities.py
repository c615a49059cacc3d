"""Every quantity that is observed, declared once: its unit, its plausible range and its three ages."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """The declaration of one observed quantity.

    Attributes
    ----------
    refresh, stale, expired
        The three ages: fetched again after, no longer called live after, no longer shown as current after.
    lag
        How old the newest value may rightly be when it is fetched (a daily mean ends at midnight).
    low, high
        The plausible range, both ends allowed; a value outside it is a failure of its source.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    refresh: timedelta
    stale: timedelta
    expired: timedelta
    lag: timedelta = timedelta(0)

    def allows(self, value: float) -> bool:
        """Return whether `value` lies in the plausible range; NaN and infinities never do."""
        return self.low <= value <= self.high


def _minutes(refresh: float, stale: float, expired: float, lag: float = 0) -> dict[str, timedelta]:
    return {
        "refresh": timedelta(minutes=refresh),
        "stale": timedelta(minutes=stale),
        "expired": timedelta(minutes=expired),
        "lag": timedelta(minutes=lag),
    }


_HOUR = 60.0
_DAY = 24 * _HOUR

_SPOT = _minutes(1, 5, 30, lag=10)
_CHAIN = _minutes(5, 30, 6 * _HOUR)
_WEEK_OF_BLOCKS = _minutes(6 * _HOUR, 48 * _HOUR, 30 * _DAY)
_HISTORY = _minutes(30, 6 * _HOUR, 7 * _DAY, lag=2 * _DAY)
_GPU_RATES = _minutes(6 * _HOUR, 48 * _HOUR, 30 * _DAY, lag=2 * _DAY)
#: Sources of rental rates by GPU, and how old the newest may rightly be: a weekly one comes some days after its week.
_GPU_SOURCES = (
    ("getdeploying", "GetDeploying", 10),
    ("lambda", "Lambda", 0),
    ("primeintellect", "Prime Intellect", 0),
    ("runpod", "RunPod", 0),
    ("vast", "Vast.ai", 0),
    ("shadeform", "Shadeform", 0),
)
_INTEREST = _minutes(15, 6 * _HOUR, 7 * _DAY, lag=2 * _DAY)
_DAILY_FILES = _minutes(15, 2 * _DAY, 30 * _DAY, lag=3 * _DAY)
#: What a hashprice of the last years could be, with room: in another unit it lies outside.
_STATED_LEAST, _STATED_MOST = 1.0, 5_000.0
#: The single values that are a hashprice as somebody states it.
STATED_HASHPRICES = ("hashprice_braiins_usd_per_ph_day", "hashprice_luxor_usd_per_ph_day")

#: Every observed quantity by name. Single values first, then the daily series behind the charts.
QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity(name="btc_price_usd", label="BTC price", unit="$/BTC", low=0.01, high=1e8, **_SPOT),
        Quantity(
            name="btc_price_second_usd",
            label="BTC price, second opinion",
            unit="$/BTC",
            low=0.01,
            high=1e8,
            **_minutes(15, 30, 6 * _HOUR, lag=10),
        ),
        Quantity(
            name="difficulty",
            label="Difficulty",
            unit="",
            low=1.0,
            high=1e18,
            **_minutes(5, 30, 6 * _HOUR, lag=25 * _DAY),  # dated by the retarget that set it, 8 weeks at the very most
        ),
        Quantity(name="tip_height", label="Block height", unit="blocks", low=0, high=1e8, **_CHAIN),
        Quantity(
            name="fees_btc_per_block",
            label="Fees per block",
            unit="BTC",
            low=0,
            high=50,
            **_minutes(5, 30, 6 * _HOUR, lag=2 * _DAY),
        ),
        Quantity(
            name="network_hashrate_7d_eh_s",
            label="Network hash rate, 7-day mean",
            unit="EH/s",
            low=1e-9,
            high=1e6,
            **_HISTORY,
        ),
        Quantity(
            name="gpu_rate_on_demand_usd_per_gpu_hour",
            label="B200 on-demand median",
            unit="$/GPU-h",
            low=0.01,
            high=500,
            **_GPU_RATES,
        ),
        Quantity(name="pool_hhi", label="Pool concentration, HHI", unit="", low=1e-6, high=1, **_WEEK_OF_BLOCKS),
        Quantity(
            name="pools_for_majority",
            label="Pools that together have 51 %",
            unit="pools",
            low=1,
            high=1_000,
            **_WEEK_OF_BLOCKS,
        ),
        Quantity(
            name="pool_largest_share",
            label="Share of the largest pool",
            unit="fraction",
            low=1e-6,
            high=1,
            **_WEEK_OF_BLOCKS,
        ),
        # The median of all offers of the day, for the check of leaps: no trend, for the list covers others every month.
        Quantity(
            name="gpu_rate_daily_usd_per_gpu_hour",
            label="B200 on-demand median, daily",
            unit="$/GPU-h",
            low=0.01,
            high=500,
            **_GPU_RATES,
        ),
        # Rates by GPU lie in a record of their own (economics.gpu_rates); here are the ages of each source's.
        *(
            Quantity(
                name=f"gpu_rates_{source}_usd_per_gpu_hour",
                label=f"GPU rates, {label}",
                unit="$/GPU-h",
                low=0.01,
                high=500,
                **{**_GPU_RATES, "lag": timedelta(days=lag_days)},
            )
            for source, label, lag_days in _GPU_SOURCES
        ),
        Quantity(
            name="gpu_history_providers",
            label="GPU providers in the history of offers, by day",
            unit="providers",
            low=1,
            high=10_000,
            **_minutes(6 * _HOUR, 30 * _DAY, 1_000 * _DAY, lag=400 * _DAY),
        ),
        Quantity(
            name="btc_price_daily_usd", label="BTC price, daily close", unit="$/BTC", low=0.001, high=1e8, **_HISTORY
        ),
        Quantity(
            name="network_hashrate_daily_eh_s",
            label="Network hash rate, daily",
            unit="EH/s",
            low=0,
            high=1e6,
            **_HISTORY,
        ),
        Quantity(
            name="fees_daily_btc_per_block", label="Fees per block, daily mean", unit="BTC", low=0, high=50, **_HISTORY
        ),
        Quantity(
            name="difficulty_epochs",
            label="Difficulty by epoch",
            unit="",
            low=1.0,
            high=1e18,
            **_minutes(30, 360, 7 * _DAY, 25 * _DAY),
        ),
        Quantity(
            name="epoch_heights",
            label="First block of each epoch",
            unit="blocks",
            low=0,
            high=1e8,
            **_minutes(30, 360, 7 * _DAY, 25 * _DAY),
        ),
        # Open interest is one venue's, or one aggregator's set of venues: never added up, never joined to one series.
        Quantity(name="open_interest_usd", label="Open interest, OKX", unit="$", low=1e6, high=1e13, **_INTEREST),
        Quantity(
            name="open_interest_daily_usd",
            label="Open interest, OKX, daily",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_bybit_daily_btc",
            label="Open interest, Bybit BTCUSDT, daily",
            unit="BTC",
            low=10,
            high=2.1e7,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_binance_daily_usd",
            label="Open interest, Binance BTCUSDT, daily",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_binance_files_daily_usd",
            label="Open interest, Binance BTCUSDT, daily files",
            unit="$",
            low=1e6,
            high=1e13,
            **_DAILY_FILES,
        ),
        Quantity(
            name="open_interest_coinglass_daily_usd",
            label="Open interest, Coinglass’s exchanges, daily",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_aggregate_usd",
            label="Open interest, one aggregator’s set of venues",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        # Stated hashprices are held against the computed one and never take its place; old ones say nothing of it.
        Quantity(
            name="hashprice_braiins_usd_per_ph_day",
            label="Hashprice as Braiins Insights states it",
            unit="$/PH/day",
            low=_STATED_LEAST,
            high=_STATED_MOST,
            **_minutes(30, 60, 2 * _HOUR),
        ),
        Quantity(
            name="hashprice_luxor_usd_per_ph_day",
            label="Hashprice as Hashrate Index states it",
            unit="$/PH/day",
            low=_STATED_LEAST,
            high=_STATED_MOST,
            **_minutes(15, 60, 2 * _HOUR, lag=30),
        ),
        Quantity(
            name="hashprice_luxor_daily_usd_per_ph_day",
            label="Hashprice as Hashrate Index states it, daily",
            unit="$/PH/day",
            low=_STATED_LEAST,
            high=_STATED_MOST,
            **_HISTORY,
        ),
    )
}
