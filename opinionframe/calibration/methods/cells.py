"""Rows as arrays: one line per cell, one column per choice, for fits that see whole distributions."""

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
    """N cells of at most K choices, padded. `place` (rows, 2) says which cell and choice each row is.

    `prob`, `target` (N, K): shares, 0 past a cell's own K; target NaN where nobody was asked. `inside` (N, K).
    `gap` (N, K - 1): steps between positions over their span, 0 past the end. `trust` (N,) in [0, 1].
    """

    prob: Floats
    target: Floats
    inside: NDArray[np.bool_]
    gap: Floats
    trust: Floats
    place: NDArray[np.int64]

    def rows(self, values: Floats) -> pl.Series:
        """Values of shape (N, K) back as one per row."""
        return pl.Series(values[self.place[:, 0], self.place[:, 1]])

    def known(self) -> "Cells":
        """The cells that have a target; `place` keeps counting all of them."""
        kept = ~np.isnan(self.target[:, 0])
        return Cells(
            self.prob[kept], self.target[kept], self.inside[kept], self.gap[kept], self.trust[kept], self.place
        )


def cells(rows: pl.DataFrame, codebook: pl.DataFrame) -> Cells:
    """Arrays of `rows`, which are in any order. Nominal choices count as equally spaced."""
    number = rows.select(pl.struct(CELL).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    place = np.column_stack([number, rows["choice"].to_numpy().astype(np.int64) - 1])
    shape = (int(number.max()) + 1, int(place[:, 1].max()) + 1)
    position = rows.join(_spaced(codebook), on=["question", "choice"], how="left", maintain_order="left")["position"]
    trust = rows.select((pl.col("n_eff") / (pl.col("n_eff") + HALF_TRUST)).fill_null(1.0)).to_series()
    return Cells(
        prob=_filled(shape, place, rows["prob"]),
        target=_filled(shape, place, rows["target"].cast(pl.Float64).fill_null(float("nan"))),
        inside=_filled(shape, place, pl.Series(np.ones(len(rows)))) > 0,
        gap=_gaps(_filled(shape, place, position, empty=np.nan)),
        trust=_filled(shape, place, trust)[:, 0],
        place=place,
    )


def distribution_function(shares: Floats) -> Floats:
    """Shares (..., K) cumulated to (..., K - 1), the last 1 left out."""
    return np.cumsum(shares, axis=-1)[..., :-1]


def _spaced(codebook: pl.DataFrame) -> pl.DataFrame:
    place = pl.when(pl.col("scale") == "nominal").then(pl.col("choice").cast(pl.Float64)).otherwise("position")
    return codebook.select("question", "choice", place.alias("position"))


def _filled(shape: tuple[int, int], place: NDArray[np.int64], values: pl.Series, empty: float = 0.0) -> Floats:
    table = np.full(shape, empty)
    table[place[:, 0], place[:, 1]] = values.to_numpy()
    return table


def _gaps(position: Floats) -> Floats:
    span = np.nanmax(position, axis=1) - np.nanmin(position, axis=1)
    gaps: Floats = np.nan_to_num(np.diff(position, axis=1)) / span[:, None]
    return gaps
