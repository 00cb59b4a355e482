"""Reading answers: raw text goes in, its outcome and the options' shares come out.

Nothing is evaluated, nothing is guessed: text that does not clearly answer is `unparsable`.
"""

from __future__ import annotations

import polars as pl

from opinionframe.elicitation.parsing.answered_prompts import refuse_strays
from opinionframe.elicitation.parsing.response import PARSER_VERSION, PARSERS, read_answer
from opinionframe.errors import check_option
from opinionframe.schemas import borders
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Answers, Prompts

_READ: dict[str, pl.DataType | type[pl.DataType]] = {
    "status": pl.String,
    "probs": pl.List(pl.Float64),
    "raw_sum": pl.Float64,
    "reason": pl.String,
}
"""The columns that reading a text fills."""
_ASKED = "asked "
"""What the columns of prompts begin with, so that none is taken for a column of the answers' own."""
_CONTEXT = ("raw", "finish", *(_ASKED + name for name in ("elicitation", "variant", "option_list", "by_place")))
"""What decides how a text is read: equal rows are read once."""
_SEPARATOR = "\x1f"
_KEYS = ("model", "prompt_id", "draw")
PART = 250_000
"""Answers that are read at a time: beside the answers and what comes out, a part alone takes memory."""


@takes_frames
def parse(answers: borders.AnyFrame, prompts: borders.AnyFrame, *, parser: str = "strict") -> pl.DataFrame:
    """`answers` read anew from their raw text: status, probs, raw_sum and reason replaced. Nothing is asked.

    A text that ended at its ceiling of tokens is `cut off` whatever it says, one that a provider withheld `filtered`.
    A log-probability answer keeps its shares, since its text says nothing more; a failed one stays failed. Collects.

    Args:
        answers: Answers, as `ask` gave them.
        prompts: The Prompts that they answer.
        parser: `strict`, or `paper`, as in `read_response`; an answer that only the paper's reads has a `reason`.

    Returns: an Answers frame, sorted by model, prompt_id and draw; `parser` is the version of the grammar.
    Raises: FrameError, for a broken frame, or where an answer belongs to no prompt.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> prompts = of.prompts(human, survey.codebook, elicitation="verbalized", prompt="base")
    >>> answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)
    >>> parse(answers.with_columns(raw=pl.lit("I cannot say.")), prompts)["status"].value_counts().row(0)
    ('refused', 54)
    """
    answers = borders.checked(answers, Answers, "answers")
    prompts = borders.checked(prompts, Prompts, "prompts")
    refuse_strays(answers, prompts)
    check_option("parser", parser, PARSERS)
    return parsed_rows(answers, prompts, parser)


def parsed_rows(answers: pl.DataFrame, prompts: pl.DataFrame, parser: str = "strict") -> pl.DataFrame:
    """`parse` of checked Answers to checked Prompts, whose result is Answers by construction."""
    option_list = pl.col("options").list.join(_SEPARATOR).alias("option_list")
    context = ("elicitation", "variant", option_list, _is_numbered().alias("by_place"))
    asked = prompts.select("prompt_id", pl.struct(context).name.prefix_fields(_ASKED).struct.unnest())
    order = answers.select(pl.arg_sort_by(*_KEYS)).to_series()
    parts = (answers[order[start : start + PART]] for start in range(0, len(order), PART))
    return pl.concat([answers.clear(), *(_parsed_part(part, asked, parser) for part in parts)])


def _parsed_part(answers: pl.DataFrame, asked: pl.DataFrame, parser: str) -> pl.DataFrame:
    """Some of the answers, read and sorted."""
    texts = answers.join(asked, on="prompt_id")
    is_text = pl.col("option_mass").is_null() & (pl.col("status") != "failed")
    kept, written = texts.filter(~is_text), texts.filter(is_text)
    parsed = written.drop(_READ).join(_readings(written, parser), on=_CONTEXT, nulls_equal=True)
    version = pl.lit(PARSER_VERSION, dtype=pl.UInt8).alias("parser")
    rows = pl.concat([kept, parsed.select(kept.columns)]).with_columns(version)
    return rows.select(answers.columns).sort(_KEYS)


def _is_numbered() -> pl.Expr:
    """Whether a prompt lists its options with their places, as `1: '0', 2: '1'`, so that a number answers by place."""
    first = pl.col("options").list.first()
    listings = (pl.format("1: " + quote + "{}" + quote, first) for quote in "'\"")
    return pl.any_horizontal(pl.col("text").str.contains(listing, literal=True) for listing in listings)


def _readings(texts: pl.DataFrame, parser: str) -> pl.DataFrame:
    """One row per distinct text in its context: what it says. Free text has no column form: it is read one by one."""
    distinct = texts.select(_CONTEXT).unique(maintain_order=True)
    rows = zip(*(distinct[name] for name in _CONTEXT), strict=True)
    readings = [
        read_answer(raw, elicitation, variant, options.split(_SEPARATOR), finish, by_place=by_place, parser=parser)
        for raw, finish, elicitation, variant, options, by_place in rows
    ]
    return distinct.hstack(pl.DataFrame(readings, schema=_READ, orient="row"))
