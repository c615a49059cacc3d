"""Freed memory goes back to the system: two settings of the C library, for a program that stays open for weeks."""

import ctypes
import os

#: What is at least as large is mapped by itself and given back as it is freed. Lower, and a simulation, whose arrays
#: come and go by the thousand, takes half as long again.
THRESHOLD_BYTES = 2**20
#: Heaps that all threads share. glibc makes eight for each core, and a simulation leaves 20 MB free in the one it met.
HEAPS = 2
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h of glibc


def give_back() -> bool:
    """Keep large blocks out of the C library's heaps, and these few; call it once, before threads start.

    glibc maps blocks of 128 KiB or more by themselves, but each one that is freed raises that limit, up to 32 MiB. Then
    the bodies of a refresh, received by a thread each, land in a heap per thread, and one small block above a large one
    that was freed holds all of it: under random faults 12 MB in use kept 200 MB. A limit that was set once stays.

    Returns
    -------
    bool
        Whether both were set; False, and nothing was done, where the C library is not glibc.
    """
    try:
        known = (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):  # no confstr, or it has not heard of that name
        return False
    if not known:
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(_M_MMAP_THRESHOLD, THRESHOLD_BYTES) == 1, mallopt(_M_ARENA_MAX, HEAPS) == 1])
