"""Who is asked first: for all that is asked for its sources in order, to move up and down."""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.orders import Asked, orders
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SPACE_PX

_TOPIC_PX = 240
_NOTE = "The first is asked; each next one only if those before it fail. "
_BY_ITSELF = "A new order holds from the next refresh."
_NAME = Qt.ItemDataRole.UserRole


class SourceOrder(QFrame):
    """Topics on the left, the chosen one's sources on the right. `order_chosen(dict)` holds the whole preference."""

    order_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._chosen: Mapping[str, Sequence[str]] = {}
        self._on: tuple[str, ...] = ()
        self.topics, self.sources = QListWidget(), QListWidget()
        self.topics.setAccessibleName("What is asked for")
        self.sources.setAccessibleName("Its sources, the first asked first")
        self.topics.setFixedWidth(_TOPIC_PX)
        self.up, self.down, self.ours = QPushButton("&Up"), QPushButton("Do&wn"), QPushButton("De&fault")
        self.ours.setToolTip("Take back the usual order for what is chosen")
        buttons = QVBoxLayout()
        for button in (self.up, self.down, self.ours):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.note = plain_label(BODY_PX, "muted", _NOTE)
        self.note.setWordWrap(True)
        lists = QHBoxLayout()
        lists.setSpacing(SPACE_PX)
        lists.addWidget(self.topics)
        lists.addWidget(self.sources, 1)
        lists.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, SPACE_PX, PADDING_PX, SPACE_PX)
        layout.addWidget(self.note)
        layout.addLayout(lists, 1)
        self.topics.currentRowChanged.connect(lambda _row: self._fill(0))
        self.sources.currentRowChanged.connect(lambda _row: self._allow())
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.ours.clicked.connect(self._take_back)
        self._list_topics()

    def show_order(self, chosen: Mapping[str, Sequence[str]], on: Collection[str] = ()) -> None:
        """Show the order that is preferred, of what is asked for while the sources named by `on` are switched on."""
        row = max(0, self.sources.currentRow())
        self._chosen, self._on = chosen, tuple(on)
        self._list_topics()
        self._fill(row)

    def _list_topics(self) -> None:
        """List what is asked for, unless it is listed already; the chosen one stays chosen."""
        asked = orders({}, on=self._on)
        items = [self.topics.item(row) for row in range(self.topics.count())]
        if [item.data(_NAME) for item in items] == [topic.name for topic in asked]:
            return
        kept = self.topics.currentItem().data(_NAME) if self.topics.currentItem() else ""
        with QSignalBlocker(self.topics):
            self.topics.clear()
            for topic in asked:
                item = QListWidgetItem(topic.label)
                item.setData(_NAME, topic.name)
                self.topics.addItem(item)
        self.topics.setCurrentRow(next((row for row, topic in enumerate(asked) if topic.name == kept), 0))

    @property
    def _topic(self) -> Asked:
        name = self.topics.currentItem().data(_NAME)
        return next(topic for topic in orders(self._chosen, on=self._on) if topic.name == name)

    def _fill(self, row: int) -> None:
        names = self._topic.providers
        self.note.setText(_NOTE + (self._topic.note or _BY_ITSELF))
        with QSignalBlocker(self.sources):
            self.sources.clear()
            for rank, name in enumerate(names, 1):
                item = QListWidgetItem(f"{rank}.  {PROVIDERS[name].label}")
                item.setData(_NAME, name)
                self.sources.addItem(item)
            self.sources.setCurrentRow(min(row, len(names) - 1))
        self._allow()

    def _allow(self) -> None:
        row, last = self.sources.currentRow(), self.sources.count() - 1
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < last)
        self.ours.setEnabled(bool(self._chosen.get(self._topic.name)))

    def _move(self, by: int) -> None:
        row = self.sources.currentRow()
        names = list(self._topic.providers)
        names[row], names[row + by] = names[row + by], names[row]
        self._choose(names, row + by)

    def _take_back(self) -> None:
        self._choose([], 0)

    def _choose(self, names: list[str], row: int) -> None:
        topic = self._topic.name
        kept = {name: tuple(order) for name, order in self._chosen.items() if name != topic}
        ours = next(list(found.providers) for found in orders({}, on=self._on) if found.name == topic)
        self._chosen = kept | ({topic: tuple(names)} if names and names != ours else {})
        self._fill(row)
        self.order_chosen.emit(dict(self._chosen))
