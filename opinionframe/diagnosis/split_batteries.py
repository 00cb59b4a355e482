"""Batteries that a split divides: dealt cells go in; held-out questions with siblings in training come out."""

import polars as pl

from opinionframe.calibration.batteries import BATTERY, batteries


def split_batteries(dealt: pl.DataFrame, people: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per held-out question that has a sibling in training: `question`, `battery`, and its `names`, joined.

    `dealt` has the fold of every cell; questions of `people` that are in none are always trained on.
    """
    folds = dealt.group_by("question").agg(pl.col("fold").unique())
    asked = pl.concat([dealt.select("question"), people.select("question")]).unique()
    members = asked.join(batteries(codebook), on="question").join(folds, on="question", how="left").sort("question")
    trained = members.select(BATTERY, sibling="question", elsewhere="fold")
    both = members.drop_nulls("fold").join(trained, on=BATTERY).filter(pl.col("question") != pl.col("sibling"))
    held_out_with = (pl.col("fold").list.len() == 1) & (pl.col("fold") == pl.col("elsewhere")).fill_null(value=False)
    divided = both.filter(~held_out_with).select("question", BATTERY).unique()
    names = members.group_by(BATTERY).agg(names=pl.col("question").str.join(" ~ "))
    return divided.join(names, on=BATTERY).sort("question")
