"""One case of the model in which any number may be changed: what solving, mapping and the tornado stand on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from minerdesk import words
from minerdesk.economics.declarations import FIELDS, Field
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.results import Business, BusinessResult, NetworkState, business_results, network_state
from minerdesk.economics.schema import validate
from minerdesk.errors import InputError, Problem, Severity
from minerdesk.units import DIFFICULTY_UNIT, DisplayUnit, display_units

#: The businesses that mining is compared with, and the prefix of their inputs' keys.
RIVALS: Mapping[Business, str] = {
    Business.GPU_CLOUD: "gpu",
    Business.COLOCATION: "colo",
    Business.POWERED_SHELL: "shell",
}

#: (from this size on, so many decimals are written).
_DECIMALS = ((1_000.0, 0), (100.0, 1), (10.0, 2), (1.0, 3))
_HASHPRICE = "network.hashprice_usd_per_ph_day"


def numeric_field(key: str) -> Field:
    """Return the declaration of a number among the inputs.

    Raises
    ------
    InputError
        The key is unknown (with the nearest one suggested), or the input is a switch.
    """
    field = FIELDS.get(key)
    if field is None:
        problem = validate({key: None})[0]
    elif not field.is_number:
        kind = "a switch, true or false" if field.is_switch else "a choice"
        problem = Problem(
            field=key,
            severity=Severity.ERROR,
            message=f"{field.label} ({key}) is {kind}; choose an input that is a number.",
        )
    else:
        return field
    raise InputError(problem.message, problems=(problem,))


def keys_of_comparison(rival: Business) -> tuple[str, ...]:
    """Return the numbers that can enter the comparison of `rival` with mining per MW-year.

    The other businesses' inputs don't, nor does the site's size: a MW-year is worth the same on any site.
    """
    parts = {"power", "mining", "network", RIVALS[rival]}
    return tuple(key for key, field in FIELDS.items() if key.split(".")[0] in parts and field.is_number)


def shown_unit(field: Field) -> DisplayUnit:
    """Return the unit in which an input is written for people: percent for fractions, T for difficulty."""
    return DIFFICULTY_UNIT if field.key == "network.difficulty" else display_units(field.unit)[0]


def number_words(field: Field, value: float | None) -> str:
    """Write a value of an input in its shown unit, without the unit.

    >>> number_words(FIELDS["gpu.utilisation_fraction"], 0.85), number_words(FIELDS["colo.capex_usd_per_it_mw"], 1e7)
    ('85', '10\\u202fM')
    >>> number_words(FIELDS["gpu.rate_usd_per_gpu_hour"], 2.384704), number_words(FIELDS["network.difficulty"], 1.4e14)
    ('2.38', '140')
    """
    if value is None:
        return words.NOTHING
    shown = value * shown_unit(field).factor
    size = abs(shown)
    if size >= 1e6:
        factor, letter = (1e12, "T") if size >= 1e12 else (1e9, "B") if size >= 1e9 else (1e6, "M")
        return words.with_unit(_trimmed(words.figure(shown / factor, 2)), letter)
    if "$" in field.unit and 0.1 <= size < 100:
        return words.figure(shown, 0 if round(shown, 2).is_integer() else 2)
    decimals = next((count for least, count in _DECIMALS if size >= least), 4)
    return _trimmed(words.figure(shown, decimals))


def value_words(field: Field, value: float | None) -> str:
    """Write a value of an input with its unit."""
    return words.with_unit(number_words(field, value), shown_unit(field).label)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, kw_only=True)
class Case:
    """Inputs on a state of the network, as the model takes them.

    `network` holds what is believed, typed values among it; `inputs.network` says which of them were typed.
    """

    inputs: Inputs
    network: NetworkState

    def value(self, key: str) -> float | None:
        """Return what the number `key` is today: typed, observed or computed; None if unknown."""
        part, name = key.split(".", 1)
        value = getattr(self.network if part == "network" else getattr(self.inputs, part), name)
        return None if value is None else float(value)

    def with_values(self, values: Mapping[str, float]) -> "Case":
        """Return the case with other numbers in place; a network value counts as typed, hashprice follows from it.

        The values are not checked against their bounds; keep to them.
        """
        inputs = self.inputs
        for key, value in values.items():
            part, name = key.split(".", 1)
            inputs = replace(inputs, **{part: replace(getattr(inputs, part), **{name: value})})
        if inputs.network is self.inputs.network:
            return Case(inputs=inputs, network=self.network)
        typed, known = inputs.network, self.network
        network = network_state(
            difficulty=known.difficulty if typed.difficulty is None else typed.difficulty,
            btc_price_usd=known.btc_price_usd if typed.btc_price_usd is None else typed.btc_price_usd,
            subsidy_btc=known.subsidy_btc if typed.subsidy_btc is None else typed.subsidy_btc,
            fees_btc_per_block=known.fees_btc_per_block
            if typed.fees_btc_per_block is None
            else typed.fees_btc_per_block,
            typed_hashprice_usd_per_ph_day=typed.hashprice_usd_per_ph_day,
        )
        return Case(inputs=inputs, network=network)

    def is_overridden(self, key: str) -> bool:
        """Whether a typed hashprice takes the place of what would be computed from `key`."""
        return (
            key.startswith("network.")
            and key != _HASHPRICE
            and self.inputs.network.hashprice_usd_per_ph_day is not None
        )

    def advantage(self, rival: Business) -> "Advantage | None":
        """Return what `rival` keeps beyond mining; None without a hashprice, for mining can't be judged then."""
        found = business_results(self.inputs, self.network)
        mined = found.get(Business.MINING)
        return None if mined is None else Advantage.of(found[rival], mined)


@dataclass(frozen=True)
class Advantage:
    """What one business keeps beyond another, and the size of the sums that it is the difference of.

    Attributes
    ----------
    usd_per_mw_year
        After capital, per MW of meter capacity and year.
    gross_usd_per_mw_year
        Revenue and costs of both added up by size: rounding errors of the difference are as large as 1e-15 of it.
    """

    usd_per_mw_year: float
    gross_usd_per_mw_year: float

    @classmethod
    def of(cls, one: BusinessResult, other: BusinessResult) -> "Advantage":
        """Subtract `other` from `one`."""
        return cls(one.after_capital_usd_per_mw_year - other.after_capital_usd_per_mw_year, _gross(one) + _gross(other))


def _gross(result: BusinessResult) -> float:
    per_mwh = (
        abs(result.revenue_usd_per_mwh)
        + abs(result.power_cost_usd_per_mwh)
        + abs(result.opex_usd_per_mwh)
        + abs(result.capital_usd_per_mwh)
    )
    return per_mwh * result.mwh_per_year / result.mw
