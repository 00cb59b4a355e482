"""Estimands by name: scores go in; the cells that a mean is over, and what counts alike in it, come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import check_option
from opinionframe.schemas.demographic import ALL, ATTRIBUTE, IS_INTERSECTION

WEIGHT = "weight"
"""The column that says what counts alike."""

CELL_WEIGHT = "cell"
UNITS = {CELL_WEIGHT: "cells", "question": "questions, each counting alike", "group": "groups, each counting alike"}
"""What a mean can be over, in print."""

COLUMNS = {"question": "question", "group": "demographic"}
"""The column whose values count alike."""

OVERLAPS = ("keep", "leave out")


def check_estimand(weight: str, overlap: str = OVERLAPS[0]) -> None:
    """Raises an OptionError for a `weight` or `overlap` that does not exist."""
    check_option("weight", weight, tuple(UNITS))
    check_option("overlap", overlap, OVERLAPS)


def averaged(scores: pl.LazyFrame, overlap: str, by: Sequence[str]) -> pl.LazyFrame:
    """The cells that a mean within `by` is over: with `leave out`, without those that other cells hold the people of.

    These are `all` and intersections, where a source has groups of single attributes on the same question. Means by
    group or attribute keep them. Lazy.
    """
    if overlap == OVERLAPS[0] or {"demographic", "attribute"} & set(by):
        return scores
    holds_others = (ATTRIBUTE == ALL) | IS_INTERSECTION
    metric = [name for name in ("metric",) if name in scores.collect_schema()]
    return scores.filter(~(holds_others & (~holds_others).any().over("question", "source", *metric)))


def mean_over(overlap: str, weight: str) -> str:
    """The estimand in print.

    >>> mean_over("leave out", "question")
    'mean over questions, each counting alike, without all and intersections beside their parts'
    """
    left_out = "" if overlap == OVERLAPS[0] else ", without all and intersections beside their parts"
    return f"mean over {UNITS[weight]}{left_out}"


def with_weights(rows: pl.LazyFrame, names: Sequence[str], keys: Sequence[str], weight: str) -> pl.LazyFrame:
    """`rows` with the weight of each of the columns `names` in a mean within `keys`, under `weight of …`. Lazy.

    The values of one question, or group, share a weight of 1; what is null has none.
    """
    unit = list(dict.fromkeys([*keys, COLUMNS[weight]]))
    return rows.with_columns(
        pl.when(pl.col(name).is_not_null())
        .then(1 / pl.col(name).is_not_null().sum().over(unit))
        .alias(f"weight of {name}")
        for name in names
    )


def weighted_mean(name: str) -> pl.Expr:
    """The mean of a column with its weight beside it; null where nothing is known."""
    weight = pl.col(f"weight of {name}")
    return pl.when(weight.count() > 0).then((pl.col(name) * weight).sum() / weight.sum()).alias(name)


def weighted_deviation(name: str) -> pl.Expr:
    """The standard deviation over cells about the weighted mean; null for one cell."""
    weight, count = pl.col(f"weight of {name}"), pl.len().cast(pl.Float64)
    squares = weight * (pl.col(name) - (pl.col(name) * weight).sum() / weight.sum()).pow(2)
    return pl.when(count > 1).then((squares.sum() / weight.sum() * count / (count - 1)).sqrt()).alias("std_dev")
