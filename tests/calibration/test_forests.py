"""Forests grown from sums per value, against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from opinionframe.calibration.methods.forests import growth
from opinionframe.calibration.methods.forests.bootstraps import bootstrap_counts
from opinionframe.calibration.methods.forests.drawn_values import drawn_values
from opinionframe.calibration.methods.forests.grown_trees import TREES, forest_steps

SEED = 7
LEAVES = (1, 5, 20)
rng = np.random.default_rng(3)


def answers(kind: str, n: int) -> np.ndarray:
    return {
        "draws": rng.integers(0, 6, n) / 5,
        "percent": rng.integers(0, 101, n) / 100,
        "distinct": rng.random(n),
        "nearly equal": rng.integers(0, 8, n) / 8 + rng.integers(0, 4, n) * 5e-8,
        "one": np.full(n, 0.3),
    }[kind]


def humans(kind: str, x: np.ndarray) -> np.ndarray:
    return {
        "noisy": np.clip(0.2 + 0.4 * x + rng.normal(0, 0.1, len(x)), 0, 1),
        "tied": rng.choice([0.0, 0.25, 0.5], len(x)),
        "equal": np.full(len(x), 0.3),
        "symmetric": (x > 0.5).astype(float),
    }[kind]


@pytest.mark.parametrize("target", ["noisy", "tied", "equal", "symmetric"])
@pytest.mark.parametrize("feature", ["draws", "percent", "distinct", "nearly equal", "one"])
@pytest.mark.parametrize("n", [1, 12, 700])
def test_a_forest_is_that_of_scikit_learn(feature, target, n):
    """Also between the values that were seen, where the knots show."""
    x = answers(feature, n)
    y = humans(target, x)
    points = np.concatenate([x, rng.random(200)])
    for leaf, steps in zip(LEAVES, forest_steps(x, y, LEAVES, SEED), strict=True):
        forest = RandomForestRegressor(TREES, min_samples_leaf=leaf, random_state=SEED).fit(x[:, None], y)
        assert steps(points) == pytest.approx(forest.predict(points[:, None]), abs=1e-12)


def test_trees_that_rounding_decides_are_left_to_scikit_learn():
    """0, 1, 0 can be cut on either side of the 1; 0, 1, 2 / 2 cannot."""
    x = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    all_once = np.ones((1, 3), dtype=np.int16)
    assert growth.grow(drawn_values(x, np.array([0.0, 1.0, 0.0]), all_once), 1) == {}
    (tree,) = growth.grow(drawn_values(x, np.array([0.0, 0.2, 1.0]), all_once), 1).values()
    assert tree.value == pytest.approx([0.0, 0.2, 1.0])
    assert tree.at == pytest.approx([0.15, 0.25])


def test_most_trees_are_grown_from_sums():
    x = answers("draws", 700)
    drawn = drawn_values(x.astype(np.float32), humans("noisy", x), bootstrap_counts(700, TREES, SEED))
    assert all(len(growth.grow(drawn, leaf)) > 0.9 * TREES for leaf in LEAVES)
