"""Dirichlet calibration: shares go in; the softmax of their logarithms and of the place on the scale comes out.

Three terms take the place of a K x K matrix, so that questions with any number of choices share one fit. Choices of
nominal questions have no place, only a share.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.cells import Cells, Floats, Ints
from opinionframe.calibration.supervision import is_among

TERMS = ("log_share", "place", "place_squared")
FLOOR = 1e-3
"""Added to every share before its logarithm: an answer of 0 of 5 draws is no proof of impossibility."""

RIDGE = 1.0
"""Penalty on the coefficients, in cells: it keeps a handful of labels from running off to infinity."""

START = np.array([1.0, 0.0, 0.0])
"""Coefficients that leave the answer as it is: what the penalty shrinks to, and where the search begins."""

STEPS = 50
CONVERGED = 1e-10

ROUNDING = 1e-13
"""Share of a loss that is lost in adding it up: a step that raises it by less has not gone too far."""

TINY = float(np.finfo(np.float64).tiny)
"""The least share, so that it has a logarithm."""


def fit_dirichlet(training: Cells, fold: Ints, left_out: Sequence[tuple[int, ...]]) -> list[dict[str, float]]:
    """Coefficients of the softmax of least cross-entropy with the human shares, without each of several sets of folds.

    `fold` is that of each cell, shape (N,). By damped Newton steps, from what all cells give: there is one minimum.

    Reference: Kull et al. (2019), Beyond temperature scaling, with the matrix replaced by three terms.
    """
    problem = _Problem(_terms(training), training.inside, training.target, training.trust)
    start = _least(problem, START)
    every = (_least(problem.part(~is_among(fold, out)), start) if out else start for out in left_out)
    return [dict(zip(TERMS, coefficient.tolist(), strict=True)) for coefficient in every]


def predict_dirichlet(cells: Cells, parameters: dict[str, float]) -> Floats:
    """The softmax of the fitted log-ratios, shape (N, K)."""
    return _softmax(_terms(cells) @ np.array([parameters[name] for name in TERMS]), cells.inside)


def _terms(cells: Cells) -> Floats:
    """Log share, place on the scale from -1 to 1 and its square, shape (N, K, 3)."""
    place = 2 * np.pad(np.cumsum(cells.gap, axis=1), ((0, 0), (1, 0))) - 1
    place = np.where(cells.inside & ~cells.nominal[:, None], place, 0.0)
    return np.stack([np.log(cells.prob + FLOOR), place, place**2], axis=2)


def _softmax(logits: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Shares of each cell, shape (N, K), 0 outside its choices."""
    masked = np.where(inside, logits, -np.inf)
    exponentials = np.exp(masked - masked.max(axis=1, keepdims=True))
    shares: Floats = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


@dataclass(frozen=True)
class _Problem:
    """N cells: terms (N, K, 3), choices inside (N, K), human shares (N, K) and the weight of each cell, (N,)."""

    x: Floats
    inside: NDArray[np.bool_]
    target: Floats
    weight: Floats

    def part(self, kept: NDArray[np.bool_]) -> "_Problem":
        """The cells that are `kept` (N,)."""
        return _Problem(self.x[kept], self.inside[kept], self.target[kept], self.weight[kept])

    def loss(self, coefficient: Floats) -> tuple[float, Floats]:
        """Cross-entropy with the human shares, each cell by its weight, plus the penalty; and the shares (N, K)."""
        shares = _softmax(self.x @ coefficient, self.inside)
        logarithm = np.log(np.maximum(shares, TINY))
        cross_entropy = -float(self.weight @ (self.target * logarithm).sum(axis=1))
        return cross_entropy + RIDGE / 2 * float(((coefficient - START) ** 2).sum()), shares

    def newton_step(self, coefficient: Floats, shares: Floats) -> Floats:
        """The loss's Hessian inverted on its gradient, shape (3,)."""
        flat = self.x.reshape(-1, len(TERMS))
        away = (self.weight[:, None] * (shares - self.target)).ravel()
        gradient = flat.T @ away + RIDGE * (coefficient - START)
        weighted = self.x * (self.weight[:, None] * shares)[:, :, None]
        mean, total = (shares[:, None] @ self.x)[:, 0], weighted.sum(axis=1)
        second = flat.T @ weighted.reshape(-1, len(TERMS)) - mean.T @ total
        return np.asarray(np.linalg.solve(second + RIDGE * np.eye(len(TERMS)), gradient), dtype=np.float64)


def _least(problem: _Problem, start: Floats) -> Floats:
    """The coefficients (3,) of least loss."""
    coefficient = start
    loss, shares = problem.loss(coefficient)
    for _ in range(STEPS):
        step = problem.newton_step(coefficient, shares)
        following, next_shares = problem.loss(coefficient - step)
        while following > loss + ROUNDING * abs(loss) and np.abs(step).max() > CONVERGED:
            step = step / 2
            following, next_shares = problem.loss(coefficient - step)
        coefficient, loss, shares = coefficient - step, following, next_shares
        if np.abs(step).max() <= CONVERGED:
            break
    return coefficient
