"""The plan put at risk: what a run stands on, made from the planner's case, and the run itself."""

from dataclasses import dataclass, replace

from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.drivers import Drivers, base_drivers
from minerdesk.economics.plan.inputs import DifficultyMode
from minerdesk.economics.plan.strategies import Strategy, cash_flows
from minerdesk.economics.plan.worth import discount_factors
from minerdesk.economics.results import Business
from minerdesk.economics.risk.drivers import Floats, Terms
from minerdesk.economics.risk.inputs import Driver, Risk
from minerdesk.economics.risk.simulation import Cancelled, Model, OnProgress, RiskResult, simulate
from minerdesk.economics.risk.volatility import Volatility

#: A quick look, made without being asked for.
QUICK_PATHS = 1_000

_RENT = "Rents are by contract: GPU rate and utilisation move nothing here."
_FOLLOWS = "Difficulty follows the price with the elasticity and lag of the plan, where it follows the typed path too."

_STOPS = "Mining stops while it doesn’t pay, which is worth more the more prices move: its mean may lie above the plan."


@dataclass(frozen=True, kw_only=True)
class RiskCase:
    """Everything that a run stands on: the planner's case, with the user's word on risk in it, and the volatilities."""

    plan: PlanCase
    volatility: tuple[Volatility, ...]

    @property
    def risk(self) -> Risk:
        """What is typed of risk; where the plan's own difficulty follows the price, in the way that it does there."""
        risk, plan = self.plan.inputs.risk, self.plan.inputs.plan
        if plan.difficulty_mode != DifficultyMode.FEEDBACK:
            return risk
        return replace(
            risk,
            difficulty_elasticity=plan.difficulty_elasticity,
            difficulty_lag_months=plan.difficulty_lag_months,
        )

    @property
    def paths(self) -> int:
        """The paths of a full run."""
        return int(self.risk.paths)

    @property
    def quick_paths(self) -> int:
        """The paths of a quick look, no more than those of a full run."""
        return min(QUICK_PATHS, self.paths)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of this case, in words: what doesn't move, and which of two inputs holds."""
        plan = self.plan.inputs.plan
        return (
            *self.plan.notes,
            *([_RENT] if self.plan.business is not Business.GPU_CLOUD else []),
            *([_STOPS] if plan.stops_at_a_loss else []),
            *([_FOLLOWS] if plan.difficulty_mode == DifficultyMode.FEEDBACK else []),
        )

    def same_but_for_paths(self, other: "RiskCase") -> bool:
        """Whether both differ in nothing but how many paths are drawn."""
        return self._without_paths() == other._without_paths()

    def _without_paths(self) -> "RiskCase":
        inputs = self.plan.inputs
        return replace(self, plan=replace(self.plan, inputs=replace(inputs, risk=replace(inputs.risk, paths=0.0))))

    def terms(self) -> Terms:
        """Return what shapes the paths. Raises InputError where the typed correlations contradict each other."""
        volatility: dict[Driver, Volatility] = {found.driver: found for found in self.volatility}
        return Terms.of(self.risk, volatility)

    def model(self) -> Model[Drivers]:
        """Return the planner's monthly model; cash is discounted at the plan's own rate."""

        def cash_usd(drivers: Drivers) -> dict[str, Floats]:
            return {strategy.value: flows.cash_usd for strategy, flows in cash_flows(self.plan, drivers).items()}

        return Model(
            base=base_drivers(self.plan),
            cash_usd=cash_usd,
            discount=discount_factors(self.plan.inputs.plan.discount_rate, self.plan.months + 1),
            mining=Strategy.KEEP_MINING.value,
        )


def run(
    case: RiskCase,
    paths: int | None = None,
    *,
    on_progress: OnProgress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> RiskResult | None:
    """Run a case: as many paths as are typed, or `paths`. None if it was cancelled.

    Raises
    ------
    InputError
        The typed correlations contradict each other.
    """
    return simulate(
        case.model(),
        case.terms(),
        paths=paths or case.paths,
        seed=int(case.risk.seed),
        on_progress=on_progress,
        cancelled=cancelled,
    )
