"""Errors of mean differences from the shares of groups alone: slopes go in; standard errors and freedom come out."""

import numpy as np
from numpy.typing import NDArray

from opinionframe.inference.blocks import Floats
from opinionframe.inference.slopes import by_choice
from opinionframe.inference.steps import Steps


def share_errors(of_steps: Floats, human: Steps) -> Floats:
    """What every choice of every cell adds to the error of a mean difference, shape (cells, choices).

    The sum of squares is the variance of a multinomial sample of `n_eff` people in each cell, independent of others.
    """
    return np.asarray(np.sqrt(human.shares() / human.number("n_eff")[:, None]) * by_choice(of_steps, human))


def bound(errors: Floats, human: Steps, attribute: NDArray[np.int64]) -> tuple[float, float]:
    """The standard error, and degrees of freedom, where several attributes are made of the same people.

    People belong to one class of an attribute: its cells are independent. How many of them two attributes share is not
    known: what each adds to a mean counts as fully dependent, the most that it can stray, so that standard errors are
    summed. Degrees of freedom are Satterthwaite's, the fewest of any attribute.
    """
    variance = (errors**2).sum(axis=1)
    lacks = np.maximum(human.number("n_eff") - 1, np.finfo(float).tiny)
    totals = np.bincount(attribute, variance)
    squares = np.bincount(attribute, variance**2 / lacks)
    moved = totals > 0
    df = (totals[moved] ** 2 / squares[moved]).min() if moved.any() else 0.0
    return float(np.sqrt(totals).sum()), float(df)
