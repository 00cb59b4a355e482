"""A monotone map from the model's distribution function to the human one."""

import numpy as np

from opinionframe.calibration.methods.cells import Cells, Floats, distribution_function

Knots = dict[str, list[float]]


def fit_cumulative(training: Cells) -> Knots:
    """Isotonic regression of human on elicited cumulative shares: `x` and `y` of its knots.

    Points weigh by the step they stand for and the trust in their label. Collects; scikit-learn.
    """
    from sklearn.isotonic import IsotonicRegression

    weight = training.trust[:, None] * training.gap
    used = weight > 0
    elicited, human = distribution_function(training.prob)[used], distribution_function(training.target)[used]
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(elicited, human, weight[used])
    return {"x": isotonic.X_thresholds_.tolist(), "y": isotonic.y_thresholds_.tolist()}


def predict_cumulative(cells: Cells, parameters: Knots) -> Floats:
    """The mapped distribution function as shares, shape (N, K): monotone, so always on the simplex."""
    mapped = np.interp(distribution_function(cells.prob), parameters["x"], parameters["y"])
    last = cells.inside.sum(axis=1, keepdims=True) - 1
    mapped = np.where(np.arange(mapped.shape[1]) < last, mapped, 1.0)
    shares: Floats = np.diff(mapped, axis=1, prepend=0.0, append=1.0)
    return shares
