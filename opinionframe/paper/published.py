"""`published`: every figure that the paper prints, as a frame; facts with their citation."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.source import SEPARATOR

DATA = Path(__file__).with_name("published.parquet")
CITATION = (
    "Kambhatla, G., Gautam, S., Zhang, A., Liu, A., Srinivasan, R., Li, J. J., & Lease, M. "
    "Improving the Distributional Alignment of LLMs using Supervision. The University of Texas at Austin."
)
SUMMARIES = ("Average", "Std Dev")
"""Rows that the paper computed from its own: as a model, and the first also as a dataset."""

METRIC = "wasserstein"
"""The distance of all scores that the paper prints: its section 3.1, as Santurkar et al. (2023)."""

_VARIANT = {"cot": "cot", "fewshot": "few_shot"}
_CALIBRATOR = {"calibrated": "paper", "calibrated_5": "paper-5"}
_TRANSFER = "paper-transfer"
"""Tables 11 and 12 calibrate on the two other datasets."""


def published() -> pl.DataFrame:
    """The 4,106 figures of the paper's Tables 1-4, 6-12 and 17, and the 30 of Table 5, in percent as printed.

    Returns:
        As transcribed: `entry` (order in the paper), `table`, `dataset`, `model`, `prompt`, `elicitation`,
        `variant`, `attribute`, `group`, `value`. Added, so that the rows stand beside those of any study:
        `source` (null in summaries; Table 5 names no model, so its source says `models on average`),
        `demographic`, `alignment` in [0, 1] (null in Table 17 and for differences), its `metric`
        and `summary`, whether the paper computed the row from others.

    Reference: Kambhatla et al., Improving the Distributional Alignment of LLMs using Supervision.

    >>> from opinionframe.paper import published
    >>> rows = published()
    >>> rows.filter(table=7, dataset="WVS", model="Claude-3", summary=False).select("source", "alignment").row(1)
    ('Claude-3|paraphrase|base|standard|paper', 0.803)
    """
    calibrated = pl.col("variant").is_in(list(_CALIBRATOR))
    summary = pl.any_horizontal(pl.col("model", "dataset").is_in(SUMMARIES)).fill_null(value=False)
    return (
        pl.read_parquet(DATA)
        .with_columns(
            pl.when(~summary & (pl.col("variant") != "difference")).then(_source()).alias("source"),
            _demographic().alias("demographic"),
            pl.when((pl.col("variant") == "raw") | calibrated | pl.col("variant").is_in(list(_VARIANT)))
            .then((pl.col("value") / 100).round(4))
            .alias("alignment"),
            summary.alias("summary"),
        )
        .with_columns(pl.when(pl.col("alignment").is_not_null()).then(pl.lit(METRIC)).alias("metric"))
    )


def _source() -> pl.Expr:
    transfer = pl.col("table").is_in([11, 12])
    calibrator = (
        pl.when(transfer & (pl.col("variant") == "calibrated"))
        .then(pl.lit(_TRANSFER))
        .otherwise(pl.col("variant").replace_strict(_CALIBRATOR, default=None))
    )
    variant = pl.col("variant").replace_strict(_VARIANT, default="standard")
    model = pl.col("model").fill_null("models on average")
    raw = pl.concat_str(model, "elicitation", "prompt", variant, separator=SEPARATOR)
    return pl.when(calibrator.is_null()).then(raw).otherwise(pl.concat_str(raw, calibrator, separator=SEPARATOR))


def _demographic() -> pl.Expr:
    pair = pl.format("{}={}", "attribute", "group")
    return pl.when(pl.col("attribute").is_null() | (pl.col("attribute") == ALL)).then(pl.lit(ALL)).otherwise(pair)
