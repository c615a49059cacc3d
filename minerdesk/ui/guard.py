"""What must be right before Qt is up: a binding that doesn't abort, a platform that exists, a locale that it accepts.

Imports no Qt itself.
"""

import os
import sys
from importlib import metadata

from minerdesk.errors import MinerdeskError

#: PySide6 6.12.0 takes a reference off None with every call that returns nothing; before Python 3.12, where None became
#: immortal, that ends a running chart within seconds ("none_dealloc").
BROKEN_VERSIONS = frozenset({"6.12.0"})
FIRST_SAFE_PYTHON = (3, 12)


def check_binding(version: str | None = None, python: tuple[int, int] | None = None) -> None:
    """Raise MinerdeskError if the installed PySide6 would abort this Python; do nothing otherwise."""
    if version is None:
        try:
            version = metadata.version("PySide6_Essentials")
        except metadata.PackageNotFoundError:  # a frozen program carries no metadata; its build was tested
            return
    if version in BROKEN_VERSIONS and (python or sys.version_info[:2]) < FIRST_SAFE_PYTHON:
        raise MinerdeskError(
            f"PySide6 {version} aborts on Python {sys.version_info[0]}.{sys.version_info[1]}.",
            hint='Run: pip install "PySide6-Essentials>=6.10.2,<6.12", or use Python 3.12.',
        )


def prepare_environment(*, screen: bool) -> None:
    """Choose Qt's platform and locale where the environment leaves them open or unusable; Linux only.

    Without a display, or where no `screen` is wanted, Qt draws off screen. Under a locale that is not UTF-8 it would
    switch to one by itself, but complain on stderr first.
    """
    if sys.platform != "linux":
        return
    if not (screen and any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(name))), "C")
    if "utf" not in locale.lower():
        os.environ["LC_ALL"] = "C.UTF-8"
