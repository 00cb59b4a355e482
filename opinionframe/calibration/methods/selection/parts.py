"""The parts that take turns in choosing: labelled rows go in; the same, with the part of each, come out."""

import numpy as np
import polars as pl

from opinionframe.schemas.keys import CELL

PARTS = 9
"""One in nine of what is not tested chooses: the paper's 80/10/10."""


def with_parts(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Labelled `rows` with `part`, from 0, dealt within each `group`: whole questions, or the cells of a single one."""
    questions, cells = (_part(rows, unit, seed) for unit in (["question"], list(CELL)))
    several = pl.col("question").n_unique().over("group") > 1
    return rows.with_columns(part=pl.when(several).then(questions).otherwise(cells))


def _part(rows: pl.DataFrame, unit: list[str], seed: int) -> pl.Series:
    """The part of each row's unit; all groups share the random order of units."""
    units = rows.select(unit).unique().sort(unit)
    order = units.with_columns(order=pl.Series(np.random.default_rng(seed).permutation(len(units))))
    ranked = rows.join(order, on=unit, how="left", maintain_order="left")
    return ranked.select(part=(pl.col("order").rank("dense").over("group") - 1) % PARTS).to_series()
