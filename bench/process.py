"""What a process costs, as Linux counts it."""

import os
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
