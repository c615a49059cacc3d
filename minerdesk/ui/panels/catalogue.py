"""The catalogue menu of the input panel: a miner, a GPU or a signed lease as a starting point, one undo step each."""

from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from minerdesk import presets
from minerdesk.presets import Preset
from minerdesk.ui.bridge import Bridge


class CatalogueMenu(QMenu):
    """Filled when it is first opened; choosing an entry edits the inputs that it names."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Make the entries, once."""
        if not self.isEmpty():
            return
        bundle = self._bridge.session.bundle
        for title, found in (
            ("Miner model", presets.miners(bundle)),
            ("GPU model", presets.gpus(bundle)),
            ("Signed lease", presets.leases(bundle)),
        ):
            self._add(self.addMenu(title), found)
        rates = self.addMenu("GPU rental rate")
        rates.aboutToShow.connect(partial(self._fill_rates, rates))

    def _fill_rates(self, menu: QMenu) -> None:
        """Make the entries of the rental rates anew: they change with every refresh."""
        for action in menu.actions():
            if inner := action.menu():
                inner.deleteLater()
        menu.clear()
        self._add(menu, presets.rates(self._bridge.snapshot))

    def _add(self, menu: QMenu, found: list[Preset]) -> None:
        menu.setEnabled(bool(found))
        grouped = presets.by_heading(found)
        for heading, members in grouped.items():
            into = menu.addMenu(heading) if len(grouped) > 1 else menu
            into.setToolTipsVisible(True)
            for preset in members:
                action = into.addAction(preset.label.replace("&", "&&"), partial(self._bridge.edit_all, preset.edits))
                action.setToolTip(preset.detail)
