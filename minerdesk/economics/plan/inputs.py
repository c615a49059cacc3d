"""What may be typed of a plan: frozen, keyword-only, units in the names. Declared in the modules beside it."""

from dataclasses import dataclass
from enum import StrEnum


class DifficultyMode(StrEnum):
    """How difficulty moves on from today's."""

    GROWTH = "growth"
    FEEDBACK = "feedback"


class CapexCurve(StrEnum):
    """When the capital of a phase is spent while it is built."""

    UP_FRONT = "up_front"
    EVEN = "even"
    S_CURVE = "s_curve"


class Grace(StrEnum):
    """What a loan costs while its phase is built."""

    NONE = "none"
    INTEREST_ONLY = "interest_only"
    CAPITALISED = "capitalised"


class Depreciation(StrEnum):
    """How capital is written off."""

    STRAIGHT_LINE = "straight_line"
    DECLINING = "declining"
    MACRS = "macrs"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan: what takes the place of mining, how prices move on, how it is built, what caps it.

    A cap of None is no cap.
    """

    business: str
    horizon_years: float
    discount_rate: float

    btc_growth_fraction_a_year: float
    difficulty_mode: str
    difficulty_growth_fraction_a_year: float
    difficulty_elasticity: float
    difficulty_lag_months: float
    hash_leaving_fraction: float
    hash_leaving_months: float
    fees_growth_fraction_a_year: float
    power_escalation_fraction_a_year: float
    stops_at_a_loss: bool
    asic_refresh_years: float
    asic_refresh_usd_per_th: float
    asic_refresh_gain_fraction: float
    asic_resale_usd_per_th: float
    asic_resale_decline_fraction_a_year: float
    resold_fraction: float
    interruption_credit_usd_per_kw_year: float

    lease_delay_months: float
    ramp_months: float
    rent_escalator_fraction_a_year: float
    prepaid_months: float
    prepaid_credit_months: float
    term_years: float
    renewal_fraction: float
    renewal_rent_ratio: float
    take_or_pay_fraction: float
    gpu_take_or_pay_fraction: float
    gpu_rate_decay_fraction_a_year: float
    gpu_refresh: bool
    gpu_refresh_cost_fraction: float
    gpu_refresh_rate_ratio: float

    capex_curve: str
    mines_while_building_fraction: float
    decommissioning_usd_per_mw: float
    salvage_fraction: float

    interconnection_mw: float | None
    convertible_fraction: float
    capital_limit_usd: float | None

    @property
    def months(self) -> int:
        """Months of the horizon."""
        return max(1, round(12 * self.horizon_years))


@dataclass(frozen=True, kw_only=True)
class Debt:
    """A loan on the capital of each phase; `enabled` false leaves it out."""

    enabled: bool
    share_fraction: float
    rate: float
    tenor_years: float
    grace: str
    minimum_dscr: float


@dataclass(frozen=True, kw_only=True)
class Tax:
    """Tax on income; `enabled` false leaves it out."""

    enabled: bool
    rate: float
    depreciation: str
    life_years: float
    declining_factor: float
    loss_carry_forward: bool
    loss_limit_fraction: float
