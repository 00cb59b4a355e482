"""Power calibration: shares go in; their power (a temperature), mixed with uniform, comes out. Two parameters."""

import numpy as np

from opinionframe.calibration.methods.cells import Cells, Floats

POWERS = tuple(float(power) for power in np.geomspace(0.1, 4, 17))
MIXTURES = tuple(float(share) for share in np.linspace(0, 1, 21))
"""The grids: from nearly uniform to four times as sharp, and from the answer itself to uniform."""

NONZERO = 1e-6
"""Added to every share first, so that a choice the model never gave can rise with a low power."""


def fit_power(training: Cells) -> dict[str, float]:
    """`power` and `mixture` of least mean Wasserstein distance, each cell weighing by the trust in its label.

    For nominal questions that is the total variation distance.
    """
    target = training.compared(training.target)
    uniform = training.compared(training.inside / training.inside.sum(axis=1, keepdims=True))
    weight = training.trust[:, None] * training.width
    best = (np.inf, 1.0, 0.0)
    for power in POWERS:
        powered = training.compared(_power_shares(training, power))
        for mixture in MIXTURES:
            error = float((weight * np.abs((1 - mixture) * powered + mixture * uniform - target)).sum())
            best = min(best, (error, power, mixture))
    return {"power": best[1], "mixture": best[2]}


def predict_power(cells: Cells, parameters: dict[str, float]) -> Floats:
    """(1 - mixture) p^power / sum + mixture / K, shape (N, K)."""
    uniform = cells.inside / cells.inside.sum(axis=1, keepdims=True)
    mixture = parameters["mixture"]
    shares: Floats = (1 - mixture) * _power_shares(cells, parameters["power"]) + mixture * uniform
    return shares


def _power_shares(cells: Cells, power: float) -> Floats:
    """The shares to a power, renormalised, shape (N, K)."""
    powers = np.where(cells.inside, (cells.prob + NONZERO) ** power, 0.0)
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
