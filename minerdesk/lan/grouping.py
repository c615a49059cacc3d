"""Machines that were found as classes of the fleet: pure functions of what they told and of the catalogue.

A machine counts with the hash rate that it measured and the power that it reports. Where one is missing the nameplate
stands in, and the class says so in its name; where there is no nameplate either, the machine is refused by address.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from minerdesk.economics.machines import MachineClass, faults
from minerdesk.lan.answers import Machine

#: Below this share of its nominal rate a machine counts as standing still.
STANDS_BELOW = 0.05
#: Of a model's name; what is added to it must fit a cell too.
_MOST_LETTERS = 80

_MAKES = re.compile(r"\b(bitmain|antminer|microbt|whatsminer|canaan|avalonminer|avalon|bitdeer|auradine|teraflux)\b")
#: What a model's name may carry that is not the model: a rate in brackets, Whatsminer's build, Bitmain's board.
_NOT_THE_MODEL = re.compile(r"\([^)]*\)|(?<= )v[a-z0-9]{2,3}\b|\bv\.?\d[\d.]*|\bno ?pic\b|\bdual\b|-\d+t?\b")
_SPELLINGS = (("hydro", "hyd"), ("immersion", "imm"))


class Basis(StrEnum):
    """Where a number of a machine comes from."""

    MEASURED = "measured"
    NAMEPLATE = "nameplate"
    STANDING = "nameplate, standing still"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One machine as it enters a class, or why it can't. The numbers of a refused one are those that are known."""

    address: str
    model: str
    hashrate_th_s: float | None
    power_w: float | None
    hashrate_basis: Basis = Basis.MEASURED
    power_basis: Basis = Basis.MEASURED
    refusal: str = ""

    @property
    def class_name(self) -> str:
        """The model, and what about the numbers is not measured."""
        if self.hashrate_basis is Basis.STANDING:
            return f"{self.model} (not hashing, nameplate)"
        if self.hashrate_basis is Basis.NAMEPLATE:
            return f"{self.model} (nameplate)"
        return f"{self.model} (nameplate W)" if self.power_basis is Basis.NAMEPLATE else self.model

    @property
    def state(self) -> str:
        """What is to be said of it in a list, in a few words."""
        if self.refusal:
            return f"Refused: {self.refusal}"
        if self.hashrate_basis is Basis.STANDING:
            return "Not hashing: TH/s and W by nameplate"
        if self.hashrate_basis is Basis.NAMEPLATE:
            return "TH/s and W by nameplate"
        return "TH/s measured, W by nameplate" if self.power_basis is Basis.NAMEPLATE else "Measured"


def judge(machine: Machine, catalogue: Iterable[MachineClass]) -> Judged:
    """Return a machine with its hash rate and power, or with the reason why it is refused.

    Power that is not reported is the nameplate's efficiency times the measured rate, ``W = J/TH * TH/s``: a machine
    with a dead board draws less than its plate says, at about the same J/TH. A machine that stands still has both from
    the nameplate, whatever it draws meanwhile.

    Special cases: a machine of another algorithm, or of no kind that is known, is refused; one whose algorithm is not
    told is taken if the catalogue, which is Bitcoin's, has its model; of variants of one name the one nearest to its
    rate is taken; one that tells no rate has both numbers from the nameplate; J/TH outside what a fleet takes is a unit
    gone wrong, and refused.
    """
    make = machine.make.replace("AntMiner", "Antminer")  # as its maker and the catalogue write it
    told = " ".join(dict.fromkeys(f"{make} {machine.model}".split()))[:_MOST_LETTERS]
    if machine.algorithm and "sha256" not in machine.algorithm.casefold().replace("-", ""):
        return _refused(machine, told, f"it mines {machine.algorithm}, not Bitcoin.")
    plate = _plate(machine, catalogue)
    if plate is None and not machine.algorithm:
        return _refused(machine, told, "it is of no known kind.")
    known, rate = plate.model if plate else told, machine.hashrate_th_s
    nominal_th_s = machine.nominal_th_s or (plate.hashrate_th_s if plate else 0.0)
    stands = rate is not None and (rate <= STANDS_BELOW * nominal_th_s or machine.is_mining is False)
    if rate is None or stands:
        if plate is None:
            fault = "it is not hashing" if stands else "it tells no hash rate"
            return _refused(machine, known, f"{fault}, and the catalogue has no nameplate.")
        return Judged(
            address=machine.address,
            model=known,
            hashrate_th_s=plate.hashrate_th_s,
            power_w=plate.power_w,
            hashrate_basis=Basis.STANDING if stands else Basis.NAMEPLATE,
            power_basis=Basis.NAMEPLATE,
        )
    if machine.power_w:
        return _checked(Judged(address=machine.address, model=known, hashrate_th_s=rate, power_w=machine.power_w))
    if plate is None:
        return _refused(machine, known, "it tells no watts, and the catalogue has no nameplate.")
    power_w = plate.efficiency_j_per_th * rate
    return _checked(
        Judged(
            address=machine.address,
            model=known,
            hashrate_th_s=rate,
            power_w=power_w,
            power_basis=Basis.NAMEPLATE,
        )
    )


