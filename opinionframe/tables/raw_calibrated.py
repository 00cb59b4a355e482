"""`tables.alignment`: Alignment and Tests go in; raw and calibrated scores side by side come out."""

from __future__ import annotations

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import IS_NAMED, without_overlap
from opinionframe.errors import FrameError, check_alpha
from opinionframe.inference.mean_bounds import BOUNDS, mean_bounds
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, alignment_border, checked
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.one_metric import metric_in, refuse_mixed
from opinionframe.schemas.source import SEPARATOR, is_calibrated, raw_source, split_source, where_models_answered
from opinionframe.tables import bold, marks, score_intervals, significance
from opinionframe.tables.document import Table
from opinionframe.tables.scores import metric_notes, refuse_alike

RAW = "raw"
SCORES = {"alignment": "Align.", "skill": "Skill", "std_dev": "SD over cells"}
PARTS = {"elicitation": "Elicitation", "prompt": "Prompt", "variant": "Variant"}
FACTS = {
    "baseline": "Uniform",
    "ceiling": "Ceiling",
    "n_questions": "Questions",
    "n": "Cells",
    "left_out": "Left out",
}

SCALE = (
    "Alignment in percent (100 = the human distribution): {}. "
    "SD over cells: how far single cells lie from the mean, which says nothing of how precise the mean is. "
    "Uniform: the score of equal shares on the same cells. "
    "Skill = (alignment - uniform) / (100 - uniform), in percent: 0 knows nothing beyond uniform. "
    "Baselines are scored where some model answered."
)

WORST_AND_BEST = (
    "Worst and best: between these the raw mean lies over all cells that any model answered, whatever the answers were "
    "that a source lacks or that could not be read."
)


@takes_frames
def alignment(  # noqa: PLR0913  what is printed, and over what its means are
    aligned: AnyFrame,
    tests: AnyFrame | None = None,
    *,
    alpha: float = 0.05,
    marks: significance.Methods = None,
    title: str | None = None,
    note: str = "",
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    bounds: AnyFrame | None = None,
    intervals: bool = True,
    conf: float = 0.95,
) -> Table:
    """Alignment in percent, raw and calibrated side by side: one row per source, baselines included. Collects.

    Below each mean stands its interval, clustered by question, as of.intervals makes it. Beside them stand uniform
    (equal shares on the same cells), the ceiling (expected of a perfect model) and
    skill = (alignment - uniform) / (100 - uniform), 0 for a source no better than uniform.

    Args:
        aligned: An Alignment frame.
        tests: Tests that mark the calibrated scores that differ from their raw ones.
        alpha: Level of significance, in (0, 1).
        marks: Methods of `tests` whose results are marked, such as `paired t`, the paper's; all others but that where
            it is not given.
        title: Printed above.
        note: Printed below, for example the survey's citation.
        weight: What counts alike in a mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources, or each source's `own`, as in `summarize`.
        bounds: What of.bounds gives for the same opinions. Beside each raw score then stand the worst and best mean
            that the source could have had over all cells that any model answered, whatever its missing answers were.
        intervals: Whether means have intervals, over the same cells, with the same `weight`.
        conf: Coverage of each interval, in (0, 1).

    Returns: a Table, to be shown or saved as HTML or LaTeX.
    Raises: FrameError if a frame breaks its schema, `aligned` has no rows or several metrics; OptionError for an
        `alpha` or `conf` out of range.

    >>> import polars as pl
    >>> aligned = pl.DataFrame(
    ...     {
    ...         "question": ["q1", "q2"] * 2,
    ...         "demographic": ["all"] * 4,
    ...         "source": ["m|logprob|base|standard"] * 2 + ["m|logprob|base|standard|ridge"] * 2,
    ...         "alignment": [0.6, 0.8, 0.85, 0.95],
    ...         "baseline": [0.75] * 4,
    ...         "ceiling": [None] * 4,
    ...     }
    ... )
    >>> alignment(aligned).rows.select("model", "ridge std_dev", "ridge skill").rows()
    [('m', 7.1, 60.0)]
    """
    check_alpha(alpha)
    estimand = Estimand(weight, overlap, cells)
    scores = alignment_border(aligned).collect()
    marked_by = None if tests is None else checked(tests, Tests, "tests")
    asked = score_intervals.level_asked(conf, intervals=intervals)
    return alignment_table(scores, marked_by, alpha, title, note, estimand, _checked_bounds(bounds), asked, marks)


