"""Alignment in, Summary out: means, spreads and skill over any grouping."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import (
    BY_CELL,
    CELL_WEIGHT,
    COMMON,
    ESTIMAND,
    LEAVE_OUT,
    Estimand,
    weighted_deviation,
    weighted_mean,
    with_weights,
)
from opinionframe.alignment.mean_cells import cells_of_means
from opinionframe.errors import OptionError, as_names
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.demographic import ATTRIBUTE
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Alignment
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC, one_metric
from opinionframe.schemas.results import Summary
from opinionframe.schemas.rules import SCORE_TOLERANCE
from opinionframe.schemas.source import PARTS, split_source
from opinionframe.schemas.vocabulary import KNOWN_SCORES

OWN_COLUMNS = [name for name in Summary.column_names() if name != METRIC]
"""What a summary makes anew, and so cannot be grouped by."""


@takes_frames
def summarize(
    aligned: Frame,
    by: str | Sequence[str] = "source",
    *,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
) -> Frame:
    """Mean alignment, its spread and its skill per group of cells; scores in [0, 1]. Lazy in, lazy out.

    Args:
        aligned: Alignment: the cells with their `alignment`, and `baseline` and `ceiling` where they are known.
        by: Columns of `aligned`, parts of the source (`model`, `elicitation`, `prompt`, `variant`,
            `calibrator`) or `attribute`, the demographic without its class. Scores of two metrics need `metric` among
            them, which keeps them in rows of their own.
        weight: What counts alike in a mean: every `cell`, so that a question asked of more groups counts more; every
            `question`, whatever its groups; or every `group`, whatever its questions.
        overlap: `leave out` the cells of `all` and of intersections where the groups of single attributes that their
            people are part of are scored too, unless `by` keeps groups apart; or `keep` them.
        cells: `common`: a source that answered easy questions only scores more, so means are over the cells that all
            models' sources have, within the values of `by` that tell cells apart, such as a dataset; baselines follow.
            Or each source's `own`.

    Returns:
        Summary, sorted by its groups: `std_dev` over cells, `skill` = (alignment - baseline) / (1 - baseline),
        null where uniform is right or not known; it is over the cells whose baseline is known. `left_out` counts the
        cells that other sources lack, `metric` names the distance and `estimand` says what means are over.

    Raises:
        OptionError: A column of `by` that does not exist.
        FrameError: A broken frame, scores of several metrics, or sources without a cell in common. Warns where common
            cells are less than half of the largest source's.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> aligned = survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook)
    >>> of.summarize(aligned).filter(source="uniform").select("skill", "n", "n_questions").row(0)
    (0.0, 828, 18)
    """
    keys = as_names("by", by)
    estimand = Estimand(weight, overlap, cells)
    scores = one_metric(alignment_border(aligned), keys)
    unguarded = typed_columns(aligned, Alignment, "aligned")
    return same_kind(summarized(scores, keys, estimand, unguarded), aligned)


def summarized(
    scores: pl.LazyFrame,
    keys: Sequence[str] = ("source",),
    estimand: Estimand = BY_CELL,
    unguarded: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """Summary of checked scores by `keys`, as in `summarize`; `unguarded` as in `cells_of_means`. Lazy."""
    estimand = estimand.within(keys)
    rows = _with_groups(scores, keys)
    counted = None if unguarded is None else _with_groups(unguarded, keys)
    kept, left_out = cells_of_means(rows, estimand, keys, counted)
    means = _means(kept, keys) if estimand.weight == CELL_WEIGHT else _weighted(kept, keys, estimand.weight)
    own = [name for name in Summary.column_names() if name not in keys]
    return (
        means.join(left_out, on=list(keys), how="left", nulls_equal=True)
        .with_columns(pl.lit(str(estimand)).alias(ESTIMAND))
        .select(*keys, *own)
        .sort(keys)
    )


def _means(rows: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """Means, spreads and skill over `rows`, in which every cell counts alike."""
    baseline = pl.col("baseline").mean()
    comparable = pl.when(pl.col("baseline").is_not_null()).then("alignment").mean()
    return rows.group_by(keys).agg(
        pl.col("alignment").mean(),
        pl.col("alignment").std().alias("std_dev"),
        baseline,
        pl.col("ceiling").mean(),
        pl.when(1 - baseline > SCORE_TOLERANCE).then((comparable - baseline) / (1 - baseline)).alias("skill"),
        pl.len().cast(pl.UInt32).alias("n"),
        pl.col("question").n_unique().cast(pl.UInt32).alias("n_questions"),
        *([] if METRIC in keys else [pl.col(METRIC).first()]),
    )


def _weighted(rows: pl.LazyFrame, keys: Sequence[str], weight: str) -> pl.LazyFrame:
    """The same with means in which questions, or groups, count alike."""
    with_comparable = rows.with_columns(pl.when(pl.col("baseline").is_not_null()).then("alignment").alias("comparable"))
    columns = ("alignment", "comparable", *KNOWN_SCORES)
    means = (
        with_weights(with_comparable, columns, keys, weight)
        .group_by(keys)
        .agg(
            *(weighted_mean(name) for name in columns),
            weighted_deviation("alignment"),
            pl.len().cast(pl.UInt32).alias("n"),
            pl.col("question").n_unique().cast(pl.UInt32).alias("n_questions"),
            *([] if METRIC in keys else [pl.col(METRIC).first()]),
        )
    )
    room = 1 - pl.col("baseline")
    skill = pl.when(room > SCORE_TOLERANCE).then((pl.col("comparable") - pl.col("baseline")) / room).alias("skill")
    return means.with_columns(skill)


def _with_groups(rows: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    columns = rows.collect_schema()
    rows = rows.with_columns(pl.lit(None, pl.Float64).alias(name) for name in KNOWN_SCORES if name not in columns)
    if "attribute" in keys and "attribute" not in columns:
        rows = rows.with_columns(ATTRIBUTE.alias("attribute"))
    if any(key in PARTS and key not in columns for key in keys):
        rows = split_source(rows)
    allowed = [name for name in dict.fromkeys([*columns, *PARTS, "attribute"]) if name not in OWN_COLUMNS]
    if unknown := [key for key in keys if key not in allowed]:
        raise OptionError(f"by names {len(unknown)} columns that cannot group: {unknown}. Allowed: {allowed}.")
    return rows
