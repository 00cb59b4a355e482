"""Ridge regression under absolute error, its penalty and what it shrinks to chosen on inner folds of questions."""

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
    """R rows of F features: `x` (R, F), with `y`, weights `w` and `question` (R,).

    `human` (F,) marks features that no model enters; `targets` are what coefficients may shrink to, each (F,).
    """

    x: Floats
    y: Floats
    w: Floats
    question: Ints
    human: Bools
    targets: Mapping[str, Floats]


def robust_ridge(problem: Problem, seed: int) -> Floats:
    """Coefficients (F,); the target `raw` itself from a single question, which leaves no inner fold to choose by."""
    if len(np.unique(problem.question)) < 2 and "raw" in problem.targets:
        return problem.targets["raw"]
    pseudo, target = _choose(problem, seed)
    penalty = _penalty(problem, pseudo, target) / len(np.unique(problem.question))
    return _least_absolute(problem, penalty, problem.targets[target])


def _choose(problem: Problem, seed: int) -> tuple[float, str]:
    """Ridge and target of least absolute error over inner folds of whole questions."""
    fold = _inner_folds(problem.question, seed)
    grams = [_normal(problem, problem.w * (fold == k)) for k in range(int(fold.max()) + 1)]
    gram, right = sum(g for g, _ in grams), sum(r for _, r in grams)
    grid = list(product(PSEUDO, problem.targets))
    error = np.zeros(len(grid))
    for k, (own_gram, own_right) in enumerate(grams):
        out = fold == k
        kept = max(len(np.unique(problem.question[~out])), 1)
        for i, (pseudo, name) in enumerate(grid):
            penalty = _penalty(problem, pseudo, name) / kept
            b = _solve(gram - own_gram, right - own_right, penalty, problem.targets[name])
            error[i] += (problem.w[out] * np.abs(problem.y[out] - problem.x[out] @ b)).sum()
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
    """By iterated reweighting: the distribution function of least Wasserstein distance is a median."""
    b = _solve(*_normal(problem, problem.w), penalty, target)
    for _ in range(STEPS):
        away = np.abs(problem.y - problem.x @ b)
        b = _solve(*_normal(problem, problem.w / np.maximum(away, NEAR)), penalty, target)
    return b


def _normal(problem: Problem, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted cross-products."""
    weighted = problem.x * weight[:, None]
    return weighted.T @ problem.x, weighted.T @ problem.y


def _solve(gram: Floats, right: Floats, penalty: Floats, target: Floats) -> Floats:
    """Ridge scaled by each feature's own sum of squares, towards `target`."""
    scale = penalty * np.diag(gram) + TINY
    return np.asarray(np.linalg.solve(gram + np.diag(scale), right + scale * target), dtype=np.float64)
