"""Raking: shares of cells in a sample and known margins go in; shares of cells with these margins come out."""

from collections.abc import Sequence

import numpy as np

from opinionframe.errors import FrameError
from opinionframe.estimation.arrays import Floats

PRECISE = 1e-12
"""How far a margin may lie from its known shares when raking stops."""

MOST_ROUNDS = 1_000


def raked(observed: Floats, members: Sequence[Floats], known: Sequence[Floats]) -> Floats:
    """Shares of cells, nearest to those observed, that sum to the known shares of each attribute's classes.

    Args:
        observed: Shares of the cells in the sample, shape (cells,).
        members: For each attribute a 1 where a cell is of a class, shape (cells, classes).
        known: For each attribute the known shares of its classes.

    Raises: FrameError where margins cannot be reached: they contradict each other, or a class has no cell.
    Reference: Deming and Stephan (1940); Deville, Särndal and Sautory (1993).

    >>> sexes = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> ages = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    >>> shares = [np.array([0.5, 0.5]), np.array([0.3, 0.7])]
    >>> raked(np.array([0.4, 0.2, 0.1, 0.3]), [sexes, ages], shares).round(3).tolist()
    [0.235, 0.265, 0.065, 0.435]
    """
    share = observed / observed.sum()
    for _ in range(MOST_ROUNDS):
        for member, target in zip(members, known, strict=True):
            sums = share @ member
            share = share * (member @ np.divide(target, sums, out=np.zeros_like(target), where=sums > 0))
        worst = max(np.abs(share @ member - target).max() for member, target in zip(members, known, strict=True))
        if worst <= PRECISE:
            return np.asarray(share)
    raise FrameError(
        f"margins: after {MOST_ROUNDS} rounds of raking a class is still {worst:.2g} from its known share. The margins "
        "contradict each other, or classes occur together in no cell: merge small ones."
    )


def main_effects(values: Floats, share: Floats, members: Sequence[Floats]) -> list[Floats]:
    """What the classes of each attribute add to `values` of cells, in the fit weighted by `share`.

    `values` has shape (cells, choices), the effects of an attribute (classes, choices).
    """
    root = np.sqrt(share)[:, None]
    effects = np.linalg.lstsq(root * np.hstack(members), root * values, rcond=None)[0]
    return np.split(effects, np.cumsum([member.shape[1] for member in members])[:-1])
