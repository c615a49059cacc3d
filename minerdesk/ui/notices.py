"""Messages to the user: each said once, none of them modal, all of them dismissable."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from minerdesk.errors import MinerdeskError, Severity


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message. Two with the same `key` are the same message: the newer takes the older's place.

    One that is `pressing`, about a number on screen, is shown before others of its severity; its figures change with
    every refresh, so once dismissed it is put away until it was withdrawn.
    """

    key: str
    severity: Severity
    text: str
    pressing: bool = False


class Notices(QObject):
    """The messages that stand, oldest first. `changed()` is emitted whenever they differ."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._standing: dict[str, Notice] = {}
        self._dismissed: set[Notice] = set()
        self._put_away: set[str] = set()

    @property
    def standing(self) -> tuple[Notice, ...]:
        """The messages that stand, oldest first."""
        return tuple(self._standing.values())

    def post(self, text: str, *, key: str = "", severity: Severity = Severity.WARNING, pressing: bool = False) -> None:
        """Say something, unless it stands already or was dismissed in these very words."""
        notice = Notice(key=key or text, severity=severity, text=text, pressing=pressing)
        if notice in self._dismissed or notice.key in self._put_away or self._standing.get(notice.key) == notice:
            return
        self._standing[notice.key] = notice
        self.changed.emit()

    def post_error(self, error: MinerdeskError, *, key: str = "") -> None:
        """Say what failed; an error that happens again is said again."""
        notice = Notice(key=key or error.message, severity=Severity.ERROR, text=str(error))
        self._dismissed.discard(notice)
        self.post(notice.text, key=notice.key, severity=notice.severity)

    def withdraw(self, key: str) -> None:
        """Take a message back that is no longer true."""
        self._put_away.discard(key)
        if self._standing.pop(key, None) is not None:
            self.changed.emit()

    def dismiss(self, key: str) -> None:
        """Put a message away at the user's wish; the same words don't come back in this run."""
        notice = self._standing.pop(key, None)
        if notice is not None:
            if notice.pressing:
                self._put_away.add(key)
            else:
                self._dismissed.add(notice)
            self.changed.emit()
