"""Shares by every member of a blend: supervision goes in; rows with a column of shares per member come out."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.simplex import onto_simplex, rows_onto_simplex
from opinionframe.calibration.supervision import Pair, Supervision
from opinionframe.schemas.keys import CELL, ROW
from opinionframe.schemas.vocabulary import UNIFORM

RAW = "raw"

SHARE = "share of "
"""What the columns of members begin with."""


def with_free(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the shares of what needs no fit: the raw answer, and uniform."""
    uniform = 1 / pl.len().over(CELL)
    return rows.with_columns(pl.col("prob").alias(SHARE + RAW), uniform.alias(SHARE + UNIFORM))


def with_member(shares: pl.DataFrame, name: str, predicted: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """`shares` with those of one member, put on the simplex."""
    own = onto_simplex(predicted.lazy()).select(*ROW, pl.col("prob").alias(SHARE + name)).collect()
    return shares.join(own, on=ROW, how="left", maintain_order="left")


def out_of_fold(members: Sequence[Calibrator], supervision: Supervision, seed: int) -> pl.DataFrame:
    """The rows with the shares of each member, every fold by a fit that saw none of it."""
    (shares,) = in_rounds(members, supervision, [[]], seed)
    return shares.drop("partner")


def in_rounds(
    members: Sequence[Calibrator], supervision: Supervision, schedule: Sequence[Sequence[Pair]], seed: int
) -> Iterator[pl.DataFrame]:
    """For each round of the schedule the rows with the shares of each member, by fits that saw neither fold of a pair.

    Their column `partner` is the other fold of the pair; null where the fold rests.
    """
    free = with_free(supervision.rows)
    cell = free.select(pl.struct(CELL).rank("dense") - 1).to_series().to_numpy().astype(np.int64)
    refits = [member.crossfit_rounds(supervision, schedule, seed) for member in members]
    for pairs, *probs in zip(schedule, *refits, strict=True):
        partners = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
        partner = pl.col("fold").replace_strict(partners, default=None, return_dtype=pl.UInt32)
        shares = {
            SHARE + member.name: pl.Series(rows_onto_simplex(prob, cell))
            for member, prob in zip(members, probs, strict=True)
        }
        yield free.with_columns(partner.alias("partner"), **shares)
