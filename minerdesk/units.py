"""Named units and the exact factors between them.

Inside the program every quantity has one base unit, written into its name (``price_usd_per_mwh``). This module holds
the constants that formulas share and the display units that the edge (fields, exports) may offer. It imports nothing.
"""

from dataclasses import dataclass

HOURS_PER_DAY = 24
HOURS_PER_YEAR = 8_760
HOURS_PER_MONTH = 730
MONTHS_PER_YEAR = 12
SECONDS_PER_DAY = 86_400
KW_PER_MW = 1_000

HASHES_PER_DIFFICULTY = 2**32
BLOCK_SECONDS = 600
BLOCKS_PER_EPOCH = 2_016
BLOCKS_PER_HALVING = 210_000
BLOCKS_PER_DAY = 144
SATS_PER_BTC = 100_000_000

H_PER_TH = 1e12
H_PER_PH = 1e15
H_PER_EH = 1e18
TH_PER_PH = 1_000
DIFFICULTY_PER_T = 1e12


@dataclass(frozen=True, kw_only=True)
class DisplayUnit:
    """A unit that a person may choose for a quantity.

    ``shown = base * factor``. The factors are exact in decimal, so a value typed in one unit and shown in another
    comes back as it was typed.
    """

    label: str
    factor: float


#: The display units of each base unit that has more than one. The first is the default.
DISPLAY_UNITS: dict[str, tuple[DisplayUnit, ...]] = {
    "$/MWh": (
        DisplayUnit(label="$/MWh", factor=1.0),
        DisplayUnit(label="$/kWh", factor=0.001),
        DisplayUnit(label="¢/kWh", factor=0.1),
    ),
    "J/TH": (DisplayUnit(label="J/TH", factor=1.0), DisplayUnit(label="W/TH", factor=1.0)),
    "fraction": (DisplayUnit(label="%", factor=100.0),),
    "fraction of rent": (DisplayUnit(label="% of rent", factor=100.0),),
    "fraction a year": (DisplayUnit(label="% a year", factor=100.0),),
}

#: A difficulty has no unit of its own; on screen it is counted in units of 1e12.
DIFFICULTY_UNIT = DisplayUnit(label="T", factor=1e-12)

HASHPRICE_UNIT = "$/PH/day"


def display_units(base_unit: str, *, btc_price_usd: float | None = None) -> tuple[DisplayUnit, ...]:
    """Return the units in which `base_unit` may be shown; a unit with no alternatives is shown as it is.

    A hashprice may be shown in satoshis too, ``sats = usd / btc_price_usd * 1e8``, as long as the price is known.

    >>> [unit.label for unit in display_units("J/TH")]
    ['J/TH', 'W/TH']
    >>> [unit.label for unit in display_units("$/PH/day", btc_price_usd=100_000.0)]
    ['$/PH/day', 'sats/PH/day']
    """
    own = DISPLAY_UNITS.get(base_unit, (DisplayUnit(label=base_unit, factor=1.0),))
    if base_unit == HASHPRICE_UNIT and btc_price_usd:
        return (*own, DisplayUnit(label="sats/PH/day", factor=SATS_PER_BTC / btc_price_usd))
    return own


def preferred_unit(units: tuple[DisplayUnit, ...], label: str | None) -> DisplayUnit:
    """Return the unit of `units` that was chosen by its label, or the first one if it is not among them.

    >>> preferred_unit(display_units("$/MWh"), "¢/kWh").factor, preferred_unit(display_units("MW"), None).label
    (0.1, 'MW')
    """
    return next((unit for unit in units if unit.label == label), units[0])


def btc_from_sats(sats: float) -> float:
    """Convert satoshis to BTC (1 BTC = 1e8 sat)."""
    return sats / SATS_PER_BTC


def sats_from_btc(btc: float) -> float:
    """Convert BTC to satoshis (1 BTC = 1e8 sat)."""
    return btc * SATS_PER_BTC
