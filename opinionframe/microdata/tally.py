"""Tallies of answers: microdata go in; sums of weights per question, group and choice come out, in one lazy plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from opinionframe.schemas.keys import CHOICE, GROUP

NO_ANSWER = 0
"""Asked, but no substantive answer: refused, don't know, none of the choices."""

WEIGHT, ANSWER, LONG_QUESTION = "weight:", "answer:", "question:"
"""Columns on the way to the long answers; the survey's own are renamed first, so that none can clash."""


@dataclass(frozen=True)
class LongAnswers:
    """The answers of all respondents, lazily: one row per respondent and question asked.

    `rows` holds question, choice, the weight, one column of classes for each name in `groups`, and the
    columns of the design that standard errors need.
    """

    rows: pl.LazyFrame
    groups: tuple[str, ...]

    def by_group(self, *columns: str) -> Iterator[pl.LazyFrame]:
        """The answers once per entry of `by`: demographic, question, choice, weight and `columns`."""
        for group in self.groups:
            answers = self.rows.select(pl.col(group).alias("demographic"), "question", "choice", WEIGHT, *columns)
            yield answers.filter(pl.col("demographic").is_not_null())


def long_answers(
    microdata: pl.LazyFrame,
    questions: Sequence[str],
    labels: Sequence[pl.Expr],
    weight: str | None,
    *,
    blank_is_nonresponse: bool,
    design_columns: Mapping[str, pl.Expr] | None = None,
) -> LongAnswers:
    """The answers of `microdata` in long form, 0 for no substantive answer, those not asked left out."""
    groups = [f"group:{number}" for number in range(len(labels))]
    index = {WEIGHT: pl.lit(1.0) if weight is None else pl.col(weight).cast(pl.Float64)} | dict(design_columns or {})
    # Integers stand for the labels while grouping: five times the speed of strings.
    index |= {group: label.cast(pl.Categorical) for group, label in zip(groups, labels, strict=True)}
    columns = {f"{ANSWER}{number}": question for number, question in enumerate(questions)}
    choices = {name: _choice(columns[name], blank_is_nonresponse=blank_is_nonresponse) for name in columns}
    place = pl.col(LONG_QUESTION).cast(pl.Enum(list(columns))).to_physical()
    names = pl.lit(pl.Series(list(questions), dtype=pl.Enum(list(questions))))
    rows = (
        microdata.select(**index, **choices)
        .unpivot(on=list(choices), index=list(index), variable_name=LONG_QUESTION, value_name="choice")
        .with_columns(names.gather(place).alias("question"))
        .drop(LONG_QUESTION)
        .drop_nulls("choice")
    )
    return LongAnswers(rows, tuple(groups))


def tally(answers: LongAnswers) -> pl.LazyFrame:
    """One row per question, demographic and choice (0 for no answer) that somebody gave.

    Returns: question, demographic, choice, and over its respondents: weight (sum), square (sum of
    squared weights), n (how many), n_weighted (how many have a positive weight).
    """
    sums = (
        pl.col(WEIGHT).sum().alias("weight"),
        (pl.col(WEIGHT) ** 2).sum().alias("square"),
        pl.len().alias("n"),
        (pl.col(WEIGHT) > 0).sum().alias("n_weighted"),
    )
    return pl.concat(as_text(group.group_by(CHOICE).agg(*sums)) for group in answers.by_group())


def as_text(sums: pl.LazyFrame) -> pl.LazyFrame:
    """`sums` with question and demographic as text again."""
    return sums.with_columns(pl.col(GROUP).cast(pl.String))


def _choice(question: str, *, blank_is_nonresponse: bool) -> pl.Expr:
    choice = pl.col(question).cast(pl.UInt8, strict=False)
    return choice.fill_null(NO_ANSWER) if blank_is_nonresponse else choice
