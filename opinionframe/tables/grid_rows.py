"""The rows of a grid: one per model, then averages, deviations, baselines and the ceiling, per dataset."""

from __future__ import annotations

import polars as pl

from opinionframe.schemas.frames import UNIFORM
from opinionframe.tables import marks, significance

COLUMN = pl.concat_str("prompt", "elicitation", "variant", pl.col("calibrator").fill_null(""), separator="|")
"""The printed column a setting stands in."""

OVERALL = "All datasets"
MODEL, AVERAGE, STD_DEV, BASELINE, CEILING = range(5)
"""Kinds of rows, in printed order."""


def grid_rows(
    cells: pl.DataFrame,
    columns: pl.DataFrame,
    models: list[str],
    found: pl.DataFrame | None,
    signs: dict[str, str],
    *,
    overall: bool,
) -> pl.DataFrame:
    """`section`, `label` and one text column per row of `columns`, in printed order."""
    elicited = cells.filter("elicited").with_columns(COLUMN.alias("column"))
    values = [_models(elicited, found, signs)]
    if overall:
        values.append(_models(_over_datasets(elicited), None, {}))
    long = pl.concat([*values, *map(_statistics, values), *_references(elicited, cells)], how="diagonal")
    order = pl.col("label").replace_strict(models, list(range(len(models))), default=len(models), return_dtype=pl.Int64)
    wide = (
        long.with_columns(_text(signs).alias("text"))
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
        "section", marks.cleaned(pl.col("label")), pl.col(columns["column"].to_list()).fill_null(_absent(signs))
    )


def _models(elicited: pl.DataFrame, found: pl.DataFrame | None, signs: dict[str, str]) -> pl.DataFrame:
    marked = [significance.found_in(found, elicited, name).alias(sign) for name, sign in signs.items()]
    return elicited.select(
        pl.col("dataset").alias("section"),
        pl.lit(MODEL).alias("kind"),
        pl.col("model").alias("label"),
        "column",
        pl.col("alignment").alias("value"),
        *marked,
    )


def _over_datasets(elicited: pl.DataFrame) -> pl.DataFrame:
    parts = ["model", "column"]
    return elicited.group_by(parts).agg(pl.col("alignment").mean()).with_columns(pl.lit(OVERALL).alias("dataset"))


def _statistics(models: pl.DataFrame) -> pl.DataFrame:
    grouped = models.group_by("section", "column")
    average = grouped.agg(pl.col("value").mean()).with_columns(
        pl.lit(AVERAGE).alias("kind"), pl.lit("Average").alias("label")
    )
    spread = grouped.agg(pl.col("value").std()).with_columns(
        pl.lit(STD_DEV).alias("kind"), pl.lit("Std Dev").alias("label")
    )
    return pl.concat([average, spread.select(average.columns)])


def _references(elicited: pl.DataFrame, cells: pl.DataFrame) -> list[pl.DataFrame]:
    """What the scores are to be read against: uniform and ceiling on the same cells, and further baselines."""
    grouped = elicited.group_by(pl.col("dataset").alias("section"), "column")
    uniform = grouped.agg(pl.col("baseline").mean().alias("value"))
    ceiling = grouped.agg(pl.col("ceiling").mean().alias("value"))
    others = cells.filter(~pl.col("elicited"), pl.col("source") != UNIFORM).select(
        pl.col("dataset").alias("section"), pl.col("source").alias("label"), pl.col("alignment").alias("value")
    )
    everywhere = others.join(elicited.select(pl.col("dataset").alias("section"), "column").unique(), on="section")
    return [
        uniform.with_columns(pl.lit(BASELINE).alias("kind"), pl.lit("Uniform").alias("label")),
        everywhere.with_columns(pl.lit(BASELINE).alias("kind")),
        ceiling.with_columns(pl.lit(CEILING).alias("kind"), pl.lit("Ceiling").alias("label")),
    ]


def _text(signs: dict[str, str]) -> pl.Expr:
    shown = pl.col("value").mul(100).round(1)
    highest = shown == shown.max().over("section", "kind", "label")
    text = marks.best(marks.number(pl.col("value") * 100), highest & pl.col("kind").is_in([MODEL, AVERAGE]))
    for sign in signs.values():
        text = marks.signed(text, pl.col(sign), sign)
    return text


def _absent(signs: dict[str, str]) -> str:
    return marks.ABSENT + "".join(f"{marks.GHOST_ON}{sign}{marks.GHOST_OFF}" for sign in signs.values())
