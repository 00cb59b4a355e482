"""Few-shot examples: answered questions go in, and for each text the examples it shows, never its own question.

An example is the standard prompt of another question, about the same group, with what people answered: their
percentages where percentages are asked, else the answer of one of them, drawn. A base prompt shows everybody's answers.
Drawn examples, which a calibration learns from too, are of any group: theirs is then named, and theirs are the answers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.drawn_examples import UNITS, held_out, taught
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.source import drawn_name


def example_answers(human: pl.DataFrame, *, as_shares: bool, seed: int) -> pl.DataFrame:
    """One row per cell of `human`, and one per question for everybody (demographic null): `answer` as a text gives it.

    Everybody is the demographic `all`, or the mean of a question's groups where it has none. `seed` draws
    the single answers where `as_shares` is False.
    """
    human = human.select(*CHOICE, "prob")
    nobody = pl.lit(None, dtype=pl.String).alias("demographic")
    everybody = human.filter(pl.col("demographic") == ALL).with_columns(nobody)
    pooled = (
        human.join(everybody, on="question", how="anti")
        .group_by("question", "choice")
        .agg(pl.col("prob").mean())
        .with_columns(nobody)
    )
    rows = pl.concat([human, everybody, pooled.select(human.columns)]).sort(CHOICE)
    shares = rows.group_by(GROUP, maintain_order=True).agg("prob")
    return shares.with_columns(_percentages() if as_shares else _drawn_answer(shares, seed)).drop("prob")


def with_examples(
    tasks: pl.DataFrame, answers: pl.DataFrame, *, seed: int, shots: int, folds: pl.DataFrame | None
) -> pl.DataFrame:
    """`tasks` (question, demographic, turn, dataset, task) with `examples`, `shots` answered tasks of other questions.

    These are of the same dataset: the same group of another survey is not the same people.
    Which ones is one seeded order of the questions, so that texts share their beginning. `folds` (question, fold, and
    demographic where folds differ by group) keeps the whole fold of a question, or of a group's, out of its examples.
    A base text stands for all groups: where they are in several folds, it keeps out its own question alone.

    Raises: FrameError, for a text that has no example, or folds that do not say which of several a group is in.
    """
    dealt = None if folds is None else _checked_folds(folds)
    candidates = (
        tasks.filter(pl.col("turn") == 0)
        .join(answers, on=GROUP, nulls_equal=True)
        .select(
            *GROUP,
            pl.col(DATASET).alias("other_dataset"),
            pl.concat_str("task", "answer", separator=" ").alias("example"),
        )
        .join(_ranked(answers, seed), on="question")
        .pipe(_with_fold, dealt)
        .rename({"question": "other", "fold": "other_fold"})
    )
    is_other = (pl.col("question") != pl.col("other")) & ~pl.col("fold").eq(pl.col("other_fold")).fill_null(value=False)
    is_other = is_other & pl.col(DATASET).eq_missing(pl.col("other_dataset"))
    joined = (
        tasks.select(*GROUP, DATASET)
        .unique()
        .pipe(_with_fold, dealt)
        .join(candidates, on="demographic", nulls_equal=True)
        .filter(is_other)
        .sort(*GROUP, "rank")
        .group_by(GROUP, maintain_order=True)
        .agg(pl.col("example").head(shots).str.join(" ").alias("examples"))
    )
    prompts = tasks.join(joined, on=GROUP, how="left", nulls_equal=True)
    _refuse_bare(prompts, "Add human rows of other questions of the same dataset.")
    return prompts


def with_drawn_examples(tasks: pl.DataFrame, answers: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """`tasks`, once per draw, with the `examples` that teach their cell, and the draw as their `variant`.

    A base text stands for all groups, so that none of its own question is shown, where single cells are held out too.

    Raises: FrameError, where an example has no human answer, or a text has no example.
    """
    _refuse_unanswered(drawn, answers)
    cells = tasks.select(*GROUP, DATASET).unique().sort(*GROUP)
    unit = held_out(drawn)
    parts = [
        (cells.filter(pl.col("demographic").is_null()), UNITS["question"] if unit == GROUP else unit, ["question"]),
        (cells.drop_nulls("demographic"), unit, [*GROUP]),
    ]
    shown = []
    for part, own_unit, same_task in parts:
        lists, members = taught(drawn, part, own_unit)
        first = tasks.filter(pl.col("turn") == 0).join(part, on=GROUP, how="semi", nulls_equal=True)
        texts = (
            lists.join(answers, on=GROUP)
            .join(first.select(*same_task, "task"), on=same_task)
            .sort("run", "rank")
            .group_by("run", maintain_order=True)
            .agg(pl.concat_str("task", "answer", separator=" ").str.join(" ").alias("examples"))
        )
        shown.append(members.join(texts, on="run").select(*GROUP, "draw", "examples"))
    prompts = tasks.join(pl.concat(shown), on=GROUP, how="left", nulls_equal=True)
    _refuse_bare(prompts, "Draw them from human rows of the same dataset.")
    return prompts.with_columns(drawn_name("few_shot", drawn["n"][0], pl.col("draw")).alias("variant"))


def _refuse_unanswered(drawn: pl.DataFrame, answers: pl.DataFrame) -> None:
    """Raises a FrameError for examples that are no human cells."""
    unanswered = drawn.join(answers, on=GROUP, how="anti").select(GROUP).unique().sort(GROUP)
    if unanswered.height:
        raise FrameError(
            f"{unanswered.height} drawn examples have no human answer in opinions, e.g. {examples(unanswered.rows())}. "
            "Draw from the human rows that prompts are made from."
        )


def _refuse_bare(prompts: pl.DataFrame, remedy: str) -> None:
    """Raises a FrameError for texts without examples."""
    if (bare := prompts.filter(pl.col("examples").is_null())).height:
        keys = examples(bare.select(GROUP).unique().sort(GROUP).rows())
        raise FrameError(f"{bare.height} few-shot prompts have no other question to show, e.g. {keys}. {remedy}")


def _ranked(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The questions of `frame` with their place in the seeded order, `rank`."""
    questions = frame.select("question").unique().sort("question")
    return questions.with_columns(pl.Series("rank", np.random.default_rng(seed).permutation(questions.height)))


