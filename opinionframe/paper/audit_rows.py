"""`audit_rows`: the printed figures go in; each `Average` and `Std Dev` row beside its recomputation comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.paper.published import SUMMARIES, published

HALF_DIGIT = 0.05 + 1e-9
"""Figures are printed with one decimal, so each is known up to this much."""

SETTING = ("table", "prompt", "elicitation", "variant", "attribute", "group")
"""What a summary row and the cells that it summarises have in common."""


def audit_rows() -> pl.DataFrame:
    """Every printed average and standard deviation beside the one that its cells give, in percent.

    Returns: `entry`, `table`, `dataset`, `model` (which summary), `prompt`, `elicitation`, `variant`,
        `attribute`, `group`, `printed`, `recomputed`, `n` (cells), and `verdict`: `reproduced` to the printed
        decimal, `rounding` where the rounding of the cells can explain the difference, or `differs`.

    >>> from opinionframe.paper import audit_rows
    >>> audit_rows().filter(table=7)["verdict"].value_counts().sort("count").row(-1)[0]
    'reproduced'
    """
    rows = published()
    cells = rows.filter(~pl.col("summary") & pl.col("model").is_not_null())
    tables = [_recomputed(rows, cells, over) for over in (("dataset",), ("model",), ())]
    difference = (pl.col("recomputed") - pl.col("printed")).abs()
    verdict = (
        pl.when(difference <= HALF_DIGIT)
        .then(pl.lit("reproduced"))
        .when(difference <= HALF_DIGIT + _slack())
        .then(pl.lit("rounding"))
        .otherwise(pl.lit("differs"))
    )
    return pl.concat(tables).with_columns(verdict.alias("verdict")).sort("entry")


def _recomputed(rows: pl.DataFrame, cells: pl.DataFrame, kept: tuple[str, ...]) -> pl.DataFrame:
    """The summaries over what is not `kept`: models of a dataset, datasets of a model, or both."""
    by = [*SETTING, *kept]
    averaged = [column for column in ("dataset", "model") if column not in kept]
    is_kept = pl.all_horizontal(~pl.col(column).is_in(SUMMARIES) for column in kept) if kept else pl.lit(value=True)
    printed = rows.filter("summary", is_kept, *(pl.col(column).is_in(SUMMARIES) for column in averaged))
    moments = cells.group_by(by).agg(
        pl.col("value").mean().alias("mean"), pl.col("value").std().alias("std"), pl.len().alias("n")
    )
    is_spread = pl.any_horizontal(pl.col(column) == "Std Dev" for column in averaged)
    return printed.join(moments, on=by, how="left", nulls_equal=True, validate="m:1").select(
        "entry",
        "table",
        "dataset",
        "model",
        *SETTING[1:],
        pl.col("value").alias("printed"),
        pl.when(is_spread).then("std").otherwise("mean").alias("recomputed"),
        "n",
    )


def _slack() -> pl.Expr:
    """How far a mean or a standard deviation moves when each of n cells moves by half a digit."""
    inflation = (pl.col("n") / (pl.col("n") - 1)).sqrt()
    return HALF_DIGIT * pl.when(pl.col("model") == "Std Dev").then(inflation).otherwise(1.0)
