"""Limits of shares: predictions and how far a choice strays go in; the ends of each share come out."""

import numpy as np

from opinionframe.estimation.arrays import Flags, Floats


def limits(shares: Floats, half: Floats, is_choice: Flags) -> tuple[Floats, Floats]:
    """The least and largest share of each choice, of distributions whose shares all lie within `half` of `shares`.

    Shares are 0 or more and sum to 1, so that what all other choices have at least, or at most, bounds each further:
    the limits are the tightest that rule out none of these distributions.

    Args:
        shares: Predicted, shape (cells, choices).
        half: How far a share may be from the predicted one, shape (cells,).
        is_choice: Whether a cell has such a choice, shape (cells, choices).

    >>> [ends.round(2).tolist() for ends in limits(np.array([[0.9, 0.1]]), np.array([0.3]), np.array([[True, True]]))]
    [[[0.6, 0.0]], [[1.0, 0.4]]]
    """
    low = np.where(is_choice, np.clip(shares - half[:, None], 0, 1), 0)
    high = np.where(is_choice, np.clip(shares + half[:, None], 0, 1), 0)
    others_low = low.sum(axis=1, keepdims=True) - low
    others_high = high.sum(axis=1, keepdims=True) - high
    return np.maximum(low, np.where(is_choice, 1 - others_high, 0)), np.minimum(high, 1 - others_low)
