"""Cells as arrays: choice rows go in; shares, targets and steps of the scale come out, shape (cells, choices)."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.schemas.keys import CELL

Floats = NDArray[np.float64]

HALF_TRUST = 30.0
"""Respondents at which a label weighs half: there its sampling error is about what groups differ by."""


@dataclass(frozen=True)
class Cells:
    """N cells of at most K choices, padded.

    Attributes:
        prob: Elicited shares, shape (N, K), in [0, 1]; 0 past a cell's last choice.
        target: Human shares, shape (N, K), in [0, 1]; NaN where no human answered, 0 past the last choice.
        inside: Whether a cell has the choice, shape (N, K).
        gap: Steps between neighbouring positions over their span, shape (N, K - 1), rows summing to 1; 0 past the end.
        trust: The weight of the label, n_eff / (n_eff + 30), shape (N,), in [0, 1]; 1 where n_eff is unknown.
        place: The cell and choice of each row, from 0, shape (rows, 2).
    """

    prob: Floats
    target: Floats
    inside: NDArray[np.bool_]
    gap: Floats
    trust: Floats
    place: NDArray[np.int64]

    def rows(self, values: Floats) -> pl.Series:
        """Values of shape (N, K) as one per row."""
        return pl.Series(values[self.place[:, 0], self.place[:, 1]])

    def labelled(self) -> "Cells":
        """The cells that have a target; `place` still counts all cells."""
        has_target = ~np.isnan(self.target[:, 0])
        return Cells(
            self.prob[has_target],
            self.target[has_target],
            self.inside[has_target],
            self.gap[has_target],
            self.trust[has_target],
            self.place,
        )


def cells(rows: pl.DataFrame, codebook: pl.DataFrame) -> Cells:
    """The arrays of `rows`, in any order, with `prob`, `target` and `n_eff`. Nominal choices are equally spaced."""
    cell_number = rows.select(pl.struct(CELL).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    place = np.column_stack([cell_number, rows["choice"].to_numpy().astype(np.int64) - 1])
    shape = (int(cell_number.max()) + 1, int(place[:, 1].max()) + 1)
    position = rows.join(_positions(codebook), on=["question", "choice"], how="left", maintain_order="left")["position"]
    trust = rows.select((pl.col("n_eff") / (pl.col("n_eff") + HALF_TRUST)).fill_null(1.0)).to_series()
    return Cells(
        prob=_table(shape, place, rows["prob"]),
        target=_table(shape, place, rows["target"].cast(pl.Float64).fill_null(float("nan"))),
        inside=_table(shape, place, pl.Series(np.ones(len(rows)))) > 0,
        gap=_gaps(_table(shape, place, position, empty=np.nan)),
        trust=_table(shape, place, trust)[:, 0],
        place=place,
    )


def distribution_function(shares: Floats) -> Floats:
    """The share at or below each choice but the last, in [0, 1]: shares (..., K) give (..., K - 1)."""
    return np.cumsum(shares, axis=-1)[..., :-1]


def _positions(codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per choice with its `position`; that of a nominal choice is its number."""
    place = pl.when(pl.col("scale") == "nominal").then(pl.col("choice").cast(pl.Float64)).otherwise("position")
    return codebook.select("question", "choice", place.alias("position"))


def _table(shape: tuple[int, int], place: NDArray[np.int64], values: pl.Series, empty: float = 0.0) -> Floats:
    """Values of rows at their places in an array of `shape`, `empty` elsewhere."""
    table = np.full(shape, empty)
    table[place[:, 0], place[:, 1]] = values.to_numpy()
    return table


def _gaps(position: Floats) -> Floats:
    """Steps between positions over their span, shape (N, K - 1); positions (N, K) are NaN past the end."""
    span = np.nanmax(position, axis=1) - np.nanmin(position, axis=1)
    gaps: Floats = np.nan_to_num(np.diff(position, axis=1)) / span[:, None]
    return gaps
