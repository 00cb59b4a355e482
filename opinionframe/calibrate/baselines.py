"""What a user knows without any model: the uniform distribution, and the mean of the other questions."""

import polars as pl

from opinionframe.errors import check_option
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.frames import HUMAN, UNIFORM
from opinionframe.schemas.kind import Frame, same_kind

QUESTION_MEAN = "question-mean"
BASELINES = (UNIFORM, QUESTION_MEAN)
COLUMNS = ("question", "demographic", "choice", "source", "prob")


def baselines(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    which: tuple[str, ...] = BASELINES,
    reference: str = HUMAN,
) -> Frame:
    """Appends rows of distributions that use no model, for every cell of the reference. Lazy in, lazy out.

    Args:
        opinions: Opinions with rows of `reference`.
        codebook: Codebook of its questions.
        which: `uniform`, 1/K for every choice; `question-mean`, the mean human distribution of all *other*
            questions with the same number of choices (each question weighing the same, averaged over its
            groups; uniform where no other question has that number).
        reference: The source whose cells are filled and whose questions are averaged.

    Returns:
        Opinions: `opinions` and the rows, whose source is the baseline's name.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> of.baselines(survey.opinions, survey.codebook)["source"].unique().sort().to_list()
    ['human', 'question-mean', 'uniform']
    """
    for name in which:
        check_option("which", name, BASELINES)
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book)
    human = rows.filter(pl.col("source") == reference)
    makers = {UNIFORM: _uniform, QUESTION_MEAN: _question_mean}
    new: list[pl.LazyFrame] = [makers[name](human, book).select(COLUMNS) for name in which]
    return same_kind(pl.concat([rows, *new], how="diagonal"), opinions)


def _uniform(human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    k = codebook.lazy().group_by("question").agg(pl.len().alias("k"))
    return human.join(k, on="question").with_columns(prob=1 / pl.col("k"), source=pl.lit(UNIFORM))


def _question_mean(human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """The mean over the other questions is the total of all of the same K, less the question's own."""
    k = codebook.lazy().group_by("question").agg(pl.len().alias("k"))
    means = human.group_by("question", "choice").agg(pl.col("prob").mean()).join(k, on="question")
    totals = means.group_by("k", "choice").agg(pl.col("prob").sum().alias("total"), pl.len().alias("questions"))
    others = (pl.col("total") - pl.col("prob")) / (pl.col("questions") - 1)
    prob = pl.when(pl.col("questions") > 1).then(others).otherwise(1 / pl.col("k"))
    by_question = means.join(totals, on=["k", "choice"]).select("question", "choice", prob.alias("prob"))
    return human.drop("prob").join(by_question, on=["question", "choice"]).with_columns(source=pl.lit(QUESTION_MEAN))