def _checked_folds(folds: pl.DataFrame) -> pl.DataFrame:
    """The fold of each question and demographic, null for one that is the same in all groups, as text."""
    if missing := {"question", "fold"} - set(folds.columns):
        raise FrameError(f"folds lacks {', '.join(sorted(missing))}. Give a frame with the columns question and fold.")
    has_groups = "demographic" in folds.columns
    keys = list(GROUP) if has_groups else ["question"]
    dealt = folds.select(*keys, pl.col("fold").cast(pl.String)).unique()
    several = dealt.filter(pl.len().over(keys) > 1).select(keys).unique().sort(keys)
    if several.height:
        remedy = "Give each one fold." if has_groups else "Add the column demographic, which tells them apart."
        raise FrameError(
            f"folds has several folds for {several.height} cells, e.g. {examples(several.rows())}. {remedy}"
        )
    whole = dealt.filter(pl.col("fold").n_unique().over("question") == 1).select("question", "fold").unique()
    of_questions = whole.with_columns(pl.lit(None, dtype=pl.String).alias("demographic"))
    apart = dealt.join(whole, on="question", how="anti")
    return pl.concat([of_questions, apart], how="diagonal_relaxed").select(*GROUP, "fold")


def _with_fold(cells: pl.DataFrame, dealt: pl.DataFrame | None) -> pl.DataFrame:
    """`cells` with the `fold` of their question, or of their question and group; null where there is none."""
    if dealt is None:
        return cells.with_columns(pl.lit(None, dtype=pl.String).alias("fold"))
    of_questions = dealt.filter(pl.col("demographic").is_null()).select("question", question_fold="fold")
    of_cells = dealt.drop_nulls("demographic")
    return (
        cells.join(of_cells, on=GROUP, how="left")
        .join(of_questions, on="question", how="left")
        .with_columns(pl.coalesce("fold", "question_fold").alias("fold"))
        .drop("question_fold")
    )


def _percentages() -> pl.Expr:
    percentages = (pl.col("prob") * 100).list.eval(pl.element().round(1).cast(pl.String)).list.join(", ")
    return pl.format("[{}]", percentages).alias("answer")


def _drawn_answer(shares: pl.DataFrame, seed: int) -> pl.Series:
    """The number of one choice per row, from 1, drawn from the row's shares."""
    level = pl.Series("level", np.random.default_rng(seed).random(shares.height))
    cumulative = pl.col("prob").cum_sum().over("row")
    numbers = (
        shares.select("prob")
        .with_row_index("row")
        .with_columns(level)
        .explode("prob")
        .with_columns((cumulative <= pl.col("level")).alias("passed"))
        .group_by("row", maintain_order=True)
        .agg((pl.min_horizontal(pl.col("passed").sum(), pl.len() - 1) + 1).alias("number"))
    )
    return numbers["number"].cast(pl.String).alias("answer")
