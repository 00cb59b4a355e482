"""Scores to print: Alignment, a Summary or published figures go in; one row per setting comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe import divergence
from opinionframe.alignment.estimand import BY_CELL, ESTIMAND, Estimand
from opinionframe.errors import FrameError, OptionError, as_names, check_option, examples
from opinionframe.schemas.borders import alignment_border, codebook_border
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.one_metric import METRIC, refuse_mixed
from opinionframe.schemas.rules import SCORE_TOLERANCE
from opinionframe.schemas.source import SEPARATOR, split_source, where_models_answered
from opinionframe.tables import marks
from opinionframe.tables.score_intervals import INTERVAL, summarized_with_intervals

ONE_DATASET = "All questions"
FACTS = ("std_dev", "baseline", "ceiling", "n", "n_questions", "left_out")


def scores(
    frame: AnyFrame,
    codebook: AnyFrame | None = None,
    by: Sequence[str] = (),
    estimand: Estimand = BY_CELL,
    conf: float | None = None,
) -> pl.DataFrame:
    """One row per dataset, source and `by`: alignment in [0, 1] and, where known, its facts. Collects.

    An Alignment frame is summarized over `estimand`, its datasets taken from `codebook`; rows that already are means,
    such as a Summary, what `of.intervals` returns or `published()`, pass through, except for the paper's own averages.
    Intervals cover `conf`; None leaves them out.

    Returns: `dataset`, `source`, its five parts, `elicited`, the columns `by`, `alignment`, `metric`, `estimand`, FACTS
        and INTERVAL.
    Raises: FrameError for a frame that is neither, whose scores are not in [0, 1], that scores a setting twice, or by
        several metrics; where two models or datasets are printed alike; and where `codebook` lacks questions.
    """
    rows = typed_columns(frame, {"source": pl.String(), "alignment": pl.Float64()}, "scores").collect()
    has_cells = "question" in rows.columns
    means = _summarized(rows, codebook, by, estimand, conf) if has_cells else _means_as_they_are(rows, by, conf)
    if means.is_empty():
        raise FrameError("No row has a source and an alignment, so there is nothing to print. Check the filters.")
    _refuse_out_of_range(means)
    refuse_mixed(means, name="scores")
    _refuse_duplicates(means, by)
    parts = (
        means.lazy()
        .pipe(split_source)
        .with_columns(pl.col("source").str.contains(SEPARATOR, literal=True).alias("elicited"))
        .collect()
    )
    refuse_alike(parts.filter("elicited")["model"])
    refuse_alike(parts["dataset"], "datasets")
    return parts


def refuse_alike(names: pl.Series, what: str = "models") -> None:
    """Raises a FrameError where two `names` of `what`, models or datasets, are printed alike, as with a line break."""
    shown = pl.DataFrame({"name": names.unique()}).with_columns(printed=marks.visible(pl.col("name")))
    alike = shown.filter(pl.col("printed").is_duplicated()).sort("printed", "name")
    if alike.height:
        names_alike = examples(alike.select("name").rows())
        where = "source" if what == "models" else "dataset"
        raise FrameError(f"{alike.height} {what} are printed alike: {names_alike}. Rename them in `{where}`.")


def models_to_print(models: Sequence[str] | None, cells: pl.DataFrame) -> list[str]:
    """The `models` that are named, in their order, each of which `cells` have; where none is named, all by name.

    Raises: OptionError for a model that is not there or is named twice, and for a list of none.
    """
    there = cells.filter("elicited")["model"].unique().sort().to_list()
    if models is None:
        return there
    names = as_names("models", models)
    for name in names:
        check_option("model", name, there)
    if not names:
        raise OptionError(f"models is empty. Leave it out for all of {', '.join(there)}, or name some.")
    return list(names)


def refuse_without_models(standard: pl.DataFrame, means: pl.DataFrame) -> None:
    """Raises a FrameError where no `standard` answers of a model are among the sources of `means`."""
    if not standard["elicited"].any():
        sources = means.select(pl.col("source").unique().sort())
        raise FrameError(
            f"None of {sources.height} sources is of a model's standard answers, such as 'm|logprob|base|standard': "
            f"{examples(sources.rows())}. Add such answers; of.tables.alignment(…) prints any source."
        )


def metric_notes(metric: str | None) -> list[str]:
    """The note that says what alignment is; none where it is not known."""
    return [f"Alignment = {divergence.definition(metric)}."] if metric else []


def estimand_of(cells: pl.DataFrame) -> str:
    """What the means of `cells` are over, behind a colon; nothing where it is not known, or differs."""
    named = cells.filter("elicited")[ESTIMAND].unique().to_list()
    return f": {named[0]}" if len(named) == 1 and named[0] else ""


def left_out_notes(means: pl.DataFrame, unit: str) -> list[str]:
    """The note on cells of a source that others lack, so that its mean in each `unit` of the table is without them."""
    counts = means["left_out"].drop_nulls()
    return [f"Left out, since other sources lack them: {marks.span(counts)} cells per {unit}."] if counts.sum() else []


def _summarized(
    rows: pl.DataFrame, codebook: AnyFrame | None, by: Sequence[str], estimand: Estimand, conf: float | None
) -> pl.DataFrame:
    """Means per dataset, source and `by` of an Alignment frame."""
    cells = where_models_answered(alignment_border(rows).collect())
    refuse_mixed(cells)
    if "dataset" not in cells.columns:
        book = codebook_border(codebook).select("question", "dataset").unique() if codebook is not None else None
        _refuse_unlisted(cells, book)
        cells = cells.join(book, on="question", how="left") if book is not None else cells.with_columns(dataset=None)
    named = cells.with_columns(pl.col("dataset").cast(pl.String).fill_null(ONE_DATASET))
    return summarized_with_intervals(named, ["dataset", "source", *by], estimand, conf)


def _refuse_unlisted(cells: pl.DataFrame, book: pl.DataFrame | None) -> None:
    """Raises a FrameError where a codebook lacks questions of `cells`, whose dataset is then not known."""
    if book is None:
        return
    unlisted = cells.select("question").unique().join(book, on="question", how="anti").sort("question")
    if unlisted.height:
        raise FrameError(
            f"codebook lacks {unlisted.height} of {cells['question'].n_unique()} questions, e.g. "
            f"{examples(unlisted.rows())}, so that their dataset is not known. Give the codebook that of.align was "
            "given, or leave these questions out with .filter(…)."
        )


def _means_as_they_are(rows: pl.DataFrame, by: Sequence[str], conf: float | None) -> pl.DataFrame:
    """The rows of a frame that already holds means, with absent facts null."""
    rows = typed_columns(rows, {**dict.fromkeys(by, pl.String()), **_types_of_optional(rows)}, "scores").collect()
    _refuse_nameless(rows, by)
    dataset = pl.col("dataset") if "dataset" in rows.columns else pl.lit(None, dtype=pl.String)
    metric = pl.col(METRIC) if METRIC in rows.columns else pl.lit(None, dtype=pl.String).alias(METRIC)
    estimand = pl.col(ESTIMAND) if ESTIMAND in rows.columns else pl.lit(None, dtype=pl.String).alias(ESTIMAND)
    facts = [pl.col(fact) if fact in rows.columns else pl.lit(None, dtype=pl.Float64).alias(fact) for fact in FACTS]
    shown = rows.columns if conf is not None else ()
    facts += [
        pl.col(fact) if fact in shown else pl.lit(None, dtype=dtype).alias(fact) for fact, dtype in INTERVAL.items()
    ]
    return rows.select(
        dataset.fill_null(ONE_DATASET).alias("dataset"),
        "source",
        *by,
        pl.col("alignment").cast(pl.Float64),
        metric,
        estimand,
        *facts,
    ).drop_nulls(["source", "alignment"])


def _refuse_nameless(rows: pl.DataFrame, by: Sequence[str]) -> None:
    """Raises a FrameError for scores without a source or a value of `by`; those of a paper's own averages have none."""
    is_average = pl.col("summary").fill_null(value=False) if "summary" in rows.columns else pl.lit(value=False)
    names = ["source", *by]
    nameless = rows.filter(pl.any_horizontal(pl.col(names).is_null()), pl.col("alignment").is_not_null(), ~is_average)
    if nameless.height:
        raise FrameError(
            f"{nameless.height} of {rows.height} scores have no {' or no '.join(names)}, e.g. "
            f"{examples(nameless.select(*names, 'alignment').rows())}. Name them, or drop these rows; "
            "the averages of a published table go with .filter(summary=False)."
        )


