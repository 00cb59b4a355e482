"""What of a study can stand beside the paper's scores, what cannot and why, and the notes that say so."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from opinionframe.alignment.estimand import Estimand
from opinionframe.errors import FrameError, check_option, examples
from opinionframe.paper.published import CITATION, METRIC
from opinionframe.paper.same_surveys import QUESTIONS, SURVEYS, paper_groups
from opinionframe.paper.suspects import SUSPECTED_UNIFORM
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.demographic import ALL
from opinionframe.tables import marks
from opinionframe.tables.scores import estimand_of, metric_notes, scores


def refuse_other_metric(metric: str | None) -> None:
    """Raises a FrameError for scores by another metric than the paper's."""
    if metric not in {METRIC, None}:
        raise FrameError(
            f"These scores are by {metric}, and the paper's by {METRIC}, and are not ranked together. "
            f"Score again with of.align(…, metric={METRIC!r})."
        )


def with_paper_names(means: pl.DataFrame, same: Mapping[str, str] | None) -> pl.DataFrame:
    """`means` with the paper's name of their `dataset`, null for others, and their own as `own_dataset`.

    Raises: FrameError where none is one of the paper's; OptionError for a name that is not the paper's.
    """
    for name in (same or {}).values():
        check_option("same", name, tuple(QUESTIONS))
    names = {name: name for name in QUESTIONS} | SURVEYS | dict(same or {})
    named = means.with_columns(
        pl.col("dataset").alias("own_dataset"),
        pl.col("dataset").replace_strict(names, default=None, return_dtype=pl.String),
    )
    if not named["dataset"].count():
        own = means.select("dataset").unique().sort("dataset").rows()
        raise FrameError(
            f"None of {len(own)} data sets ({examples(own)}) is one that the paper asks about: {', '.join(QUESTIONS)}. "
            "Scores of other questions cannot be ranked among its own. Give codebook=… where it names the data sets, "
            "or say which is which, such as same={'mine': 'WVS'}."
        )
    pairs = named.drop_nulls("dataset").select("dataset", "own_dataset").unique().sort(pl.all())
    twice = pairs.filter(pl.col("dataset").is_duplicated())
    if twice.height:
        raise FrameError(
            f"{twice.height} data sets are the same one of the paper's: {examples(twice.rows())}. Keep scores of one."
        )
    return named


def refuse_unprinted(own: pl.DataFrame, known: pl.DataFrame, *, calibrated: bool) -> None:
    """Raises a FrameError where no `own` score is `known` to be of a setting that the paper prints."""
    if known.height:
        return
    kind = "calibrated" if calibrated else "raw"
    settings = own.select("dataset", "elicitation", "prompt").unique().sort(pl.all())
    given = f"those here: {examples(settings.rows())}" if settings.height else "here there are none"
    raise FrameError(
        f"No {kind} score is of a data set, elicitation and prompt for which the paper prints scores; {given}. Take "
        f"standard answers, or calibrated={not calibrated}."
    )


