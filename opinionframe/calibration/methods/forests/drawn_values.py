"""Rows that share a value, counted once per tree: labelled rows and bootstrap counts go in; sums per value come out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.step_functions import Floats


@dataclass(frozen=True)
class DrawnValues:
    """The distinct values of the feature that each tree drew, by tree and then by value; every array has one row each.

    Attributes:
        tree: The tree, from 0.
        value: The value of the feature, in single precision.
        rows: How many distinct rows were drawn.
        weight: How many draws.
        total: The sum of the targets over the draws, less `centre` each.
        squares: The sum of their squares, centred too.
        least: The least target, and `most` the greatest.
        centre: The mean of all targets, a scalar.
    """

    tree: NDArray[np.int64]
    value: NDArray[np.float32]
    rows: NDArray[np.int64]
    weight: Floats
    total: Floats
    squares: Floats
    least: Floats
    most: Floats
    centre: float


def drawn_values(feature: NDArray[np.float32], target: Floats, counts: NDArray[np.int16]) -> DrawnValues:
    """Sums over the rows of one value that a tree drew; `feature` and `target` are (rows,), `counts` (trees, rows).

    >>> drawn = drawn_values(np.float32([0.2, 0.2, 0.5]), np.array([0.0, 0.6, 0.3]), np.int16([[2, 1, 0]]))
    >>> drawn.rows.tolist(), drawn.weight.tolist(), (drawn.total + 3 * drawn.centre).round(9).tolist()
    ([2], [3.0], [0.6])
    """
    order = np.argsort(feature, kind="stable")
    tree, place = np.nonzero(counts[:, order])
    weight = counts[:, order][tree, place].astype(np.float64)
    row = order[place]
    value, drawn_target = feature[row], target[row]
    centre = float(target.mean())
    centred = drawn_target - centre
    first = np.flatnonzero(np.append(True, (np.diff(tree) != 0) | (np.diff(value) != 0)))
    return DrawnValues(
        tree=tree[first],
        value=value[first],
        rows=np.diff(np.append(first, len(tree))),
        weight=np.add.reduceat(weight, first),
        total=np.add.reduceat(weight * centred, first),
        squares=np.add.reduceat(weight * centred**2, first),
        least=np.minimum.reduceat(drawn_target, first),
        most=np.maximum.reduceat(drawn_target, first),
        centre=centre,
    )
