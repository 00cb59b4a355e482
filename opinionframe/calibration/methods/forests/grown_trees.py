"""A forest on one feature, as scikit-learn grows it: labelled pairs go in; the mean of its step functions comes out.

Trees are grown from sums per value, many at once and for every leaf size from the same bootstrap samples. scikit-learn
grows those that rounding decides. The trees are the same either way.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.bootstraps import bootstrap_counts
from opinionframe.calibration.methods.forests.drawn_values import DrawnValues, drawn_values, over_runs
from opinionframe.calibration.methods.forests.full_trees import full_trees
from opinionframe.calibration.methods.forests.growth import GrownTrees, grow
from opinionframe.calibration.methods.forests.running_sums import running_sums
from opinionframe.calibration.methods.forests.step_functions import Floats, Rises, mean_of_steps

TREES = 100
DRAWN_AT_ONCE = 200_000
"""Values drawn by the trees that are grown together: a thread's work."""


def forest_steps(probabilities: Floats, targets: Floats, leaves: Sequence[int], seed: int) -> list[Rises]:
    """The forest of each leaf size as one sum of steps: the mean over its trees.

    Args:
        probabilities: Elicited probabilities, shape (rows,).
        targets: Human shares, shape (rows,).
        leaves: Leaf sizes: how many distinct rows a leaf has at least.
        seed: The `random_state` of the scikit-learn forest that this is.

    Reference: Breiman (2001), Random forests.

    >>> forest_steps(np.array([0.1, 0.1, 0.9]), np.array([0.2, 0.4, 0.8]), [3], seed=1)[0](np.array([0.5])).round(2)
    array([0.47])
    """
    feature = probabilities.astype(np.float32)
    counts = bootstrap_counts(len(feature), TREES, seed)

    def grown(samples: NDArray[np.int16]) -> list[list[Rises]]:
        drawn = drawn_values(feature, targets, samples)
        sums = running_sums(drawn)
        trees = (full_trees(drawn) if leaf == 1 else grow(drawn, sums, leaf) for leaf in leaves)
        return [
            [_sum_of_trees(drawn, each), *_scikit_learn_trees(feature, targets, samples[each.unsure], leaf)]
            for leaf, each in zip(leaves, trees, strict=True)
        ]

    parts = max(1, min(TREES, TREES * len(np.unique(feature)) // DRAWN_AT_ONCE))
    # No more threads than cores: they would only drive each other out of the caches.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        grown_parts = list(pool.map(grown, np.array_split(counts, parts)))
    return [mean_of_steps([each for part in grown_parts for each in part[leaf]], TREES) for leaf in range(len(leaves))]


def _sum_of_trees(drawn: DrawnValues, grown: GrownTrees) -> Rises:
    """The sum of the trees of which rounding decides none."""
    cuts = grown.cuts
    value = over_runs(np.add, drawn.total, cuts) / over_runs(np.add, drawn.weight, cuts) + drawn.centre
    tree = drawn.tree[cuts]
    sure, begins = ~grown.unsure[tree], np.diff(tree, prepend=-1) != 0
    inner = np.flatnonzero(sure & ~begins)
    right = cuts[inner]
    knot = drawn.highest[right - 1].astype(np.float64) / 2 + drawn.lowest[right].astype(np.float64) / 2
    return Rises(knot, value[inner] - value[inner - 1], float(value[sure & begins].sum()))


def _scikit_learn_trees(
    feature: NDArray[np.float32], targets: Floats, samples: NDArray[np.int16], leaf: int
) -> Iterator[Rises]:
    """The tree that scikit-learn grows from each of the bootstrap samples."""
    from sklearn.tree import DecisionTreeRegressor

    for sample in samples:
        fitted = DecisionTreeRegressor(min_samples_leaf=leaf).fit(feature.reshape(-1, 1), targets, sample).tree_
        # Every leaf holds a value, so that leaves come in the order of the values that fall in them.
        leaves = fitted.apply(np.unique(feature).reshape(-1, 1))
        value = fitted.value[leaves[np.flatnonzero(np.diff(leaves, prepend=-1))], 0, 0]
        yield Rises(np.sort(fitted.threshold[fitted.feature >= 0]), np.diff(value), float(value[0]))