def own_groups(frame: AnyFrame, codebook: AnyFrame | None, own: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """How many groups each data set of `own` has, and scores of everybody; none for means that come without cells."""
    if not own["n_questions"].count() or "demographic" not in frame.lazy().collect_schema():
        return {}
    cells = scores(frame, codebook, by=["demographic"], estimand=Estimand())
    is_all = pl.col("demographic") == ALL
    groups = (
        cells.filter("elicited")
        .group_by("dataset")
        .agg(pl.col("demographic").filter(~is_all).n_unique().alias("groups"), is_all.sum().alias("all"))
    )
    names = own.select("dataset", "own_dataset").unique()
    counted = names.join(groups, left_on="own_dataset", right_on="dataset").sort("own_dataset")
    return {
        name: (groups, everybody) for name, groups, everybody in counted.select("own_dataset", "groups", "all").rows()
    }


def refuse_everybody(counts: Mapping[str, tuple[int, int]]) -> None:
    """Raises a FrameError for data sets whose scores are of everybody alone: the paper's are means over groups."""
    alone = [(name,) for name, (groups, _) in counts.items() if not groups]
    if alone:
        raise FrameError(
            f"{len(alone)} of {len(counts)} data sets ({examples(alone)}) have scores of everybody alone; those of the "
            "paper are means over groups. Make human rows by group with of.reference(…, by=[…]), and score these."
        )


def notes(
    own: pl.DataFrame,
    theirs: pl.DataFrame,
    means: pl.DataFrame,
    counts: Mapping[str, tuple[int, int]],
    metric: str | None,
    *,
    calibrated: bool,
    has_baselines: bool,
) -> list[str]:
    """What is ranked, how far it can be compared, and what is left out."""
    means_of = "means" if own.height > 1 else "mean"
    return [
        *metric_notes(METRIC),
        *([] if metric else ["The metric of this study's scores is not named, and taken to be the same."]),
        f"• {own.height} {means_of} of this study, in percent{estimand_of(own)}; all others as the paper prints them.",
        "Equal figures share a rank.",
        *(["Baselines are this study's; the paper prints none."] if has_baselines else []),
        *_same_surveys(own, counts),
        *([_SPLITS, *_suspected(theirs)] if calibrated else []),
        *_left_out(own, theirs, means, calibrated=calibrated),
        f"The paper: {CITATION}",
    ]


_SPLITS = (
    "Calibrated: the paper's by regression on 80% of the rows, where a question can be in what is learnt from and in "
    "what is scored; this study's by the calibrator named. With whole questions held out, scores are lower."
)


def _suspected(theirs: pl.DataFrame) -> list[str]:
    """The line on calibrated figures of the paper that are exactly what uniform is suspected to score."""
    equal = theirs.filter(pl.col("value") == pl.col("dataset").replace_strict(SUSPECTED_UNIFORM))
    counts = equal.group_by("dataset", "value").len().sort("dataset").select("len", "value", "dataset").rows()
    listed = ", ".join(f"{n} {value} ({name})" for n, value, name in counts)
    return [f"Suspected to be no more than uniform, of the paper's: {listed}; see of.paper.audit."] if counts else []


def _same_surveys(own: pl.DataFrame, counts: Mapping[str, tuple[int, int]]) -> list[str]:
    """A line per data set: what is the same, and what is not or not known to be."""
    groups = paper_groups()
    questions = own.group_by("dataset", "own_dataset").agg(pl.col("n_questions").max()).sort("dataset", "own_dataset")
    return [
        f"{name}: {_is_same(name, mine)}, but questions, groups and people may differ: {_size(n, counts.get(mine))} "
        f"here, {QUESTIONS[name]} questions and {groups[name]} groups in the paper, which does not name its questions."
        for name, mine, n in questions.rows()
    ]


def _is_same(name: str, mine: str) -> str:
    """Why a data set counts as the paper's."""
    if SURVEYS.get(mine) == name:
        return f"{mine} is the same survey"
    return f"{marks.clean(mine)} is named as the same survey"


def _size(questions: int | None, groups: tuple[int, int] | None) -> str:
    """How much of a data set this study has."""
    if questions is None:
        return "how many is not known"
    return f"{questions} questions" + (f" and {groups[0]} groups" if groups else "")


def _left_out(own: pl.DataFrame, theirs: pl.DataFrame, means: pl.DataFrame, *, calibrated: bool) -> list[str]:
    """The lines on own scores that are not ranked, and on models of the paper without a figure."""
    kind = pl.col("calibrator").is_not_null() if calibrated else pl.col("calibrator").is_null()
    of_kind = means.filter("elicited", kind)
    n_other = of_kind.height - own.height
    other = of_kind.join(own, left_on=["dataset", "source"], right_on=["own_dataset", "source"], how="anti")
    left = examples(other.select("dataset", "source").sort("dataset", "source").rows())
    models = theirs.group_by("dataset", "elicitation", "prompt").len()["len"]
    few = f"{n_other} of {of_kind.height} means of this study are left out; the paper prints none like them: {left}."
    return [
        *([few] if n_other else []),
        f"Models of the paper: {marks.span(models)} in each section, those with a figure there.",
    ]
