"""The declarations of the page "Risk": simulation, volatility, response and correlation."""

from functools import partial

from minerdesk.economics.field import ASSUMPTION, Choice, Field
from minerdesk.economics.risk.inputs import PAIRS, Centre, Driver, pair_key

PAGE = "risk"
SIMULATION, VOLATILITY, RESPONSE, CORRELATION = "Simulation", "Volatility", "Response", "Correlation"
ESTIMATED = "estimated from the loaded history"
LEAST_PATHS, MOST_PATHS = 100, 100_000

_field = partial(Field, page=PAGE)
_simulation = partial(_field, group=SIMULATION, featured=True)
_volatility = partial(
    _field, group=VOLATILITY, unit="fraction a year", default=None, optional=True, bounds=(0, 5), step=0.05
)
_response = partial(_field, group=RESPONSE, origin=ASSUMPTION)

_SIMULATION = [
    _simulation(
        key="risk.paths",
        whole=True,
        label="Paths",
        default=10_000.0,
        bounds=(LEAST_PATHS, MOST_PATHS),
        plausible=(1_000, MOST_PATHS),
        step=1_000,
        help="Futures that a full run draws, a whole number. Four times as many halve the error of every figure.",
        origin="a probability good to half a percentage point",
    ),
    _simulation(
        key="risk.seed",
        whole=True,
        label="Seed",
        default=1.0,
        bounds=(0, 2**31 - 1),
        plausible=(0, 2**31 - 1),
        step=1,
        help="Where the random numbers begin, a whole number. The same seed and inputs give the same figures.",
        origin="any number",
    ),
    _simulation(
        key="risk.centre",
        label="Centre of the paths",
        default=Centre.MEAN.value,
        choices=(
            Choice(
                value=Centre.MEAN.value,
                label="Plan as their mean",
                help="The average of all futures is the plan’s path; rare high ones pull it above most of them.",
            ),
            Choice(
                value=Centre.MEDIAN.value,
                label="Plan as their median",
                help="Half of the futures lie above the plan’s path; their average lies above it too.",
            ),
        ),
        help="Prices move by factors, so their mean lies above their median. Say which of both the plan stands for.",
        origin="a plan is what is expected",
    ),
]

_VOLATILITY = [
    _volatility(
        key="risk.btc_volatility",
        label="BTC price volatility",
        plausible=(0.2, 1.2),
        help="Standard deviation of a year’s change of the logarithm of the price. Empty: of the last three years.",
        origin=ESTIMATED,
    ),
    _volatility(
        key="risk.difficulty_volatility",
        label="Difficulty volatility",
        plausible=(0.05, 0.6),
        help="How far difficulty moves by itself, beside what follows the price. Empty: of the last three years.",
        origin=ESTIMATED,
    ),
    _volatility(
        key="risk.gpu_rate_volatility",
        label="GPU rate volatility",
        plausible=(0.05, 0.9),
        help="How far the rate moves around its typed decay. 0 for a rate fixed by contract. Empty: of bundled months.",
        origin=ESTIMATED,
    ),
    _volatility(
        key="risk.power_volatility",
        label="Power price volatility",
        plausible=(0, 0.8),
        help="How far the all-in price moves. 0 for a fixed contract. Empty: of the bundled market years.",
        origin=ESTIMATED,
    ),
    _field(
        key="risk.utilisation_swing_fraction",
        label="Utilisation swing",
        unit="fraction",
        default=0.05,
        bounds=(0, 0.5),
        plausible=(0, 0.2),
        step=0.01,
        help="Standard deviation of utilisation around the plan’s in the long run, within 0 to 1; 0.05 is five points.",
        origin=ASSUMPTION,
        group=VOLATILITY,
    ),
]

_RESPONSE = [
    _response(
        key="risk.difficulty_elasticity",
        label="Difficulty follows the price by",
        unit="fraction",
        default=0.7,
        bounds=(0, 1.5),
        plausible=(0, 1),
        step=0.05,
        help="Share of an unforeseen move of the BTC price that difficulty takes over; 1 undoes it for hashprice.",
    ),
    _response(
        key="risk.difficulty_lag_months",
        label="Difficulty’s lag",
        unit="months",
        default=6.0,
        bounds=(0, 60),
        plausible=(1, 24),
        step=1,
        help="Months until 63 % of that share has been taken over: machines have to be bought, or switched off.",
    ),
    _response(
        key="risk.difficulty_half_life_years",
        label="Half-life of difficulty’s own moves",
        unit="years",
        default=3.0,
        bounds=(0, 50),
        plausible=(0, 10),
        step=1,
        help="Years until half of a move of difficulty’s own has faded. 0: it never fades.",
    ),
    _response(
        key="risk.gpu_rate_half_life_years",
        label="Half-life of GPU rate moves",
        unit="years",
        default=0.0,
        bounds=(0, 50),
        plausible=(0, 10),
        step=0.5,
        help="Years until half of a move of the GPU rate has faded back to its decay path. 0: it never fades.",
    ),
    _response(
        key="risk.utilisation_half_life_years",
        label="Half-life of utilisation moves",
        unit="years",
        default=0.5,
        bounds=(0.01, 50),
        plausible=(0.1, 5),
        step=0.25,
        help="Years until half of a move of utilisation has faded.",
    ),
    _response(
        key="risk.power_half_life_years",
        label="Half-life of power price moves",
        unit="years",
        default=2.0,
        bounds=(0, 50),
        plausible=(0, 10),
        step=0.5,
        help="Years until half of a move of the power price has faded. 0: it never fades.",
    ),
]

#: The pairs that move together by default; the others are independent.
_TOGETHER = {(Driver.BTC, Driver.GPU_RATE): 0.1, (Driver.GPU_RATE, Driver.UTILISATION): 0.5}


def _correlation(one: Driver, other: Driver) -> Field:
    name = f"{one.label} and {other.label}"
    return _field(
        key=pair_key(one, other),
        label=name[:1].upper() + name[1:],
        default=_TOGETHER.get((one, other), 0.0),
        bounds=(-1, 1),
        plausible=(-0.9, 0.9),
        step=0.1,
        help="Correlation of both shocks of a month, from -1 to 1; 0 is independent. All ten have to hold together.",
        origin=ASSUMPTION,
        group=CORRELATION,
    )


RISK_FIELDS: tuple[Field, ...] = (
    *_SIMULATION,
    *_VOLATILITY,
    *_RESPONSE,
    *(_correlation(one, other) for one, other in PAIRS),
)
