"""`not_given`: the printed averages, deviations and differences that the figures they summarise do not give."""

from __future__ import annotations

import polars as pl

from opinionframe.paper.audit_rows import HALF_DIGIT, audit_rows
from opinionframe.paper.published import published

_TERMS = ("prompt", "attribute", "group")


def not_given() -> pl.DataFrame:
    """One row per printed figure that its own printed figures give otherwise, to the printed decimal.

    Each lies within the rounding of those figures; see `audit_rows`.

    Returns: `entry`, `recomputed`, in percent or points.

    >>> not_given().join(published(), on="entry").select("table", "value", pl.col("recomputed").round(2)).row(-1)
    (7, 7.8, 7.74)
    """
    summaries = audit_rows().filter(pl.col("verdict") != "reproduced").select("entry", "recomputed")
    return pl.concat([summaries, _differences()]).sort("entry")


def _differences() -> pl.DataFrame:
    """The differences of Table 5 that are not those of their printed terms."""
    rows = published().filter(table=5)
    terms = rows.pivot("variant", index=_TERMS, values="value").with_columns(
        (pl.col("calibrated") - pl.col("calibrated_5")).alias("recomputed")
    )
    differs = (pl.col("recomputed") - pl.col("difference")).abs() > HALF_DIGIT
    printed = rows.filter(variant="difference").select("entry", *_TERMS)
    return terms.filter(differs).join(printed, on=_TERMS, validate="1:1").select("entry", "recomputed")
