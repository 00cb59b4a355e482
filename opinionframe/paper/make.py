"""Makes `published.parquet` from a transcription of the paper's result tables.

Run as `python -m opinionframe.paper.make published.csv`: one row per printed figure, with the columns
table, dataset, model, prompt, elicitation, variant, attribute, group, value. Table 5, which is no part of
that transcription, stands below.
"""

import sys
from pathlib import Path

import polars as pl

from opinionframe.paper.published import DATA

TABLE_5 = {
    "base": [
        ("region", "Southeast Asia", 81.0, 79.4, 1.6),
        ("education", "Less than HS", 83.1, 81.6, 1.5),
        ("race", "Black", 86.6, 85.1, 1.5),
        ("race", "Hispanic", 87.2, 85.9, 1.4),
        ("political party", "Democrat", 84.7, 83.3, 1.4),
    ],
    "sd": [
        ("region", "Northern Europe", 87.1, 84.6, 2.4),
        ("region", "Western Europe", 87.1, 84.9, 2.3),
        ("region", "Aus/NZ", 84.3, 82.1, 2.2),
        ("education", "Tertiary", 88.6, 86.5, 2.1),
        ("employment", "Unemployed", 86.9, 84.9, 2.0),
    ],
}
"""Attribute, class, calibrated on all data, calibrated on five examples, and the printed difference."""

COLUMNS = ("table", "dataset", "model", "prompt", "elicitation", "variant", "attribute", "group", "value")


def make(transcription: Path) -> pl.DataFrame:
    """All printed figures, in the order of the paper: `entry` counts them from 1."""
    printed = pl.read_csv(transcription, columns=list(COLUMNS), schema_overrides={"table": pl.UInt8})
    ordered = pl.concat([printed.select(COLUMNS), _table_5()]).sort("table", maintain_order=True)
    return ordered.with_row_index("entry", offset=1).cast({"entry": pl.UInt16})


def _table_5() -> pl.DataFrame:
    rows = [
        {"prompt": prompt, "variant": variant, "attribute": attribute, "group": group, "value": value}
        for prompt, lines in TABLE_5.items()
        for attribute, group, *values in lines
        for variant, value in zip(("calibrated", "calibrated_5", "difference"), values, strict=True)
    ]
    absent = pl.lit(None, dtype=pl.String)
    return (
        pl.DataFrame(rows)
        .with_columns(
            pl.lit(5, dtype=pl.UInt8).alias("table"),
            absent.alias("dataset"),
            absent.alias("model"),
            pl.lit("verbalized").alias("elicitation"),
        )
        .select(COLUMNS)
    )


if __name__ == "__main__":
    make(Path(sys.argv[1])).write_parquet(DATA, compression="zstd", compression_level=19)
