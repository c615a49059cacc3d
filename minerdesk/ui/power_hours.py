"""The hours of the months as the window shows them: mean price, and how often mining stands still."""

from dataclasses import replace
from functools import partial

import numpy as np

from minerdesk import words
from minerdesk.economics.prices import HOURS_A_DAY, HoursOfMonths, hours_of_months
from minerdesk.ui.charts.export import Plate
from minerdesk.ui.charts.heatmap import Side
from minerdesk.ui.charts.hours import HoursSpec, paint_hours
from minerdesk.ui.charts.model import Cell, Floats
from minerdesk.ui.power import rate_words
from minerdesk.ui.power_study import Study

_NO_TIMES = (
    "These prices carry no times, so nothing is known of their hours: a bundled year is a duration curve. "
    "Import a file of prices with times, or fetch a day-ahead market: “Get prices”."
)
_NOT_DISPATCHED = "Without a breakeven in dollars nothing is known of standstill. {reason}"
#: Up to this share of the hours small differences are worth a colour of their own.
_LADDER_BELOW = 0.4
_NONE = Side(role="muted", words="")


def hours_of(study: Study) -> HoursOfMonths | None:
    """Return the prices of a study by hour and month, in dollars if there is a rate; None without times.

    Prices are the market's. Mining stands still where a MWh costs too much under the contract, which may be another.
    """
    market = study.market
    if market.times is None:
        return None
    rate = study.usd_per_unit
    hours = np.broadcast_to(np.asarray(market.hours, dtype=np.float64), market.times.shape)
    found = hours_of_months(market.times, hours, market.prices_per_mwh * (rate or 1.0), zone=market.zone)
    if study.site is None or study.stop_at_usd_per_mwh is None:
        return found
    costs = study.site.tariff.span.prices_usd_per_mwh
    stopped = hours_of_months(market.times, hours, costs, zone=market.zone, stop_at=study.stop_at_usd_per_mwh)
    return replace(found, stopped_fraction=stopped.stopped_fraction)


def price_spec(study: Study | None, months: HoursOfMonths | None) -> HoursSpec:
    """Return the map of mean prices: around the breakeven if it is known, else around their own mean."""
    if study is None or months is None:
        return _empty("Mean price by hour and month", _NO_TIMES)
    values = months.mean_price
    stop_at = study.stop_at_usd_per_mwh if study.usd_per_unit is not None else None
    if stop_at is not None:
        origin = stop_at
        below = Side(role="mining", words=f"cheaper than the breakeven of {words.general(stop_at)} {study.unit}")
        above = Side(role="cost", words="dearer")
    else:
        origin = float(np.nansum(values * months.hours) / months.hours.sum())
        below = Side(role="network", words=f"cheaper than the mean of {words.general(origin)} {study.unit}")
        above = Side(role="warning", words="dearer")
    dear, cheap = (_place(int(found)) for found in (np.nanargmax(values), np.nanargmin(values)))
    title = (
        f"{study.market.label}: dearest in {_when(*dear)}, {words.general(float(values[dear]))} {study.unit}; "
        f"cheapest in {_when(*cheap)}, {words.general(float(values[cheap]))}"
    )
    return HoursSpec(
        title=title,
        caption=_caption(study, months, "Mean prices, weighted by time."),
        summary=f"{title}.",
        x_title=_x_title(months, f"mean price, {study.unit}"),
        values=values,
        origin=origin,
        below=below,
        above=above,
        written=partial(words.figure, decimals=0),
        stepped=lambda step: words.figure(step, 0 if step == 0 or abs(step) >= 1 else 2, signed=step != 0),
        describe=partial(_describe, study, months),
    )


