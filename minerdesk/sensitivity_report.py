"""The sensitivity of the decision as a table of a workbook: each AI business against mining, input by input."""

from minerdesk.economics.case import RIVALS, Case
from minerdesk.economics.sensitivity import RANGES_NOTE, swings
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.snapshot import Snapshot


def sensitivity_table(snapshot: Snapshot) -> Table:
    """Return what each input alone does to the difference, widest swing first; no rows without a hashprice."""
    case = Case(inputs=snapshot.inputs, network=snapshot.results.network)
    rows: list[tuple[Cell, ...]] = [
        (
            rival.label,
            swing.field.label,
            swing.field.unit,
            swing.low,
            swing.today,
            swing.high,
            swing.at_low_usd_per_mw_year,
            swing.at_high_usd_per_mw_year,
        )
        for rival in RIVALS
        for swing in swings(case, rival)
    ]
    return Table(
        name="Sensitivity",
        title="What moves the difference between AI and mining",
        columns=(
            Column(key="business", title="Business", kind=Kind.TEXT),
            Column(key="input", title="Input", kind=Kind.TEXT),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="low", title="Low"),
            Column(key="today", title="Today"),
            Column(key="high", title="High"),
            Column(key="at_low_usd_per_mw_year", title="Less mining at low", unit="$/MW-year", decimals=0),
            Column(key="at_high_usd_per_mw_year", title="Less mining at high", unit="$/MW-year", decimals=0),
        ),
        rows=tuple(rows),
        notes=("What the business keeps less what mining keeps, per MW-year after capital.", RANGES_NOTE),
    )
