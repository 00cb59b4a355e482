"""Answers become opinions: answers and their prompts go in, the Opinions rows of their model come out."""

from __future__ import annotations

import polars as pl

from opinionframe.elicitation.asked_cells import distinct_cells
from opinionframe.elicitation.parsing.answered_prompts import answered_prompts, checked_pair
from opinionframe.elicitation.parsing.paper_lists import is_renormalised
from opinionframe.elicitation.parsing.parse import parsed_rows
from opinionframe.elicitation.parsing.response import PAPER, PARSERS
from opinionframe.errors import check_option
from opinionframe.schemas import borders
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import CELL, CHOICE, GROUP

_SAMPLED = ("self_random", "paraphrase")
"""Elicitations whose answers are one option each, and so can be counted."""


@takes_frames
def to_opinions(
    answers: borders.AnyFrame,
    prompts: borders.AnyFrame,
    codebook: borders.AnyFrame,
    *,
    cells: borders.AnyFrame | None = None,
    parser: str | None = None,
) -> pl.DataFrame:
    """The Opinions rows of `answers`: mean shares over draws, paraphrases and option orders. Collects.

    `nonresponse` is the probability off the options for logprob and the share of unread answers otherwise;
    `n_eff` counts the single answers behind a cell (null for logprob and verbalized, which count nobody).
    A cell without one readable answer has no distribution and no rows: `extraction` counts it.

    Args:
        answers: Answers, as `ask` or `parse` gives them.
        prompts: The Prompts that they answer.
        codebook: Codebook of the questions.
        cells: Any frame with question and demographic, such as the human opinions: a base answer stands in every
            one of its question's cells. Without it, in the demographic `all`.
        parser: Reads the answers anew, as `parse` does: `strict`, or `paper`, which renormalises any list of as many
            numbers as there are options. Without it, answers stand as they were read, by `ask` strictly.

    Returns: question, demographic, choice, source, prob, n_eff (answers) and nonresponse (a share, in [0, 1]);
        sorted by source, question, demographic and choice. With `parser="paper"` also `parser`, which says so, and
        `renormalised`, how many of the cell's answers the strict one does not read.
    Raises: FrameError, for a broken frame, or where an answer belongs to no prompt.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> prompts = of.prompts(human, survey.codebook, elicitation="self_random", prompt="base")
    >>> answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)
    >>> to_opinions(answers, prompts, survey.codebook).select("source", "demographic", "n_eff").unique().row(0)
    ('fake|self_random|base|standard', 'all', 5.0)
    """
    answers, prompts = checked_pair(answers, prompts)
    if parser is not None:
        check_option("parser", parser, PARSERS)
        answers = parsed_rows(answers, prompts, parser)
    codebook = borders.codebook_border(codebook)
    groups = None if cells is None else distinct_cells(cells, codebook)
    # Answers of a user's own may hold shares that are no distribution, which their schema cannot tell.
    return borders.opinions_border(opinion_rows(answers, prompts, groups, parser), codebook).collect()


def opinion_rows(
    answers: pl.DataFrame, prompts: pl.DataFrame, cells: pl.DataFrame | None, parser: str | None = None
) -> pl.DataFrame:
    """`to_opinions` of checked Answers and Prompts, base answers in distinct `cells` (None: in `all`).

    Opinions by construction where `ask` made the answers.
    """
    texts = answered_prompts(answers, prompts)
    totals = texts.group_by(CELL).agg(_nonresponse(), _n_eff(), is_renormalised().sum().alias("renormalised"))
    shares = (
        texts.filter(pl.col("status") == "answered")
        .select(*CELL, "order", "probs")
        .explode("order", "probs")
        .group_by(*CELL, pl.col("order").alias("choice"))
        .agg(pl.col("probs").mean().alias("prob"))
    )
    rows = shares.join(totals, on=CELL, nulls_equal=True)
    which = {"parser": pl.lit(PAPER), "renormalised": pl.col("renormalised")} if parser == PAPER else {}
    named = rows.filter(pl.col("demographic").is_not_null())
    return (
        pl.concat([named, _base_rows(rows, cells)])
        .select(*CHOICE, "source", "prob", "n_eff", "nonresponse", **which)
        .sort("source", *CHOICE)
        .collect()
    )


def _nonresponse() -> pl.Expr:
    unread = 1 - (pl.col("status") == "answered").mean()
    return pl.coalesce(1 - pl.col("option_mass").mean(), unread).clip(0, 1).alias("nonresponse")


def _n_eff() -> pl.Expr:
    counted = pl.col("elicitation").is_in(_SAMPLED) & (pl.col("status") == "answered")
    return pl.when(counted.any()).then(counted.sum()).cast(pl.Float64).alias("n_eff")


def _base_rows(rows: pl.LazyFrame, cells: pl.DataFrame | None) -> pl.LazyFrame:
    """The rows of base prompts, which name nobody, in every one of their question's `cells`."""
    base = rows.filter(pl.col("demographic").is_null())
    if cells is None:
        return base.with_columns(pl.lit(ALL).alias("demographic"))
    return (
        base.drop("demographic").join(cells.lazy().select(GROUP), on="question").select(rows.collect_schema().names())
    )
