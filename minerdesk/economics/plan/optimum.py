"""How many MW to convert: the best share of the site under its caps."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HybridOptimum:
    """The MW of AI and of mining that are worth most under the caps.

    Attributes
    ----------
    ai_npv_usd_per_mw, mining_npv_usd_per_mw
        What a MW is worth, converted by the typed phases or kept mining: the model is linear in them.
    capex_usd_per_mw
        What converting a MW costs to build.
    npv_usd, gain_usd
        Of the whole site at the optimum, and how much more that is than mining on with all of it.
    binding
        What keeps the optimum from more: site, convertible_share, interconnection, capital_limit, or value where a MW
        of AI is worth no more than a MW of mining.
    words
        The same as a sentence.
    """

    ai_mw: float
    mining_mw: float
    share_fraction: float
    ai_npv_usd_per_mw: float
    mining_npv_usd_per_mw: float
    capex_usd_per_mw: float
    npv_usd: float
    gain_usd: float
    binding: str
    words: str
