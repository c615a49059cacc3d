"""The network's trend as plain tables: figures, epochs, indicators by day, published hashprices, January 2026."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from minerdesk import words
from minerdesk.economics import casestudy, epochs, indicators, published
from minerdesk.economics.casestudy import CaseRow, Measure
from minerdesk.economics.history import Values
from minerdesk.economics.market import Market
from minerdesk.economics.trend import NetworkTrend
from minerdesk.export.tables import Cell, Chart, ChartKind, Column, Kind, Table
from minerdesk.network_report import NetworkView, network_object, network_view, pools_object
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS

FIGURES, EPOCHS, DAYS, PUBLISHED, CASE = "Network", "Epochs", "Indicators", "Published", "January 2026"

EPOCHS_NOTE = (
    "2,015 intervals of an epoch's 2,016 blocks are measured against 2,016 * 600 s, from a quarter to four times."
)
PUBLISHED_NOTES = (
    "Agrees: within 1 % of the formula on its own stated terms, or within 3 % of the record of its day.",
    "Inconsistent: the value doesn't follow from its own terms. Old difficulty: not the one in force that day.",
    "What a source states of now agrees within 5 % of ours and its rounding.",
)


def deck_tables(snapshot: Snapshot, as_of: date | None = None) -> tuple[Table, ...]:
    """Return every table of the trend as of the end of a UTC day, or as of now."""
    view = network_view(snapshot, as_of)
    return (
        figures_table(snapshot, view),
        epochs_table(view),
        indicators_table(view),
        published_table(checked_points(snapshot, view)),
        case_table(case_rows(snapshot, view)),
    )


def as_of_words(view: NetworkView) -> str:
    """Say as of when the record is taken."""
    if view.as_of is None:
        return f"As of {words.day_and_time(view.moment)} UTC"
    return f"As known at the end of {words.day(view.as_of)} (UTC), inputs of today"


# -- figures ----------------------------------------------------------------------------------------------------------


def figures_table(snapshot: Snapshot, view: NetworkView) -> Table:
    """Return the newest figures, one a row, with unit, date and what is assumed."""
    told, found = network_object(snapshot, view), view.figures
    progress, halving = found.progress, found.halving
    retarget = progress.retarget if progress else None
    assumed = f"assumed: {view.fleet_efficiency_j_per_th:g} J/TH for all machines"
    rows: list[tuple[str, Cell, str, str]] = [
        ("BTC price", found.price_usd, "$/BTC", f"record to {told['price_date']}" if told["price_date"] else ""),
        ("Difficulty", found.difficulty, "", "in force"),
        ("Hash rate implied by difficulty", found.implied_hashrate_eh_s, "EH/s", "difficulty * 2^32 / 600 s"),
        *(
            (f"Hash rate observed, {days}-day mean", value, "EH/s", f"to {told['hashrate_date']}")
            for days, value in found.hashrate_eh_s.items()
        ),
        ("Peak of the 7-day mean", told["peak_hashrate_7d_eh_s"], "EH/s", told["peak_date"] or ""),
        ("Distance from the peak", found.drawdown_fraction, "fraction", "negative below the peak"),
        ("Next retarget, change", retarget.change_fraction if retarget else None, "fraction", "estimate"),
        ("Next retarget, one standard error", retarget.band_fraction if retarget else None, "fraction", "luck"),
        ("Next retarget, block", progress.next_retarget_height if progress else None, "", _date(retarget)),
        ("Next halving, blocks left", halving.blocks_left if halving else None, "", _halving_words(halving)),
        ("Hashprice", found.hashprice_usd_per_ph_day, "$/PH/day", "expected under FPPS"),
        ("Hashprice", found.hashprice_btc_per_ph_day, "BTC/PH/day", "expected under FPPS"),
        ("Fee share", found.fee_share, "fraction", "of a block's reward"),
        ("Puell multiple", found.puell_multiple, "", "issuance in USD over its mean of 365 days"),
        ("Security budget", told["security_usd_per_day"], "$/day", "subsidy and fees, mean of 7 days"),
        ("Security budget", told["security_share_of_market_cap_per_year"], "fraction of market cap a year", ""),
        ("Security budget", told["security_usd_per_mwh"], "$/MWh", assumed),
        *_match_rows(view),
        *_attack_rows(view),
        ("Catalogue under water", view.under_water, "fraction", f"at {view.terms.power_usd_per_mwh:g} $/MWh all-in"),
        *_pool_rows(snapshot, view),
        ("Open interest", told["open_interest_usd"], "$", told["open_interest_covers"] or "no source"),
        ("Open interest, change over 30 days", told["open_interest_change_30d"], "fraction", "within one venue"),
    ]
    state = ("Hash ribbons", None, "", f"{told['ribbon_state'] or 'unknown'} since {told['ribbon_since'] or 'unknown'}")
    rows.insert(9, state)
    return Table(
        name=FIGURES,
        title="The network's trend",
        columns=(
            Column(key="figure", title="Figure", kind=Kind.TEXT),
            Column(key="value", title="Value"),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="note", title="Note", kind=Kind.TEXT),
        ),
        rows=tuple(rows),
        notes=(words.plain(f"{as_of_words(view)}."), "An empty value is not known at that moment."),
    )


def _date(retarget: object) -> str:
    found = getattr(retarget, "date", None)
    return f"about {found:%Y-%m-%d %H:%M} UTC" if isinstance(found, datetime) else ""


def _halving_words(halving: epochs.Halving | None) -> str:
    return f"block {halving.height}, about {halving.date:%Y-%m-%d}, ten minutes a block" if halving else ""


def _match_rows(view: NetworkView) -> list[tuple[str, Cell, str, str]]:
    rows: list[tuple[str, Cell, str, str]] = []
    for when, matches in (("today", view.matches()), ("after the next halving", view.matches(after_halving=True))):
        for business, match in matches.items():
            bid = f"{match.ai_usd_per_mwh:,.1f} $/MWh gross"
            name = f"Mining equals {business.label.lower().replace('gpu', 'GPU')} {when}"
            fees = "" if match.fees_btc_per_block is not None else "; the subsidy alone pays as much"
            rows.append((f"{name}, BTC price", match.btc_price_usd, "$/BTC", bid))
            rows.append((f"{name}, fees", match.fees_btc_per_block, "BTC/block", bid + fees))
    return rows


def _attack_rows(view: NetworkView) -> list[tuple[str, Cell, str, str]]:
    cost, terms = view.attack_cost, view.attack
    if cost is None:
        return [("Attack, machines and energy", None, "$", "no hash rate is known")]
    note = (
        f"assumed: {terms.share:.0%} of all hash rate, {terms.asic_usd_per_th:g} $/TH new, "
        f"{terms.efficiency_j_per_th:g} J/TH, {terms.power_usd_per_mwh:g} $/MWh, {terms.hours:g} h; "
        "resale, sites and what is earned meanwhile left out"
    )
    return [
        ("Attack, machines", cost.hardware_usd, "$", note),
        ("Attack, energy", cost.energy_usd, "$", f"{cost.energy_mwh:,.0f} MWh"),
    ]


def _pool_rows(snapshot: Snapshot, view: NetworkView) -> list[tuple[str, Cell, str, str]]:
    pools = pools_object(snapshot) if view.as_of is None else None
    if pools is None:
        note = "not kept for past days" if view.as_of is not None else "not observed"
        return [("Pools, Herfindahl index", None, "", note)]
    return [
        ("Pools, Herfindahl index", pools["hhi"], "", "sum of squared shares of a week's blocks"),
        ("Pools that together have 51 %", pools["pools_for_51_percent"], "pools", "a pool is no owner"),
        ("Largest pool", pools["largest_share"], "fraction", pools["detail"]),
    ]


# -- epochs -----------------------------------------------------------------------------------------------------------


def epochs_table(view: NetworkView) -> Table:
    """Return every difficulty epoch with its adjustment, oldest first."""
    return Table(
        name=EPOCHS,
        title="Difficulty epochs and their adjustments",
        columns=(
            Column(key="start", title="Began", unit="UTC", kind=Kind.DATETIME),
            Column(key="height", title="First block", decimals=0),
            Column(key="difficulty_t", title="Difficulty", unit="T", decimals=2),
            Column(key="change_fraction", title="Adjustment", unit="fraction", decimals=4),
            Column(key="implied_hashrate_eh_s", title="Implied hash rate", unit="EH/s", decimals=1),
            Column(key="days", title="Length", unit="days", decimals=2),
            Column(key="seconds_per_block", title="Time per block", unit="s", decimals=1),
        ),
        rows=tuple(
            (
                epoch.start,
                epoch.height,
                epoch.difficulty / 1e12,
                epoch.change_fraction,
                epoch.implied_hashrate_eh_s,
                epoch.days,
                epoch.seconds_per_block,
            )
            for epoch in epochs.epochs_table(view.trend.difficulty, view.trend.heights)
        ),
        notes=(
            EPOCHS_NOTE,
            words.plain(f"{as_of_words(view)}."),
        ),
    )


# -- indicators by day ------------------------------------------------------------------------------------------------

_NUMBERS: tuple[tuple[Column, Callable[[NetworkTrend, NetworkView], Values]], ...] = (
    (Column(key="hashrate_eh_s", title="Hash rate", unit="EH/s", decimals=1), lambda t, _: t.hashrate.values),
    (Column(key="hashrate_7d_eh_s", title="7-day mean", unit="EH/s", decimals=1), lambda t, _: t.means[7]),
    (Column(key="hashrate_30d_eh_s", title="30-day mean", unit="EH/s", decimals=1), lambda t, _: t.means[30]),
    (Column(key="hashrate_60d_eh_s", title="60-day mean", unit="EH/s", decimals=1), lambda t, _: t.means[60]),
    (Column(key="blocks_per_day", title="Blocks", unit="per day", decimals=0), lambda t, _: t.blocks),
    (Column(key="price_usd", title="BTC price", unit="$/BTC", decimals=2), lambda t, _: t.price_usd),
    (
        Column(key="hashprice_usd_per_ph_day", title="Hashprice", unit="$/PH/day", decimals=2),
        lambda t, _: _on_days(t, t.hashprice_usd),
    ),
    (
        Column(key="hashprice_btc_per_ph_day", title="Hashprice", unit="BTC/PH/day", decimals=8),
        lambda t, _: _on_days(t, t.hashprice_btc),
    ),
    (Column(key="fee_share", title="Fee share", unit="fraction", decimals=4), lambda t, _: t.fee_share),
    (Column(key="puell_multiple", title="Puell multiple", decimals=3), lambda t, _: t.puell),
    (Column(key="security_usd_per_day", title="Security", unit="$/day", decimals=0), lambda t, _: t.security_usd),
    (
        Column(key="security_share_per_year", title="Security", unit="of cap a year", decimals=5),
        lambda t, _: t.security_share,
    ),
    (
        Column(key="security_usd_per_mwh", title="Security", unit="$/MWh", decimals=1),
        lambda t, v: t.security_usd_per_mwh(v.fleet_efficiency_j_per_th),
    ),
    (
        Column(key="catalogue_under_water", title="Catalogue under water", unit="fraction", decimals=3),
        lambda t, v: _on_days(t, indicators.share_under_water(v.machines, t.price.times, t.hashprice_usd, v.terms)),
    ),
)


def _on_days(trend: NetworkTrend, values: Values) -> Values:
    """Return values at the times of the price as they lie on the days of the hash rate."""
    place = np.minimum(np.searchsorted(trend.price.times, trend.hashrate.times), max(len(values) - 1, 0))
    if len(values) == 0:
        return np.full(len(trend.hashrate), np.nan)
    return np.where(trend.price.times[place] == trend.hashrate.times, values[place], np.nan)


def indicators_table(view: NetworkView) -> Table:
    """Return the indicators on one row a day of the hash rate, oldest first; absent is empty."""
    trend = view.trend
    dates: list[Cell] = [datetime.fromtimestamp(int(t), UTC).date() for t in trend.hashrate.times]
    states: list[Cell] = [state.value if state else "" for state in trend.ribbons.states]
    sources: list[Cell] = [trend.hashrate.source_names[index] for index in trend.hashrate.source_index]
    return Table(
        name=DAYS,
        title="Indicators by day",
        columns=(
            Column(key="date", title="Date", unit="UTC", kind=Kind.DATE),
            *(column for column, _ in _NUMBERS),
            Column(key="ribbon_state", title="Hash ribbons", kind=Kind.TEXT),
            Column(key="hashrate_source", title="Hash rate source", kind=Kind.TEXT),
        ),
        rows=tuple(zip(dates, *(list(of(trend, view)) for _, of in _NUMBERS), states, sources, strict=True)),
        notes=(
            "A day is dated by its start and known once it is over; a bundled week stands on its Sunday.",
            "Ribbons: capitulation while the 30-day mean is under the 60-day mean; recovery from the cross back until "
            "the level of the fall is regained.",
            f"Security per MWh assumes {view.fleet_efficiency_j_per_th:g} J/TH for all machines, then as now.",
            words.plain(f"{as_of_words(view)}."),
        ),
        chart=Chart(kind=ChartKind.LINE, category="date", values=("hashrate_7d_eh_s",), title="Hash rate, EH/s"),
    )


# -- published hashprices ---------------------------------------------------------------------------------------------


def checked_points(snapshot: Snapshot, view: NetworkView) -> tuple[published.Checked, ...]:
    """Return the built-in points and the user's own, held against formula and record; of now what sources state too."""
    own = published.read_rows(snapshot.tables.get("published", ()))
    past = published.checked((*published.BUILT_IN, *own), view.trend)
    if view.as_of is not None:
        return past
    stated = [(PROVIDERS[one.source].label, one) for one in snapshot.stated_hashprices() if one.source in PROVIDERS]
    return (*past, *published.stated_now(stated, view.trend, view.figures.hashprice_usd_per_ph_day))


