"""Large blocks are mapped by themselves, even after one was freed: else memory grows with every body received."""

import subprocess
import sys

import pytest

from minerdesk import heap

#: Frees a large block, which raises the limit of glibc, and prints by how much a second one grew what is mapped.
_PROBE = """
import ctypes, sys
from minerdesk import heap

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd a b c d e".split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
if sys.argv[1] == "set":
    assert heap.give_back()
block = bytearray(8 * 2**20)
del block
before = libc.mallinfo2().hblkhd
block = bytearray(4 * 2**20)
print(libc.mallinfo2().hblkhd - before)
"""


def _mapped(choice: str) -> int:
    done = subprocess.run([sys.executable, "-c", _PROBE, choice], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the setting is glibc's")
def test_a_large_block_is_mapped_by_itself_even_after_a_larger_one_was_freed() -> None:
    assert _mapped("left alone") == 0, "glibc raises its limit: without the setting the block comes from a heap"
    assert _mapped("set") >= 4 * 2**20


@pytest.mark.parametrize("answer", [None, "musl 1.2", ValueError("no such name"), AttributeError("no confstr")])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    def confstr(name: str) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("os.confstr", confstr, raising=False)
    monkeypatch.setattr("ctypes.CDLL", None)
    assert heap.give_back() is False
