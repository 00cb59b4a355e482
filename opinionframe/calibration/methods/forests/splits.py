"""The best split of each node: running sums and nodes go in; the boundary that explains most of each comes out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.drawn_values import Places
from opinionframe.calibration.methods.forests.nodes import Nodes
from opinionframe.calibration.methods.forests.running_sums import RunningSums
from opinionframe.calibration.methods.forests.step_functions import Floats


@dataclass(frozen=True)
class Splits:
    """The best split of each node.

    Attributes:
        place: The boundary that explains most, the first of those that are as good.
        explained: The squared error that it explains.
        tied: Whether another boundary explains as much, up to the tolerance.
    """

    place: Places
    explained: Floats
    tied: NDArray[np.bool_]


def best_splits(sums: RunningSums, nodes: Nodes, tolerance: float) -> Splits:
    """The best split of each node, from all of its boundaries.

    What a split explains is (left total - left weight · mean of the node)² · whole weight / (left · right weight): told
    from the node's own mean, it stays exact where the node is small. In place, since memory is what takes time.
    """
    length = nodes.length
    offset = np.cumsum(length) - length
    boundary = np.arange(length.sum())
    boundary += np.repeat(nodes.low - offset, length)
    before, after, total = sums.weight[nodes.start], sums.weight[nodes.end], sums.total[nodes.start]
    whole = after - before
    mean = (sums.total[nodes.end] - total) / whole
    weight, gain = sums.weight[boundary], sums.total[boundary]
    expected = np.repeat(mean, length)
    expected *= weight
    expected += np.repeat(total - mean * before, length)
    gain -= expected
    gain *= gain
    right = np.repeat(after, length)
    right -= weight
    weight -= np.repeat(before, length)
    weight *= right
    gain /= weight
    best = np.maximum.reduceat(gain, offset)
    hits = np.flatnonzero(gain >= np.repeat(best - tolerance / whole, length))
    first = np.searchsorted(hits, offset) if len(hits) > len(offset) else np.arange(len(offset))
    return Splits(boundary[hits[first]], best * whole, np.diff(first, append=len(hits)) > 1)
