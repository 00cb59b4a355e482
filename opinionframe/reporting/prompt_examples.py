"""Examples of what was asked: Answers and Prompts go in; a prompt of every kind, with one raw answer, comes out."""

import polars as pl

from opinionframe.schemas.demographic import ALL

DRAW = r" draw \d+$"
"""What tells apart samples of examples, of which one is shown."""

KIND = ("elicitation", "prompt", "variant")
"""How a prompt asks."""


def prompt_examples(answers: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """One row per model and kind of prompt, from checked Answers and Prompts, readable or not.

    It is the first by its key; of prompts that name a group, the first that does.

    Returns: `model`, the columns KIND, `question`, `demographic`, `text`, `options`, `order`, and of the answer
        `status`, `raw`, `reason`, `probs` and `option_mass`; sorted.
    """
    kind = pl.col("variant").str.replace(DRAW, "")
    asked = prompts.with_columns(kind).select("prompt_id", *KIND, "question", "demographic", "text", "options", "order")
    told = answers.select("model", "prompt_id", "draw", "status", "raw", "reason", "probs", "option_mass")
    keys = ["model", *KIND]
    return (
        told.join(asked, on="prompt_id")
        .sort(*keys, pl.col("demographic").eq_missing(pl.lit(ALL)), "prompt_id", "draw")
        .unique(keys, keep="first", maintain_order=True)
        .select(*keys, pl.exclude(*keys, "prompt_id", "draw"))
    )
