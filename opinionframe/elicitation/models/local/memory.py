"""How much memory a model may still take on this machine: nothing goes in, bytes come out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = 8 << 30
"""Assumed where the system does not say."""
GROUPS = Path("/sys/fs/cgroup")
"""Where Linux tells the limits of containers and of jobs on a cluster, which its own figures do not show."""


def free_memory() -> int:
    """Bytes that are available, caches that the system would give up among them, and within every limit set."""
    return max(0, min([_available(), *_left_by_limits()]))


def _available() -> int:
    try:
        told = Path("/proc/meminfo").read_text(encoding="utf-8")
        return int(told.split("MemAvailable:")[1].split()[0]) << 10
    except (OSError, IndexError, ValueError):
        return _free_pages()


def _free_pages() -> int:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return UNKNOWN


def _left_by_limits(groups: Path = GROUPS, own: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """What the control group of this process leaves, and each that it is part of, where they have a limit."""
    try:
        place = groups / own.read_text(encoding="utf-8").rpartition("0::")[2].strip().lstrip("/")
    except OSError:
        return
    for group in (place, *place.parents):
        try:
            limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
            counts = (group / "memory.stat").read_text().split()
            left = limit - used + int(counts[counts.index("inactive_file") + 1])
        except (OSError, ValueError):  # it sets none, which is spelled "max"
            continue
        yield left
