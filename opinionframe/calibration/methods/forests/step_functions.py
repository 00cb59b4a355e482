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


@dataclass(frozen=True)
class Rises:
    """The sum of step functions: where it rises, by how much, and from what.

    Attributes:
        at: Knots in any order, shape (rises,).
        by: The rise at each knot, shape (rises,).
        start: The value below all knots.
    """

    at: Floats
    by: Floats
    start: float

    def __call__(self, probabilities: Floats) -> Floats:
        """The value at each probability, as of a `StepFunction`; for many knots and few probabilities.

        >>> rises = Rises(at=np.array([0.5, 0.5, 0.3]), by=np.array([0.2, 0.3, 0.1]), start=0.1)
        >>> rises(np.array([0.2, 0.5, 0.6])).round(9).tolist()
        [0.1, 0.2, 0.7]
        """
        points, place = np.unique(as_compared(probabilities), return_inverse=True)
        passed = np.bincount(np.searchsorted(points, self.at, side="right"), self.by, minlength=len(points))
        return np.asarray(self.start + np.cumsum(passed))[place]

    def steps(self) -> StepFunction:
        """The same, with rising knots."""
        order = np.argsort(self.at, kind="stable")
        at, by = self.at[order], self.by[order]
        first = np.flatnonzero(np.diff(at, prepend=-np.inf))
        rises = np.cumsum(np.add.reduceat(by, first))
        return StepFunction(at[first], self.start + np.append(0.0, rises))


def mean_of_steps(sums: Sequence[Rises], functions: int) -> Rises:
    """The mean of so many step functions, of which there are sums over some each.

    >>> one, other = (Rises(np.array([knot]), np.array([1.0]), start=0.0) for knot in (0.5, 0.7))
    >>> mean_of_steps([one, other], 2).steps().value.tolist()
    [0.0, 0.5, 1.0]
    """
    at, by = np.concatenate([each.at for each in sums]), np.concatenate([each.by for each in sums])
    return Rises(at, by / functions, sum(each.start for each in sums) / functions)


def as_compared(probabilities: Floats) -> Floats:
    """Probabilities rounded to single precision, as scikit-learn's trees see them."""
    return probabilities.astype(np.float32).astype(np.float64)
