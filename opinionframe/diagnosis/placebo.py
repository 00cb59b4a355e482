"""The placebo: Opinions go in; the same with the model's answers dealt to other questions come out.

A placebo has the form of a model's answers and nothing to say about the question: what a calibrator gains from it
comes from human answers alone.
"""

import numpy as np
import polars as pl

from opinionframe.schemas.keys import CELL, ROW
from opinionframe.schemas.source import is_elicited


def placebo(opinions: pl.DataFrame, reference: str, *, seed: int) -> pl.DataFrame:
    """Opinions in which every question of a source has its answers to another question with as many choices.

    The `reference` keeps its own, people or a model. A group that the other question lacks gets its mean over groups. A
    question that is alone with its number of choices gets its own answers in reverse.
    """
    is_dealt = is_elicited() & (pl.col("source") != reference)
    elicited = opinions.filter(is_dealt)
    answers = elicited.select(*ROW, "prob")
    others = _other_questions(answers, seed)
    means = answers.group_by("source", "question", "choice").agg(pl.col("prob").mean().alias("mean"))
    placebos = (
        answers.join(others, on=["source", "question"], maintain_order="left")
        .join(
            answers,
            left_on=["source", "other", "demographic", "choice"],
            right_on=["source", "question", "demographic", "choice"],
            how="left",
            suffix="_other",
        )
        .join(means, left_on=["source", "other", "choice"], right_on=["source", "question", "choice"], how="left")
        .with_columns(prob=pl.coalesce("prob_other", "mean"))
        .with_columns(prob=pl.when(pl.col("other") == pl.col("question")).then(_reversed()).otherwise("prob"))
    )
    rows = elicited.drop("prob").join(placebos.select(*ROW, "prob"), on=ROW, how="left", maintain_order="left")
    return pl.concat([opinions.filter(~is_dealt), rows.select(opinions.columns)])


def _other_questions(elicited: pl.DataFrame, seed: int) -> pl.DataFrame:
    """For each source and question another with the same number of choices: a random cycle through them."""
    questions = elicited.group_by("source", "question").agg(pl.col("choice").max().alias("k"))
    shuffled = questions.sort("source", "k", "question").with_columns(
        key=pl.Series(np.random.default_rng(seed).random(len(questions)))
    )
    cycle = pl.col("question").sort_by("key")
    return (
        shuffled.group_by("source", "k")
        .agg(cycle, cycle.shift(-1, fill_value=cycle.first()).alias("other"))
        .explode("question", "other")
        .drop("k")
    )


def _reversed() -> pl.Expr:
    """`prob` in the reverse order of the choices of its cell."""
    return pl.col("prob").sort_by("choice", descending=True).over(CELL, order_by="choice")