def _types_of_optional(rows: pl.DataFrame) -> dict[str, pl.DataType]:
    """The types of those optional columns that are there."""
    counts = dict.fromkeys(("n", "n_questions", "left_out"), pl.UInt32())
    types: dict[str, pl.DataType] = {
        "dataset": pl.String(),
        METRIC: pl.String(),
        ESTIMAND: pl.String(),
        **dict.fromkeys(FACTS, pl.Float64()),
        **counts,
        **INTERVAL,
    }
    return {column: dtype for column, dtype in types.items() if column in rows.columns}


def _refuse_out_of_range(means: pl.DataFrame) -> None:
    """Raises a FrameError where a mean is no share, such as one in percent."""
    beyond = means.filter(~pl.col("alignment").is_between(-SCORE_TOLERANCE, 1 + SCORE_TOLERANCE))
    if beyond.height:
        raise FrameError(
            f"{beyond.height} of {means.height} scores are not between 0 and 1, e.g. "
            f"{examples(beyond.select('source', 'alignment').sort(pl.all()).rows())}. Divide percents by 100, and drop "
            "rows without a score."
        )


def _refuse_duplicates(means: pl.DataFrame, by: Sequence[str]) -> None:
    """Raises a FrameError where a setting is scored more than once."""
    key = ["dataset", "source", *by]
    duplicates = means.filter(pl.struct(key).is_duplicated()).select(key).unique().sort(key)
    if duplicates.height:
        raise FrameError(
            f"{duplicates.height} settings are scored more than once, e.g. {examples(duplicates.rows())}. "
            "Keep one table of of.paper.published() with .filter(table=…), or summarize first."
        )
