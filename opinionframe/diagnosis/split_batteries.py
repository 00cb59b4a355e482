"""Batteries that a split divides: dealt cells go in; held-out questions with siblings in training come out."""

import polars as pl

from opinionframe.calibration.batteries import BATTERY, batteries


def split_batteries(asked: pl.DataFrame, dealt: pl.DataFrame, people: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """One row per held-out question that has a sibling in training: `question`, `battery`, and its `names`, joined.

    `asked` are the cells that are predicted; `dealt` has the fold of each, and of people's cells that are held out with
    them. Questions of `people` that are in none are always trained on.
    """
    folds = dealt.group_by("question").agg(pl.col("fold").unique().sort())
    questions = pl.concat([dealt.select("question"), people.select("question")]).unique()
    members = questions.join(batteries(book), on="question").join(folds, on="question", how="left").sort("question")
    trained = members.select(BATTERY, sibling="question", elsewhere="fold")
    held_out = members.join(asked, on="question", how="semi")
    both = held_out.join(trained, on=BATTERY).filter(pl.col("question") != pl.col("sibling"))
    held_out_with = (pl.col("fold").list.len() == 1) & (pl.col("fold") == pl.col("elsewhere")).fill_null(value=False)
    divided = both.filter(~held_out_with).select("question", BATTERY).unique()
    names = members.group_by(BATTERY).agg(names=pl.col("question").str.join(" ~ "))
    return divided.join(names, on=BATTERY).sort("question")
