"""Ridge regression under absolute error: features go in, coefficients come out; its penalty is tuned on inner folds."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.kriging.surface import Bools, Ints

PSEUDO = (1.0, 3.0, 10.0, 30.0, 100.0, 1e6)
"""The ridge, in questions' worth of information; the last leaves only what it shrinks to."""

LIGHT = 10.0
"""The ridge of features that no model enters, so that a useless model leaves them alone."""

INNER = 10
STEPS = 4
"""Reweighting steps from squared to absolute error."""

NEAR = 0.02
"""Error below which the absolute loss is taken as quadratic."""

TINY = 1e-9
"""Keeps a feature that is always zero solvable."""


@dataclass(frozen=True)
class Problem:
    """A regression of R rows on F features.

    Attributes:
        x: Features, shape (R, F).
        y: Response, shape (R,): human less baseline distribution functions, in [-1, 1].
        w: Weight of each row, shape (R,).
        question: Number of the question of each row, shape (R,); rows of one question are held out together.
        human: Which features no model enters, shape (F,).
        targets: What coefficients may shrink to, by name, each of shape (F,).
    """

    x: Floats
    y: Floats
    w: Floats
    question: Ints
    human: Bools
    targets: Mapping[str, Floats]


def robust_ridge(problem: Problem, seed: int) -> Floats:
    """Coefficients (F,) of least absolute error plus ridge; the target `raw` itself where there is but one question."""
    if len(np.unique(problem.question)) < 2 and "raw" in problem.targets:
        return problem.targets["raw"]
    pseudo, target = _best_setting(problem, seed)
    penalty = _penalty(problem, pseudo, target) / len(np.unique(problem.question))
    return _least_absolute(problem, penalty, problem.targets[target])


def _best_setting(problem: Problem, seed: int) -> tuple[float, str]:
    """Ridge and target of least absolute error over inner folds of whole questions."""
    fold = _inner_folds(problem.question, seed)
    grams = [_normal(problem, problem.w * (fold == k)) for k in range(int(fold.max()) + 1)]
    gram, right = sum(g for g, _ in grams), sum(r for _, r in grams)
    grid = list(product(PSEUDO, problem.targets))
    error = np.zeros(len(grid))
    for k, (own_gram, own_right) in enumerate(grams):
        held_out = fold == k
        n_training = max(len(np.unique(problem.question[~held_out])), 1)
        for i, (pseudo, name) in enumerate(grid):
            penalty = _penalty(problem, pseudo, name) / n_training
            b = _solve(gram - own_gram, right - own_right, penalty, problem.targets[name])
            error[i] += (problem.w[held_out] * np.abs(problem.y[held_out] - problem.x[held_out] @ b)).sum()
    return grid[int(error.argmin())]


def _penalty(problem: Problem, pseudo: float, target: str) -> Floats:
    """Ridge of each feature: human ones keep a light one, unless the raw answer is the target."""
    return np.where(problem.human & (target != "raw"), LIGHT, pseudo)


def _inner_folds(question: Ints, seed: int) -> Ints:
    """Fold of each row, whole questions together, at most `INNER` of them."""
    distinct, place = np.unique(question, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(distinct))
    folds: Ints = (order % INNER)[place]
    return folds


def _least_absolute(problem: Problem, penalty: Floats, target: Floats) -> Floats:
    """Coefficients (F,) of least absolute error, by iterated reweighting.

    Absolute, because the distribution function of least Wasserstein distance is a median.
    """
    b = _solve(*_normal(problem, problem.w), penalty, target)
    for _ in range(STEPS):
        error = np.abs(problem.y - problem.x @ b)
        b = _solve(*_normal(problem, problem.w / np.maximum(error, NEAR)), penalty, target)
    return b


def _normal(problem: Problem, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted cross-products of the features, (F, F), and with the response, (F,)."""
    weighted = problem.x * weight[:, None]
    return weighted.T @ problem.x, weighted.T @ problem.y


def _solve(gram: Floats, right: Floats, penalty: Floats, target: Floats) -> Floats:
    """Coefficients (F,) shrunk towards `target`, the ridge scaled by each feature's own sum of squares."""
    scale = penalty * np.diag(gram) + TINY
    return np.asarray(np.linalg.solve(gram + np.diag(scale), right + scale * target), dtype=np.float64)
