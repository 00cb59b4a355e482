"""Cells as arrays: choice rows go in; shares, targets and steps of the scale come out, shape (cells, choices)."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.schemas.keys import CELL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALF_TRUST = 30.0
"""Respondents at which a label weighs half: there its sampling error is about what groups differ by."""


@dataclass(frozen=True)
class Cells:
    """N cells of at most K choices, padded.

    Attributes:
        prob: Elicited shares, shape (N, K), in [0, 1]; 0 past a cell's last choice.
        target: Human shares, shape (N, K), in [0, 1]; NaN where no human answered, 0 past the last choice.
        inside: Whether a cell has the choice, shape (N, K).
        gap: Steps between neighbouring positions over their span, shape (N, K - 1), rows summing to 1; 0 past the end,
            and where a question is nominal.
        nominal: Whether the choices of a cell have no order, shape (N,).
        trust: The weight of the label, n_eff / (n_eff + 30), shape (N,), in [0, 1]; 1 where n_eff is unknown.
        place: The cell and choice of each row, from 0, shape (rows, 2).
    """

    prob: Floats
    target: Floats
    inside: NDArray[np.bool_]
    gap: Floats
    nominal: NDArray[np.bool_]
    trust: Floats
    place: NDArray[np.int64]

    def compared(self, shares: Floats) -> Floats:
        """What distances compare of shares (N, K): distribution functions, (N, K - 1), or the shares of nominal cells.

        With both, shape (N, K), distribution functions ending in their 1.
        """
        below = distribution_function(shares)
        if not self.nominal.any():
            return below
        return np.where(self.nominal[:, None], shares, np.pad(below, ((0, 0), (0, 1)), constant_values=1.0))

    @property
    def width(self) -> Floats:
        """The weight of each of those in the distance, in [0, 1]: the steps of the scale, 1/2 for a nominal choice."""
        if not self.nominal.any():
            return self.gap
        return np.where(self.nominal[:, None], self.inside / 2, np.pad(self.gap, ((0, 0), (0, 1))))

    def rows(self, values: Floats) -> pl.Series:
        """Values of shape (N, K) as one per row."""
        return pl.Series(self.of_cells(values))

    def of_cells(self, values: Floats) -> Floats:
        """The same as an array, shape (rows,)."""
        return np.asarray(values[self.place[:, 0], self.place[:, 1]], dtype=np.float64)

    def of_rows(self, values: pl.Series) -> Floats:
        """One value per row as values of shape (N, K), 0 past a cell's last choice."""
        return _table(self.prob.shape, self.place, values)

    def labelled(self) -> "Cells":
        """The cells that have a target; `place` still counts all cells."""
        return self.part(self.has_target)

    @property
    def has_target(self) -> NDArray[np.bool_]:
        """Which cells have a target, shape (N,)."""
        known: NDArray[np.bool_] = ~np.isnan(self.target[:, 0])
        return known

    def part(self, kept: NDArray[np.bool_]) -> "Cells":
        """The cells that are `kept` (N,); `place` still counts all cells."""
        return Cells(
            self.prob[kept],
            self.target[kept],
            self.inside[kept],
            self.gap[kept],
            self.nominal[kept],
            self.trust[kept],
            self.place,
        )


def cells(rows: pl.DataFrame, codebook: pl.DataFrame) -> Cells:
    """The arrays of `rows`, in any order, with `prob`, `target` and `n_eff`."""
    cell_number = rows.select(pl.struct(CELL).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    place = np.column_stack([cell_number, rows["choice"].to_numpy().astype(np.int64) - 1])
    shape = (int(cell_number.max()) + 1, int(place[:, 1].max()) + 1)
    choices = rows.join(_positions(codebook), on=["question", "choice"], how="left", maintain_order="left")
    nominal = _table(shape, place, choices["nominal"].cast(pl.Float64))[:, 0] > 0
    trust = rows.select((pl.col("n_eff") / (pl.col("n_eff") + HALF_TRUST)).fill_null(1.0)).to_series()
    return Cells(
        prob=_table(shape, place, rows["prob"]),
        target=_table(shape, place, rows["target"].cast(pl.Float64).fill_null(float("nan"))),
        inside=_table(shape, place, pl.Series(np.ones(len(rows)))) > 0,
        gap=np.where(nominal[:, None], 0.0, _gaps(_table(shape, place, choices["position"], empty=np.nan))),
        nominal=nominal,
        trust=_table(shape, place, trust)[:, 0],
        place=place,
    )


def distribution_function(shares: Floats) -> Floats:
    """The share at or below each choice but the last, in [0, 1]: shares (..., K) give (..., K - 1)."""
    return np.cumsum(shares, axis=-1)[..., :-1]


def _positions(codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per choice with its `position`, and whether it is `nominal`; then its number stands in for its place."""
    nominal = pl.col("scale") == "nominal"
    place = pl.when(nominal).then(pl.col("choice").cast(pl.Float64)).otherwise("position")
    return codebook.select("question", "choice", place.alias("position"), nominal.alias("nominal"))


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
