"""Sources in print: rows with a source go in; a column for each of its parts comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.schemas.source import SEPARATOR, split_source
from opinionframe.tables import marks
from opinionframe.tables.scores import refuse_alike

SOURCE_LABELS = {
    "model": "Source",
    "elicitation": "Elicitation",
    "prompt": "Prompt",
    "variant": "Variant",
    "calibrator": "Calibration",
}
"""The columns of a source's parts, with their headings."""

IS_OF_MODEL = pl.col("source").str.contains(SEPARATOR, literal=True)
"""Whether a source is a model's answers, raw or calibrated, and no baseline."""


def source_columns(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the parts of `source` as they are printed, a dash where it has none.

    Raises: FrameError where two models are printed alike.

    >>> rows = source_columns(pl.DataFrame({"source": ["m|logprob|sd|standard|ridge", "uniform"]}))
    >>> rows.select("model", "calibrator").rows() == [("m", "ridge"), ("uniform", marks.ABSENT)]
    True
    """
    parts = rows.lazy().pipe(split_source).collect()
    refuse_alike(parts["model"])
    return parts.with_columns(marks.cleaned(pl.col(part)).fill_null(marks.ABSENT) for part in SOURCE_LABELS)


def source_name() -> pl.Expr:
    """`source` in one text, from the columns of its parts: `m, logprob, sd, ridge`."""
    known = [pl.when(pl.col(part) != marks.ABSENT).then(part) for part in SOURCE_LABELS if part != "variant"]
    variant = pl.when(~pl.col("variant").is_in([marks.ABSENT, "standard"])).then("variant")
    return pl.concat_str([*known[:3], variant, known[3]], separator=", ", ignore_nulls=True)


def between(estimate: pl.Expr, low: pl.Expr, high: pl.Expr, decimals: int = 1, *, below: bool = False) -> pl.Expr:
    """An estimate with its interval behind or `below` it, which is left out where there is none; a dash for neither.

    >>> row = pl.DataFrame({"x": [1.0], "low": [0.5], "high": [2.5]})
    >>> row.select(between(pl.col("x"), pl.col("low"), pl.col("high"))).item()
    '1.0 [0.5, 2.5]'
    """
    text, least, most = (marks.number(value, decimals) for value in (estimate, low, high))
    known = estimate.is_finite() & low.is_finite() & high.is_finite()
    interval = pl.format("[{}, {}]", least, most)
    if below:
        return marks.with_below(text, interval, known)
    return pl.when(known.fill_null(value=False)).then(pl.format("{} {}", text, interval)).otherwise(text)
