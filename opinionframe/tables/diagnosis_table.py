"""`tables.diagnosis`: a diagnosis goes in; gains over a placebo and over human answers, with verdicts, come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.diagnosis.verdicts import VERDICTS
from opinionframe.errors import FrameError, as_names, check_option, examples
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import METRIC, refuse_mixed
from opinionframe.tables import marks
from opinionframe.tables.by_values import by_values, refuse_twice
from opinionframe.tables.cell_values import EXACT
from opinionframe.tables.document import Table
from opinionframe.tables.group_notes import group_notes
from opinionframe.tables.said_once import said_once
from opinionframe.tables.scores import metric_notes
from opinionframe.tables.source_columns import SOURCE_LABELS, between, source_columns

MEANS = {
    "raw": "Raw",
    "alignment": "Calibrated",
    "placebo": "Placebo",
    "label_mean": "Label mean",
    "no_model": "No model",
    "ceiling": "Ceiling",
}
GAINS = {"over_placebo": "Placebo", "over_labels": "Label mean", "over_no_model": "No model"}
OVER = "Calibrated less"

WORDS = {
    "placebo": "Placebo: the same calibration of the model's answers to another question.",
    "label_mean": "Label mean: the mean human answer to other questions with the same answer labels.",
    "no_model": "No model: the best the package does from human answers to other questions alone.",
    "ceiling": "Ceiling: what a perfect model would be expected to score.",
}


@takes_frames
def diagnosis(
    diagnosis: AnyFrame,
    *,
    by: str | Sequence[str] = (),
    groups: AnyFrame | None = None,
    title: str | None = None,
    note: str = "",
) -> Table:
    """What calibration gained over its placebo and over human answers alone, in points of alignment. Collects.

    One row per calibrated source, in percent: the raw and the calibrated score and what they are measured against;
    the three gains with their intervals; and the verdict, explained below the table with how many sources have it.

    Args:
        diagnosis: What `of.diagnose` returns, or several of them together.
        by: Columns of it, such as a topic, whose values are sections of the table; the dataset is one of itself.
        groups: Groups, such as `survey.groups`, which order and name the classes where `by` is `demographic`.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for missing columns, no rows, a source that is there twice, several metrics or a verdict that is
        not one of `diagnose`; OptionError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> table = diagnosis(of.diagnose(opinions, survey.codebook, method="linear", folds=9, seed=1))
    >>> table.rows.select("model", pl.col("over_placebo").round(2), "verdict").row(0)
    ('fake', 1.42, 'placebo not exceeded')
    """
    rows = _checked(diagnosis)
    keys = _keys(rows, by)
    refuse_twice(rows, [*keys, "source"], "diagnosis")
    parts = source_columns(rows)
    named = groups_border(groups)
    if keys:
        parts = parts.join(by_values(rows, keys, named), on=keys, how="left", nulls_equal=True)
    is_known = {name: parts[name].is_finite().any() for name in MEANS}
    cells = parts.sort(*(["place"] if keys else []), "source").select(
        *([pl.col("heading").alias("section")] if keys else []),
        *SOURCE_LABELS,
        *(marks.number(100 * pl.col(name)).alias(name) for name in MEANS),
        *(_gain(name).alias(name) for name in GAINS),
        marks.cleaned(pl.col("verdict")),
        *_exact(),
    )
    means = {name: label for name, label in MEANS.items() if is_known[name]}
    every = {**SOURCE_LABELS, **means, **GAINS, "verdict": "Verdict"}
    once = [name for name in (*SOURCE_LABELS, *WORDS) if name in every and name not in {"model", "placebo"}]
    labels, said = said_once(cells, every, once, SOURCE_LABELS)
    return Table(
        cells=cells,
        labels=labels,
        title=title or "What calibration gained, beside what a placebo gains",
        notes=(
            *metric_notes(rows[METRIC][0]),
            f"Alignment in percent{_estimand(rows)}.",
            f"Gains in points, with intervals{_level(rows)} clustered by question.",
            " ".join(text for name, text in WORDS.items() if is_known[name]),
            *said,
            *_verdict_notes(rows["verdict"]),
            *(group_notes(rows["demographic"].drop_nulls(), named) if "demographic" in keys else []),
            *([note] if note else []),
        ),
        group="section" if keys else None,
        text=frozenset((*SOURCE_LABELS, "verdict")),
        spanners=((OVER, tuple(GAINS)),),
    )


def _checked(diagnosis: AnyFrame) -> pl.DataFrame:
    """The rows of a diagnosis of one metric. Raises: FrameError."""
    numbers = (*MEANS, *GAINS, *(f"{gain}_{end}" for gain in GAINS for end in ("conf_low", "conf_high")))
    types = {**dict.fromkeys(("source", "verdict", METRIC), pl.String()), **dict.fromkeys(numbers, pl.Float64())}
    rows = typed_columns(diagnosis, types, "diagnosis").collect()
    if rows.is_empty():
        raise FrameError("diagnosis has no rows, so there is nothing to print. Check the filters behind of.diagnose.")
    refuse_mixed(rows, name="diagnosis")
    unknown = rows.filter(pl.col("source").is_null() | ~pl.col("verdict").is_in(list(VERDICTS)).fill_null(value=False))
    if unknown.height:
        keys = examples(unknown.select("source", "verdict").rows())
        raise FrameError(
            f"diagnosis has {unknown.height} rows without a source, or with a verdict that of.diagnose does not give, "
            f"e.g. {keys}. Give what of.diagnose returns."
        )
    return rows


def _keys(rows: pl.DataFrame, by: str | Sequence[str]) -> list[str]:
    """What keeps sections apart: the dataset, where there are several, and the columns `by`. Raises: OptionError."""
    names = as_names("by", by)
    for name in names:
        check_option("by", name, rows.columns)
    has_datasets = DATASET in rows.columns and DATASET not in names
    return [*([DATASET] if has_datasets else []), *names]


def _gain(name: str) -> pl.Expr:
    """A gain in points with its interval."""
    estimate, low, high = (100 * pl.col(column) for column in (name, f"{name}_conf_low", f"{name}_conf_high"))
    return between(estimate, low, high, below=True)


def _exact() -> list[pl.Expr]:
    """Scores, gains and their limits to all their digits, in percent."""
    limits = {f"{gain}_{end}": f"{gain}_conf_{end}" for gain in GAINS for end in ("low", "high")}
    columns = {name: name for name in (*MEANS, *GAINS)} | limits
    return [(100 * pl.col(column)).fill_nan(None).alias(f"{name}{EXACT}") for name, column in columns.items()]


def _estimand(rows: pl.DataFrame) -> str:
    """What means are over, where it is known and the same in all rows."""
    named = rows["estimand"].unique().to_list() if "estimand" in rows.columns else []
    return f": {named[0]}" if len(named) == 1 and named[0] else ""


def _level(rows: pl.DataFrame) -> str:
    """How surely intervals hold, where it is known."""
    named = rows["level"].drop_nulls().unique().sort().to_list() if "level" in rows.columns else []
    return f" ({' or '.join(named)})," if named else ""


def _verdict_notes(verdicts: pl.Series) -> list[str]:
    """A note on each verdict that occurs: how many sources have it, and what it says."""
    return [
        f"{verdict.capitalize()} ({(verdicts == verdict).sum()} of {len(verdicts)}): {meaning}."
        for verdict, meaning in VERDICTS.items()
        if (verdicts == verdict).any()
    ]