def published_table(found: tuple[published.Checked, ...]) -> Table:
    """Return every published point with our value, the error and the verdict."""
    return Table(
        name=PUBLISHED,
        title="Published hashprices, held against formula and record",
        columns=(
            Column(key="day", title="Day", unit="UTC", kind=Kind.DATE),
            Column(key="published_usd_per_ph_day", title="Published", unit="$/PH/day", decimals=2),
            Column(key="from_stated_usd_per_ph_day", title="Ours, on its terms", unit="$/PH/day", decimals=2),
            Column(key="stated_error", title="Error", unit="fraction", decimals=4),
            Column(key="from_record_usd_per_ph_day", title="Ours, of that day", unit="$/PH/day", decimals=2),
            Column(key="record_error", title="Error of that day", unit="fraction", decimals=4),
            Column(key="verdict", title="Verdict", kind=Kind.TEXT),
            Column(key="reason", title="Reason", kind=Kind.TEXT),
            Column(key="difficulty_t", title="Stated difficulty", unit="T", decimals=2),
            Column(key="btc_price_usd", title="Stated price", unit="$/BTC", decimals=0),
            Column(key="fee_share", title="Stated fee share", unit="fraction", decimals=4),
            Column(key="source", title="Source", kind=Kind.TEXT),
        ),
        rows=tuple(
            (
                one.point.day,
                one.point.hashprice_usd_per_ph_day,
                one.from_stated,
                one.stated_error,
                one.from_record,
                one.record_error,
                one.judgement.value,
                words.plain(one.reason),
                None if one.point.difficulty is None else one.point.difficulty / 1e12,
                one.point.btc_price_usd,
                one.point.fee_share,
                f"{one.point.source} (own)".strip() if one.point.is_own else one.point.source,
            )
            for one in found
        ),
        notes=PUBLISHED_NOTES,
    )


