"""Estimates of means with known population shares: moments of a sample go in; corrected means and their error come out.

With f the prediction of each respondent's group, F its known mean over the population and L the tuning, the estimate
is y + L (F - f): people's mean, moved by as much as the sample's predictions miss their known mean. L = 0 is the survey
estimate; L = 1 the difference estimator; the least-squares slope of y on f the regression estimator (GREG); and the
slope by covariances of means, over the variance that is known of f, in [0, 1], that of PPI++.

Reference: Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, chapter 6; Montanari (1987);
Angelopoulos et al. (2023), Prediction-powered inference; Angelopoulos, Duchi and Zrnic (2023), PPI++.
"""

from dataclasses import dataclass

import numpy as np

from opinionframe.estimation.arrays import Floats
from opinionframe.estimation.sampled import Moments

DIFFERENCE, TUNED, REGRESSION = "difference", "tuned", "regression"
NO_VARIANCE = 1e-12
"""A variance of predictions at or below this is rounding of values in [0, 1]."""


@dataclass(frozen=True)
class KnownMean:
    """What is known of the predictions in the population of a cell, by choice.

    Attributes:
        mean: Their mean, shape (choices,).
        covariance: Their covariance between people, shape (choices, choices).
        n: On how many people both rest; infinite where the shares are known.
    """

    mean: Floats
    covariance: Floats
    n: float

    @property
    def variance(self) -> Floats:
        """Their variance between people, shape (choices,)."""
        return np.array(np.diag(self.covariance))


@dataclass(frozen=True)
class Corrected:
    """`estimate` (choices,), not on the simplex; its `covariance` (choices, choices); the `tuning` (choices,)."""

    estimate: Floats
    covariance: Floats
    tuning: Floats


def corrected(moments: Moments, known: KnownMean, method: str) -> Corrected:
    """The mean of a cell, moved by `method` to where its predictions have their known mean.

    Takes any leading axes of the arrays of `moments`, such as draws.
    """
    choices = moments.y.shape[-1]
    tuning = _tuning(moments, known, method)
    estimate = moments.y + tuning * (known.mean - moments.f)
    of_answers = np.broadcast_to(np.eye(choices), (*tuning.shape, choices))
    contrast = np.concatenate([of_answers, -tuning[..., None] * of_answers], axis=-1)
    covariance = contrast @ moments.covariance @ np.swapaxes(contrast, -1, -2)
    pairs = tuning[..., :, None] * tuning[..., None, :]
    return Corrected(estimate, covariance + pairs * known.covariance / known.n, tuning)


def _tuning(moments: Moments, known: KnownMean, method: str) -> Floats:
    """The weight of the predictions, by choice."""
    if method == DIFFERENCE:
        return np.ones_like(moments.y)
    varies = moments.square > NO_VARIANCE
    if method == REGRESSION:
        return np.divide(moments.cross, moments.square, out=np.zeros_like(moments.y), where=varies)
    choices = moments.y.shape[-1]
    rows, columns = np.arange(choices), choices + np.arange(choices)
    of_means, of_predictions = (moments.covariance[..., each, columns] for each in (rows, columns))
    variance = _pooled(moments, known)
    spread = of_predictions * np.divide(variance, moments.square, out=np.zeros_like(moments.y), where=varies)
    spread = spread + variance / known.n
    tuning = np.divide(of_means, spread, out=np.zeros_like(moments.y), where=varies & (spread > 0))
    return np.asarray(np.clip(np.nan_to_num(tuning), 0, 1))


def _pooled(moments: Moments, known: KnownMean) -> Floats:
    """The variance of predictions over the population's people and the sample's together."""
    if np.isinf(known.n):
        return known.variance
    n = np.asarray(moments.n_eff)[..., None]
    mean = (n * moments.f + known.n * known.mean) / (n + known.n)
    squares = n * (moments.square + (moments.f - mean) ** 2) + known.n * (known.variance + (known.mean - mean) ** 2)
    return np.asarray(squares / (n + known.n - 1))
