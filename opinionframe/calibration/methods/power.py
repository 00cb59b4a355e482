"""Power calibration: shares go in; their power (a temperature), mixed with uniform, comes out. Two parameters."""

from collections.abc import Sequence

import numpy as np

from opinionframe.calibration.methods.cells import Cells, Floats, Ints
from opinionframe.calibration.supervision import is_among

POWERS = tuple(float(power) for power in np.geomspace(0.1, 4, 17))
MIXTURES = tuple(float(share) for share in np.linspace(0, 1, 21))
"""The grids: from nearly uniform to four times as sharp, and from the answer itself to uniform."""

NONZERO = 1e-6
"""Added to every share first, so that a choice the model never gave can rise with a low power."""


def fit_power(training: Cells, fold: Ints, left_out: Sequence[tuple[int, ...]]) -> list[dict[str, float]]:
    """`power` and `mixture` of least mean Wasserstein distance, without each of several sets of folds.

    For nominal questions that is the total variation distance. Cells weigh by the trust in their label. `fold` is that
    of each cell, shape (N,). The errors of the grid are summed over each fold once: what is left without others is
    their sum.
    """
    folds, errors = _fold_errors(training, fold)
    fits = []
    for out in left_out:
        error = errors[~is_among(folds, out)].sum(axis=0)
        power, mixture = np.unravel_index(int(error.argmin()), error.shape)
        fits.append({"power": POWERS[power], "mixture": MIXTURES[mixture]})
    return fits


def predict_power(cells: Cells, parameters: dict[str, float]) -> Floats:
    """(1 - mixture) p^power / sum + mixture / K, shape (N, K)."""
    uniform = cells.inside / cells.inside.sum(axis=1, keepdims=True)
    mixture = parameters["mixture"]
    shares: Floats = (1 - mixture) * _power_shares(cells, parameters["power"]) + mixture * uniform
    return shares


def _fold_errors(training: Cells, fold: Ints) -> tuple[Ints, Floats]:
    """The F folds that have cells, and their error by every power and mixture, shape (F, powers, mixtures)."""
    folds, number = np.unique(fold, return_inverse=True)
    inside = training.width > 0
    number = np.broadcast_to(number[:, None], inside.shape)[inside]
    weight = (training.trust[:, None] * training.width)[inside]
    target = training.compared(training.target)[inside]
    uniform = training.compared(training.inside / training.inside.sum(axis=1, keepdims=True))[inside]
    errors = np.zeros((len(folds), len(POWERS), len(MIXTURES)))
    for row, power in enumerate(POWERS):
        powered = training.compared(_power_shares(training, power))[inside]
        for column, mixture in enumerate(MIXTURES):
            away = weight * np.abs((1 - mixture) * powered + mixture * uniform - target)
            errors[:, row, column] = np.bincount(number, away, len(folds))
    return folds, errors


def _power_shares(cells: Cells, power: float) -> Floats:
    """The shares to a power, renormalised, shape (N, K)."""
    powers = np.where(cells.inside, (cells.prob + NONZERO) ** power, 0.0)
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
