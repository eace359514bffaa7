"""What a process has allocated, told by the process itself.

Resident memory alone does not tell a leak from memory that the allocator keeps: here is what malloc
has given out, what it holds free, and how many objects Python has.
"""

import ctypes
import json
import os
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "VOICE2MQTT_BENCH_HEAP"
"""Names, in the environment, the file that `follow` writes."""
_EVERY_S = 5.0
_MEGABYTE = 2**20


@dataclass(frozen=True)
class Heap:
    """What malloc and Python hold."""

    in_use_mb: float = 0.0
    free_mb: float = 0.0
    """Held by malloc, for later."""
    objects: int = 0
    """Blocks of Python's own allocator."""


class _Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    )  # fmt: skip


def heap() -> Heap:
    """Return what this process holds; nothing of malloc where that is not glibc's."""
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        return Heap(objects=sys.getallocatedblocks())
    mallinfo.restype = _Mallinfo
    told = mallinfo()
    in_use = told.uordblks + told.hblkhd
    return Heap(in_use / _MEGABYTE, told.fordblks / _MEGABYTE, sys.getallocatedblocks())


def read(file: Path) -> Heap:
    """Return what a process that follows wrote last."""
    with suppress(OSError, ValueError):
        return Heap(**json.loads(file.read_text()))
    return Heap()


def follow() -> None:
    """Write what this process holds, again and again, if the environment names a file for it."""
    if name := os.environ.get(FILE):
        threading.Thread(target=_write, args=(Path(name),), daemon=True, name="heap").start()


def _write(file: Path) -> None:
    waiting = threading.Event()
    while not waiting.wait(_EVERY_S):
        new = file.with_suffix(".new")
        with suppress(OSError):
            new.write_text(json.dumps(asdict(heap())))
            new.replace(file)