def alignment_table(
    scores: pl.DataFrame,
    tests: pl.DataFrame | None,
    alpha: float = 0.05,
    title: str | None = None,
    note: str = "",
    estimand: Estimand = BY_CELL,
    bounds: pl.DataFrame | None = None,
    conf: float | None = 0.95,
    marks_of: significance.Methods = None,
) -> Table:
    """The table of checked scores, tests and bounds of cells; `estimand` is what its means are over.

    `conf` is the coverage of intervals, None leaves them out; `marks_of` names the methods that are marked.

    Raises: FrameError, where there is no score, or scores are of several metrics.
    """
    if scores.is_empty():
        raise FrameError("aligned has no rows, so there is nothing to print. Check the filters before of.align.")
    refuse_mixed(scores)
    metric = metric_in(scores)
    answered = where_models_answered(scores)
    summary = score_intervals.summarized_with_intervals(answered, ["source"], estimand, conf)
    summary = _with_bold(summary.with_columns(pl.col("skill").fill_nan(None)))
    methods = _methods(summary)
    refuse_alike(split_source(summary.lazy()).collect()["model"])
    means = summary.select("source")
    pairs = None if tests is None else significance.against_raw(tests, means, alpha, metric, marks_of)
    signs = significance.signs(pairs, means)
    rows = _side_by_side(summary, methods)
    if bounds is not None:
        rows = rows.join(mean_bounds(bounds, scores, estimand), on="source", how="left", maintain_order="left")
    return Table(
        cells=_printed(rows, methods, pairs, signs, None if conf is None else score_intervals.decimals(summary)),
        labels=_labels(rows, methods),
        title=title or "Alignment with human answers, before and after calibration",
        notes=(
            *metric_notes(metric),
            *_notes(rows, methods, str(estimand), bold.note(summary.filter(IS_NAMED), "column")),
            *score_intervals.notes(summary, conf),
            *_uneven(scores, estimand),
            *([WORST_AND_BEST] if bounds is not None else []),
            *significance.notes(pairs, signs, alpha, summary, tests),
            *([note] if note else []),
        ),
        group="section",
        text=frozenset(PARTS),
        spanners=tuple((_heading(m), tuple(f"{m} {score}" for score in SCORES)) for m in (RAW, *methods)),
    )


def _checked_bounds(bounds: AnyFrame | None) -> pl.DataFrame | None:
    """The frame of of.bounds, its columns cast. Raises: FrameError where one is missing."""
    if bounds is None:
        return None
    types = {**dict.fromkeys(CELL, pl.String()), **dict.fromkeys(BOUNDS, pl.Float64())}
    return typed_columns(bounds, types, "bounds").collect()


def _with_bold(summary: pl.DataFrame) -> pl.DataFrame:
    """The summary with `is_bold`: whether a model's mean is the best of its column."""
    parts = bold.with_floors(summary).lazy().pipe(split_source).collect()
    own = pl.when(IS_NAMED).then("alignment").alias("mean of a model")
    column = pl.col("calibrator").fill_null(RAW).alias("column")
    with_best = parts.with_columns(own, column).with_columns(
        bold.is_best("mean of a model", ["column"]).alias("is_bold")
    )
    return with_best.select(*summary.columns, *bold.FLOORS, "is_bold")


def _methods(summary: pl.DataFrame) -> list[str]:
    """The calibrators of a summary, by name. Raises: FrameError where one is called as the raw answers are."""
    calibrators = summary.lazy().filter(is_calibrated()).pipe(split_source).select("calibrator").unique()
    names = calibrators.sort("calibrator").collect()["calibrator"].to_list()
    if RAW in names:
        raise FrameError(f"A calibrator is called {RAW!r}, as the columns of raw answers are. Rename it in `source`.")
    return names


def _side_by_side(summary: pl.DataFrame, methods: list[str]) -> pl.DataFrame:
    """One row per raw source; the scores of each method in columns of their own."""
    with_row = split_source(summary.lazy()).with_columns(pl.coalesce(raw_source(), "source").alias("row")).collect()
    rows = with_row.select(pl.col("row").unique())
    for method in (RAW, *methods):
        of_method = {} if method == RAW else {"calibrator": method}
        part = with_row.filter(is_calibrated() == bool(of_method), **of_method).select(
            "row", *(pl.col(c).alias(f"{method} {c}") for c in (*SCORES, *FACTS, *score_intervals.LIMITS, "is_bold"))
        )
        rows = rows.join(part, on="row", how="left", validate="1:1")
    facts = [pl.coalesce(f"{m} {fact}" for m in (RAW, *methods)).alias(fact) for fact in FACTS]
    return (
        rows.with_columns(facts)
        .rename({"row": "source"})
        .lazy()
        .pipe(split_source)
        .with_columns(pl.col("source").str.contains(SEPARATOR, literal=True).alias("elicited"))
        .sort("elicited", "source", descending=[True, False])
        .collect()
    )


