"""Where things are: the files that come with the program, and the user's four folders. Nothing is created on import."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from minerdesk.errors import StoreError
from minerdesk.store.atomic import failure

VARIABLE = "MINERDESK_HOME"

_PACKAGE = Path(__file__).resolve().parents[1]


def resources_dir() -> Path:
    """Return the folder of fonts, icons and data that comes with the program.

    A wheel carries it inside the package, a source tree beside it, a frozen program where its unpacked files are.

    Raises
    ------
    StoreError
        It is in none of these places.
    """
    candidates = [_PACKAGE / "resources", _PACKAGE.parent / "resources"]
    unpacked = getattr(sys, "_MEIPASS", None)
    if unpacked is not None:
        candidates = [Path(unpacked) / "minerdesk" / "resources", Path(unpacked) / "resources"]
    for candidate in candidates:
        if (candidate / "data").is_dir():  # a strange folder named "resources" beside the package has none
            return candidate
    raise StoreError(f"The program's own files are missing: {candidates[0]} is not there.", hint="Reinstall minerdesk.")


def ensure(folder: Path) -> Path:
    """Create `folder` and what is missing above it, and return it.

    Raises
    ------
    StoreError
        It can't be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failure(folder, "created", error) from error
    return folder


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The user's folders: preferences, recovered work, fetched data, the log. Each is created by who writes there."""

    config: Path
    data: Path
    cache: Path
    log: Path

    @classmethod
    def of_user(cls) -> "Folders":
        """Return the platform's usual folders; the environment variable ``MINERDESK_HOME`` replaces all four."""
        home = os.environ.get(VARIABLE, "").strip()
        if home:
            root = Path(home).expanduser().absolute()
            return cls(config=root / "config", data=root / "data", cache=root / "cache", log=root / "log")
        usual = platformdirs.PlatformDirs(appname="minerdesk", appauthor=False)
        return cls(
            config=usual.user_config_path,
            data=usual.user_data_path,
            cache=usual.user_cache_path,
            log=usual.user_log_path,
        )
