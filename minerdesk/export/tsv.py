"""Rows for the clipboard: tab-separated, as a spreadsheet takes them, and nothing in them that it would run."""

import re
from collections.abc import Iterable

from minerdesk.export.csv_file import guarded
from minerdesk.export.tables import one_line

#: A number as people read it: it may begin with a sign, and a spreadsheet can run nothing of it.
_NUMBER = re.compile(r"[+-]?[\d.,\u2009\u202f\u00a0 ]*\d[\d.,]*(e[+-]?\d+)?\s?%?", re.IGNORECASE)


def to_tsv(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as lines of cells; None is an empty cell, a text is one line, an apostrophe stands before a formula.

    >>> to_tsv([["Site", "$"], ["=1+1", -2.5], ["a\\tb", None], ["-3 %", "-3+A1"]]).splitlines()
    ['Site\\t$', "'=1+1\\t-2.5", 'a b\\t', "-3 %\\t'-3+A1"]
    """
    return "\n".join("\t".join(map(_cell, row)) for row in rows)


def _cell(cell: object) -> str:
    if cell is None:
        return ""
    text = " ".join(one_line(str(cell)).split())
    return text if _NUMBER.fullmatch(text) else guarded(text)
