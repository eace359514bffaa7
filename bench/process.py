"""What a process costs, as Linux counts it."""

import os
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path


def processor_s(pid: int) -> float:
    """Return the user and system time of the process so far, on all cores."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int | None = None) -> float:
    """Return the memory that the process, or this one, has in use."""
    status = Path(f"/proc/{pid or 'self'}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def children(pid: int) -> list[int]:
    """Return the processes that the process has started."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # It has just ended.
            found += map(int, (thread / "children").read_text().split())
    return found


def descriptors(pid: int) -> dict[str, int]:
    """Return how many descriptors the process has, by what they are of."""
    found: Counter[str] = Counter()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # It has just been closed.
            found[re.sub(r":\[\d+\]", "", str(entry.readlink()))] += 1
    return dict(found)


def threads(pid: int) -> dict[str, int]:
    """Return how many threads the process has, by their names."""
    found: Counter[str] = Counter()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # It has just ended.
            found[(thread / "comm").read_text().strip()] += 1
    return dict(found)
