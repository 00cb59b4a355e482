"""What a region is worth in respondents: distributions and radii go in; the sample as near to its truth comes out."""

import numpy as np

from opinionframe.estimation.arrays import Floats
from opinionframe.inference.noise import folded_spread
from opinionframe.inference.steps import Steps

SHAPES = np.geomspace(0.5, 500, 400)
"""Shapes of the Nakagami distribution among which one is found: 1/2 is that of a single step, a folded normal."""


def worth(predicted: Steps, radius: Floats, conf: float) -> Floats:
    """How many people to ask so that their distribution lies within `radius` of their group's with `conf`.

    The group is taken to answer as predicted. A sample's distance is the area between two distribution functions, which
    are normal at each step; it is taken to have the Nakagami distribution of the same mean and mean square, which is
    exact for two choices. Infinite at radius 0. Shape (cells,).

    Reference: Nakagami (1960), The m-Distribution.
    """
    from scipy import special

    below, width = predicted.below, predicted.width
    mean = (width * np.sqrt(2 / np.pi * below * (1 - below))).sum(axis=1)
    deviation = folded_spread(below, width, np.ones(len(below)), predicted.by_choice)
    square = mean**2 + deviation**2
    ratios = np.exp(special.gammaln(SHAPES + 0.5) - special.gammaln(SHAPES)) / np.sqrt(SHAPES)
    ratio = np.divide(mean, np.sqrt(square), out=np.ones_like(mean), where=square > 0)
    shape = np.interp(ratio, ratios, SHAPES)
    quantile = np.sqrt(square * special.gammaincinv(shape, conf) / shape)
    return np.asarray(np.divide(quantile**2, radius**2, out=np.full_like(radius, np.inf), where=radius > 0))
