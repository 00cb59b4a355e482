"""Nodes of trees that wait to be parted: places go in; batches of nodes with their boundaries come out."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.drawn_values import Places
from opinionframe.calibration.methods.forests.running_sums import RunningSums

AT_ONCE = 32_000
"""Boundaries that are compared together: enough to be worth a call, few enough for a processor's cache."""


@dataclass(frozen=True)
class Nodes:
    """Nodes: the places of their values, from `start` to before `end`, and of their boundaries, `length` from `low`.

    A boundary is the place of the first value to its right.
    """

    start: Places
    end: Places
    low: Places
    length: Places

    def part(self, kept: slice | NDArray[np.bool_]) -> "Nodes":
        """Some of the nodes."""
        return Nodes(self.start[kept], self.end[kept], self.low[kept], self.length[kept])


def nodes_to_part(sums: RunningSums, start: Places, end: Places, leaf: int) -> Nodes:
    """The nodes that have a boundary with `leaf` rows on either side."""
    first_row, after = sums.rows[start], sums.rows[end]
    enough = np.flatnonzero(after - first_row >= 2 * leaf)
    low = sums.value_of_row[first_row[enough] + leaf - 1] + 1
    length = sums.value_of_row[after[enough] - leaf] + 1 - low
    return Nodes(start[enough], end[enough], low, length).part(length > 0)


def batches(nodes: Nodes) -> list[Nodes]:
    """The nodes in parts of about so many boundaries as are compared at once."""
    if not len(nodes.start):
        return []
    boundaries = np.cumsum(nodes.length)
    full = np.searchsorted(boundaries, np.arange(AT_ONCE, boundaries[-1], AT_ONCE)) + 1
    return [nodes.part(slice(a, b)) for a, b in pairwise([0, *full.tolist(), len(boundaries)]) if a < b]


def next_batch(waiting: list[Nodes]) -> Nodes:
    """The last parts, as many as are compared at once, taken off the list."""
    taken, boundaries = [waiting.pop()], 0
    while waiting and (boundaries := boundaries + int(taken[-1].length.sum())) < AT_ONCE:
        taken.append(waiting.pop())
    columns = zip(*((each.start, each.end, each.low, each.length) for each in taken), strict=True)
    return taken[0] if len(taken) == 1 else Nodes(*(np.concatenate(column) for column in columns))
