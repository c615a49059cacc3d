"""The sentence: it names the winner, what each use keeps, and the numbers that would turn it."""

from typing import Any

import pytest

from minerdesk import words
from minerdesk.economics import schema
from minerdesk.economics.results import NetworkState, evaluate, network_state
from minerdesk.economics.verdict import verdict


def network(hashprice: float | None = 39.53) -> NetworkState:
    return network_state(
        difficulty=None,
        btc_price_usd=None,
        subsidy_btc=None,
        fees_btc_per_block=None,
        typed_hashprice_usd_per_ph_day=hashprice,
    )


def said(state: NetworkState | None = None, **values: Any) -> str:
    inputs = schema.build({key.replace("__", "."): value for key, value in values.items()})
    return words.plain(verdict(inputs, evaluate(inputs, state or network())).text)


def test_the_reference_case_in_words() -> None:
    assert said() == (
        "GPU cloud keeps $2.10 M per MW-year after capital, the sunk fleet $333 k, powered shell $209 k and colocation "
        "$166 k. GPU cloud falls behind mining below 2.38 $/GPU-h; colocation overtakes mining above 171 $/kW-month or "
        "below a hashprice of 30.80 $/PH/day."
    )


def test_who_is_ahead_turns_the_words_round() -> None:
    text = said(gpu__rate_usd_per_gpu_hour=1.0, colo__rent_usd_per_kw_month=200.0)
    assert text.startswith("Colocation keeps")
    assert "GPU cloud overtakes mining above 2.38 $/GPU-h" in text
    assert "colocation falls behind mining below 171 $/kW-month or above a hashprice of" in text
    assert "GPU cloud loses $" in text


def test_a_bought_fleet_is_called_one() -> None:
    assert "a newly bought fleet" in said(mining__asic_price_usd_per_th=25.7)


def test_when_nothing_covers_its_cost_that_is_said_first() -> None:
    text = said(
        power__price_usd_per_mwh=400.0,
        gpu__rate_usd_per_gpu_hour=0.5,
        colo__power_passed_through=False,
        shell__power_passed_through=False,
    )
    assert text.startswith("No use of this megawatt covers its cost")
    assert text.count("loses") == 4


def test_without_a_hashprice_mining_is_left_out_and_said_to_be() -> None:
    text = said(network(None))
    assert "fleet" not in text
    assert "Mining can't be judged" in text


@pytest.mark.parametrize(
    ("values", "words_said"),
    [
        ({"gpu__utilisation_fraction": 0.0}, "no GPU rate brings the cloud level with mining"),
        ({"colo__opex_fraction_of_rent": 1.0, "colo__capex_usd_per_it_mw": 9e7}, "no rent brings colocation level"),
        (
            {"power__price_usd_per_mwh": 4000.0, "colo__capex_usd_per_it_mw": 0.0},
            "colocation falls behind mining above a hashprice of",
        ),
    ],
)
def test_where_there_is_no_turning_point_none_is_invented(values: dict[str, Any], words_said: str) -> None:
    assert words_said.lower() in said(**values).lower()
