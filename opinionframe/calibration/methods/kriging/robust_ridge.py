"""Ridge regression under absolute error: features go in, coefficients come out; its penalty is tuned on inner folds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
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
    distinct, question = np.unique(problem.question, return_inverse=True)
    if len(distinct) < 2 and "raw" in problem.targets:
        return problem.targets["raw"]
    fold_of_question = _inner_folds(len(distinct), seed)
    pseudo, target = _best_setting(problem, fold_of_question[question], np.bincount(fold_of_question))
    penalty = _penalty(problem, pseudo, target) / len(distinct)
    return _least_absolute(problem, penalty, problem.targets[target])


def _best_setting(problem: Problem, fold: Ints, questions: Ints) -> tuple[float, str]:
    """Ridge and target of least absolute error over inner folds of whole questions, of which each has so many."""
    order = np.argsort(fold, kind="stable")
    ends = np.cumsum(np.bincount(fold, minlength=len(questions)))[:-1]
    parts = list(zip(*(np.split(each[order], ends) for each in (problem.x, problem.y, problem.w)), strict=True))
    grams = [_normal(x, y, w) for x, y, w in parts]
    gram, right = sum(g for g, _ in grams), sum(r for _, r in grams)
    grid = list(product(PSEUDO, problem.targets))
    penalties = np.stack([_penalty(problem, pseudo, name) for pseudo, name in grid])
    targets = np.stack([problem.targets[name] for _, name in grid])
    left = np.stack([gram - own for own, _ in grams]), np.stack([right - own for _, own in grams])
    n_training = np.maximum(questions.sum() - questions, 1)
    coefficients = _solve(left[0][:, None], left[1][:, None], penalties / n_training[:, None, None], targets)
    error = np.zeros(len(grid))
    for (x, y, w), of_fold in zip(parts, coefficients, strict=True):
        error += w @ np.abs(y[:, None] - x @ of_fold.T)
    return grid[int(error.argmin())]


def _penalty(problem: Problem, pseudo: float, target: str) -> Floats:
    """Ridge of each feature: human ones keep a light one, unless the raw answer is the target."""
    return np.where(problem.human & (target != "raw"), LIGHT, pseudo)


@cache
def _inner_folds(questions: int, seed: int) -> Ints:
    """Fold of each question, at most `INNER` of them."""
    folds: Ints = np.random.default_rng(seed).permutation(questions) % INNER
    return folds


def _least_absolute(problem: Problem, penalty: Floats, target: Floats) -> Floats:
    """Coefficients (F,) of least absolute error, by iterated reweighting.

    Absolute, because the distribution function of least Wasserstein distance is a median.
    """
    x, y, w = problem.x, problem.y, problem.w
    b = _solve(*_normal(x, y, w), penalty, target)
    for _ in range(STEPS):
        error = np.abs(y - x @ b)
        b = _solve(*_normal(x, y, w / np.maximum(error, NEAR)), penalty, target)
    return b


def _normal(x: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Weighted cross-products of the features, (F, F), and with the response, (F,)."""
    weighted = x * w[:, None]
    return weighted.T @ x, weighted.T @ y


def _solve(gram: Floats, right: Floats, penalty: Floats, target: Floats) -> Floats:
    """Coefficients (..., F) shrunk towards `target` (..., F), the ridge scaled by each feature's own sum of squares."""
    scale = penalty * np.diagonal(gram, axis1=-2, axis2=-1) + TINY
    ridge = np.broadcast_to(gram, (*scale.shape, gram.shape[-1])).copy()
    diagonal = np.arange(gram.shape[-1])
    ridge[..., diagonal, diagonal] += scale
    return np.asarray(np.linalg.solve(ridge, (right + scale * target)[..., None])[..., 0], dtype=np.float64)
