"""Batteries that a split divides: dealt cells go in; held-out questions with siblings in training come out.

Where all questions are of one battery or topic, no split can keep siblings apart, which is said in a warning.
"""

import polars as pl

from opinionframe.calibration.batteries import BATTERY, batteries
from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.datasets import DATASET


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


def warn_of_one_kind(asked: pl.DataFrame, book: pl.DataFrame) -> None:
    """Warns where no split can help: the questions of `asked`, the cells that are predicted, are all of one kind.

    That is one battery, or one topic of one dataset. Whichever of them are held out, a fit has learnt from their kin.
    """
    questions = batteries(book).join(book.select("question", "topic", DATASET).unique("question"), on="question")
    own = questions.join(asked, on="question", how="semi").sort("question")
    if own.height < 2:
        return
    if own[BATTERY].n_unique() == 1:
        kind, who = "battery, worded almost alike", "of other wording"
    elif own[DATASET].n_unique() == own["topic"].n_unique() == 1 and own["topic"].null_count() == 0:
        kind, who = f"topic, {own['topic'][0]!r}", "on other topics"
    else:
        return
    warn_user(
        f"All {own.height} questions are of one {kind}, e.g. {examples(own.select('question').rows())}. No split can "
        f"help: whatever is held out, a fit learns from its siblings, and scores say nothing of questions {who}. Add "
        "such questions, or hold out another survey with of.combine(…) and split='dataset'.",
        OpinionFrameWarning,
    )
