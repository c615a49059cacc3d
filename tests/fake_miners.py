"""Machines that aren't there: servers of the miners' socket interface on addresses of loopback, good and bad ones."""

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from types import TracebackType

#: What the machines below say, after recorded answers, cut to what is read.
S19_88 = {
    "version": {"VERSION": [{"BMMiner": "4.11.1 rwglr", "API": "3.1", "Type": "S19-88 v.2.6.0.39 "}]},
    "stats": {"STATS": [{"Type": "S19-88 v.2.6.0.39 "}, {"GHS 5s": 99989.59, "GHS av": 99761.4, "total_power": 3358}]},
    "summary": {"SUMMARY": [{"GHS 5s": "99989.59", "GHS av": 99761.4}]},
}
AVALON_1566 = {
    "version": {"VERSION": [{"CGMiner": "4.11.1", "PROD": "AvalonMiner 15-194", "MODEL": "15-194"}]},
    "devs": {"DEVS": [{"ASC": 0, "Name": "AVA10", "MHS av": 192796247.36, "MHS 1m": 197266944.16}]},
    "summary": {"SUMMARY": [{"MHS av": 192796247.36, "MHS 1m": 197266944.16}]},
    "estats": {
        "STATS": [{"MM ID0": "Ver[15-194] PS[0 1209 1187 297 3526 1188 3731] WALLPOWER[3731] GHSavg[184007.00]"}]
    },
}
S19_PRO = {
    "version": {"VERSION": [{"BMMiner": "1.0.0", "API": "3.1", "Type": "Antminer S19 Pro"}]},
    "summary": {"SUMMARY": [{"GHS 5s": 110123.4, "GHS av": 109876.5}]},
    "stats": {"STATS": [{"Type": "Antminer S19 Pro"}, {"GHS 5s": 110123.4, "GHS av": 109876.5}]},
}
L7 = {
    "version": {"VERSION": [{"BMMiner": "1.0.0", "API": "3.1", "Type": "Antminer L7"}]},
    "summary": {"SUMMARY": [{"GHS 5s": 9.5, "GHS av": 9.4}]},
}
_SLICE = 64


class FakeMiner:
    """One machine on one address. Without answers it accepts and never says a word; `raw` is said to whatever comes."""

    def __init__(
        self, host: str, answers: Mapping[str, object] | None = None, *, port: int = 0, raw: bytes = b""
    ) -> None:
        self.host, self.asked = host, list[str]()
        self._answers, self._raw = answers, raw
        self._server = socket.create_server((host, port))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def __enter__(self) -> "FakeMiner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for one in (self._server, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.append(client)
            self._threads.append(threading.Thread(target=self._answer, args=(client,), daemon=True))
            self._threads[-1].start()

    def _answer(self, client: socket.socket) -> None:
        try:
            told = client.recv(4_096)
            if not told:
                return
            self.asked.append(told.decode(errors="replace"))
            if self._raw:
                client.sendall(self._raw)
            elif self._answers is None:
                client.recv(1)  # nothing is said until the other side has had enough
                return
            else:
                reply = self._reply(told)
                for start in range(0, len(reply), _SLICE):  # as real ones do: in pieces
                    client.sendall(reply[start : start + _SLICE])
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
        finally:
            client.close()

    def _reply(self, told: bytes) -> bytes:
        assert self._answers is not None
        try:
            name = json.loads(told)["command"]
        except (ValueError, LookupError):
            return b""
        if name not in self._answers:
            return b'{"STATUS":[{"STATUS":"E","Description":"unknown command"}],"id":1}\x00'
        status = {"STATUS": [{"STATUS": "S", "Msg": "", "Description": "bmminer 1.0.0"}]}
        return json.dumps({**status, **self._answers[name], "id": 1}).encode() + b"\x00"  # type: ignore[dict-item]
