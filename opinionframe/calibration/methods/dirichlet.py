"""Dirichlet calibration: shares go in; the softmax of their logarithms and of the place on the scale comes out.

Three terms take the place of a K x K matrix, so that questions with any number of choices share one fit. Choices of
nominal questions have no place, only a share.
"""

import numpy as np
from numpy.typing import NDArray

from opinionframe.calibration.methods.cells import Cells, Floats

TERMS = ("log_share", "place", "place_squared")
FLOOR = 1e-3
"""Added to every share before its logarithm: an answer of 0 of 5 draws is no proof of impossibility."""

RIDGE = 1.0
"""Penalty on the coefficients, in cells: it keeps a handful of labels from running off to infinity."""

START = np.array([1.0, 0.0, 0.0])
"""Coefficients that leave the answer as it is: what the penalty shrinks to, and where the search begins."""

STEPS = 50
CONVERGED = 1e-10


def fit_dirichlet(training: Cells) -> dict[str, float]:
    """Coefficients of the softmax of least cross-entropy with the human shares, by damped Newton steps.

    Reference: Kull et al. (2019), Beyond temperature scaling, with the matrix replaced by three terms.
    """
    x, coefficient = _terms(training), START
    loss = _loss(training, x, coefficient)
    for _ in range(STEPS):
        step = _newton_step(training, x, coefficient)
        while (next_loss := _loss(training, x, coefficient - step)) > loss and np.abs(step).max() > CONVERGED:
            step = step / 2
        if np.abs(step).max() <= CONVERGED:
            break
        coefficient, loss = coefficient - step, next_loss
    return dict(zip(TERMS, coefficient.tolist(), strict=True))


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


def _loss(cells: Cells, x: Floats, coefficient: Floats) -> float:
    """Cross-entropy with the human shares, cells weighing by the trust in their label, plus the penalty."""
    shares = np.where(cells.inside, _softmax(x @ coefficient, cells.inside), 1.0)
    cross_entropy = -(cells.trust[:, None] * cells.target * np.log(np.maximum(shares, np.finfo(float).tiny))).sum()
    return float(cross_entropy + RIDGE / 2 * ((coefficient - START) ** 2).sum())


def _newton_step(cells: Cells, x: Floats, coefficient: Floats) -> Floats:
    """The loss's Hessian inverted on its gradient, shape (3,)."""
    shares, weight = _softmax(x @ coefficient, cells.inside), cells.trust
    gradient = np.einsum("n,nk,nkf->f", weight, shares - cells.target, x) + RIDGE * (coefficient - START)
    mean = np.einsum("nk,nkf->nf", shares, x)
    second = np.einsum("n,nk,nkf,nkg->fg", weight, shares, x, x) - np.einsum("n,nf,ng->fg", weight, mean, mean)
    return np.asarray(np.linalg.solve(second + RIDGE * np.eye(len(TERMS)), gradient), dtype=np.float64)
