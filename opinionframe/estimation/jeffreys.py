"""Intervals of shares: shares and their effective sizes go in; limits in [0, 1], and errors that fit them, come out."""

import numpy as np

from opinionframe.estimation.arrays import Floats


def limits(share: Floats, size: Floats, alpha: float | Floats) -> tuple[Floats, Floats]:
    """Jeffreys limits of a share that is known as well as from `size` people; NaN where the size is not known.

    Reference: Brown, Cai and DasGupta (2001); Franco et al. (2019), for samples from complex designs.

    >>> low, high = limits(np.array([0.0, 0.5]), np.array([10.0, 10.0]), 0.05)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.224], [0.217, 0.776])
    """
    from scipy import special

    size = np.where(size > 0, size, np.nan)
    low = special.betaincinv(share * size + 0.5, (1 - share) * size + 0.5, alpha / 2)
    high = special.betainccinv(share * size + 0.5, (1 - share) * size + 0.5, alpha / 2)
    return np.where(share <= 0, 0.0, np.minimum(low, share)), np.where(share >= 1, 1.0, np.maximum(high, share))


def spread(share: Floats, size: Floats) -> Floats:
    """The standard deviation of what `limits` are quantiles of; NaN where the size is not known.

    It is the error of a share that nobody, or everybody, of the sample gave, which shows none of its own.

    >>> spread(np.array([0.0, 0.5]), np.array([4.0, 4.0])).round(4).tolist()
    [0.1225, 0.2041]
    """
    size = np.where(size > 0, size, np.nan)
    mean = (share * size + 0.5) / (size + 1)
    return np.asarray(np.sqrt(mean * (1 - mean) / (size + 2)))
