"""Freed memory goes back to the system: one setting of the C library, for a program that stays open for weeks."""

import ctypes
import os

#: What is at least as large is mapped by itself and given back as it is freed. Lower, and a simulation, whose arrays
#: come and go by the thousand, takes half as long again.
THRESHOLD_BYTES = 2**20
_M_MMAP_THRESHOLD = -3  # malloc.h of glibc


def give_back() -> bool:
    """Keep large blocks out of the C library's heaps from now on; call it once, before threads start.

    glibc maps blocks of 128 KiB or more by themselves, but each one that is freed raises that limit, up to 32 MiB. Then
    the bodies of a refresh, received by a thread each, land in a heap per thread, and one small block above a large one
    that was freed holds all of it: under random faults 12 MB in use kept 200 MB. A limit that was set once stays.

    Returns
    -------
    bool
        Whether it was set; False, and nothing was done, where the C library is not glibc.
    """
    try:
        known = (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):  # no confstr, or it has not heard of that name
        return False
    return known and ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, THRESHOLD_BYTES) == 1
