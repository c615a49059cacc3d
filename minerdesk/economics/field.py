"""What a declaration of an input says: one :class:`Field` each, whatever the page that it is typed on."""

from dataclasses import dataclass

#: What an input may hold. None is "not typed", and only optional fields accept it; text is the value of a choice.
Value = float | bool | str | None

ASSUMPTION = "assumption: no public figure found"
REFERENCE = "reference case: an S21-class fleet"

#: The page of the inputs that always stand beside the charts.
DESK = "desk"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the values that a choice may take: as files and the command line write it, and as people read it."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """The declaration of one input: a number, a switch (its default is true or false) or a choice.

    Attributes
    ----------
    bounds
        Hard bounds, both ends allowed: outside them the model has no meaning and the value is refused.
    plausible
        Outside them the value is used, with a warning.
    page
        The page of the window on which it is typed; those of the desk stand beside every page.
    optional
        Whether None is allowed; it means "take the observed or computed value", or no cap.
    featured
        Whether the field stands open in its form instead of in a folded group.
    choices
        What a choice may be; numbers and switches have none.
    whole
        Whether a number has to be whole: another would be rounded without a word.
    """

    key: str
    label: str
    unit: str = ""
    default: Value
    bounds: tuple[float, float] = (0, 1)
    plausible: tuple[float, float] = (0, 1)
    step: float = 1
    help: str
    origin: str
    group: str
    page: str = DESK
    optional: bool = False
    featured: bool = False
    choices: tuple[Choice, ...] = ()
    whole: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether the input is yes or no."""
        return isinstance(self.default, bool)

    @property
    def is_choice(self) -> bool:
        """Whether the input is one of a few named values."""
        return bool(self.choices)

    @property
    def is_number(self) -> bool:
        """Whether the input is a number, which can be solved for and varied."""
        return not (self.is_switch or self.is_choice)

    def choice(self, value: Value) -> Choice | None:
        """Return the choice that `value` names, or None."""
        return next((choice for choice in self.choices if choice.value == value), None)