def _printed(
    rows: pl.DataFrame,
    methods: list[str],
    pairs: pl.DataFrame | None,
    signs: dict[str, tuple[str, str]],
    places: int | None,
) -> pl.DataFrame:
    """The cells as text, one row per raw source or baseline; limits have so many `places`, or are not printed."""
    cells = [
        pl.when("elicited").then(pl.lit("Language models")).otherwise(pl.lit("Baselines")).alias("section"),
        marks.cleaned(pl.col("model")),
        *(marks.cleaned(pl.col(part)).fill_null("") for part in PARTS),
        *(marks.number(pl.col(fact) * 100).alias(fact) for fact in ("baseline", "ceiling")),
        *(marks.number(pl.col(fact), 0).alias(fact) for fact in ("n_questions", "n", "left_out")),
        *(marks.number(pl.col(bound) * 100).alias(bound) for bound in BOUNDS if bound in rows.columns),
    ]
    for method in (RAW, *methods):
        score = pl.col(f"{method} alignment")
        text = marks.best(marks.number(score * 100), pl.col(f"{method} is_bold"))
        sources = rows.select(
            pl.col("source") if method == RAW else pl.concat_str("source", pl.lit(f"{SEPARATOR}{method}"))
        )
        for name, up_and_down in signs.items():
            text = marks.directed(text, pl.lit(significance.directions(pairs, sources, name)), up_and_down)
        if places is not None:
            text = marks.with_below(text, score_intervals.limits(f"{method} ", places), score.is_not_null())
        cells.append(text.alias(f"{method} alignment"))
        cells.extend(
            marks.number(pl.col(f"{method} {score}") * 100).alias(f"{method} {score}") for score in ("std_dev", "skill")
        )
    return rows.select(cells)


def _labels(rows: pl.DataFrame, methods: list[str]) -> dict[str, str]:
    """The heading of each printed column."""
    parts = {
        part: label for part, label in PARTS.items() if part != "variant" or rows["variant"].drop_nulls().n_unique() > 1
    }
    scores = {f"{m} {score}": label for m in (RAW, *methods) for score, label in SCORES.items()}
    unused = {
        *(["ceiling"] if not rows["ceiling"].count() else []),
        *(["left_out"] if not rows["left_out"].sum() else []),
    }
    facts = {fact: label for fact, label in FACTS.items() if fact not in unused}
    bounds = {bound: bound.capitalize() for bound in BOUNDS if bound in rows.columns}
    return {"model": "Source", **parts, **scores, **facts, **bounds}


def _heading(method: str) -> str:
    """The heading above the columns of a method."""
    return "Raw" if method == RAW else f"Calibrated: {method}"


def _uneven(scores: pl.DataFrame, estimand: Estimand) -> list[str]:
    """The note on models' sources that answered different cells: how many all of them answered, and how many any."""
    answers = scores.filter(pl.col("source").str.contains(SEPARATOR, literal=True))
    answers = without_overlap(answers.lazy(), estimand.overlap, ["source"]).collect()
    sources = answers["source"].n_unique()
    per_cell = answers.group_by(GROUP).agg(pl.col("source").n_unique().alias("sources"))["sources"]
    common = int((per_cell == sources).sum())
    if common == len(per_cell):
        return []
    counts = f"{common:,} of {len(per_cell):,} are common to all {sources}"
    remedy = (
        "The column Left out counts those of a source that others lack."
        if estimand.cells == COMMON
        else "A source that answers easy questions only scores more: compare(…) takes the cells that both sources have."
    )
    return [f"Sources answered different cells: {counts}. {remedy}"]


def _notes(rows: pl.DataFrame, methods: list[str], mean: str, best: str) -> list[str]:
    """The notes below the table."""
    notes = [f"{SCALE.format(mean)} {best}"]
    if rows["ceiling"].count():
        notes.append("Ceiling: what a perfect model would be expected to score, on the cells where it is known.")
    others = [m for m in methods if rows.filter(pl.col(f"{m} n") != pl.col("n")).height]
    if others:
        notes.append(
            f"Cells differ between raw and calibrated for {', '.join(others)}; the column counts the raw ones."
        )
    return notes