def classes(judged: Iterable[Judged]) -> list[MachineClass]:
    """Return the machines that are not refused as classes by model and basis, the most machines first.

    A class has the mean TH/s and the mean W of its machines; uptime, overhead and power price are left to the site.
    """
    grouped: dict[str, list[Judged]] = {}
    for one in judged:
        if not one.refusal:
            grouped.setdefault(one.class_name, []).append(one)
    found = [
        MachineClass(
            model=name,
            count=len(members),
            hashrate_th_s=_mean(one.hashrate_th_s for one in members),
            power_w=_mean(one.power_w for one in members),
        )
        for name, members in grouped.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.model))


def _mean(values: Iterable[float | None]) -> float:
    """Return the mean to four figures: no machine's rate stands still any closer than that."""
    known = [value for value in values if value is not None]
    return float(f"{sum(known) / len(known):.4g}")


def _plate(machine: Machine, catalogue: Iterable[MachineClass]) -> MachineClass | None:
    """Return the model of the catalogue that the machine's name means, the nearest by rate where there are several."""
    wanted = _key(f"{machine.make} {machine.model}") if machine.model else ""
    found = [plate for plate in catalogue if wanted and _key(plate.model) == wanted]
    rate = machine.nominal_th_s or machine.hashrate_th_s
    if len(found) > 1 and not rate:
        return None  # which of them it is can't be told
    return min(found, key=lambda plate: abs(plate.hashrate_th_s - (rate or 0.0)), default=None)


@lru_cache(maxsize=1_024)  # the catalogue's names come again with every machine
def _key(name: str) -> str:
    """Return what is left of a model's name when makers, builds, versions and spellings are taken away.

    >>> _key("AntMiner S19 Pro+ Hydro"), _key("Antminer S19 Pro+ Hyd"), _key("WhatsMiner M30S++ VG40")
    ('s19pro+hyd', 's19pro+hyd', 'm30s++')
    >>> _key("AvalonMiner Avalon 1566"), _key("Avalon A1566"), _key("S19-88 v.2.6.0.39")
    ('1566', '1566', 's19')
    """
    bare = _NOT_THE_MODEL.sub(" ", _MAKES.sub(" ", name.casefold()))
    for long, short in _SPELLINGS:
        bare = bare.replace(long, short)
    return re.sub(r"^a(?=\d)", "", re.sub(r"[^a-z0-9+]", "", bare))


def _checked(judged: Judged) -> Judged:
    """Return it, refused if its numbers can't stand in the fleet."""
    row = MachineClass(
        model=judged.model, count=1, hashrate_th_s=judged.hashrate_th_s or 0.0, power_w=judged.power_w or 0.0
    ).row()
    wrong: Sequence[tuple[int, str, str]] = faults([row])
    if not wrong:
        return judged
    reason = " ".join(f"{_WORDS.get(column, column)} {message}" for _, column, message in wrong)
    return Judged(
        address=judged.address,
        model=judged.model,
        hashrate_th_s=judged.hashrate_th_s,
        power_w=judged.power_w,
        refusal=reason,
    )


_WORDS: Mapping[str, str] = {"hashrate_th_s": "its hash rate in TH/s", "power_w": "its power in W"}


def _refused(machine: Machine, model: str, reason: str) -> Judged:
    return Judged(
        address=machine.address,
        model=model or "Unknown machine",
        hashrate_th_s=machine.hashrate_th_s,
        power_w=machine.power_w,
        refusal=reason,
    )
