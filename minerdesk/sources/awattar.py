"""aWATTar: day-ahead power prices of Austria and Germany by the hour, net of tax. https://www.awattar.at/services/api

The Austrian and the German service have an address each, so they are two providers here. They ask for no more than
about a hundred requests a day; a year takes two.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import listed, loads, member, number
from minerdesk.sources.pieces import (
    DAY_AHEAD,
    Asks,
    Feed,
    Order,
    Part,
    Piece,
    Pieces,
    believed,
    midnight,
    probe,
    whole_days,
    within,
)

CLOCK = "Europe/Berlin"
#: Half a year of hours is half a megabyte.
DAYS_PER_PIECE = 183
_LOWEST, _HIGHEST = -1_000.0, 10_000.0
_STEPS_MS = (900_000, 3_600_000)


def parse_prices(body: bytes, source: str) -> Piece:
    """Read ``/v1/marketdata``: objects of begin and end in milliseconds and the price in EUR/MWh."""
    rows = listed(member(loads(body, source), "data", source), source, "data", least=1)
    begins = [number(member(row, "start_timestamp", source), source, "a begin") for row in rows]
    ends = [number(member(row, "end_timestamp", source), source, "an end") for row in rows]
    lengths = {end - begin for begin, end in zip(begins, ends, strict=True)}
    if not lengths <= set(_STEPS_MS):
        raise implausible(source, "its prices are neither of hours nor of quarters of hours")
    if any(str(member(row, "unit", source)).replace(" ", "").lower() != "eur/mwh" for row in rows):
        raise implausible(source, "its prices are not in EUR/MWh")
    prices = [number(member(row, "marketprice", source), source, "a price") for row in rows]
    if len(set(begins)) * 2 < len(rows):
        raise malformed(source, "most of its times are there twice")
    return believed(
        [begin / 1_000 for begin in begins],
        prices,
        source=source,
        currency="EUR",
        low=_LOWEST,
        high=_HIGHEST,
        step_s=lengths.pop() / 1_000 if len(lengths) == 1 else None,
    )


def _feed(source: str, zone: str) -> Feed:
    def read(body: bytes, start: date, end: date) -> Pieces:
        return {zone: within(parse_prices(body, source), start, end, source)}

    def parts(asking: Asks, order: Order) -> Sequence[Part[Pieces]]:
        del asking  # no table of contents is needed
        return [
            Part(
                path="/v1/marketdata",
                params={
                    "start": f"{midnight(start, CLOCK).timestamp() * 1_000:.0f}",
                    "end": f"{midnight(end + timedelta(days=1), CLOCK).timestamp() * 1_000:.0f}",
                },
                read=partial(read, start=start, end=end),
            )
            for start, end in whole_days(*order.span(CLOCK), DAYS_PER_PIECE)
        ]

    return Feed(
        provider=source,
        kind=DAY_AHEAD,
        zones={zone: zone},
        currency="EUR",
        clock=CLOCK,
        parts=parts,
        days_words="hours",
    )


GERMANY, AUSTRIA = "awattar_de", "awattar"
FEEDS = (_feed(GERMANY, "DE-LU"), _feed(AUSTRIA, "AT"))
PROBES = (
    probe(FEEDS[0], "DE-LU", "Day-ahead power prices"),
    probe(FEEDS[1], "AT", "Day-ahead power prices"),
)
