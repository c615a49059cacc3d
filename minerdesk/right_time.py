"""The program's clock held against the time that providers state: corrected where it is wrong, and said."""

from datetime import timedelta

from minerdesk import clock, words
from minerdesk.errors import Problem, Severity
from minerdesk.sources.skew import Skew

#: The clock is corrected in steps of this at least: replies differ by some seconds.
CLOCK_STEP = timedelta(seconds=60)
CLOCK_FIELD = "clock"


def set_clock_right(skew: Skew) -> timedelta:
    """Correct the program's clock by what the replies say, and return by how much it was off until now.

    A frozen clock is left alone, and so is one that only a single host doubts.
    """
    behind, known = skew.behind(), clock.correction()
    if clock.frozen_at() is not None or abs(behind - known) < CLOCK_STEP or not skew.sure:
        return timedelta(0)
    clock.correct(behind)
    return behind - known


def clock_problem(skew: Skew | None) -> Problem | None:
    """Say that this computer's clock is wrong, what is done about it and what can be; None if it seems right."""
    behind = timedelta(0) if skew is None or clock.frozen_at() is not None else skew.behind()
    if not behind:
        return None
    span = words.age(abs(behind) + timedelta(seconds=30))
    which = "behind" if behind > timedelta(0) else "ahead of"
    by_whom = "Ages are counted by their time until it is right."
    if not clock.correction():
        by_whom = "Only one of them says so, so ages are still counted by this computer’s clock."
    message = (
        f"This computer’s clock is {span} {which} the time that providers state. {by_whom} Check date and time of "
        "this computer."
    )
    return Problem(field=CLOCK_FIELD, severity=Severity.WARNING, message=message)
