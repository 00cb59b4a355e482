"""Standard errors of shares from replicate weights: the squared deviations of each replicate's share from the share."""

from collections.abc import Sequence

import polars as pl

from opinionframe.microdata.design import Design
from opinionframe.microdata.tally import NO_ANSWER, LongAnswers, as_text
from opinionframe.schemas.keys import CHOICE, GROUP


def replicate_errors(answers: LongAnswers, shares: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """`question, demographic, choice, std_error` for each row of `shares` (which has `prob`)."""
    replicates = list(design.answer_columns())
    totals = pl.concat(as_text(_totals(group, replicates)) for group in answers.by_group(*replicates))
    replicate_shares = [pl.col(name).fill_null(0) / pl.col(name).sum().over(GROUP) for name in replicates]
    deviations = pl.sum_horizontal((share - pl.col("prob")) ** 2 for share in replicate_shares)
    return (
        shares.select(*CHOICE, "prob")
        .join(totals, on=CHOICE, how="left")
        .select(*CHOICE, (deviations * design.scale).sqrt().alias("std_error"))
    )


def _totals(group: pl.LazyFrame, replicates: Sequence[str]) -> pl.LazyFrame:
    """The sum of each replicate's weights over those who gave a choice."""
    substantive = group.filter(pl.col("choice") != NO_ANSWER)
    return substantive.group_by(CHOICE).agg(pl.col(*replicates).sum())
