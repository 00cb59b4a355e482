"""What people would say to a question that nobody was asked: other questions, weighted by wording and labels."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.kriging.surface import Bools, Surface

FLAT = 100.0
"""Prior variance of the mean of a layout: large against the unit variance of questions, so left unpenalised."""

WORDING = (0.25, 0.5, 0.75)
"""Share of the questions' variance that follows wording; the rest follows answer labels."""

NOISE = (0.1, 0.2, 0.4, 0.8)
"""Variance of a question that neither explains."""


@dataclass(frozen=True)
class Prior:
    """Human distribution functions expected without any model.

    `baseline` (Q, T), and by how much each group departs from it, `deviation` (Q, G, T). A known question is
    predicted by the others.
    """

    baseline: Floats
    deviation: Floats


def fit_prior(surface: Surface, known: Bools) -> Prior:
    """Baseline and group deviations from the human answers in `known` (Q, G) alone.

    A question that is known gets the prediction that leaves it out, so that features of training and test
    questions are alike. Share of wording and noise minimise the Wasserstein distance of those predictions.
    """
    trust = surface.trust * known
    mean = group_mean(surface.human, trust)
    seen = trust.sum(axis=1) > 0
    if not seen.any():
        return Prior(_pooled(surface, mean, seen), np.zeros_like(surface.human))
    pooled = _pooled(surface, mean, seen)
    candidates = (_weights(surface, seen, setting) for setting in product(WORDING, NOISE))
    weights = min(candidates, key=lambda tried: _left_out_error(surface, tried, mean, pooled, seen))
    away = (surface.human - mean[:, None]) * (trust > 0)[..., None]
    return Prior(_baseline(surface, weights, mean, pooled), np.einsum("qr,rgt->qgt", weights, away))


def group_mean(values: Floats, weight: Floats) -> Floats:
    """Weighted mean over groups, (Q, G, T) to (Q, T); zero where no group weighs."""
    total = weight.sum(axis=1)
    mean: Floats = np.einsum("qgt,qg->qt", values, weight) / np.where(total > 0, total, 1.0)[:, None]
    return mean


def _weights(surface: Surface, seen: Bools, setting: tuple[float, float]) -> Floats:
    """Gaussian-process weights (Q, Q) on the seen questions of the same layout, a question's own being zero.

    Reference: Rasmussen and Williams (2006), equation 2.25 and, for leaving one out, 5.12.
    """
    share, noise = setting
    kernel = share * surface.wording + (1 - share) * surface.labels + FLAT
    weights = np.zeros_like(kernel)
    for code in np.unique(surface.layout[seen]):
        train = np.flatnonzero(seen & (surface.layout == code))
        test = np.flatnonzero(~seen & (surface.layout == code))
        inverse = np.linalg.inv(kernel[np.ix_(train, train)] + noise * np.eye(len(train)))
        if len(train) > 1:
            weights[np.ix_(train, train)] = np.eye(len(train)) - inverse / np.diag(inverse)[:, None]
        weights[np.ix_(test, train)] = kernel[np.ix_(test, train)] @ inverse
    return weights


def _left_out_error(surface: Surface, weights: Floats, mean: Floats, pooled: Floats, seen: Bools) -> float:
    """Mean Wasserstein distance of the seen questions from what the others predict."""
    guess = _baseline(surface, weights, mean, pooled)
    return float((surface.gap * np.abs(guess - mean)).sum(axis=1)[seen].mean())


def _baseline(surface: Surface, weights: Floats, mean: Floats, pooled: Floats) -> Floats:
    """Smoothed distribution functions; a layout that nobody else has falls back on `pooled`."""
    alone = weights.sum(axis=1) == 0
    guess = np.where(alone[:, None], pooled, weights @ mean)
    clipped: Floats = np.clip(np.where(surface.gap > 0, guess, 1.0), 0.0, 1.0)
    return clipped


def _pooled(surface: Surface, mean: Floats, seen: Bools) -> Floats:
    """The mean over seen questions of their distribution function, read off at j / K for every K."""
    pooled = np.ones_like(surface.gap)
    known = [(int(q), int(surface.size[q])) for q in np.flatnonzero(seen)]
    for size in np.unique(surface.size):
        at = np.arange(1, size) / size
        curves = [np.interp(at, np.arange(k + 1) / k, np.r_[0, mean[q, : k - 1], 1]) for q, k in known]
        pooled[surface.size == size, : size - 1] = np.mean(curves, axis=0) if curves else at
    return pooled
