"""The baseline: human answers go in; those expected of each question from the others, by likeness, come out."""

from dataclasses import dataclass

import numpy as np

from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.kriging.settings import Setting, Settings, covariance
from opinionframe.calibration.methods.kriging.surface import Bools, Ints, Surface


@dataclass(frozen=True)
class Prior:
    """Human distribution functions expected without any model; a training question is predicted by the others.

    Attributes:
        baseline: The share at or below each threshold, over groups, shape (Q, T), in [0, 1]; 1 past a scale's end.
        deviation: By how much each group departs from its question's mean, shape (Q, G, T).
    """

    baseline: Floats
    deviation: Floats

    def part(self, questions: Ints) -> "Prior":
        """Some of the questions, by number."""
        return Prior(self.baseline[questions], self.deviation[questions])


def fit_prior(surface: Surface, training: Bools, block: Ints | None = None, settings: Settings | None = None) -> Prior:
    """The baseline and group deviations that the human answers in `training` (Q, G) give.

    A training question gets the prediction that leaves it out, with all questions of the same `block` (Q,), each its
    own where it is not given, so that features of training and test questions are alike. The setting minimises the
    Wasserstein distance of those predictions. `settings`, where they are given, are those of the surface.
    """
    block = np.arange(len(surface.questions)) if block is None else block
    trust = surface.trust * training
    mean = group_mean(surface.human, trust)
    has_humans = trust.sum(axis=1) > 0
    if not has_humans.any():
        return Prior(_pooled(surface, mean, has_humans), np.zeros_like(surface.human))
    pooled = _pooled(surface, mean, has_humans)
    setting = (settings or Settings(surface)).of_least_error(mean, pooled, has_humans, block)
    weights = _weights(surface, has_humans, block, setting)
    deviations = (surface.human - mean[:, None]) * (trust > 0)[..., None]
    return Prior(_baseline(surface.gap, weights, mean, pooled), np.tensordot(weights, deviations, axes=1))


def group_mean(values: Floats, weight: Floats) -> Floats:
    """Weighted mean over groups, (Q, G, T) to (Q, T); zero where no group weighs."""
    total = weight.sum(axis=1)
    mean: Floats = np.einsum("qgt,qg->qt", values, weight) / np.where(total > 0, total, 1.0)[:, None]
    return mean


def _weights(surface: Surface, has_humans: Bools, block: Ints, setting: Setting) -> Floats:
    """Gaussian-process weights (Q, Q) on the answered questions of the same layout, zero within a block.

    Reference: Rasmussen and Williams (2006), equation 2.25 and, for leaving one out, 5.12; for blocks that of
    Ginsbourger and Schärer (2021), Fast Calculation of Gaussian Process Multiple-Fold Cross-Validation Residuals.
    """
    weights = np.zeros_like(surface.wording)
    for code in np.unique(surface.layout[has_humans]):
        train = np.flatnonzero(has_humans & (surface.layout == code))
        test = np.flatnonzero(~has_humans & (surface.layout == code))
        everyone = np.concatenate([train, test])
        own = covariance(surface, np.ix_(everyone, everyone), setting)
        n = len(train)
        inverse: Floats = np.asarray(np.linalg.inv(own[:n, :n]), dtype=np.float64)
        weights[np.ix_(train, train)] = _left_out(inverse, block[train])
        weights[np.ix_(test, train)] = own[n:, :n] @ inverse
    return weights


def _left_out(inverse: Floats, block: Ints) -> Floats:
    """Weights (N, N) that predict each block of N answered questions by the others; zero where there are none.

    `inverse` is that of the answers' covariance, shape (N, N).
    """
    distinct, size = np.unique(block, return_counts=True)
    if len(distinct) < 2:
        return np.zeros_like(inverse)
    weights = -inverse / np.diag(inverse)[:, None]
    for code in distinct[size > 1]:
        own = np.flatnonzero(block == code)
        weights[own] = -np.linalg.solve(inverse[np.ix_(own, own)], inverse[own])
    weights[block[:, None] == block] = 0.0
    return weights


def _baseline(gap: Floats, weights: Floats, mean: Floats, pooled: Floats) -> Floats:
    """Smoothed distribution functions; a layout that nobody else has falls back on `pooled`."""
    has_no_weights = weights.sum(axis=1) == 0
    functions = np.where(has_no_weights[:, None], pooled, weights @ mean)
    clipped: Floats = np.clip(np.where(gap > 0, functions, 1.0), 0.0, 1.0)
    return clipped


def _pooled(surface: Surface, mean: Floats, has_humans: Bools) -> Floats:
    """The mean over answered questions of their distribution function, read off at j / K for every K.

    Reading off is linear, so that the mean of the questions of one size is read off for all of them.
    """
    pooled = np.ones_like(surface.gap)
    sizes, counts = np.unique(surface.size[has_humans], return_counts=True)
    means = [mean[has_humans & (surface.size == k), : k - 1].mean(axis=0) for k in sizes]
    for size in np.unique(surface.size):
        at = np.arange(1, size) / size
        curves = [np.interp(at, np.arange(k + 1) / k, np.r_[0, each, 1]) for k, each in zip(sizes, means, strict=True)]
        pooled[surface.size == size, : size - 1] = np.average(curves, axis=0, weights=counts) if curves else at
    return pooled
