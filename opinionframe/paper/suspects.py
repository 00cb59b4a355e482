"""`suspects`: printed figures go in; counts of those that look like the score of the uniform distribution come out."""

from __future__ import annotations

import polars as pl

from opinionframe.paper.published import published
from opinionframe.schemas.demographic import ALL

SUSPECTED_UNIFORM = {"WVS": 80.3, "OQA": 88.4, "WGM": 81.8}
"""In percent. Models that have nothing in common land on these values to the decimal after calibration."""

MODELS = ("Claude-3.5-v2", "Llama-3.2-90B", "Mistral-large")


def suspects() -> pl.DataFrame:
    """How many calibrated settings score exactly the suspected value, per table and dataset.

    Returns: `table`, `dataset`, `value`, `cells` equal to it, of `settings`, over `models`.
    """
    value = pl.col("dataset").replace_strict(SUSPECTED_UNIFORM)
    settings = published().filter(pl.col("table").is_in([7, 11]), ~pl.col("summary"), variant="calibrated")
    return (
        settings.with_columns((pl.col("value") == value).alias("equal"))
        .group_by("table", "dataset", value.alias("suspected"))
        .agg(
            pl.col("equal").sum().alias("cells"),
            pl.len().alias("settings"),
            pl.col("model").filter("equal").n_unique().alias("models"),
        )
        .rename({"suspected": "value"})
        .sort("table", "dataset")
    )


def identical_groups() -> tuple[int, int]:
    """Groups of WVS for which three model families print the same calibrated score, and groups in all."""
    calibrated = published().filter(
        pl.col("table").is_in([3, 10]), pl.col("model").is_in(MODELS), dataset="WVS", variant="calibrated"
    )
    groups = calibrated.filter(pl.col("attribute") != ALL).group_by("attribute", "group")
    same = groups.agg(pl.col("value").n_unique() == 1)["value"]
    return int(same.sum()), same.len()
