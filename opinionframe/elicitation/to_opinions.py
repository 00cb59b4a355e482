"""Scoring: answers go in, the Opinions rows of their model come out, and how much of each source was answered."""

from __future__ import annotations

import polars as pl

from opinionframe.elicitation.cells import given_cells
from opinionframe.elicitation.parsing.parse import refuse_strays
from opinionframe.schemas import borders
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.frames import STATUSES, Answers, Prompts

_SAMPLED = ("self_random", "paraphrase")


def to_opinions(
    answers: borders.AnyFrame,
    prompts: borders.AnyFrame,
    codebook: borders.AnyFrame,
    *,
    cells: borders.AnyFrame | None = None,
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

    Returns: question, demographic, choice, source, prob, n_eff, nonresponse; sorted.
    Raises: FrameError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> asked = of.prompts(human, survey.codebook, elicitation="self_random", prompt="base")
    >>> answers = of.ask(asked, of.FakeModel(seed=1), seed=1)
    >>> to_opinions(answers, asked, survey.codebook).select("source", "demographic", "n_eff").unique().row(0)
    ('fake|self_random|base|standard', 'all', 5.0)
    """
    asked = borders.checked(prompts, Prompts, "prompts")
    given = borders.checked(answers, Answers, "answers")
    refuse_strays(given, asked)
    book = borders.codebook_border(codebook)
    texts = given.lazy().join(asked.lazy(), on="prompt_id").with_columns(source_column())
    key = ["question", "demographic", "source"]
    told = texts.group_by(key).agg(_nonresponse(), _n_eff())
    shares = (
        texts.filter(pl.col("status") == "answered")
        .select(*key, "order", "probs")
        .explode("order", "probs")
        .group_by(*key, pl.col("order").alias("choice"))
        .agg(pl.col("probs").mean().alias("prob"))
    )
    rows = shares.join(told, on=key, nulls_equal=True)
    groups = None if cells is None else given_cells(cells, book)
    placed = pl.concat([rows.filter(pl.col("demographic").is_not_null()), _everywhere(rows, groups)])
    ordered = placed.select("question", "demographic", "choice", "source", "prob", "n_eff", "nonresponse")
    return borders.opinions_border(
        ordered.sort("source", "question", "demographic", "choice").collect(), book
    ).collect()


def extraction(answers: borders.AnyFrame, prompts: borders.AnyFrame) -> pl.DataFrame:
    """How much of each source was answered: the paper's Table 17. Collects.

    Args:
        answers: Answers, as `ask` or `parse` gives them.
        prompts: The Prompts that they answer.

    Returns: source; `prompts` and `answers` asked; counts `answered`, `refused`, `unparsable`, `failed`;
        `extracted`, the share of prompts with at least one readable answer, in [0, 1]; `option_mass`, the mean
        probability on the options (logprob only), in [0, 1].
    Raises: FrameError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> asked = of.prompts(human, survey.codebook, elicitation="self_random", prompt="base")
    >>> answers = of.ask(asked, of.FakeModel(seed=1), seed=1)
    >>> extraction(answers, asked).select("prompts", "answers", "unparsable", "extracted").row(0)
    (18, 90, 0, 1.0)
    """
    asked = borders.checked(prompts, Prompts, "prompts")
    given = borders.checked(answers, Answers, "answers")
    refuse_strays(given, asked)
    return (
        given.lazy()
        .join(asked.lazy(), on="prompt_id")
        .group_by(source_column())
        .agg(
            pl.col("prompt_id").n_unique().alias("prompts"),
            pl.len().alias("answers"),
            *((pl.col("status") == status).sum().alias(status) for status in STATUSES),
            pl.col("prompt_id").filter(pl.col("status") == "answered").n_unique().alias("extracted"),
            pl.col("option_mass").mean(),
        )
        .with_columns(pl.col("extracted") / pl.col("prompts"))
        .sort("source")
        .collect()
    )


def source_column() -> pl.Expr:
    """`model|elicitation|prompt|variant`; another wording or order marks the model: `name+question_first`."""
    told = pl.format("+{}", pl.col("template").str.split("/").list.first()).str.strip_prefix("+paper")
    model = pl.concat_str("model", told)
    return pl.concat_str(model, "elicitation", "prompt", "variant", separator="|").alias("source")


def _nonresponse() -> pl.Expr:
    unread = 1 - (pl.col("status") == "answered").mean()
    return pl.coalesce(1 - pl.col("option_mass").mean(), unread).clip(0, 1).alias("nonresponse")


def _n_eff() -> pl.Expr:
    counted = pl.col("elicitation").is_in(_SAMPLED) & (pl.col("status") == "answered")
    return pl.when(counted.any()).then(counted.sum()).cast(pl.Float64).alias("n_eff")


def _everywhere(rows: pl.LazyFrame, cells: pl.DataFrame | None) -> pl.LazyFrame:
    base = rows.filter(pl.col("demographic").is_null())
    if cells is None:
        return base.with_columns(pl.lit(ALL).alias("demographic"))
    return base.drop("demographic").join(cells.lazy(), on="question").select(rows.collect_schema().names())
