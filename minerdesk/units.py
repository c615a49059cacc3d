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
}


def display_units(base_unit: str) -> tuple[DisplayUnit, ...]:
    """Return the units in which `base_unit` may be shown; a unit with no alternatives is shown as it is.

    >>> [unit.label for unit in display_units("J/TH")]
    ['J/TH', 'W/TH']
    """
    return DISPLAY_UNITS.get(base_unit, (DisplayUnit(label=base_unit, factor=1.0),))


def btc_from_sats(sats: float) -> float:
    """Convert satoshis to BTC (1 BTC = 1e8 sat)."""
    return sats / SATS_PER_BTC


def sats_from_btc(btc: float) -> float:
    """Convert BTC to satoshis (1 BTC = 1e8 sat)."""
    return btc * SATS_PER_BTC
