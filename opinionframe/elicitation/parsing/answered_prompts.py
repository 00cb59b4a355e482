"""Answers beside their prompts: both frames go in, one row per answer with its prompt and source comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas import borders
from opinionframe.schemas.frames import Answers, Prompts
from opinionframe.schemas.source import SEPARATOR


def checked_pair(answers: borders.AnyFrame, prompts: borders.AnyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`answers` and the `prompts` they answer, checked and collected.

    Raises: FrameError, for a broken frame, or where an answer belongs to no prompt.
    """
    checked_prompts = borders.checked(prompts, Prompts, "prompts")
    checked_answers = borders.checked(answers, Answers, "answers")
    refuse_strays(checked_answers, checked_prompts)
    return checked_answers, checked_prompts


def refuse_strays(answers: pl.DataFrame, prompts: pl.DataFrame) -> None:
    """Refuse answers whose prompt is not in `prompts`."""
    strays = answers.join(prompts, on="prompt_id", how="anti")
    if strays.height:
        keys = examples(strays.select("prompt_id").unique().sort("prompt_id").rows())
        raise FrameError(f"answers: {strays.height} belong to no prompt, e.g. {keys}. Pass the prompts they answer.")


def answered_prompts(answers: pl.DataFrame, prompts: pl.DataFrame) -> pl.LazyFrame:
    """Checked `answers` with the columns of their prompts and the `source` they speak for. Lazy.

    A column of the answers' own that is called as one of Prompts gives way to it.
    """
    of_prompts = [name for name in Prompts.column_names() if name not in Answers.column_names()]
    rows = answers.lazy().drop(of_prompts, strict=False)
    return rows.join(prompts.lazy(), on="prompt_id").with_columns(source_column())


def source_column() -> pl.Expr:
    """`model|elicitation|prompt|variant`; another wording or order marks the model: `name+question_first`."""
    tag = pl.format("+{}", pl.col("template").str.split("/").list.first())
    mark = tag.str.replace(r"^\+paper(\+|$)", "${1}")
    model = pl.concat_str("model", mark)
    return pl.concat_str(model, "elicitation", "prompt", "variant", separator=SEPARATOR).alias("source")
