"""Step functions, which trees on one feature are: knots and values go in; values at any probability come out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StepFunction:
    """A function that is constant between knots.

    Attributes:
        at: Knots in rising order, shape (steps - 1,): a value holds up to and including its knot.
        value: Values, shape (steps,); the last holds above all knots.
    """

    at: Floats
    value: Floats

    def __call__(self, probabilities: Floats) -> Floats:
        """The value at each probability, which scikit-learn compares with the knots in single precision.

        >>> StepFunction(np.array([0.5]), np.array([0.1, 0.8]))(np.array([0.2, 0.5, 0.6])).tolist()
        [0.1, 0.1, 0.8]
        """
        return self.value[np.searchsorted(self.at, as_compared(probabilities), side="left")]


def as_compared(probabilities: Floats) -> Floats:
    """Probabilities rounded to single precision, as scikit-learn's trees see them."""
    return probabilities.astype(np.float32).astype(np.float64)


def mean_of_steps(steps: Sequence[StepFunction]) -> StepFunction:
    """The mean of step functions, with the knots of all of them.

    >>> one, other = (StepFunction(np.array([knot]), np.array([0.0, 1.0])) for knot in (0.5, 0.7))
    >>> mean_of_steps([one, other]).value.tolist()
    [0.0, 0.5, 1.0]
    """
    at, place = np.unique(np.concatenate([step.at for step in steps]), return_inverse=True)
    rises = np.bincount(place, np.concatenate([np.diff(step.value) for step in steps]), minlength=len(at))
    value = np.append(0.0, np.cumsum(rises)) + sum(step.value[0] for step in steps)
    return StepFunction(at, value / len(steps))
