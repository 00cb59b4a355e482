"""Times routes side by side: every round runs each of them once, so that a busy machine slows all alike."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median

ROUNDS = 5
Row = dict[str, object]


def side_by_side(benchmark: str, size: str, routes: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> list[Row]:
    """A row per route after the first, which all are divided by: medians, ranges, and the median of paired ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            start = time.perf_counter()
            route()
            seconds[name].append(time.perf_counter() - start)
    own = next(iter(seconds))
    return [row(benchmark, size, own, other, seconds[own], seconds[other]) for other in seconds if other != own]


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
