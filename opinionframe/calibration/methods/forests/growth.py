"""Regression trees on one feature, all of a forest grown together: sums per value go in; trees come out.

A split is scikit-learn's: the boundary between two values that lowers the squared error most, with at least so many
distinct rows on either side. Rows of one value cannot be parted, so that their sums are enough. Where two boundaries
are as good as equal, scikit-learn's rounding decides between them: such a tree is left to it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.drawn_values import DrawnValues
from opinionframe.calibration.methods.forests.step_functions import Floats, StepFunction

Places = NDArray[np.int64]

APART = np.float32(1e-7)
"""Values nearer than this are one value to scikit-learn's trees (its FEATURE_THRESHOLD)."""

UNSURE = 1e-13
"""Per draw, the squared error that sums in another order can be off by: a hundred times the rounding of 10⁴ terms."""


@dataclass(frozen=True)
class _Sums:
    """Running sums over the drawn values, each of shape (values + 1,)."""

    weight: Floats
    total: Floats
    squares: Floats
    rows: Places


@dataclass(frozen=True)
class _Nodes:
    """Nodes of one depth: the places of their values, from `start` to before `end`."""

    start: Places
    end: Places

    def where(self, kept: NDArray[np.bool_]) -> "_Nodes":
        return _Nodes(self.start[kept], self.end[kept])


def grow(drawn: DrawnValues, leaf: int) -> dict[int, StepFunction]:
    """Trees by number, with at least `leaf` distinct rows in a leaf; those that rounding decides are missing."""
    first = np.flatnonzero(np.append(True, np.diff(drawn.tree) != 0))
    cut = np.zeros(len(drawn.tree), dtype=np.bool_)
    cut[first] = True
    unsure = np.zeros(len(first), dtype=np.bool_)
    apart = np.append(False, drawn.value[1:] > drawn.value[:-1] + APART)
    sums = _Sums(*(_running(each) for each in (drawn.weight, drawn.total, drawn.squares, drawn.rows)))
    tolerance = UNSURE * sums.weight[-1] / len(first)
    nodes = _Nodes(first, np.append(first[1:], len(drawn.tree)))
    while len(nodes.start):
        enough = sums.rows[nodes.end] - sums.rows[nodes.start] >= 2 * leaf
        nodes = nodes.where((nodes.end - nodes.start > 1) & enough & ~unsure[drawn.tree[nodes.start]])
        if not len(nodes.start):
            break
        best, second, place = _best_splits(sums, apart, nodes, leaf)
        error = _of_nodes(sums.squares, nodes) - _of_nodes(sums.total, nodes) ** 2 / _of_nodes(sums.weight, nodes)
        possible = np.isfinite(best)
        little = possible & (error <= tolerance)
        possible[little] = ~_constant(drawn, nodes.where(little))
        # A runner-up as good, or so little error that scikit-learn may call it none.
        doubtful = possible & ((second >= best - tolerance) | little)
        unsure[drawn.tree[nodes.start[doubtful]]] = True
        parted, place = nodes.where(possible & ~doubtful), place[possible & ~doubtful]
        cut[place] = True
        nodes = _Nodes(np.concatenate([parted.start, place]), np.concatenate([place, parted.end]))
    return _step_functions(drawn, np.flatnonzero(cut), unsure)


def _best_splits(sums: _Sums, apart: NDArray[np.bool_], nodes: _Nodes, leaf: int) -> tuple[Floats, Floats, Places]:
    """What the best and the second-best split of each node explain, -inf for none, and the first place right of it."""
    lengths = nodes.end - nodes.start - 1
    offset = np.cumsum(lengths) - lengths
    right = np.arange(lengths.sum()) + np.repeat(nodes.start + 1 - offset, lengths)
    # Gains are told from the node's own mean, so that they stay exact where the node is small.
    mean = _of_nodes(sums.total, nodes) / _of_nodes(sums.weight, nodes)
    weight = sums.weight[right] - np.repeat(sums.weight[nodes.start], lengths)
    total = sums.total[right] - np.repeat(sums.total[nodes.start], lengths) - weight * np.repeat(mean, lengths)
    whole = np.repeat(_of_nodes(sums.weight, nodes), lengths)
    gain = total * total * whole / (weight * (whole - weight))
    rows = sums.rows[right] - np.repeat(sums.rows[nodes.start], lengths)
    enough = (rows >= leaf) & (rows <= np.repeat(_of_nodes(sums.rows, nodes) - leaf, lengths))
    gain[~(enough & apart[right])] = -np.inf
    best = np.maximum.reduceat(gain, offset)
    hits = np.flatnonzero(gain == np.repeat(best, lengths))
    first = hits[np.searchsorted(hits, offset)]
    gain[first] = -np.inf
    return best, np.maximum.reduceat(gain, offset), right[first]


def _constant(drawn: DrawnValues, nodes: _Nodes) -> NDArray[np.bool_]:
    """Whether all targets of each node are the same number."""
    places = zip(nodes.start.tolist(), nodes.end.tolist(), strict=True)
    return np.array([drawn.least[a:b].min() == drawn.most[a:b].max() for a, b in places], dtype=np.bool_)


def _of_nodes(running: NDArray[Any], nodes: _Nodes) -> NDArray[Any]:
    """The sum over each node, from running sums."""
    return np.asarray(running[nodes.end] - running[nodes.start])


def _step_functions(drawn: DrawnValues, cuts: Places, unsure: NDArray[np.bool_]) -> dict[int, StepFunction]:
    """The trees whose leaves begin at `cuts`."""
    value = np.add.reduceat(drawn.total, cuts) / np.add.reduceat(drawn.weight, cuts) + drawn.centre
    exact = drawn.value.astype(np.float64)
    knot = exact[np.maximum(cuts - 1, 0)] / 2 + exact[cuts] / 2
    first = np.append(np.searchsorted(drawn.tree[cuts], np.arange(len(unsure))), len(cuts))
    return {
        tree: StepFunction(knot[first[tree] + 1 : first[tree + 1]], value[first[tree] : first[tree + 1]])
        for tree in np.flatnonzero(~unsure).tolist()
    }


def _running(values: NDArray[Any]) -> NDArray[Any]:
    """Sums of all values before each place, and of all of them."""
    return np.append(np.zeros(1, dtype=values.dtype), np.cumsum(values))
