"""The rows of a grid: scores go in; per dataset models, their average and deviation, baselines and ceiling come out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.frames import UNIFORM
from opinionframe.tables import bold, marks, score_intervals, significance

COLUMN = pl.concat_str("prompt", "elicitation", "variant", pl.col("calibrator").fill_null(""), separator="|")
"""The printed column a setting stands in."""

OVERALL = "All datasets"
MODEL, AVERAGE, STD_DEV, BASELINE, CEILING = range(5)
"""Kinds of rows, in printed order."""

LABELS = ("Average", "Std Dev", "Uniform", "Ceiling")
"""What rows are called that are no model's."""


def grid_rows(
    cells: pl.DataFrame,
    columns: pl.DataFrame,
    models: list[str],
    pairs: pl.DataFrame | None,
    signs: dict[str, tuple[str, str]],
    *,
    overall: bool,
    places: int | None = None,
) -> pl.DataFrame:
    """`section`, `label` and one text column per row of `columns`, in printed order, of `cells` with floors.

    Limits of intervals have so many `places`; None leaves them out.
    """
    elicited = cells.filter("elicited").with_columns(COLUMN.alias("column"))
    values = [_model_rows(elicited, pairs, signs)]
    if overall:
        values.append(_model_rows(_over_datasets(elicited), None, {}))
    long = pl.concat([*values, *map(_average_rows, values), *_reference_rows(elicited, cells)], how="diagonal")
    order = pl.col("label").replace_strict(models, list(range(len(models))), default=len(models), return_dtype=pl.Int64)
    wide = (
        long.with_columns(_text(signs, places, tested="is_best" in long.columns).alias("text"))
        .pivot("column", index=["section", "kind", "label"], values="text", on_columns=columns["column"].to_list())
        .sort(
            pl.col("section") == OVERALL,
            "section",
            "kind",
            order,
            pl.col("label") != "Uniform",
            "label",
        )
    )
    return wide.select(
        marks.cleaned(pl.col("section")),
        marks.cleaned(pl.col("label")),
        pl.col(columns["column"].to_list()).fill_null(marks.absent(signs.values())),
    )


def _model_rows(elicited: pl.DataFrame, pairs: pl.DataFrame | None, signs: dict[str, tuple[str, str]]) -> pl.DataFrame:
    """One row per dataset, model and column, with a column per mark: its direction."""
    sign_columns = [significance.directions(pairs, elicited, name).alias(name) for name in signs]
    return elicited.select(
        pl.col("dataset").alias("section"),
        pl.lit(MODEL).alias("kind"),
        pl.col("model").alias("label"),
        "column",
        pl.col("alignment").alias("value"),
        *bold.FLOORS,
        *(pl.col(name) for name in ("is_best", *score_intervals.LIMITS) if name in elicited.columns),
        *sign_columns,
    )


def _over_datasets(elicited: pl.DataFrame) -> pl.DataFrame:
    """Mean alignment over all datasets, as one more dataset, where a model has a score of each."""
    return (
        elicited.group_by("model", "column")
        .agg(pl.col("alignment", *bold.FLOORS).mean(), pl.col("dataset").n_unique().alias("n_datasets"))
        .filter(n_datasets=elicited["dataset"].n_unique())
        .select(pl.exclude("n_datasets"), pl.lit(OVERALL).alias("dataset"))
    )


def overall_notes(elicited: pl.DataFrame) -> list[str]:
    """The note on settings that lack a dataset, and so have no mean over all of them."""
    datasets = elicited["dataset"].n_unique()
    by_setting = elicited.group_by("model", COLUMN.alias("column")).agg(pl.col("dataset").n_unique())
    lacking = by_setting.filter(pl.col("dataset") < datasets)
    if lacking.is_empty():
        return []
    count = f"{lacking.height} of {by_setting.height} settings lack a dataset"
    models = examples(lacking.select(pl.col("model").unique().sort()).rows())
    return [f"{OVERALL}: mean over {datasets} datasets; {count} and have none ({models})."]


def refuse_names_of_rows(cells: pl.DataFrame, *, overall: bool) -> None:
    """Raises a FrameError where a model, or a dataset, is called as another row or section of the grid is."""
    rows = [*LABELS, *cells.filter(~pl.col("elicited"))["source"].unique().sort()]
    models = cells.filter("elicited").select(marks.visible(pl.col("model")).unique()).to_series()
    for name in rows:
        if name in models:
            raise FrameError(f"A model is called {name!r}, as another row of the table is. Rename it in `source`.")
    if overall and OVERALL in cells.select(marks.visible(pl.col("dataset"))).to_series():
        raise FrameError(f"A dataset is called {OVERALL!r}, as the section of their means is. Rename it in `dataset`.")


def _average_rows(models: pl.DataFrame) -> pl.DataFrame:
    """The mean and the standard deviation over models of each section and column."""
    grouped = models.group_by("section", "column")
    average = grouped.agg(pl.col("value", *bold.FLOORS).mean()).with_columns(
        pl.lit(AVERAGE).alias("kind"), pl.lit("Average").alias("label")
    )
    spread = grouped.agg(pl.col("value").std()).with_columns(
        pl.lit(STD_DEV).alias("kind"), pl.lit("Std Dev").alias("label")
    )
    return pl.concat([average, spread], how="diagonal")


def _reference_rows(elicited: pl.DataFrame, cells: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows that scores are read against: uniform and ceiling on the same cells, and further baselines."""
    grouped = elicited.group_by(pl.col("dataset").alias("section"), "column")
    uniform = grouped.agg(pl.col("baseline").mean().alias("value"))
    ceiling = grouped.agg(pl.col("ceiling").mean().alias("value"))
    baselines = cells.filter(~pl.col("elicited"), pl.col("source") != UNIFORM).select(
        pl.col("dataset").alias("section"),
        pl.col("source").alias("label"),
        pl.col("alignment").alias("value"),
        *score_intervals.LIMITS,
    )
    baselines_by_column = baselines.join(
        elicited.select(pl.col("dataset").alias("section"), "column").unique(), on="section"
    )
    return [
        uniform.with_columns(pl.lit(BASELINE).alias("kind"), pl.lit("Uniform").alias("label")),
        baselines_by_column.with_columns(pl.lit(BASELINE).alias("kind")),
        ceiling.with_columns(pl.lit(CEILING).alias("kind"), pl.lit("Ceiling").alias("label")),
    ]


def _text(signs: dict[str, tuple[str, str]], places: int | None, *, tested: bool) -> pl.Expr:
    """The printed text of a value: in percent, bold where highest (or where tests say so), marked where significant.

    Its interval stands below it, where it could have one.
    """
    highest = bold.is_best("value", ["section", "kind", "label"]) & pl.col("kind").is_in([MODEL, AVERAGE])
    text = marks.best(marks.number(pl.col("value") * 100), pl.col("is_best") if tested else highest)
    for name, up_and_down in signs.items():
        text = marks.directed(text, pl.col(name), up_and_down)
    if places is None:
        return text
    is_model = (pl.col("kind") == MODEL) & (pl.col("section") != OVERALL)
    could_have = is_model | pl.col(score_intervals.LIMITS[0]).is_not_null()
    return marks.with_below(text, score_intervals.limits("", places), could_have)
