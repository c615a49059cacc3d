"""The rows of the network: what is observed or computed, with its state and age, or the user's own value instead."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.desk import TYPED_QUANTITIES
from minerdesk.economics.declarations import Field
from minerdesk.economics.schema import Value
from minerdesk.observations import State
from minerdesk.snapshot import Snapshot
from minerdesk.ui import quantity, theme
from minerdesk.ui.fieldparts import BUTTON_ICON_PX, Note, rich
from minerdesk.ui.fields import QuantityField
from minerdesk.ui.panels.provenance import Standing, described_in, gravest, standing_in
from minerdesk.ui.theme import Theme

SUBSIDY, HASHPRICE = "network.subsidy_btc", "network.hashprice_usd_per_ph_day"

#: Decimals of a value that is shown and not typed. Satoshis have none.
_DECIMALS = {
    "network.btc_price_usd": 0,
    "network.difficulty": 2,
    "network.fees_btc_per_block": 4,
    SUBSIDY: 8,
    HASHPRICE: 2,
}
_UNKNOWN = "not known at this date · lock to type one"


def network_value(key: str, snapshot: Snapshot) -> float | None:
    """Return the value of the network input `key` that the results stand on, in its base unit."""
    network = snapshot.results.network
    return {
        "network.btc_price_usd": network.btc_price_usd,
        "network.difficulty": network.difficulty,
        "network.fees_btc_per_block": network.fees_btc_per_block,
        SUBSIDY: network.subsidy_btc,
        HASHPRICE: network.hashprice_usd_per_ph_day,
    }[key]


def network_standing(key: str, snapshot: Snapshot) -> tuple[Standing, list[str]]:
    """Return how much that value can be relied on, and the same at length, a line each.

    Special cases: the subsidy stands and falls with the block height, a computed hashprice with the gravest of its
    parts. A typed value has the moment at which it was typed.
    """
    if snapshot.values[key] is not None:
        at = snapshot.typed_at.get(key, snapshot.now)
        text = f"typed {words.day_and_time(at)}"
        return Standing(icon="pencil", role="accent", text=text, brief=text), ["Your own value. Times are UTC."]
    parts = [snapshot.observations[name] for name in _parts(key) if name in snapshot.observations]
    found = gravest(parts, snapshot.now)
    if found is None or network_value(key, snapshot) is None:
        return Standing(icon="warning", role="warning", text=_UNKNOWN, brief=""), ["Refresh, or lock and type one."]
    said = standing_in(snapshot, found, *_parts(key))
    if key == SUBSIDY:
        said = replace(said, text=f"from block height · {said.text}")
    elif key == HASHPRICE:
        typed = found.state(snapshot.now) is State.MANUAL
        said = replace(said, text="computed with your own value" if typed else f"computed · {said.text}")
    return said, [line for part in parts for line in described_in(snapshot, part)]


def _parts(key: str) -> tuple[str, ...]:
    if key in TYPED_QUANTITIES:
        return (TYPED_QUANTITIES[key],)
    return ("tip_height",) if key == SUBSIDY else ("btc_price_usd", "difficulty", "fees_btc_per_block", "tip_height")


class NetworkField(QuantityField):
    """A value that comes from the network unless the user types one.

    The lock in the margin takes the present value over, to be edited; pressed again it gives it back.
    """

    _observed: float | None = None
    _opened = False
    _drawn_locked: bool | None = None

    def __init__(self, field: Field, shown: Theme, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(field, shown, label, parent)
        self.state = Note(self)
        self.grid.addWidget(self.state, 2, 1, 1, 3)
        self.margin_button.setCheckable(True)
        self.margin_button.setAccessibleName(f"Lock {field.label}")
        self._show_margin_button(None)

    @property
    def is_locked(self) -> bool:
        """Whether the user's own value counts, or is about to be typed."""
        return self._value is not None or self._opened

    def render_snapshot(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> None:
        """Show the value with its state and age."""
        self._observed = network_value(self.field.key, snapshot)
        if snapshot.values[self.field.key] is not None:
            self._opened = False
        super().render_snapshot(snapshot, unit_labels)
        said, explained = network_standing(self.field.key, snapshot)
        role = "warning" if said.role == "warning" else "muted"
        self.state.say(said.text, self.theme, icon=said.icon, role=role, icon_role=said.role)
        self.state.setToolTip(rich(explained))

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        super().restyle(shown)
        self.state.restyle(shown)

    def _canonical(self) -> str:
        if self.is_locked:
            return super()._canonical()
        if self._observed is None:
            return words.NOTHING
        decimals = 0 if self.unit.label.startswith("sats") else _DECIMALS[self.field.key]
        return quantity.rounded(self._observed, self.unit, decimals)

    def _show(self) -> None:
        self.edit.setReadOnly(not self.is_locked)
        super()._show()

    def _show_margin_button(self, value: Value) -> None:
        """Show the lock as it is; it is always there."""
        if self._drawn_locked != self.is_locked:
            self._drawn_locked = self.is_locked
            self.margin_button.setChecked(self.is_locked)
            self.margin_button.setToolTip(self._margin_tip())
            self._draw_margin_button()

    def _margin_tip(self) -> str:
        return "Unlock: go back to the live value" if self.is_locked else "Lock: type a value of your own"

    def _draw_margin_button(self) -> None:
        name, role = ("lock", "accent") if self.is_locked else ("lock-open", "muted")
        self.margin_button.setIcon(theme.icon(name, self.theme, role, BUTTON_ICON_PX))

    def _on_margin_button(self) -> None:
        if self.is_locked:
            self._give_back()
        else:
            self._take_over()

    def _take_over(self) -> None:
        self._opened = True
        if self._observed is not None:
            self._say(quantity.taken(self._observed, self.unit))
        self._show()
        self._show_margin_button(self._value)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit.selectAll()

    def _give_back(self) -> None:
        self._opened = False
        self.edit.setModified(False)
        self._say(None)
        self._show()
        self._show_margin_button(None)