def stopped_spec(study: Study | None, months: HoursOfMonths | None) -> HoursSpec:
    """Return the map of the share of hours with a price above the breakeven."""
    title = "Standstill by hour and month"
    if study is None or months is None:
        return _empty(title, _NO_TIMES)
    shares = months.stopped_fraction
    if shares is None:
        foreign = study.usd_per_unit is None
        reason = f"Type a rate of {study.market.currency}." if foreign else "Type a hashprice under Network."
        return _empty(title, _NOT_DISPATCHED.format(reason=reason))
    most = _place(int(np.nanargmax(shares)))
    overall = float(np.nansum(shares * months.hours) / months.hours.sum())
    if overall > 0:
        told = f"most often in {_when(*most)}, {words.percent(float(shares[most]))}"
        title = (
            f"{study.market.label}: the price is above the breakeven in {words.percent(overall)} of the hours, {told}"
        )
    else:
        title = f"{study.market.label}: no hour is dearer than the breakeven, mining never stands still"
    return HoursSpec(
        title=title,
        caption=_caption(study, months, "Share of the hours in which a MWh costs more than mining earns with it."),
        summary=f"{title}.",
        x_title=_x_title(months, "share of hours, %"),
        values=shares * 100,
        ladder=float(np.nanmax(shares)) < _LADDER_BELOW,
        below=_NONE,
        above=Side(role="cost", words="mining stands still"),
        written=partial(words.figure, decimals=0),
        stepped=lambda step: f"{step:g} %",
        describe=partial(_describe, study, months),
    )


def _empty(title: str, text: str) -> HoursSpec:
    return HoursSpec(title=title, values=np.empty((0, 0)), below=_NONE, above=_NONE, empty_text=text)


def _caption(study: Study, months: HoursOfMonths, what: str) -> str:
    market = study.market
    years = "" if months.hours.sum() <= 8_784 else " All years together."
    return " ".join([f"{what}{years}", market.source, *rate_words(study)])


def _x_title(months: HoursOfMonths, what: str) -> str:
    return f"Hour of the day by its beginning, {clock_words(months.zone)} · {what}"


def clock_words(zone: str) -> str:
    """Say on which clock: the zone's name, or UTC with an offset."""
    return zone if zone[:1].isalpha() else f"UTC{zone}"


def _place(number: int) -> tuple[int, int]:
    return divmod(number, HOURS_A_DAY)


def _when(month: int, hour: int) -> str:
    return f"{words.month(month + 1)} {hour:02}–{(hour + 1) % HOURS_A_DAY:02} h"


def _describe(study: Study, months: HoursOfMonths, month: int, hour: int) -> str:
    hours = float(months.hours[month, hour])
    where = f"{_when(month, hour)} ({clock_words(months.zone)})"
    if hours == 0:
        return f"{where}: no prices"
    span = words.with_unit(words.figure(hours, 0 if hours >= 10 else 2), "h")
    told = f"{where}: {words.general(float(months.mean_price[month, hour]))} {study.unit} on average"
    if months.stopped_fraction is None:
        return f"{told} over {span}"
    return f"{told}, mining stands still in {words.percent(float(months.stopped_fraction[month, hour]))} of {span}"


def hours_table(study: Study | None, months: HoursOfMonths | None) -> tuple[list[str], list[list[Cell]]]:
    """Return both maps as rows: month, hour, mean price, share of standstill, hours that they stand on."""
    unit = study.unit if study else "$/MWh"
    header = ["Month", "Hour", f"Mean price ({unit})", "Standstill (% of hours)", "Hours"]
    if months is None:
        return header, []
    rows: list[list[Cell]] = []
    for month in range(months.hours.shape[0]):
        for hour in range(months.hours.shape[1]):
            stopped = None if months.stopped_fraction is None else _cell(months.stopped_fraction * 100, month, hour)
            mean = _cell(months.mean_price, month, hour)
            rows.append([words.month(month + 1), f"{hour:02}", mean, stopped, float(months.hours[month, hour])])
    return header, rows


def _cell(values: Floats, month: int, hour: int) -> float | None:
    value = float(values[month, hour])
    return value if np.isfinite(value) else None


def plates(study: Study | None) -> tuple[Plate, ...]:
    """Return both maps as pictures of a page, or the one that can be drawn."""
    months = hours_of(study) if study is not None else None
    specs = [price_spec(study, months), stopped_spec(study, months)]
    drawn = [spec for spec in specs if not spec.is_empty] or specs[:1]
    return tuple(Plate(title=spec.title, caption=spec.caption, paint=partial(paint_hours, spec=spec)) for spec in drawn)
