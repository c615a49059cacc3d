"""Names of GPUs: what each source writes in its own way, as one id; what can't be told is named and never guessed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: Words that say nothing of the model.
_EMPTY = frozenset(
    {"NVIDIA", "AMD", "INSTINCT", "TESLA", "GEFORCE", "GB", "G", "HBM2", "HBM2E", "HBM3", "HBM3E", "HGX"}
)
_MEMORY = re.compile(r"(\d{2,3})(GB|G)?")
_FORMS = (("SXM", "sxm"), ("PCI", "pcie"), ("NVL", "nvl"), ("OAM", ""))


@dataclass(frozen=True, kw_only=True)
class _Family:
    """One chip: which memory it is sold with, and which forms make a model of their own."""

    label: str
    memory_gb: frozenset[int]
    forms: frozenset[str] = frozenset()
    implied: str = ""
    memory_counts: bool = False


def _family(label: str, memory_gb: Collection[int], forms: str = "", implied: str = "") -> _Family:
    return _Family(label=label, memory_gb=frozenset(memory_gb), forms=frozenset(forms.split()), implied=implied)


_FAMILIES: Mapping[str, _Family] = MappingProxyType(
    {
        "H100": _family("H100", {64, 80, 94, 96}, "sxm pcie nvl"),
        "H200": _family("H200", {141}, "nvl", implied="sxm"),
        "GH200": _family("GH200", {96, 144}),
        "B200": _family("B200", {180, 183, 192}, implied="sxm"),
        "B300": _family("B300", {268, 270, 288}, implied="sxm"),
        "GB200": _family("GB200", {186, 192}, implied="nvl"),
        "GB300": _family("GB300", {279, 288}, implied="nvl"),
        "A100": _Family(
            label="A100",
            memory_gb=frozenset({40, 80}),
            forms=frozenset({"sxm", "pcie"}),
            memory_counts=True,
        ),
        "L40S": _family("L40S", {48}, implied="pcie"),
        "MI300X": _family("MI300X", {192}),
        "MI325X": _family("MI325X", {256}),
        "MI355X": _family("MI355X", {288}),
        "RTX4090": _family("RTX 4090", {24}),
        "RTX5090": _family("RTX 5090", {32}),
    }
)
_FORM_LABELS = {"sxm": "SXM", "pcie": "PCIe", "nvl": "NVL"}


def gpu_id(name: str, *, form: str = "", memory_gb: float | None = None) -> str | None:
    """Return our id of a GPU model, None for what is not known or not told well enough.

    Parameters
    ----------
    form, memory_gb
        What a source says apart from the name. The name goes before `form`.

    Every word of the name must be understood: a slice of a GPU (``H100 MIG 1g.10gb``) is no H100. Where the form is
    not told the id has none (``h100``); it is not taken for SXM.

    >>> gpu_id("h100-sxm"), gpu_id("NVIDIA H100 80GB HBM3"), gpu_id("H100_80GB", form="SXM5"), gpu_id("gb200 nvl72")
    ('h100-sxm', 'h100', 'h100-sxm', 'gb200')
    >>> gpu_id("A100-SXM4-80GB"), gpu_id("a100 PCIe", memory_gb=40), gpu_id("A100_80GB"), gpu_id("A10")
    ('a100-sxm-80', 'a100-pcie-40', 'a100', None)
    """
    words = [word for word in re.split(r"[^A-Z0-9]+", name.upper()) if word and word not in _EMPTY]
    found = _family_of(words)
    if found is None:
        return None
    key, rest = found
    family = _FAMILIES[key]
    told: list[str] = []
    memory = _whole(memory_gb)
    for word in rest:
        shape = _form(word)
        size = _MEMORY.fullmatch(word)
        if shape is not None:
            told.append(shape)
        elif size and int(size[1]) in family.memory_gb:
            memory = int(size[1])
        else:
            return None
    shapes = {shape for shape in told if shape} or {shape for shape in (_form(form),) if shape}
    shapes -= {family.implied}
    if len(shapes) > 1 or not shapes <= family.forms:
        return None
    parts = [family.label.lower().replace(" ", "-"), *shapes]
    if family.memory_counts and shapes and memory in family.memory_gb:
        parts.append(str(memory))
    return "-".join(parts)


def _family_of(words: list[str]) -> tuple[str, list[str]] | None:
    """Return the chip that a name begins with, and the words after it."""
    for length in (1, 2):  # RTX 4090 may be written in one word or two
        key = "".join(words[:length])
        if key in _FAMILIES:
            return key, words[length:]
    return None


def _form(word: str) -> str | None:
    """Return the form that a word tells: empty for one that is no choice, None for a word that is no form."""
    found = re.fullmatch(r"(SXM|PCI|NVL|OAM)(E|\d{0,2})?", word.upper())
    return dict(_FORMS)[found[1]] if found else None


def _whole(memory_gb: float | None) -> int | None:
    return int(memory_gb) if memory_gb is not None and float(memory_gb).is_integer() else None


def gpu_label(gpu: str) -> str:
    """Return what an id is called on screen.

    >>> gpu_label("h100"), gpu_label("a100-sxm-80"), gpu_label("rtx-4090"), gpu_label("mi300x")
    ('H100, form not told', 'A100 SXM 80 GB', 'RTX 4090', 'MI300X')
    """
    found = _family_of([word.upper() for word in gpu.split("-")])
    if found is None:
        return gpu.upper()
    key, rest = found
    label = _FAMILIES[key].label
    told = [_FORM_LABELS.get(word.lower(), f"{word} GB") for word in rest]
    if not told and _FAMILIES[key].forms and not _FAMILIES[key].implied:
        return f"{label}, form not told"
    return " ".join([label, *told])


def gpu_family(gpu: str) -> str:
    """Return the chip of an id, by which a list is grouped.

    >>> gpu_family("h100-sxm"), gpu_family("rtx-4090")
    ('H100', 'RTX 4090')
    """
    found = _family_of([word.upper() for word in gpu.split("-")])
    return _FAMILIES[found[0]].label if found else gpu.upper()


#: The order in which a list names the chips: those that are let in halls first.
FAMILY_ORDER: tuple[str, ...] = ("B200", "B300", "GB200", "GB300", "H200", "H100", "GH200", "A100")
FAMILY_ORDER += ("MI300X", "MI325X", "MI355X", "L40S", "RTX 5090", "RTX 4090")


def order_of(gpu: str) -> tuple[int, str]:
    """Return the key by which GPUs are put in order: by chip, the form not told first."""
    family = gpu_family(gpu)
    return (FAMILY_ORDER.index(family) if family in FAMILY_ORDER else len(FAMILY_ORDER), gpu)
