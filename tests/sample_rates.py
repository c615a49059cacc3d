"""Rental rates of GPUs as sources would have told them, for the pages that show them."""

from datetime import UTC, datetime, timedelta

from minerdesk.economics.gpu_rates import GpuRate, Offer, summarised

SELLERS = ("alder", "birch", "cedar", "dogwood", "elm")


def sample_rates(now: datetime, days: int = 40) -> list[GpuRate]:
    """Return five sellers' daily rates of two GPUs, two more that joined ten days ago, weeks, and one seller's list.

    The five raised the B200 from 6.00 to 6.30 five days ago; who joined asks 3.00.
    """
    today = datetime(now.year, now.month, now.day, 6, tzinfo=UTC)
    rates: list[GpuRate] = []
    for ago in range(days, -1, -1):
        day = today - timedelta(days=ago)
        b200 = 6.00 if ago > 5 else 6.30
        offers = [Offer("b200", seller, b200 + n - 2) for n, seller in enumerate(SELLERS)]
        offers += [Offer("h100", seller, 3.00 + n / 10) for n, seller in enumerate(SELLERS)]
        if ago < 10:
            offers += [Offer("b200", seller, 3.00) for seller in ("fir", "hawthorn")]
        rates += summarised("gpurentalprices", offers, as_of=day, now=day, least=3, by_seller=True)
    for ago in range(50, 1, -7):
        week = today - timedelta(days=ago)
        (rate,) = summarised("getdeploying", [Offer("b200", "x", 6.5)], as_of=week, now=now)
        nan = float("nan")
        rates.append(rate._replace(low=nan, high=nan, offers=120, sellers=41, detail="from 2.75 to 13.00"))
    rates += summarised("lambda", [Offer("b200", "lambda", 4.99), Offer("b200", "lambda", 5.29)], as_of=now, now=now)
    return rates
