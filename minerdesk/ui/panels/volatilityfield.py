"""The rows of volatilities: estimated from the loaded history, with its window, or the user's own value instead."""

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from minerdesk.economics.declarations import Field
from minerdesk.economics.risk.volatility import Origin, Volatility
from minerdesk.snapshot import Snapshot
from minerdesk.ui import quantity
from minerdesk.ui.fieldparts import Note
from minerdesk.ui.fields import QuantityField
from minerdesk.ui.theme import Theme

_ICONS = {Origin.TYPED: ("pencil", "accent"), Origin.ESTIMATED: ("clock", "muted"), Origin.ASSUMED: ("help", "warning")}


class VolatilityField(QuantityField):
    """A volatility that is estimated unless one is typed: the estimate stands where a number would, with its origin."""

    def __init__(self, field: Field, shown: Theme, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(field, shown, label, parent)
        self.state = Note(self)
        self.grid.addWidget(self.state, 2, 1, 1, 3)

    def render_snapshot(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> None:
        """Show what is typed, or what is estimated."""
        super().render_snapshot(snapshot, unit_labels)
        found = next((one for one in snapshot.risk_volatilities().values() if _key(one) == self.field.key), None)
        if found is None:
            return
        self.edit.setPlaceholderText(quantity.rounded(found.value, self.unit, 1))
        icon, role = _ICONS[found.origin]
        text = found.origin_words
        self.state.say(text[:1].upper() + text[1:], self.theme, icon=icon, role="muted", icon_role=role)

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        super().restyle(shown)
        self.state.restyle(shown)


def _key(found: Volatility) -> str:
    return f"risk.{found.driver.value}_volatility"
