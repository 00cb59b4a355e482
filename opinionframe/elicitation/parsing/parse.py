"""Reading answers: raw text goes in, one of four outcomes and the options' shares come out.

Nothing is evaluated, nothing is guessed: text that does not clearly answer is `unparsable`.
"""

from __future__ import annotations

import polars as pl

from opinionframe.elicitation.parsing.response import PARSER_VERSION, read_answer
from opinionframe.errors import FrameError, examples
from opinionframe.schemas import borders
from opinionframe.schemas.frames import Answers, Prompts

_READ: dict[str, pl.DataType | type[pl.DataType]] = {
    "status": pl.String,
    "probs": pl.List(pl.Float64),
    "raw_sum": pl.Float64,
    "reason": pl.String,
}
_KEYS = ["raw", "elicitation", "variant", "listed"]
_SEPARATOR = "\x1f"


def parse(answers: borders.AnyFrame, prompts: borders.AnyFrame) -> pl.DataFrame:
    """`answers` read anew from their raw text: status, probs, raw_sum and reason replaced. Nothing is asked.

    A log-probability answer keeps its shares, since its text says nothing more; a failed one stays failed.

    Args:
        answers: Answers, as `ask` gave them.
        prompts: The Prompts that they answer.

    Returns: an Answers frame, sorted.
    Raises: FrameError, where an answer belongs to no prompt.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> asked = of.prompts(human, survey.codebook, elicitation="verbalized", prompt="base")
    >>> answers = of.ask(asked, of.FakeModel(seed=1), seed=1)
    >>> parse(answers.with_columns(raw=pl.lit("I cannot say.")), asked)["status"].value_counts().row(0)
    ('refused', 54)
    """
    typed = borders.checked(answers, Answers, "answers")
    asked = borders.checked(prompts, Prompts, "prompts")
    refuse_strays(typed, asked)
    listed = pl.col("options").list.join(_SEPARATOR).alias("listed")
    texts = typed.join(asked.select("prompt_id", "elicitation", "variant", listed), on="prompt_id")
    is_text = pl.col("option_mass").is_null() & (pl.col("status") != "failed")
    kept, written = texts.filter(~is_text), texts.filter(is_text)
    read = written.drop(_READ).join(_readings(written), on=_KEYS, nulls_equal=True)
    version = pl.lit(PARSER_VERSION, dtype=pl.UInt8).alias("parser")
    rows = pl.concat([kept, read.select(kept.columns)]).with_columns(version).select(typed.columns)
    return borders.checked(rows.sort("model", "prompt_id", "draw"), Answers, "answers")


def refuse_strays(answers: pl.DataFrame, prompts: pl.DataFrame) -> None:
    """Refuse answers whose prompt is not in `prompts`."""
    strays = answers.join(prompts, on="prompt_id", how="anti")
    if strays.height:
        keys = examples(strays.select("prompt_id").unique().sort("prompt_id").rows())
        raise FrameError(f"answers: {strays.height} belong to no prompt, e.g. {keys}. Pass the prompts they answer.")


def _readings(written: pl.DataFrame) -> pl.DataFrame:
    """One row per distinct text in its context: what it says. Free text has no column form: it is read one by one."""
    distinct = written.select(_KEYS).unique(maintain_order=True)
    rows = zip(*(distinct[key] for key in _KEYS), strict=True)
    readings = [
        read_answer(raw, elicitation, variant, listed.split(_SEPARATOR)) for raw, elicitation, variant, listed in rows
    ]
    return distinct.hstack(pl.DataFrame(readings, schema=_READ, orient="row"))
