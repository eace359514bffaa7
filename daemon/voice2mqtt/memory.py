"""How a process that runs for years returns free memory to the system.

In the host, beams allocate and free megabytes many times a second, on every thread. glibc keeps an
arena for each thread and, after the first large block is freed, takes later ones of its size from
it; so a host that two clients kept busy grew to 413 MB, of which much was free. One arena and fixed
thresholds held it at 321 MB, at the same processor time (mallopt(3)).

In the daemon, each table that is read again is compiled on a new thread: it used 101 MB all the
while, but what it held free grew from 6 to 17 MB in a quarter of an hour of faults.
"""

import ctypes
import gc

_LIBC = ctypes.CDLL(None)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_THRESHOLD_BYTES = 2_500_000
"""More than a step of beam search allocates: mapping that anew would add a third to its time."""
_TRIM_EVERY_S = 30.0
"""At most; set by hand."""


def configure_malloc() -> None:
    """Have this process return freed memory to the system; only glibc needs to be told."""
    mallopt = getattr(_LIBC, "mallopt", None)
    if mallopt:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _THRESHOLD_BYTES)
        mallopt(_TRIM_THRESHOLD, _THRESHOLD_BYTES)


def trim_malloc() -> None:
    """Return what is free to the system now, which takes some ten milliseconds.

    The voice activity detector's aligned blocks of 3 MB leave holes that glibc seldom fills again:
    with sixty made and let go over and over a process grew by 60 MB each time (malloc_trim(3)).
    """
    gc.collect()
    trim = getattr(_LIBC, "malloc_trim", None)
    if trim:
        trim(0)


def exempt_from_collection() -> None:
    """Exempt all objects of now from garbage collection, once what nobody needs is given back.

    Otherwise a collection would walk through a large table and delay a decision. Call it when a
    former table is in use no more: its cycles would stay, and its espeak-ng with them.
    """
    gc.unfreeze()
    trim_malloc()
    gc.freeze()


class IdleTrim:
    """Says when to trim after work: when nobody waits for an answer, and not too often.

    After an hour of sentences, talk and noise 57 MB of a host's 251 were holes between blocks; a
    daemon's grew from 2 to 5 MB in two hours.
    """

    def __init__(self) -> None:
        self._worked = False
        self._trimmed_s = 0.0

    def note_work(self) -> None:
        """There is something to return again."""
        self._worked = True

    def is_due(self, now_s: float, *, busy: bool) -> bool:
        """Return whether to trim now; `busy` says whether anybody waits for an answer."""
        self._worked |= busy
        if busy or not self._worked or now_s < self._trimmed_s + _TRIM_EVERY_S:
            return False
        self._worked, self._trimmed_s = False, now_s
        return True
