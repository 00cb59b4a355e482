"""Forests grown from sums per value, against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from opinionframe.calibration.methods.forests import growth
from opinionframe.calibration.methods.forests.bootstraps import bootstrap_counts
from opinionframe.calibration.methods.forests.drawn_values import drawn_values
from opinionframe.calibration.methods.forests.full_trees import full_trees
from opinionframe.calibration.methods.forests.grown_trees import TREES, forest_steps
from opinionframe.calibration.methods.forests.running_sums import running_sums

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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_forests_on_distinct_answers_are_those_of_scikit_learn(seed):
    """As log-probabilities give: no value repeats, and nodes are many batches."""
    draws = np.random.default_rng(seed)
    x = draws.dirichlet(np.ones(4), 1000).ravel()
    y = np.clip(0.1 + 0.6 * x + draws.normal(0, 0.15, len(x)), 0, 1)
    points = np.concatenate([x, draws.random(500)])
    forests = forest_steps(x, y, LEAVES, seed)
    for leaf, steps in zip(LEAVES, forests, strict=True):
        forest = RandomForestRegressor(TREES, min_samples_leaf=leaf, random_state=seed).fit(x[:, None], y)
        assert steps(points) == pytest.approx(forest.predict(points[:, None]), abs=1e-12)
        assert steps.steps()(points) == pytest.approx(steps(points), abs=1e-12)


@pytest.mark.parametrize("gap", [0.0, 1e-9, 1.4e-8, 1.6e-8, 3e-8, 1e-6, 1e-3])
def test_neighbours_that_scikit_learn_leaves_together_are_left_together(gap):
    """Targets so near that their variance is nought to it, in pairs and in a long run."""
    x = np.arange(60) / 60
    y = rng.random(60)
    y[10:12], y[30:50] = 0.4 + np.array([0, gap]), 0.7
    y[40] += gap
    (steps,) = forest_steps(x, y, [1], SEED)
    forest = RandomForestRegressor(TREES, min_samples_leaf=1, random_state=SEED).fit(x[:, None], y)
    assert steps(x) == pytest.approx(forest.predict(x[:, None]), abs=1e-13)


def test_trees_that_rounding_decides_are_left_to_scikit_learn():
    """0, 1, 0 can be cut on either side of the 1; 0, 1, 2 / 2 cannot."""
    x = np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3], dtype=np.float32)
    all_once = np.ones((1, 6), dtype=np.int16)
    tied, clear = (drawn_values(x, np.repeat(y, 2), all_once) for y in ([0.0, 1.0, 0.0], [0.0, 0.2, 1.0]))
    assert growth.grow(tied, running_sums(tied), 2).unsure.tolist() == [True]
    grown = growth.grow(clear, running_sums(clear), 2)
    assert grown.unsure.tolist() == [False]
    assert grown.cuts.tolist() == [0, 1, 2]
    assert clear.total + clear.weight * clear.centre == pytest.approx([0.0, 0.4, 2.0])


@pytest.mark.parametrize("feature", ["draws", "distinct"])
def test_most_trees_are_grown_from_sums(feature):
    x = answers(feature, 700)
    drawn = drawn_values(x.astype(np.float32), humans("noisy", x), bootstrap_counts(700, TREES, SEED))
    grown = [full_trees(drawn), *(growth.grow(drawn, running_sums(drawn), leaf) for leaf in LEAVES[1:])]
    assert all(each.unsure.mean() < 0.1 for each in grown)
