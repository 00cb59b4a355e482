"""Errors of mean differences from the shares of groups alone: slopes go in; standard errors and freedom come out."""

import itertools

import numpy as np
import polars as pl

from opinionframe.inference.blocks import Floats
from opinionframe.inference.slopes import by_choice
from opinionframe.inference.steps import Steps
from opinionframe.schemas.demographic import ATTRIBUTE


def share_errors(of_steps: Floats, human: Steps) -> Floats:
    """What every choice of every cell adds to the error of a mean difference, shape (cells, choices).

    The sum of squares is the variance of a multinomial sample of `n_eff` people in each cell, independent of others.
    """
    return np.asarray(np.sqrt(human.shares() / human.number("n_eff")[:, None]) * by_choice(of_steps, human))


def bound(errors: Floats, human: Steps) -> tuple[float, float]:
    """The standard error, and degrees of freedom, where several attributes are made of the same people.

    People belong to one class of an attribute: its cells are independent. How many of them two classes of different
    attributes share is not known: the errors of two attributes vary together as much as the sizes of their classes
    allow. That of `all` and any other is known. Degrees of freedom are Satterthwaite's, the fewest of any attribute.
    """
    variance = (errors**2).sum(axis=1)
    lacks = np.maximum(human.number("n_eff") - 1, np.finfo(float).tiny)
    attribute = human.cells.select(ATTRIBUTE.rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()
    totals = np.bincount(attribute, variance)
    squares = np.bincount(attribute, variance**2 / lacks)
    moved = np.flatnonzero(totals > 0)
    if not len(moved):
        return 0.0, 0.0
    classes = [_classes(errors, human, attribute == number) for number in moved]
    together = sum(_largest_covariance(*one, *other) for one, other in itertools.combinations(classes, 2))
    total = max(totals.sum() + 2 * together, totals.max())
    return float(np.sqrt(total)), float((totals[moved] ** 2 / squares[moved]).min())


def _classes(errors: Floats, human: Steps, of_attribute: np.ndarray) -> tuple[Floats, Floats]:
    """What each class of an attribute adds, shape (classes, questions x choices), and its share of the people."""
    cells = human.cells.with_columns(
        pl.struct("question").rank("dense").cast(pl.Int64).sub(1).alias("number"), size=pl.Series(human.number("n_eff"))
    )
    questions = cells["number"].n_unique()
    here = cells.filter(pl.Series(of_attribute)).with_columns(
        pl.col("demographic").rank("dense").cast(pl.Int64).sub(1).alias("class")
    )
    sizes = here.group_by("class").agg(pl.col("size").mean()).sort("class")["size"].to_numpy()
    added = np.zeros((len(sizes), questions, errors.shape[1]))
    added[here["class"].to_numpy(), here["number"].to_numpy()] = errors[of_attribute]
    return added.reshape(len(sizes), -1), np.asarray(sizes / sizes.sum())


def _largest_covariance(one: Floats, of_one: Floats, other: Floats, of_other: Floats) -> float:
    """The most that errors of two attributes vary together, over all ways to share people between their classes.

    That is a transport problem: people who are in two classes at once count in both.
    """
    from scipy import optimize

    gain = (one @ other.T) / np.sqrt(of_one[:, None] * of_other)
    if 1 in gain.shape:
        return float((gain * of_one[:, None] * of_other).sum())
    rows = np.kron(np.eye(len(of_one)), np.ones(len(of_other)))
    columns = np.kron(np.ones(len(of_one)), np.eye(len(of_other)))
    scale = np.abs(gain).max() or 1.0
    best = optimize.linprog(
        -gain.reshape(-1) / scale,
        A_eq=np.concatenate([rows, columns[:-1]]),
        b_eq=np.concatenate([of_one, of_other[:-1]]),
        method="highs",
    )
    most = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return min(-float(best.fun) * scale, most) if best.fun is not None else most
