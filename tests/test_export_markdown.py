"""Markdown: aligned, rounded for people, unable to break its table."""

import re

import pytest
from sample_workbook import PAYLOADS, comparison, history, observations, workbook

from minerdesk.export.markdown import to_markdown
from minerdesk.export.tables import Column, Table

EXPECTED = """\
# Mining and AI hosting, per MWh

As of 2026-01-16 12:00 UTC.

- Before income tax
- power.price_usd_per_mwh = 50

## What a MWh earns

| Business   | Revenue ($/MWh) | After capital ($/MWh) |
| :--------- | --------------: | --------------------: |
| Mining     |           98.61 |                -12.50 |
| GPU cloud  |        1,234.57 |                  0.30 |
| Colocation |          240.00 |                       |

- Colocation passes its power through
"""


def test_the_whole_text():
    assert to_markdown(workbook(comparison())) == EXPECTED


def test_dates_times_and_undecorated_numbers():
    text = to_markdown(workbook(observations(), history()))
    assert re.search(r"\| btc_price_usd +\| 95546\.25 \| \$/BTC +\| 2026-01-16 11:58 UTC \| coinbase +\|", text)
    assert re.search(r"\| 2026-01-14 \| +\|", text)


def test_a_loss_that_rounds_to_nothing_has_no_minus():
    columns = (Column(key="a", title="A", decimals=2), Column(key="b", title="B", decimals=0))
    text = to_markdown(workbook(Table(name="T", title="T", columns=columns, rows=((-0.0001, 3),))))
    assert "| 0.00 |    3 |" in text


@pytest.mark.parametrize(
    "payload", [*PAYLOADS, "a|b", "back\\|slash", "<img src=x>", "[a](https://example.invalid)", "`x`"]
)
def test_no_text_breaks_out_of_its_cell(payload):
    text = to_markdown(workbook(comparison(labels=(payload,))))
    row = next(line for line in text.splitlines() if "98.61" in line)
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 4
    assert not re.search(r"(?<!\\)(?:\\\\)*[<\[`*]", row)
