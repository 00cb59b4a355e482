"""Cells as arrays: labelled rows go in; the score of every cell comes out, for any values that a fit gives its rows."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe import divergence
from opinionframe.calibration.methods.simplex import columns_onto_simplex
from opinionframe.schemas.broken_cells import largest_choice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class ScoredCells:
    """N cells with human answers, of at most K choices, made of R rows; sorted by source, question and demographic.

    Attributes:
        row: The rows that the cells are made of, shape (M,), each in [0, R).
        cell: The cell of each of these, shape (M,), in [0, N).
        choice: Its choice, from 0, shape (M,).
        inside: Whether a cell has the choice, shape (K, N).
        target: Human shares, summed up to each choice but where a question is nominal, shape (K, N).
        width: The weight of each of those in the distance, shape (K, N): steps of the scale, 1/2 for a nominal choice.
        nominal: Whether the choices of a cell have no order, shape (N,).
        source, question, demographic: Numbers of each cell's keys, in the order of their names, shape (N,).
        fold: The fold of each cell, shape (N,).
    """

    row: Ints
    cell: Ints
    choice: Ints
    inside: Bools
    target: Floats
    width: Floats
    nominal: Bools
    source: Ints
    question: Ints
    demographic: Ints
    fold: Ints

    def scores(self, prob: Floats) -> Floats:
        """Alignment of each cell by scale, shape (N,), in [0, 1], of predictions put on the simplex, shape (R,)."""
        shares = columns_onto_simplex(_table(self, prob[self.row]), self.inside)
        differences = np.abs(_compared(shares, self.nominal) - self.target)
        return 1 - np.asarray((self.width * differences).sum(axis=0), dtype=np.float64)

    def of_rows(self, values: Floats, n_rows: int) -> Floats:
        """Values of the cells, (N,), for each of R rows, (R,); NaN where a row is in none."""
        table = np.full(n_rows, np.nan)
        table[self.row] = values[self.cell]
        return table


def scored_cells(rows: pl.DataFrame, codebook: pl.DataFrame) -> ScoredCells:
    """The cells of `rows` (ROW, `target` and `fold`) that people answered."""
    names = {key: rows[key].unique().sort() for key in ("source", "question", "demographic")}
    source, question, demographic = (
        rows[key].cast(pl.Enum(name)).to_physical().to_numpy().astype(np.int64) for key, name in names.items()
    )
    n_questions, n_demographics = len(names["question"]), len(names["demographic"])
    code = (source * n_questions + question) * n_demographics + demographic
    distinct, cell_of_row = np.unique(code, return_inverse=True)
    labelled = rows["target"].is_not_null().to_numpy()
    has_target = np.bincount(cell_of_row[labelled], minlength=len(distinct)) > 0
    row = np.flatnonzero(has_target[cell_of_row])
    cell = (np.cumsum(has_target) - 1)[cell_of_row[row]]
    choice = rows["choice"].to_numpy().astype(np.int64)[row] - 1

    of_pair, demographic = np.divmod(distinct[has_target], n_demographics)
    source, question = np.divmod(of_pair, n_questions)
    fold = np.empty(len(source), dtype=np.int64)
    fold[cell] = rows["fold"].to_numpy()[row]
    width, nominal = _scale(names["question"], codebook)
    shape = (len(width), len(source))
    inside = np.zeros(shape, dtype=bool)
    inside[choice, cell] = True
    target = np.zeros(shape)
    target[choice, cell] = rows["target"].fill_null(0.0).to_numpy()[row]
    compared = _compared(target, nominal[question])
    return ScoredCells(
        row, cell, choice, inside, compared, width[:, question], nominal[question], source, question, demographic, fold
    )


def _scale(questions: pl.Series, codebook: pl.DataFrame) -> tuple[Floats, Bools]:
    """The weight of each choice in the distance, (K, Q), and whether a question is nominal, (Q,)."""
    scale = questions.to_frame("question").lazy().join(
        divergence.scale(codebook), on="question", how="left", maintain_order="left"
    ).collect()  # fmt: skip
    widths = scale.select(f"width{j}" for j in range(1, largest_choice(codebook) + 1))
    return np.ascontiguousarray(widths.to_numpy().T), scale["nominal"].to_numpy()


def _table(cells: ScoredCells, values: Floats) -> Floats:
    table = np.zeros(cells.inside.shape)
    table[cells.choice, cells.cell] = values
    return table


def _compared(shares: Floats, nominal: Bools) -> Floats:
    """What distances compare of shares (K, N): summed up to each choice, or the shares of nominal cells."""
    below = np.cumsum(shares, axis=0)
    return np.where(nominal, shares, below) if nominal.any() else below
