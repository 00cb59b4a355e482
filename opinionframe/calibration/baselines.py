"""What a user knows without any model: uniform, the mean of other questions, the other groups, everybody."""

from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.alike import alike_choices
from opinionframe.errors import FrameError, check_option, check_source, examples
from opinionframe.schemas.borders import AnyFrame, codebook_border, opinions_border
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.demographic import ALL, HOLDS_OTHERS
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Opinions
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, guarded, same_kind
from opinionframe.schemas.own_columns import carry_own
from opinionframe.schemas.vocabulary import HUMAN, OPTIONAL, UNIFORM

QUESTION_MEAN = "question-mean"
LABEL_MEAN = "label-mean"
OTHER_GROUPS = "other-groups"
PERMUTED_GROUPS = "permuted-groups"
POPULATION = "population"
BASELINES = (UNIFORM, QUESTION_MEAN, LABEL_MEAN)

PRIOR_QUESTIONS = 1.0
"""How many questions the question mean counts for beside those with the same labels."""


@takes_frames
def baselines(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    which: str | Sequence[str] = BASELINES,
    reference: str = HUMAN,
) -> Frame:
    """Appends rows of distributions that use no model, for every cell of the reference. Lazy in, lazy out.

    Args:
        opinions: Opinions with rows of `reference`.
        codebook: Codebook of its questions.
        which: The name of one baseline, or of several:
            `uniform`: 1/K for every choice;
            `question-mean`: the mean human distribution of all *other* questions with the same number of
            choices, each question weighing the same (uniform where there is none, and for nominal questions, whose
            choices have no place in common);
            `label-mean`: the same over other questions with the same answer labels (in any case, and of nominal
            questions in any order), shrunk to the question mean as if that were one question more;
            `other-groups`: the human distribution of the question's *other* groups, pooled by `n_eff` (uniform where
            there is none). It has seen the answers to the question itself: a bound for row splits, not a rival of
            a model;
            `permuted-groups`: the human distribution of one other group of the question, the next by name (uniform
            where there is none). What a score loses against it is what knowing the group is worth.
        reference: The source whose cells are filled and whose questions are averaged.

    Returns:
        Opinions: `opinions` and the rows, whose source is the baseline's name; further columns as the reference's rows
        of the same cell have them.

    Raises:
        FrameError: A broken frame, one without the reference or with these baselines already. OptionError: an unknown
            baseline.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> of.baselines(survey.opinions, survey.codebook)["source"].unique().sort().to_list()
    ['human', 'label-mean', 'question-mean', 'uniform']
    >>> of.baselines(survey.opinions, survey.codebook, which="uniform")["source"].unique().sort().to_list()
    ['human', 'uniform']
    """
    check_source("reference", reference)
    names = [which] if isinstance(which, str) else list(dict.fromkeys(which))
    for name in names:
        check_option("which", name, _MAKERS)
    book = codebook_border(codebook)
    checked = opinions_border(opinions, book)
    # What a plan makes from the people is read from rows without a guard: that of the rows beside them is enough, and
    # every guard in a plan reads its rows again.
    typed = checked if isinstance(opinions, pl.DataFrame) else typed_columns(opinions, Opinions, "opinions", OPTIONAL)
    rows = _guarded_sources(checked, typed, opinions, names, reference)
    return same_kind(_with_baselines(rows, typed, book, names, reference), opinions)


def with_baselines(
    opinions: pl.LazyFrame, codebook: pl.DataFrame, which: Sequence[str] = BASELINES, reference: str = HUMAN
) -> pl.LazyFrame:
    """Checked `opinions` with the rows of each baseline appended. Lazy."""
    return _with_baselines(opinions, opinions, codebook, which, reference)


def _with_baselines(
    opinions: pl.LazyFrame, typed: pl.LazyFrame, codebook: pl.DataFrame, which: Sequence[str], reference: str
) -> pl.LazyFrame:
    """`opinions` with the rows of each baseline appended, made from `typed`, the same rows. Lazy."""
    columns = [name for name in (*Opinions.column_names(), "n_eff") if name in opinions.collect_schema()]
    people = typed.filter(pl.col("source") == reference)
    baseline_rows = (carry_own(_baseline_rows(name, people.select(columns), codebook), people) for name in which)
    return pl.concat([opinions, *baseline_rows], how="diagonal")


