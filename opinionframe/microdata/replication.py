"""Standard errors of shares from replicate weights: the squared deviations of each replicate's share from the share.

A replicate whose weights are all zero within a cell has no share there: it is left out of that cell, as R's `svrVar`
does, and `warned_of_empty` says so. Where all are, or the others leave the cell as it is, as where a single sampling
unit has all of its people, nothing tells how far its shares may stray: the standard error is null.
"""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.microdata.design import Design
from opinionframe.microdata.tally import NO_ANSWER, LongAnswers, as_text
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.lazy import guarded

ROUNDING = 1e-24
"""Squared deviations up to this are rounding: shares are sums near 1 of weights, exact to about 1e-16."""

EMPTY = "empty"
"""The column that counts a cell's replicates without weight."""


def replicate_errors(answers: LongAnswers, shares: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """`question, demographic, choice, std_error` for each row of `shares` (which has `prob`).

    Returns: also `empty`, how many replicates are all zero in the cell.
    """
    replicates = list(design.answer_columns())
    totals = pl.concat(as_text(_totals(group, replicates)) for group in answers.by_group(*replicates))
    weights = {name: pl.col(name).sum().over(GROUP) for name in replicates}
    # A sum over columns passes over nulls.
    replicate_shares = [pl.when(weights[name] > 0).then(pl.col(name).fill_null(0) / weights[name]) for name in weights]
    deviations = pl.sum_horizontal(
        scale * (share - pl.col("prob")) ** 2 for scale, share in zip(design.scales, replicate_shares, strict=True)
    )
    empty = pl.sum_horizontal(weight <= 0 for weight in weights.values())
    varies = deviations.max().over(GROUP) > ROUNDING
    std_error = pl.when((empty == 0) | ((empty < len(replicates)) & varies)).then(deviations.sqrt())
    return (
        shares.select(*CHOICE, "prob")
        .join(totals, on=CHOICE, how="left")
        .select(*CHOICE, std_error.alias("std_error"), empty.alias(EMPTY))
    )


def warned_of_empty(opinions: pl.LazyFrame, errors: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """`opinions`, whose collection warns of replicates that `errors` counts as empty, by cell."""
    cells = errors.filter(pl.col(EMPTY) > 0).select(*GROUP, EMPTY).unique().sort(GROUP)

    def warn(empty: pl.DataFrame) -> None:
        if len(empty):
            worst = empty.sort(EMPTY, descending=True, maintain_order=True)
            warn_user(
                f"{len(empty)} cells have replicates whose weights are all zero, up to {worst[EMPTY][0]} of "
                f"{len(design.replicates)}, e.g. {examples(worst.rows())}. They are left out of these cells' standard "
                "errors, which rest on the others; where these are all, or do not differ, std_error is null. Join "
                "small groups, or set min_n.",
                OpinionFrameWarning,
            )

    return guarded(opinions, cells, warn)


def _totals(group: pl.LazyFrame, replicates: Sequence[str]) -> pl.LazyFrame:
    """The sum of each replicate's weights over those who gave a choice."""
    substantive = group.filter(pl.col("choice") != NO_ANSWER)
    return substantive.group_by(CHOICE).agg(pl.col(*replicates).sum())
