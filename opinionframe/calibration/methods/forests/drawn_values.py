"""Rows that no tree can part, once per tree: labelled rows and bootstrap counts go in; sums per value come out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.step_functions import Floats

Places = NDArray[np.int64]

APART = np.float32(1e-7)
"""Values nearer than this are one value to scikit-learn's trees (its FEATURE_THRESHOLD)."""


@dataclass(frozen=True)
class DrawnValues:
    """The distinct values of the feature that each tree drew, by tree and then by value; every array has one row each.

    Values too near to be parted are one.

    Attributes:
        tree: The tree, from 0.
        lowest: The value of the feature, in single precision, and `highest` the greatest that counts as the same.
        rows: How many distinct rows were drawn.
        weight: How many draws.
        total: The sum of the targets over the draws, less `centre` each.
        squares: The sum of their squares, centred too.
        least: The least target, and `most` the greatest.
        centre: The mean of all targets, a scalar.
    """

    tree: Places
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    rows: Places
    weight: Floats
    total: Floats
    squares: Floats
    least: Floats
    most: Floats
    centre: float

    @property
    def first(self) -> Places:
        """The place of the first value of each tree."""
        return np.flatnonzero(np.append(True, np.diff(self.tree) != 0))


def drawn_values(feature: NDArray[np.float32], target: Floats, counts: NDArray[np.int16]) -> DrawnValues:
    """Sums over the rows of one value that a tree drew; `feature` and `target` are (rows,), `counts` (trees, rows).

    >>> drawn = drawn_values(np.float32([0.2, 0.2, 0.5]), np.array([0.0, 0.6, 0.3]), np.int16([[2, 1, 0]]))
    >>> drawn.rows.tolist(), drawn.weight.tolist(), (drawn.total + 3 * drawn.centre).round(9).tolist()
    ([2], [3.0], [0.6])
    """
    order = np.argsort(feature, kind="stable")
    drawn = counts[:, order]
    tree, place = np.nonzero(drawn)
    weight = drawn[tree, place].astype(np.float64)
    value, drawn_target = feature[order][place], target[order][place]
    centre = float(target.mean())
    centred = drawn_target - centre
    total = weight * centred
    first = np.flatnonzero(np.append(True, (tree[1:] != tree[:-1]) | (value[1:] > value[:-1] + APART)))
    after = np.append(first[1:], len(tree))
    return DrawnValues(
        tree=tree[first],
        lowest=value[first],
        highest=value[after - 1],
        rows=after - first,
        weight=over_runs(np.add, weight, first),
        total=over_runs(np.add, total, first),
        squares=over_runs(np.add, total * centred, first),
        least=over_runs(np.minimum, drawn_target, first),
        most=over_runs(np.maximum, drawn_target, first),
        centre=centre,
    )


def over_runs(operation: np.ufunc, values: Floats, first: Places) -> Floats:
    """The sum, or another operation, over each run of values; `first` has the place of the first of each."""
    return values if len(first) == len(values) else operation.reduceat(values, first)