def _baseline_rows(name: str, human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    return _MAKERS[name](human, codebook).with_columns(source=pl.lit(name)).select(Opinions.column_names())


def _guarded_sources(
    rows: pl.LazyFrame, typed: pl.LazyFrame, opinions: AnyFrame, names: list[str], reference: str
) -> pl.LazyFrame:
    """`rows`, refused where a baseline is there already, or where there is nothing to make one from."""
    sources = typed.select(
        present=pl.col("source").filter(pl.col("source").is_in(names)).unique().sort().implode(),
        lacking=~(pl.col("source") == reference).any(),
        empty=pl.len() == 0,
        unnamed=pl.col("source").is_null().any(),
    )

    def refuse(checks: pl.DataFrame) -> None:
        row = checks.row(0, named=True)
        if row["present"]:
            raise FrameError(
                f"opinions already has {len(row['present'])} of these baselines, e.g. "
                f"{examples([(name,) for name in row['present']])}. Drop their rows first, or leave them "
                "out of which=…."
            )
        if row["lacking"] and not row["empty"] and not row["unnamed"]:  # a row without a source is refused for that
            raise FrameError(
                f"No row has the source {reference!r}. Add the human rows with reference(…), or name another one."
            )

    if isinstance(opinions, pl.DataFrame):
        refuse(sources.collect())
        return rows
    return guarded(rows, sources, refuse)


def _uniform(human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    return human.join(alike_choices(codebook), on=["question", "choice"]).with_columns(prob=1 / pl.col("k"))


def _question_mean(human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    return _filled(human, _means(human, codebook).with_columns(prob=_mean_of_kind()))


def _label_mean(human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    total, questions = _others("nominal", "labels", "slot")
    shrunk = (total + PRIOR_QUESTIONS * _mean_of_kind()) / (questions + PRIOR_QUESTIONS)
    return _filled(human, _means(human, codebook).with_columns(prob=shrunk))


def _other_groups(human: pl.LazyFrame, _codebook: pl.DataFrame) -> pl.LazyFrame:
    """Pooled by `n_eff` where it is known; uniform where a question has one group alone."""
    has_n_eff = "n_eff" in human.collect_schema()
    weight = pl.col("n_eff").fill_null(1.0) if has_n_eff else pl.ones(pl.len())
    key, mass = ("question", "choice"), weight * pl.col("prob")
    total, weights = mass.sum().over(key) - mass, weight.sum().over(key) - weight
    alone = 1 / pl.len().over(GROUP)
    return human.with_columns(prob=pl.when(pl.len().over(key) > 1).then(total / weights).otherwise(alone))


def _permuted_groups(human: pl.LazyFrame, _codebook: pl.DataFrame) -> pl.LazyFrame:
    """Each group takes the next one's answers, the last the first's; uniform where a question has one group."""
    key = ("question", "choice")
    shares = pl.col("prob").sort_by("demographic")
    following = shares.shift(-1, fill_value=shares.first()).over(key, order_by="demographic")
    alone = 1 / pl.len().over(GROUP)
    return human.with_columns(prob=pl.when(pl.len().over(key) > 1).then(following).otherwise(alone))


def _population(human: pl.LazyFrame, _codebook: pl.DataFrame) -> pl.LazyFrame:
    """One distribution per question, whoever is asked: the mean of those groups that together are everybody."""
    is_all = pl.col("demographic") == ALL
    together = (
        pl.when(is_all.any().over("question"))
        .then(is_all)
        .when((~HOLDS_OTHERS).any().over("question"))
        .then(~HOLDS_OTHERS)
        .otherwise(pl.lit(value=True))
    )
    size = pl.col("n_eff") if "n_eff" in human.collect_schema() else pl.lit(None, pl.Float64)
    key = ("question", "choice")
    known = (size.is_not_null() | ~together).all().over("question")
    weight = pl.when(together).then(pl.when(known).then(size).otherwise(1.0)).otherwise(0.0)
    total = (weight * pl.col("prob")).sum().over(key) / weight.sum().over(key)
    alone = 1 / pl.len().over(GROUP)
    return human.with_columns(prob=pl.when(pl.len().over(key) > 1).then(total).otherwise(alone))


_MAKERS = {
    UNIFORM: _uniform,
    QUESTION_MEAN: _question_mean,
    LABEL_MEAN: _label_mean,
    OTHER_GROUPS: _other_groups,
    PERMUTED_GROUPS: _permuted_groups,
    POPULATION: _population,
}


def _means(human: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per question and choice: the mean over groups, with what its choice is alike to."""
    means = human.group_by("question", "choice").agg(pl.col("prob").sort().mean())
    return means.join(alike_choices(codebook), on=["question", "choice"])


def _others(*kind: str) -> tuple[pl.Expr, pl.Expr]:
    """The sum of `prob` over the other rows of the same kind, and how many they are."""
    return pl.col("prob").sort().sum().over(kind) - pl.col("prob"), pl.len().over(kind) - 1


def _mean_of_kind() -> pl.Expr:
    total, questions = _others("nominal", "k", "slot")
    return pl.when((questions > 0) & ~pl.col("nominal")).then(total / questions).otherwise(1 / pl.col("k"))


def _filled(human: pl.LazyFrame, by_question: pl.LazyFrame) -> pl.LazyFrame:
    return human.drop("prob").join(by_question.select("question", "choice", "prob"), on=["question", "choice"])
