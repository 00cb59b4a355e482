"""Regression trees on one feature, all of a forest grown together: sums per value go in; where leaves begin comes out.

A split is scikit-learn's: the boundary between two values that lowers the squared error most, with at least so many
distinct rows on either side. Rows of one value cannot be parted, so that their sums are enough. Where two boundaries
are as good as equal, scikit-learn's rounding decides between them: such a tree is left to it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.drawn_values import DrawnValues, Places
from opinionframe.calibration.methods.forests.nodes import Nodes, batches, next_batch, nodes_to_part
from opinionframe.calibration.methods.forests.running_sums import RunningSums
from opinionframe.calibration.methods.forests.splits import best_splits

UNSURE = 1e-13
"""Per draw, the squared error that sums in another order can be off by: a hundred times the rounding of 10⁴ terms."""


@dataclass(frozen=True)
class GrownTrees:
    """Where the leaves of trees begin.

    Attributes:
        cuts: The places of the first value of each leaf, in the order of drawn values.
        unsure: For each tree, whether rounding decides it: its cuts then mean nothing.
    """

    cuts: Places
    unsure: NDArray[np.bool_]


def grow(drawn: DrawnValues, sums: RunningSums, leaf: int) -> GrownTrees:
    """Trees with at least `leaf` distinct rows in a leaf."""
    first = drawn.first
    tolerance = UNSURE * sums.weight[-1] / len(first)
    cut = np.zeros(len(drawn.tree), dtype=np.bool_)
    cut[first] = True
    unsure = np.zeros(len(first), dtype=np.bool_)
    waiting = batches(nodes_to_part(sums, first, np.append(first[1:], len(drawn.tree)), leaf))
    while waiting:
        nodes = next_batch(waiting)
        splits = best_splits(sums, nodes, tolerance)
        little = splits.explained <= tolerance
        parted = ~(splits.tied | little | unsure[drawn.tree[nodes.start]])
        place = splits.place
        if not parted.all():
            # A runner-up as good, or so little to explain that scikit-learn may see no error.
            doubtful = splits.tied | little
            doubtful[little] = ~_constant(drawn, nodes.part(little))
            unsure[drawn.tree[nodes.start[doubtful]]] = True
            nodes, place = nodes.part(parted), place[parted]
        cut[place] = True
        # Left and right in turn, so that neighbours in memory wait together.
        starts, ends = np.column_stack([nodes.start, place]), np.column_stack([place, nodes.end])
        waiting += batches(nodes_to_part(sums, starts.ravel(), ends.ravel(), leaf))
    return GrownTrees(np.flatnonzero(cut), unsure)


def _constant(drawn: DrawnValues, nodes: Nodes) -> NDArray[np.bool_]:
    """Whether all targets of each node are the same number."""
    places = zip(nodes.start.tolist(), nodes.end.tolist(), strict=True)
    return np.array([drawn.least[a:b].min() == drawn.most[a:b].max() for a, b in places], dtype=np.bool_)
