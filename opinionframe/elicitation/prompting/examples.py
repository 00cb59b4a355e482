"""Few-shot examples: answered questions go in, and for each text the examples it shows, never its own question.

An example is the standard prompt of another question, about the same group, with what people answered: their
percentages where percentages are asked, else the answer of one of them, drawn. A base prompt shows everybody's answers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.frames import HUMAN

SHOTS = 5


def answered(opinions: pl.DataFrame, *, as_shares: bool, seed: int) -> pl.DataFrame:
    """One row per human cell, and one per question for everybody (demographic null): `answer` as a text gives it."""
    human = opinions.filter(pl.col("source") == HUMAN).select("question", "demographic", "choice", "prob")
    nobody = pl.lit(None, dtype=pl.String).alias("demographic")
    whole = human.filter(pl.col("demographic") == ALL).with_columns(nobody)
    pooled = (
        human.join(whole, on="question", how="anti")
        .group_by("question", "choice")
        .agg(pl.col("prob").mean())
        .with_columns(nobody)
    )
    every = pl.concat([human, whole, pooled.select(human.columns)]).sort("question", "demographic", "choice")
    shares = every.group_by("question", "demographic", maintain_order=True).agg("prob")
    return shares.with_columns(_percentages() if as_shares else _one_of_them(shares, seed)).drop("prob")


def shown(
    tasks: pl.DataFrame, answers: pl.DataFrame, *, seed: int, shots: int, folds: pl.DataFrame | None
) -> pl.DataFrame:
    """`tasks` (question, demographic, task) with `examples`, `shots` answered tasks of other questions.

    Which ones is one seeded order of the questions, so that texts share their beginning. `folds` (question,
    fold) keeps a question's whole fold out of its examples.

    Raises: FrameError, for a text that has no example.
    """
    key = ["question", "demographic"]
    offered = (
        tasks.filter(pl.col("turn") == 0)
        .join(answers, on=key, nulls_equal=True)
        .select("question", "demographic", pl.concat_str("task", "answer", separator=" ").alias("example"))
        .join(_ranked(answers, folds, seed), on="question")
        .rename({"question": "other", "fold": "other_fold"})
    )
    wanted = tasks.select(key).unique().join(_ranked(tasks, folds, seed).drop("rank"), on="question")
    chosen = (
        wanted.join(offered, on="demographic", nulls_equal=True)
        .filter(
            (pl.col("question") != pl.col("other")) & ~pl.col("fold").eq(pl.col("other_fold")).fill_null(value=False)
        )
        .sort(*key, "rank")
        .group_by(key, maintain_order=True)
        .agg(pl.col("example").head(shots).str.join(" ").alias("examples"))
    )
    whole = tasks.join(chosen, on=key, how="left", nulls_equal=True)
    if (bare := whole.filter(pl.col("examples").is_null())).height:
        keys = examples(bare.select(key).unique().sort(key).rows())
        raise FrameError(f"{bare.height} few-shot prompts have no other question to show, e.g. {keys}. Add human rows.")
    return whole


def _ranked(questions: pl.DataFrame, folds: pl.DataFrame | None, seed: int) -> pl.DataFrame:
    named = questions.select("question").unique().sort("question")
    rank = pl.Series("rank", np.random.default_rng(seed).permutation(named.height))
    ranked = named.with_columns(rank)
    if folds is not None and (missing := {"question", "fold"} - set(folds.columns)):
        raise FrameError(f"folds lacks {', '.join(sorted(missing))}. Give a frame with the columns question and fold.")
    if folds is None:
        return ranked.with_columns(pl.lit(None, dtype=pl.String).alias("fold"))
    return ranked.join(folds.select("question", pl.col("fold").cast(pl.String)).unique(), on="question", how="left")


def _percentages() -> pl.Expr:
    listed = (pl.col("prob") * 100).list.eval(pl.element().round(1).cast(pl.String)).list.join(", ")
    return pl.format("[{}]", listed).alias("answer")


def _one_of_them(shares: pl.DataFrame, seed: int) -> pl.Series:
    """The index of one answer per row, drawn from its shares."""
    level = pl.Series("level", np.random.default_rng(seed).random(shares.height))
    reached = pl.col("prob").cum_sum().over("row")
    drawn = (
        shares.select("prob")
        .with_row_index("row")
        .with_columns(level)
        .explode("prob")
        .with_columns((reached <= pl.col("level")).alias("passed"))
        .group_by("row", maintain_order=True)
        .agg(pl.min_horizontal(pl.col("passed").sum(), pl.len() - 1) + 1)
    )
    return drawn["passed"].cast(pl.String).alias("answer")
