"""The result in one sentence per MW-year after capital, and the numbers that would turn it."""

from dataclasses import dataclass

from minerdesk import words
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.results import Breakevens, Business, BusinessResult, Results


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`headline` says who keeps what; `turns` says at which numbers the order changes. Plain text, for people."""

    headline: str
    turns: str

    @property
    def text(self) -> str:
        """Return both as one text."""
        return f"{self.headline} {self.turns}".strip()


def verdict(inputs: Inputs, results: Results) -> Verdict:
    """Put the ranking and its turning points into words.

    Special cases: without a hashprice mining is left out, and said to be; if even the best loses, that is said first.
    """
    best, *others = results.ranking()
    rest = _listed([f"{_name(result, inputs)} {_kept(result)}" for result in others])
    if best.after_capital_usd_per_mw_year >= 0:
        headline = f"{_capitalised(_name(best, inputs))} keeps {_kept(best)} per MW-year after capital, {rest}."
    else:
        headline = (
            "No use of this megawatt covers its cost after capital: per MW-year "
            f"{_name(best, inputs)} {_kept(best)}, {rest}."
        )
    if Business.MINING not in results.businesses:
        return Verdict(headline=headline, turns="Mining can’t be judged: no hashprice is known at this date. Type one.")
    turns = [_gpu_turn(results), _colocation_turn(results)]
    return Verdict(headline=headline, turns=_capitalised("; ".join(turn for turn in turns if turn)) + ".")


def _name(result: BusinessResult, inputs: Inputs) -> str:
    if result.business is Business.MINING:
        return "the sunk fleet" if inputs.mining.asic_price_usd_per_th == 0 else "a newly bought fleet"
    name = result.business.label
    return name if name.startswith("GPU") else name.lower()


def _kept(result: BusinessResult) -> str:
    """Write what is left; a loss is said as one, for a lone minus sign is easily overlooked."""
    kept = result.after_capital_usd_per_mw_year
    return words.money(kept) if kept >= 0 else f"loses {words.money(-kept)}"


def _gpu_turn(results: Results) -> str:
    rate = results.breakevens.gpu_rate_usd_per_gpu_hour
    ahead = _ahead_of_mining(results, Business.GPU_CLOUD)
    if rate is None:
        return "GPU cloud is ahead of mining at any rate" if ahead else "no GPU rate brings the cloud level with mining"
    price = words.with_unit(words.figure(rate, 2), "$/GPU-h")
    return f"GPU cloud falls behind mining below {price}" if ahead else f"GPU cloud overtakes mining above {price}"


def _colocation_turn(results: Results) -> str:
    ahead = _ahead_of_mining(results, Business.COLOCATION)
    points = _colocation_points(results.breakevens, ahead=ahead)
    if not points:
        return "colocation is ahead of mining at any rent" if ahead else "no rent brings colocation level with mining"
    return f"colocation {'falls behind mining' if ahead else 'overtakes mining'} {' or '.join(points)}"


def _colocation_points(breakevens: Breakevens, *, ahead: bool) -> list[str]:
    rent_side, hashprice_side = ("below", "above") if ahead else ("above", "below")
    points = []
    if breakevens.colo_rent_usd_per_kw_month is not None:
        rent = words.with_unit(words.figure(breakevens.colo_rent_usd_per_kw_month), "$/kW-month")
        points.append(f"{rent_side} {rent}")
    if breakevens.hashprice_equal_to_colocation_usd_per_ph_day is not None:
        level = words.hashprice(breakevens.hashprice_equal_to_colocation_usd_per_ph_day)
        points.append(f"{hashprice_side} a hashprice of {words.with_unit(level, '$/PH/day')}")
    return points


def _ahead_of_mining(results: Results, business: Business) -> bool:
    mined = results.businesses[Business.MINING].after_capital_usd_per_mw_year
    return results.businesses[business].after_capital_usd_per_mw_year > mined


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
