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

    With `denoise`, of which every cell of people has its `n_eff`, errors are drawn in by the factor of `kept`.
    """
    width, gap = predicted.width, predicted.below - people.below
    deviation = np.abs(predicted.shares() - people.shares()).max(axis=1)
    factor = kept(predicted, people, unit) if denoise else np.ones(len(unit))
    return Residuals(unit, factor * (width * np.abs(gap)).sum(axis=1), factor * deviation)


def kept(predicted: Steps, people: Steps, unit: Ints) -> Floats:
    """By what factor errors shrink so that their spread is that of predictions about the truth. Shape (cells,).

    A sample's shares stray from the group's by chance, so that the squared error of a prediction beside them has the
    mean T + v / n: T of the prediction about the truth, v / n of a sample of n people. Drawn in by the root of
    T / (T + v / n), errors have the spread T whatever n, and, where both parts are normal, the distribution of errors
    about the truth. v is that of the prediction, times what makes it right on average over the samples; T is no less
    than its standard error, clustered by units, so that predictions that look perfect beside small samples keep an
    error.

    Reference: Louis (1984), Estimating a Population of Parameter Values Using Bayes and Empirical Bayes Methods.
    """
    n = people.number("n_eff")
    width = predicted.width
    squared = (width * (predicted.below - people.below) ** 2).sum(axis=1)
    known = n >= SMALLEST_SAMPLE
    of_prediction = _spread(predicted)
    in_samples = (_spread(people) * n / np.maximum(n - 1, 1))[known].sum()
    total = of_prediction[known].sum()
    noise = of_prediction * (in_samples / total if total > 0 else 1.0) / n
    excess = squared - noise
    truth = max(float(excess.mean()), _clustered_error(excess, unit))
    spread = truth + noise
    return np.sqrt(np.divide(truth, spread, out=np.ones_like(spread), where=spread > 0))


def _spread(cells: Steps) -> Floats:
    """The expected squared distance of one person from a cell's distribution, summed over steps, shape (cells,)."""
    return np.asarray((cells.width * cells.below * (1 - cells.below)).sum(axis=1))


def _clustered_error(values: Floats, unit: Ints) -> float:
    """The standard error of the mean of `values`, whose `unit`s are drawn independently."""
    _, number = np.unique(unit, return_inverse=True)
    sums = np.bincount(number, values - values.mean())
    return float(np.sqrt(len(sums) / max(len(sums) - 1, 1) * (sums**2).sum()) / len(values))