# -- January 2026 -----------------------------------------------------------------------------------------------------


def case_rows(snapshot: Snapshot, view: NetworkView) -> tuple[CaseRow, ...]:
    """Return the case of January 2026 from what is known at the view's moment, nothing later than its end."""
    trend = view.trend
    if view.moment > casestudy.END:
        trend = NetworkTrend.of(snapshot.trends.series, casestudy.END)
    market = Market.of(snapshot.trends.series, trend)
    reaching = (one.interest for one in market.venues if casestudy.reaches(one.interest))
    shown = market.shown.interest if market.shown else None
    return casestudy.case_rows(trend, next(reaching, shown))


def case_sentence(found: Sequence[CaseRow], moment: datetime) -> str:
    """Say how many of the published figures hold, and why others can't be told."""
    held = sum(row.finding in (casestudy.Finding.HOLDS, casestudy.Finding.NEARLY) for row in found)
    failed = sum(row.finding is casestudy.Finding.FAILS for row in found)
    unknown = sum(row.finding is casestudy.Finding.UNKNOWN for row in found)
    said = f"{held} {'figure holds or nearly does' if held == 1 else 'figures hold or nearly do'}, "
    said += f"{failed} {'does' if failed == 1 else 'do'} not"
    if not unknown:
        return f"{said}."
    # Before the month was over a row may lack its record because its day had not come: a refresh won't bring it.
    why = "not known by then" if moment < casestudy.END else "not in the record (F5 fetches it)"
    return f"{said}; {unknown} {'is' if unknown == 1 else 'are'} {why}."


