"""A forest on one feature, as scikit-learn grows it: labelled pairs go in; the step function of each tree comes out.

Where values of the feature repeat, as shares of a few draws do, trees are grown from sums per value, all at once and
for every leaf size from the same bootstrap samples. scikit-learn grows, in threads, the trees that rounding decides and
those of many distinct values. The trees are the same either way.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.forests.bootstraps import bootstrap_counts
from opinionframe.calibration.methods.forests.drawn_values import drawn_values
from opinionframe.calibration.methods.forests.growth import grow
from opinionframe.calibration.methods.forests.step_functions import Floats, StepFunction, mean_of_steps

TREES = 100
VALUES_AT_ONCE = 16_000
"""Distinct values of trees that are grown together: their sums fit a processor's cache."""

FEW_VALUES = 2_000
"""Up to so many distinct values, sums per value are the quicker way, however few rows share one."""

REPEATED = 4
"""So many rows per distinct value, and they are whatever the number of values."""


def forest_steps(probabilities: Floats, targets: Floats, leaves: Sequence[int], seed: int) -> list[StepFunction]:
    """The forest of each leaf size as one step function: the mean over its trees.

    Args:
        probabilities: Elicited probabilities, shape (rows,).
        targets: Human shares, shape (rows,).
        leaves: Leaf sizes: how many distinct rows a leaf has at least.
        seed: The `random_state` of the scikit-learn forest that this is.

    Reference: Breiman (2001), Random forests.

    >>> forest_steps(np.array([0.1, 0.1, 0.9]), np.array([0.2, 0.4, 0.8]), [3], seed=1)[0](np.array([0.5])).round(2)
    array([0.47])
    """
    return [mean_of_steps(trees) for trees in grown_trees(probabilities, targets, leaves, seed)]


def grown_trees(probabilities: Floats, targets: Floats, leaves: Sequence[int], seed: int) -> list[list[StepFunction]]:
    """The trees of each leaf size, in scikit-learn's order."""
    feature = probabilities.astype(np.float32)
    counts = bootstrap_counts(len(feature), TREES, seed)
    values = len(np.unique(feature))
    from_sums = values <= FEW_VALUES or values * REPEATED <= len(feature)

    def grown(samples: NDArray[np.int16]) -> list[list[StepFunction]]:
        drawn = drawn_values(feature, targets, samples) if from_sums else None
        return [_trees(feature, targets, samples, leaf, grow(drawn, leaf) if drawn else {}) for leaf in leaves]

    parts = max(1, min(TREES, TREES * values // VALUES_AT_ONCE)) if from_sums else TREES
    with ThreadPoolExecutor() as pool:
        grown_parts = list(pool.map(grown, np.array_split(counts, parts)))
    return [[tree for part in grown_parts for tree in part[leaf]] for leaf in range(len(leaves))]


def _trees(
    feature: NDArray[np.float32],
    targets: Floats,
    samples: NDArray[np.int16],
    leaf: int,
    from_sums: Mapping[int, StepFunction],
) -> list[StepFunction]:
    """A tree for each of the `samples`: the one `from_sums`, where there is one, or scikit-learn's."""
    return [
        from_sums[tree] if tree in from_sums else _scikit_learn_tree(feature, targets, sample, leaf)
        for tree, sample in enumerate(samples)
    ]


def _scikit_learn_tree(
    feature: NDArray[np.float32], targets: Floats, sample: NDArray[np.int16], leaf: int
) -> StepFunction:
    """The tree that scikit-learn grows from one bootstrap sample."""
    from sklearn.tree import DecisionTreeRegressor

    fitted = DecisionTreeRegressor(min_samples_leaf=leaf).fit(feature.reshape(-1, 1), targets, sample).tree_
    # Every leaf holds a value, so that leaves come in the order of the values that fall in them.
    leaves = fitted.apply(np.unique(feature).reshape(-1, 1))
    first = np.flatnonzero(np.append(True, np.diff(leaves) != 0))
    return StepFunction(np.sort(fitted.threshold[fitted.feature >= 0]), fitted.value[leaves[first], 0, 0])
