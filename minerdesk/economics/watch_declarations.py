"""The declarations of the watch-list's inputs: which conditions count, and their thresholds."""

from functools import partial

from minerdesk.economics.field import ASSUMPTION, Choice, Field
from minerdesk.economics.leverage import VENUES

PAGE, AUTO = "watch", "auto"
HASHRATE, DEMAND, LEVERAGE = "Hash rate is back", "AI demand grows", "Leverage is high"

_hashrate = partial(Field, group=HASHRATE, page=PAGE, featured=True)
_demand = partial(Field, group=DEMAND, page=PAGE, featured=True)
_leverage = partial(Field, group=LEVERAGE, page=PAGE, featured=True)
_ARTICLE = "the article of January 2026 behind the watch-list"

#: Every input of the watch-list, in the order of its rules. A condition that is off counts in no rule.
WATCH: tuple[Field, ...] = (
    _hashrate(
        key="watch.hashrate_on",
        label="Hash rate over a floor",
        default=True,
        help="Whether the rule “hash rate is back” waits for the 7-day mean to hold over the floor.",
        origin=_ARTICLE,
    ),
    _hashrate(
        key="watch.hashrate_eh_s",
        label="Floor of the 7-day hash rate",
        unit="EH/s",
        default=1_000.0,
        bounds=(0, 1e6),
        plausible=(100, 5_000),
        step=10,
        help="The 7-day mean of the network's hash rate has to hold at or over it. 1,000 EH/s is 1 ZH/s.",
        origin=_ARTICLE,
    ),
    _hashrate(
        key="watch.hashrate_days",
        label="Days over the floor",
        unit="days",
        default=14.0,
        bounds=(1, 365),
        plausible=(1, 90),
        step=1,
        help="For how many days in a row, the newest among them.",
        origin=_ARTICLE,
    ),
    _hashrate(
        key="watch.ribbon_on",
        label="30-day over 60-day mean",
        default=True,
        help="Whether the rule waits for the 30-day mean of hash rate to be at or over the 60-day mean.",
        origin=_ARTICLE,
    ),
    _hashrate(
        key="watch.retarget_on",
        label="Next retarget",
        default=True,
        help="Whether the rule waits for the estimate of the next difficulty adjustment.",
        origin=_ARTICLE,
    ),
    _hashrate(
        key="watch.retarget_fraction",
        label="Next retarget at least",
        unit="fraction",
        default=0.0,
        bounds=(-0.75, 3),
        plausible=(-0.2, 0.2),
        step=0.01,
        help="The estimate from the blocks of the epoch so far; in its first three days the last one stands.",
        origin=_ARTICLE,
    ),
    _demand(
        key="watch.signed_on",
        label="Megawatts signed to AI",
        default=True,
        help="Whether the rule “AI demand grows” waits for newly signed leases.",
        origin=ASSUMPTION,
    ),
    _demand(
        key="watch.signed_mw",
        label="IT load signed, at least",
        unit="MW",
        default=250.0,
        bounds=(0, 1e6),
        plausible=(1, 20_000),
        step=50,
        help="Critical IT load of the leases signed within the window, bundled and your own.",
        origin=ASSUMPTION,
    ),
    _demand(
        key="watch.signed_days",
        label="Window of signing",
        unit="days",
        default=180.0,
        bounds=(1, 3_650),
        plausible=(30, 730),
        step=30,
        help="How far back a signing counts. Without any lease in it the list is taken as too old to tell.",
        origin=ASSUMPTION,
    ),
    _demand(
        key="watch.gpu_on",
        label="GPU rental trend",
        default=True,
        help="Whether the rule waits for the trend of GPU rental rates.",
        origin=ASSUMPTION,
    ),
    _demand(
        key="watch.gpu_change_fraction",
        label="GPU rates, change over a month at least",
        unit="fraction",
        default=0.0,
        bounds=(-1, 10),
        plausible=(-0.5, 0.5),
        step=0.05,
        help="Median of the reference GPU over the providers that are there now and a month before.",
        origin=ASSUMPTION,
    ),
    _demand(
        key="watch.rent_on",
        label="Rent trend",
        default=True,
        help="Whether the rule waits for the trend of rents in signed leases.",
        origin=ASSUMPTION,
    ),
    _demand(
        key="watch.rent_change_fraction",
        label="Rents, change against the year before at least",
        unit="fraction",
        default=0.0,
        bounds=(-1, 10),
        plausible=(-0.5, 0.5),
        step=0.05,
        help="Mean rent per kW of the leases signed in the last year, weighted by IT load, against the year before.",
        origin=ASSUMPTION,
    ),
    _leverage(
        key="watch.share_on",
        label="Open-interest share",
        default=True,
        help="Whether the rule “leverage is high” waits for the share of open interest in market cap.",
        origin=ASSUMPTION,
    ),
    _leverage(
        key="watch.share_z",
        label="Open-interest share, at least",
        unit="σ",
        default=1.0,
        bounds=(-10, 10),
        plausible=(-3, 3),
        step=0.25,
        help="Standard deviations over the mean of its own year. A level would differ from venue to venue.",
        origin=ASSUMPTION,
    ),
    _leverage(
        key="watch.interest_on",
        label="Open-interest change",
        default=True,
        help="Whether the rule waits for the change of open interest.",
        origin=ASSUMPTION,
    ),
    _leverage(
        key="watch.interest_change_fraction",
        label="Open interest, change over 30 days at least",
        unit="fraction",
        default=0.10,
        bounds=(-1, 100),
        plausible=(-0.5, 1),
        step=0.05,
        help="Of one venue, or one set of venues, against itself.",
        origin=ASSUMPTION,
    ),
    _leverage(
        key="watch.interest_venue",
        label="Open interest of",
        default=AUTO,
        help="Whose open interest is judged and shown. Venues are never added up and never compared by level.",
        origin="the first of the list that is current",
        choices=(
            Choice(
                value=AUTO,
                label="The first that is current",
                help="Coinglass’s exchanges where its key is, OKX, Binance, Bybit, then the bundled weeks.",
            ),
            *(Choice(value=venue.key, label=venue.label, help=f"{venue.covers}.") for venue in VENUES),
        ),
    ),
)