def case_value(value: float | None, measure: Measure) -> str:
    """Write a number of the case for people."""
    if value is None:
        return words.NOTHING
    if measure is Measure.MONTH:
        moment = datetime.fromtimestamp(value, UTC)
        return f"{words.month(moment.month)} {moment.year}"
    if measure is Measure.FRACTION:
        return words.percent(value, change=True)
    if measure is Measure.EH_S:
        return words.with_unit(words.figure(value, 1), "EH/s")
    return words.usd(value) if measure is Measure.USD and value < 1e6 else words.money(value)


def case_table(found: tuple[CaseRow, ...]) -> Table:
    """Return the case: each figure as published, as the record has it, and whether it holds."""
    return Table(
        name=CASE,
        title=casestudy.TITLE,
        columns=(
            Column(key="figure", title="Figure", kind=Kind.TEXT),
            Column(key="published", title="Published", kind=Kind.TEXT),
            Column(key="record", title="Record", kind=Kind.TEXT),
            Column(key="record_day", title="Record of", unit="UTC", kind=Kind.DATE),
            Column(key="finding", title="Finding", kind=Kind.TEXT),
            Column(key="note", title="Note", kind=Kind.TEXT),
            Column(key="published_value", title="Published, as a number"),
            Column(key="record_value", title="Record, as a number"),
            Column(key="measure", title="Measure", kind=Kind.TEXT),
        ),
        rows=tuple(
            (
                row.figure,
                words.plain(case_value(row.published, row.measure)),
                words.plain(case_value(row.record, row.measure)),
                None if row.record_day_s is None else datetime.fromtimestamp(row.record_day_s, UTC).date(),
                row.finding.value,
                words.plain(row.note),
                row.published,
                row.record,
                row.measure.value,
            )
            for row in found
        ),
        notes=(words.plain(casestudy.CAUTION),),
    )


def last_day(view: NetworkView) -> date:
    """Return the last UTC day that the view may know."""
    return (view.moment - timedelta(seconds=1)).date()
