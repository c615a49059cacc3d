"""JSON: strict, in order, times with a Z."""

import json
from collections import OrderedDict
from datetime import UTC, date, datetime
from math import inf, nan

import numpy as np
import pytest

from minerdesk.errors import ExportError, Severity
from minerdesk.export.json_file import to_json


def test_everything_a_result_is_made_of():
    content = OrderedDict(
        as_of=datetime(2026, 1, 16, 12, tzinfo=UTC),
        day=date(2026, 1, 15),
        hashprice_usd_per_ph_day=np.float64(41.0625),
        height=np.int64(932_456),
        breakeven=None,
        powered=True,
        severity=Severity.WARNING,
        unit="¢/kWh",
        rows=(1, (2.5, "x")),
    )
    data = to_json(content)
    assert data.endswith(b"}\n")
    assert "¢/kWh".encode() in data
    assert list(json.loads(data).items()) == [
        ("as_of", "2026-01-16T12:00:00Z"),
        ("day", "2026-01-15"),
        ("hashprice_usd_per_ph_day", 41.0625),
        ("height", 932_456),
        ("breakeven", None),
        ("powered", True),
        ("severity", "warning"),
        ("unit", "¢/kWh"),
        ("rows", [1, [2.5, "x"]]),
    ]


@pytest.mark.parametrize("number", [nan, inf, -inf, np.float64("nan")])
def test_a_number_that_json_cannot_hold_is_refused_by_its_place(number):
    with pytest.raises(ExportError, match=r"^businesses\.mining\[1\] is -?(nan|inf)"):
        to_json({"businesses": {"mining": [1.0, number]}})


@pytest.mark.parametrize("content", [{"a": object()}, {"a": {1, 2}}, {"a": datetime(2026, 1, 16)}])  # noqa: DTZ001 - the case
def test_what_json_has_no_form_for_is_refused(content):
    with pytest.raises(TypeError):
        to_json(content)


def test_half_a_surrogate_pair_does_not_stop_an_export():
    assert json.loads(to_json({"name": "site \ud83d"})) == {"name": "site ?"}
