"""Stands in for the package pyasic in the scanning process: the few calls that are used, over the real sockets.

What a machine calls itself decides what goes wrong: “Writer” is sent a command that writes, “Hanger” is never done
with, “Breaker” fails when all is asked at once, “Printer” prints, “Killer” ends the process, “Clinger”
does not let go.
"""

import asyncio
import json
import os
import types

_PORT = int(os.environ["STANDIN_PORT"])


async def get_miner(host):
    version = await _send(host, "version")
    if not version:
        return None
    kind = version["VERSION"][0].get("Type", "")
    if kind == "Writer":
        await _send(host, "restart")
    if kind == "Printer":
        print("hello from the library")
    if kind == "Clinger":
        _kept.append(asyncio.ensure_future(_cling()))
        await asyncio.sleep(0)
    if kind == "Killer":
        os._exit(3)
    return _Miner(host, kind)


_kept = []


async def _cling():
    while True:
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            continue


class _Miner:
    make = "AntMiner"

    def __init__(self, host, kind):
        self.host, self.kind = host, kind
        self.raw_model = kind.removeprefix("Antminer ") or None
        self.algo = types.SimpleNamespace(name="Scrypt" if "L7" in kind else "SHA256")
        self.rpc = types.SimpleNamespace(send_command=lambda command: _send(host, command))

    async def get_data(self, include):
        if self.kind == "Hanger":
            await asyncio.sleep(3_600)
        if self.kind == "Breaker" and len(include) > 1:
            raise RuntimeError("one question too many")
        summary = (await _send(self.host, "summary") or {}).get("SUMMARY", [{}])[0]
        rate, watts = summary.get("GHS av"), summary.get("Power")
        return types.SimpleNamespace(
            hashrate=None if rate is None else _Rate(rate),
            expected_hashrate=None,
            wattage=watts,
            is_mining=summary.get("Mining", True),
        )


class _Rate:
    unit = types.SimpleNamespace(TH="TH/s")

    def __init__(self, gh_s):
        self.gh_s = gh_s

    def into(self, unit):
        assert unit == "TH/s"
        return self.gh_s / 1_000


async def _send(host, command):
    try:
        reader, writer = await asyncio.open_connection(host, _PORT)
        writer.write(json.dumps({"command": command}).encode())
        told = await reader.read()
        writer.close()
        return json.loads(told.rstrip(b"\0"))
    except (OSError, ValueError):
        return None
