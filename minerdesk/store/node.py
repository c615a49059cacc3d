"""How minerdesk logs in at the user's own Bitcoin Core: by its cookie file, or by a user name and a password.

Bitcoin Core writes a new cookie at every start and deletes it when it ends, so the file is read for every request. The
password is in the system's keyring.
"""

import base64
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from minerdesk.errors import StoreError
from minerdesk.secrecy import keep_secret
from minerdesk.store.atomic import failure
from minerdesk.store.preferences import Preferences

#: The name of the source, and of its password in the keyring.
NODE = "bitcoind"
COOKIE = ".cookie"
#: A cookie is its user's name and 64 letters.
_LONGEST_COOKIE = 500
_GIVE = "Choose the file, or give a user name and password, on the page Data."


def usual_cookies(
    platform: str = sys.platform, environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> tuple[Path, ...]:
    """Return where Bitcoin Core puts its cookie by itself on this system, the likeliest first."""
    own = home or Path.home()
    if platform == "win32":
        named = [environ.get(name, "") for name in ("LOCALAPPDATA", "APPDATA")]
        return tuple(Path(folder) / "Bitcoin" / COOKIE for folder in named if folder)
    if platform == "darwin":
        return (own / "Library" / "Application Support" / "Bitcoin" / COOKIE,)
    return (own / ".bitcoin" / COOKIE,)


def read_cookie(path: Path) -> str:
    """Return the ``user:password`` in a cookie file.

    Raises
    ------
    StoreError
        It is not there (the node is not running), may not be read, or is no cookie.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be read for ever
            raise StoreError(f"{path} is no file.", hint=_GIVE)
        with path.open("rb") as file:
            data = file.read(_LONGEST_COOKIE + 1)
    except FileNotFoundError:
        raise StoreError(
            f"The cookie file {path} is not there.", hint=f"Bitcoin Core writes it while it runs: start it. {_GIVE}"
        ) from None
    except PermissionError:
        raise StoreError(
            f"The cookie file {path} may not be read.",
            hint="Only the user who runs Bitcoin Core may. Give a user name and password instead, on the page Data.",
        ) from None
    except OSError as error:
        raise failure(path, "read", error) from error
    user, colon, password = data.strip().partition(b":")
    if len(data) > _LONGEST_COOKIE or not (user and colon and password) or not data.strip().isascii():
        raise StoreError(f"{path} is no cookie file of Bitcoin Core.", hint=_GIVE)
    text = data.strip().decode("ascii")
    if not text.isprintable():
        raise StoreError(f"{path} is no cookie file of Bitcoin Core.", hint=_GIVE)
    return text


class NodeLogin:
    """The log-in at the user's own Bitcoin Core. Safe to use from several threads.

    Parameters
    ----------
    preferences
        Returns the preferences as they are now. In them `node_user` goes before `node_cookie`, and that before the
        usual places.
    password_of
        Returns what the keyring has for a name, None for nothing; a StoreError says why it can't be read.
    """

    def __init__(self, preferences: Callable[[], Preferences], password_of: Callable[[str], str | None]) -> None:
        self._preferences = preferences
        self._password_of = password_of

    def headers(self) -> dict[str, str]:
        """Return the header that lets a request in, read anew.

        Raises
        ------
        StoreError
            There is no cookie file, or no password for the user.
        """
        chosen = self._preferences()
        login = self._with_password(chosen.node_user) if chosen.node_user else read_cookie(self.cookie())
        keep_secret(login.partition(":")[2])
        packed = base64.b64encode(login.encode()).decode("ascii")
        keep_secret(packed)
        return {"Authorization": f"Basic {packed}"}

    def cookie(self) -> Path:
        """Return the cookie file that counts: the chosen one, the first of the usual ones that is there, or the first.

        A folder that was chosen stands for the cookie file in it.
        """
        chosen = self._preferences().node_cookie.strip()
        if chosen:
            path = Path(chosen).expanduser()
            return path / COOKIE if path.is_dir() else path
        usual = usual_cookies()
        return next((path for path in usual if path.exists()), usual[0] if usual else Path(COOKIE))

    def told(self) -> str:
        """Say how it is logged in, without a secret."""
        user = self._preferences().node_user
        return (
            f"as the user “{user}”, by its password in the keyring" if user else f"by the cookie file {self.cookie()}"
        )

    def _with_password(self, user: str) -> str:
        password = self._password_of(NODE)
        if password is None:
            raise StoreError(
                f"There is no password for the user “{user}” of Bitcoin Core in the keyring.",
                hint="Give it on the page Data, or with: minerdesk sources key bitcoind. Or leave the user name empty "
                "to use the cookie file.",
            )
        return f"{user}:{password}"
