"""Trees that are grown until no leaf can be parted: sums per value go in; where their leaves begin comes out.

Whatever the order of its splits, such a tree ends with a leaf for every value that it drew. Nodes whose targets are all
equal are left whole, which gives the same function.
"""

import numpy as np

from opinionframe.calibration.methods.forests.drawn_values import DrawnValues
from opinionframe.calibration.methods.forests.growth import GrownTrees

EPSILON = float(np.finfo(np.float64).eps)
"""A node of no more variance is a leaf to scikit-learn."""


def full_trees(drawn: DrawnValues) -> GrownTrees:
    """Trees with a leaf for every value; unsure are those with neighbours so alike that scikit-learn may leave them.

    A node of so little variance is a run of values of which no two neighbours have more squared error than all of them.
    """
    first = drawn.first
    left = np.flatnonzero(drawn.tree[1:] == drawn.tree[:-1])
    weight, total, squares = (each[left] + each[left + 1] for each in (drawn.weight, drawn.total, drawn.squares))
    draws = drawn.weight.sum() / len(first)
    error = squares - total * total / weight
    alike = np.flatnonzero(error <= 2 * EPSILON * draws)
    left, error = left[alike], error[alike]
    begins = np.ones(len(drawn.tree), dtype=np.bool_)
    begins[left + 1] = False
    run = np.cumsum(begins) - 1
    # Sums of a larger node, of which it is the rest, round off as much as a tenth of its draws' EPSILON.
    limit = 2 * EPSILON * (np.bincount(run, drawn.weight)[run[left]] + draws / 10)
    least, most = (
        np.minimum(drawn.least[left], drawn.least[left + 1]),
        np.maximum(drawn.most[left], drawn.most[left + 1]),
    )
    unsure = np.zeros(len(first), dtype=np.bool_)
    unsure[drawn.tree[left[(error <= limit) & (least < most)]]] = True
    return GrownTrees(np.arange(len(drawn.tree)), unsure)
