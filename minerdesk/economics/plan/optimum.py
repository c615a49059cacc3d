"""How many MW to convert: the best share of the site under its caps."""

from dataclasses import dataclass

from minerdesk import words
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.plan.phases import mw_words


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


def hybrid_optimum(
    inputs: Inputs, *, ai_npv_usd_per_mw: float, mining_npv_usd_per_mw: float, capex_usd_per_mw: float
) -> HybridOptimum:
    """Return the MW of AI and of mining that are worth most.

    A linear model: every MW of AI is worth the same, every MW of mining too, and what stands still is worth nothing::

        maximise   ai_npv * x + mining_npv * y
        subject to x + y <= site,  x <= convertible share of it,  x <= interconnection,  capex * x <= capital limit,
                   x, y >= 0

    So AI takes all that the tightest cap allows if a MW of it is worth more than the better of mining and nothing, and
    else none; mining takes the rest if it is worth anything.
    """
    site, plan = inputs.site.capacity_mw, inputs.plan
    limits = {"site": site, "convertible_share": site * plan.convertible_fraction}
    if plan.interconnection_mw is not None:
        limits["interconnection"] = plan.interconnection_mw
    if plan.capital_limit_usd is not None and capex_usd_per_mw > 0:
        limits["capital_limit"] = plan.capital_limit_usd / capex_usd_per_mw
    gain = ai_npv_usd_per_mw - max(mining_npv_usd_per_mw, 0.0)
    binding = min(limits, key=lambda name: limits[name]) if gain > 0 else "value"
    ai_mw = limits[binding] if gain > 0 else 0.0
    mining_mw = site - ai_mw if mining_npv_usd_per_mw >= 0 else 0.0
    npv = ai_npv_usd_per_mw * ai_mw + mining_npv_usd_per_mw * mining_mw
    return HybridOptimum(
        ai_mw=ai_mw,
        mining_mw=mining_mw,
        share_fraction=ai_mw / site,
        ai_npv_usd_per_mw=ai_npv_usd_per_mw,
        mining_npv_usd_per_mw=mining_npv_usd_per_mw,
        capex_usd_per_mw=capex_usd_per_mw,
        npv_usd=npv,
        gain_usd=npv - mining_npv_usd_per_mw * site,
        binding=binding,
        words=_words(inputs, ai_mw, binding, ai_npv_usd_per_mw, mining_npv_usd_per_mw),
    )


def _words(inputs: Inputs, ai_mw: float, binding: str, ai_npv: float, mining_npv: float) -> str:
    site, plan = inputs.site.capacity_mw, inputs.plan
    each = f"{words.money(ai_npv)} a MW converted against {words.money(mining_npv)} a MW mining on"
    if binding == "value":
        still = " Neither pays: standing still loses less." if mining_npv < 0 else ""
        return f"Convert nothing: {each}, in net present value.{still}"
    caps = {
        "site": "the whole site, and no cap binds",
        "convertible_share": f"all of the convertible share of {words.percent(plan.convertible_fraction)} of the site",
        "interconnection": f"all that the firm interconnection of {mw_words(plan.interconnection_mw or 0.0)} allows",
        "capital_limit": f"all that the capital limit of {words.money(plan.capital_limit_usd)} builds",
    }
    size = f"{mw_words(ai_mw)}, {words.percent(ai_mw / site, decimals=0)} of the site"
    return f"Convert {size}: {caps[binding]}; {each}, in net present value."
