"""Standard errors of shares from replicate weights: deviations of each replicate's share from the share."""

from collections.abc import Sequence

import polars as pl

from opinionframe.microdata.design import Design
from opinionframe.microdata.tally import NO_ANSWER, Answers, as_text
from opinionframe.schemas.keys import CHOICE, GROUP


def replicate_errors(answered: Answers, shares: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """`question, demographic, choice, std_error` for each row of `shares` (which has `prob`)."""
    names = list(design.carried())
    totals = pl.concat(as_text(_totals(part, names)) for part in answered.by_group(*names))
    share = [pl.col(name).fill_null(0) / pl.col(name).sum().over(GROUP) for name in names]
    deviations = pl.sum_horizontal((replicate - pl.col("prob")) ** 2 for replicate in share)
    return (
        shares.select(*CHOICE, "prob")
        .join(totals, on=CHOICE, how="left")
        .select(*CHOICE, (deviations * design.scale).sqrt().alias("std_error"))
    )


def _totals(part: pl.LazyFrame, names: Sequence[str]) -> pl.LazyFrame:
    substantive = part.filter(pl.col("choice") != NO_ANSWER)
    return substantive.group_by(CHOICE).agg(pl.col(*names).sum())
