"""Isotonic calibration: elicited distribution functions go in, human ones by a monotone map come out."""

import numpy as np

from opinionframe.calibration.methods.cells import Cells, Floats, distribution_function

Knots = dict[str, list[float]]


def fit_cumulative(training: Cells) -> Knots:
    """Isotonic regression of human on elicited cumulative shares: `x` and `y` of its knots, in [0, 1].

    A point weighs by the width of its step on the scale, times the trust in its label.
    """
    from sklearn.isotonic import IsotonicRegression

    weight = training.trust[:, None] * training.gap
    is_inside = weight > 0
    elicited, human = (
        distribution_function(training.prob)[is_inside],
        distribution_function(training.target)[is_inside],
    )
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(elicited, human, weight[is_inside])
    return {"x": isotonic.X_thresholds_.tolist(), "y": isotonic.y_thresholds_.tolist()}


def predict_cumulative(cells: Cells, parameters: Knots) -> Floats:
    """The mapped distribution function as shares, shape (N, K): monotone, so always on the simplex."""
    below = np.interp(distribution_function(cells.prob), parameters["x"], parameters["y"])
    last = cells.inside.sum(axis=1, keepdims=True) - 1
    below = np.where(np.arange(below.shape[1]) < last, below, 1.0)
    shares: Floats = np.diff(below, axis=1, prepend=0.0, append=1.0)
    return shares
