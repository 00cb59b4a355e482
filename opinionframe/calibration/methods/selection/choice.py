"""The choice among regressions: training and development rows go in; the one of least error comes out."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.calibration.methods.forests.grown_trees import forest_steps
from opinionframe.calibration.methods.forests.step_functions import Floats, Rises

LEAVES = (1, 5, 20)
"""Least rows in a leaf: the forest's grid."""


@dataclass(frozen=True)
class Line:
    """A line: `intercept` + `slope` * probability, and its squared `error` on what chooses."""

    intercept: float
    slope: float
    error: float

    def __call__(self, probabilities: Floats) -> Floats:
        """The value at each probability."""
        return self.intercept + self.slope * probabilities


def line_or_forest(line: Line, training: pl.DataFrame, development: pl.DataFrame, seed: int) -> Line | Rises:
    """The line, or the forest of least squared error on `development`, if that is less than the line's.

    Both frames have `prob` and `target`. Of equal leaf sizes, the smallest is taken.
    """
    forests = forest_steps(*_pairs(training), LEAVES, seed)
    errors = _errors(forests, development)
    best = int(np.argmin(errors))
    return forests[best] if errors[best] < line.error else line


def line_or_forest_by_turns(line: Line, rows: pl.DataFrame, seed: int) -> Line | Rises:
    """The same, where every `part` of `rows` chooses in turn and the choice is fitted to all of them."""
    errors = np.zeros(len(LEAVES))
    for part in rows["part"].unique().sort():
        forests = forest_steps(*_pairs(rows.filter(pl.col("part") != part)), LEAVES, seed)
        errors += _errors(forests, rows.filter(part=part))
    best = int(np.argmin(errors))
    return forest_steps(*_pairs(rows), LEAVES[best : best + 1], seed)[0] if errors[best] < line.error else line


def _errors(forests: Iterable[Rises], development: pl.DataFrame) -> Floats:
    """The squared error of each forest, summed over rows."""
    probabilities, targets = _pairs(development)
    return np.array([((forest(probabilities) - targets) ** 2).sum() for forest in forests])


def _pairs(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Elicited probabilities and human shares."""
    return rows["prob"].to_numpy(), rows["target"].to_numpy()
