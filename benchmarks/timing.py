"""Times routes side by side: every round runs each of them once, so that a busy machine slows all alike."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROUNDS = 5
Row = dict[str, object]


def side_by_side(
    benchmark: str, size: str, routes: dict[str, Callable[[], object]], rounds: int = ROUNDS, own: int = 1
) -> list[Row]:
    """A row per route after the first: medians, ranges, and the median of ratios paired by round.

    Each of the first `own` routes is set beside all routes after them, and the first beside the rest of these too.
    """
    seconds: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            start = time.perf_counter()
            route()
            seconds[name].append(time.perf_counter() - start)
    names = list(routes)
    pairs = [(names[0], name) for name in names[1:own]] + [
        (name, other) for name in names[:own] for other in names[own:]
    ]
    return [row(benchmark, size, name, other, seconds[name], seconds[other]) for name, other in pairs]


def row(benchmark: str, size: str, own: str, other: str, mine: list[float], theirs: list[float]) -> Row:
    """One line of the report."""
    ratios = [b / a for a, b in zip(mine, theirs, strict=True)]
    return {
        "benchmark": benchmark,
        "size": size,
        "route": own,
        "seconds": median(mine),
        "range": f"{min(mine):.3g} to {max(mine):.3g}",
        "beside": other,
        "their_seconds": median(theirs),
        "their_range": f"{min(theirs):.3g} to {max(theirs):.3g}",
        "ratio": median(ratios),
        "ratio_range": f"{min(ratios):.3g} to {max(ratios):.3g}",
        "rounds": len(mine),
        "load": round(os.getloadavg()[0], 1),
        "note": "",
    }


def peak() -> float:
    """Gigabytes that this process held at most; `getrusage` would count what its parent held when it was started."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9


def scaled(line: Row, factor: float, note: str = "") -> Row:
    """`line` with the other's time, which was taken over a part of the work, times `factor`."""
    longer: Row = {name: float(str(line[name])) * factor for name in ("their_seconds", "ratio")}
    for name in ("their_range", "ratio_range"):
        low, high = (float(end) * factor for end in str(line[name]).split(" to "))
        longer[name] = f"{low:.3g} to {high:.3g}"
    return line | longer | {"note": note}
