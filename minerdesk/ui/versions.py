"""Which versions are running, read from what is installed; nothing is imported for it but Qt, which is there anyway."""

import platform
from importlib import metadata

from PySide6.QtCore import qVersion

from minerdesk import __version__

_PACKAGES = (
    "PySide6_Essentials",
    "pyqtgraph",
    "numpy",
    "pandas",
    "requests",
    "urllib3",
    "truststore",
    "XlsxWriter",
    "platformdirs",
)

#: A frozen program may carry no metadata of its packages.
UNKNOWN = "not recorded"


def versions() -> dict[str, str]:
    """Return the versions of minerdesk, Python, the platform, Qt and every run-time package, by name."""
    return {
        "minerdesk": __version__,
        "Python": platform.python_version(),
        "Platform": platform.platform(),
        "Qt": qVersion(),
        **{name.replace("_", "-"): _installed(name) for name in _PACKAGES},
    }


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return UNKNOWN
