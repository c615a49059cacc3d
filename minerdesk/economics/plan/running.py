"""The running sum of a plan's monthly cash: what has been laid out and come back by each month."""

import numpy as np

from minerdesk.economics.plan.drivers import Floats
from minerdesk.economics.plan.worth import discount_factors


def running_usd(cash_usd: Floats, rate_a_year: float = 0.0) -> Floats:
    """Return the sum of cash up to and with each month, discounted to today; months are the last axis.

    ``sum over j <= k of cash_j * (1 + r)^(-j / 12)``. Special case: at a rate of 0 it is the plain sum; its end is the
    net present value at any rate.

    >>> running_usd(np.array([-100.0, 60.0, 60.0])).tolist()
    [-100.0, -40.0, 20.0]
    """
    summed: Floats = np.cumsum(cash_usd * discount_factors(rate_a_year, cash_usd.shape[-1]), axis=-1)
    return summed
