"""The order in which trees draw rows: a group's rows go in; they come out as no listing of choices changes them."""

import polars as pl

from opinionframe.calibration.methods.by_scale import nominal_questions
from opinionframe.schemas.keys import GROUP


def in_draw_order(rows: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """The sorted rows of a group with the choices of nominal questions in the order of their shares."""
    nominal = nominal_questions(codebook)
    if nominal.is_empty():
        return rows
    place = pl.when(pl.col("question").is_in(nominal.implode())).then(0).otherwise("choice")
    fold = [name for name in ("fold",) if name in rows.columns]
    return rows.sort(*fold, "source", *GROUP, place, "prob", "target")
