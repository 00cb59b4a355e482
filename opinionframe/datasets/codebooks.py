"""A Codebook from an entry: one row per choice, items sharing labels, positions and topic."""

from typing import Any

import polars as pl

from opinionframe.schemas.borders import codebook_border


def entry_codebook(name: str, questions: dict[str, Any]) -> pl.DataFrame:
    """The codebook of survey `name`; `text_alternate` is the second wording of a pooled item, else null."""
    shared = {key: value for key, value in questions.items() if key != "items"}
    items = [{"question": key, "text_alternate": None} | shared | item for key, item in questions["items"].items()]
    return codebook_border(
        pl.DataFrame(items, infer_schema_length=None)
        .with_columns(
            pl.int_ranges(1, pl.col("labels").list.len() + 1).alias("choice"),
            pl.lit(name).alias("dataset"),
        )
        .explode("choice", "labels", "positions")
        .rename({"labels": "label", "positions": "position"})
        .select("question", "choice", "label", "position", "text", "scale", "topic", "dataset", "text_alternate")
    )
