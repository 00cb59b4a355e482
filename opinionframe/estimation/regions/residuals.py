"""Errors of predictions: cells of a source and of people go in; how far apart they are, noise taken out, comes out."""

from dataclasses import dataclass

import numpy as np

from opinionframe.estimation.arrays import Floats, Ints
from opinionframe.inference.steps import Steps
from opinionframe.schemas.vocabulary import SMALLEST_SAMPLE


@dataclass(frozen=True)
class Residuals:
    """Errors of predicted cells that people answered.

    Attributes:
        unit: The number of each cell's unit, shape (cells,).
        distance: From the people's distribution, Wasserstein or total variation, in [0, 1], shape (cells,).
        deviation: The largest of a choice's share, in [0, 1], shape (cells,).
    """

    unit: Ints
    distance: Floats
    deviation: Floats


def residuals(predicted: Steps, people: Steps, unit: Ints, *, denoise: bool) -> Residuals:
    """The errors of `predicted` beside `people` of the same questions and groups, each in its `unit`.

    With `denoise`, of which every cell of people has its `n_eff`, errors are drawn in by the factor of `kept`: that of
    the steps for a distance, and for a deviation that of the choices, each weighing by its share, since it is large
    shares that stray farthest.
    """
    shares, width = predicted.shares(), predicted.width
    distance = (width * np.abs(predicted.below - people.below)).sum(axis=1)
    deviation = np.abs(shares - people.shares()).max(axis=1)
    if not denoise:
        return Residuals(unit, distance, deviation)
    n = people.number("n_eff")
    of_steps = kept(predicted.below, people.below, width, n, unit)
    of_choices = kept(shares, people.shares(), shares, n, unit)
    return Residuals(unit, of_steps * distance, of_choices * deviation)


def kept(predicted: Floats, people: Floats, weight: Floats, n: Floats, unit: Ints) -> Floats:
    """By what factor errors shrink so that their spread is that of predictions about the truth. Shape (cells,).

    A sample's shares stray from the group's by chance, so that the squared error of a prediction beside them has the
    mean T + v / n: T of the prediction about the truth, v / n of a sample of n people. Drawn in by the root of
    T / (T + v / n), errors have the spread T whatever n, and, where both parts are normal, the distribution of errors
    about the truth. v is that of the prediction, times what makes it right on average over the samples. T is taken one
    standard error, clustered by units, above its estimate: the less samples tell of it, the less is taken off, and
    predictions that look perfect beside small ones keep an error.

    Args:
        predicted: Shares, below steps or of choices, shape (cells, shares).
        people: Those of the sample, the same shape.
        weight: What each counts for in a squared error, the same shape.
        n: People in each sample, shape (cells,).
        unit: The number of each cell's unit, shape (cells,).

    Reference: Louis (1984), Estimating a Population of Parameter Values Using Bayes and Empirical Bayes Methods.
    """
    squared = (weight * (predicted - people) ** 2).sum(axis=1)
    known = n >= SMALLEST_SAMPLE
    of_prediction = (weight * predicted * (1 - predicted)).sum(axis=1)
    of_samples = (weight * people * (1 - people)).sum(axis=1)
    in_samples = (of_samples * n / np.maximum(n - 1, 1))[known].sum()
    total = of_prediction[known].sum()
    noise = of_prediction * (in_samples / total if total > 0 else 1.0) / n
    excess = squared - noise
    truth = max(float(excess.mean()), 0.0) + _clustered_error(excess, unit)
    spread = truth + noise
    return np.asarray(np.sqrt(np.divide(truth, spread, out=np.ones_like(spread), where=spread > 0)))


def _clustered_error(values: Floats, unit: Ints) -> float:
    """The standard error of the mean of `values`, whose `unit`s are drawn independently."""
    _, number = np.unique(unit, return_inverse=True)
    sums = np.bincount(number, values - values.mean())
    return float(np.sqrt(len(sums) / max(len(sums) - 1, 1) * (sums**2).sum()) / len(values))
