"""The last body of a source, as it came: plain text, to read and copy."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.store.replies import LastReply
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SPACE_PX, font

#: A viewer for people: more of a body than this is not looked at.
MOST_BYTES = 200_000
#: A body may be one line; the text view is slow with lines that never end.
_LINE = 2_000
_SIZE = QSize(760, 520)


def body_text(reply: LastReply) -> str:
    """Return a body as text: what is no UTF-8 or can't be printed is marked, endless lines are broken."""
    text = reply.body.decode("utf-8", "replace")
    text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text.replace("\r\n", "\n"))
    return "\n".join(line[at : at + _LINE] for line in text.split("\n") for at in range(0, max(1, len(line)), _LINE))


class ReplyWindow(QDialog):
    """Shows one body. It may stay open beside the desk, and deletes itself when closed."""

    def __init__(self, label: str, reply: LastReply | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Last body of {label}")
        self.resize(_SIZE)
        self.note = plain_label(BODY_PX, "muted", _note(reply))
        self.note.setWordWrap(True)
        self.text = QPlainTextEdit(body_text(reply) if reply else "")
        self.text.setReadOnly(True)
        self.text.setFont(font(BODY_PX))
        self.text.setAccessibleName("Body")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.setSpacing(SPACE_PX)
        for widget in (self.note, self.text, buttons):
            layout.addWidget(widget)


def _note(reply: LastReply | None) -> str:
    if reply is None:
        return "Nothing of it is kept yet. Refresh, or test it."
    size = f"{words.figure(reply.size_bytes)} bytes"
    cut = f"; the first {words.figure(len(reply.body))} are shown" if len(reply.body) < reply.size_bytes else ""
    refused = f"Refused with HTTP {reply.status}: what it said, no value. " if reply.status >= 400 else ""
    return f"{refused}{reply.path}, received {words.day_and_time(reply.received_at)} UTC, {size}{cut}."
