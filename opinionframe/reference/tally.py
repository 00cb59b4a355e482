"""Respondents into tallies: sums of weights per group, question and choice, in one lazy plan."""

import polars as pl

NO_ANSWER = 0
"""Asked, but no substantive answer: refused, don't know, none of the choices."""

_WEIGHT = "weight:"
_GROUP = "group:"


def tally(
    microdata: pl.LazyFrame,
    questions: list[str],
    labels: list[pl.Expr],
    weight: str | None,
    *,
    blank_is_nonresponse: bool,
) -> pl.LazyFrame:
    """One row per question, demographic and choice (0 for no answer) that somebody gave.

    Returns: question, demographic, choice, and over its respondents: weight (sum), square (sum of
    squared weights), n (how many).
    """
    groups = [f"{_GROUP}{place}" for place in range(len(labels))]
    answers = (
        microdata.select(
            (pl.lit(1.0) if weight is None else pl.col(weight).cast(pl.Float64)).alias(_WEIGHT),
            # Integers stand for the labels while grouping: five times the speed of strings.
            *(label.cast(pl.Categorical).alias(group) for label, group in zip(labels, groups, strict=True)),
            *(_choice(question, blank_is_nonresponse=blank_is_nonresponse) for question in questions),
        )
        .unpivot(on=questions, index=[_WEIGHT, *groups], variable_name="question", value_name="choice")
        .with_columns(pl.col("question").cast(pl.Enum(questions)))
        .drop_nulls("choice")
    )
    return pl.concat(_sums(answers, group) for group in groups)


def _choice(question: str, *, blank_is_nonresponse: bool) -> pl.Expr:
    choice = pl.col(question).cast(pl.UInt8, strict=False)
    return choice.fill_null(NO_ANSWER) if blank_is_nonresponse else choice


def _sums(answers: pl.LazyFrame, group: str) -> pl.LazyFrame:
    return (
        answers.filter(pl.col(group).is_not_null())
        .group_by("question", pl.col(group).alias("demographic"), "choice")
        .agg(
            pl.col(_WEIGHT).sum().alias("weight"),
            (pl.col(_WEIGHT) ** 2).sum().alias("square"),
            pl.len().alias("n"),
        )
        .with_columns(pl.col("question", "demographic").cast(pl.String))
    )
