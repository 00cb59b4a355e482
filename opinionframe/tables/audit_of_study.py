"""What a study finds of the paper's claims: rows of `paper.claims` go in; those beside the audit's claims come out."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from opinionframe.errors import FrameError, check_option, examples
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.tables import marks

COLUMNS: dict[str, pl.DataType] = {
    **dict.fromkeys(("calibrator", "claim", "unit"), pl.String()),
    **dict.fromkeys(("estimate", "conf_low", "conf_high"), pl.Float64()),
}
SAME_CLAIMS = {
    "times by which it shrinks": "shrinkage of that standard deviation: at least",
    "times by which it shrinks in the dataset where it shrinks most": "shrinkage in the dataset where it is largest",
    "times by which their own standard deviation falls on average": "times by which it falls on average",
}
"""What the audit calls claims that it words in another way."""

OWN_LABELS = {"estimate": "This study", "against": "Beside the claim"}
_LIMITS = pl.format("[{}, {}]", *(marks.number(pl.col(end)) for end in ("conf_low", "conf_high")))
_IS_AT_LEAST = pl.col("claim").str.contains("at least", literal=True) & (pl.col("conf_low") >= pl.col("claimed"))
_IS_WITHIN = pl.col("claimed").is_between("conf_low", "conf_high") | _IS_AT_LEAST
OWN_CELLS = (
    marks.with_below(marks.number(pl.col("estimate")), _LIMITS, pl.col("conf_low").is_not_null()).alias("estimate"),
    pl.when(_IS_WITHIN)
    .then(pl.lit("agrees"))
    .when(~_IS_WITHIN)
    .then(marks.best(pl.lit("contradicts"), pl.lit(value=True)))
    .otherwise(pl.lit(marks.ABSENT))
    .alias("against"),
)
"""The printed cells of a study, beside the `claim` and what is `claimed`."""


class OfStudy(NamedTuple):
    """Estimates with their intervals by `claim` of the audit, and the notes on them."""

    rows: pl.DataFrame
    notes: tuple[str, ...]


def of_study(study: AnyFrame, claims: pl.DataFrame, calibrator: str | None) -> OfStudy:
    """What the study finds of `claims`. Raises: FrameError where there are several calibrators and none is named."""
    found = typed_columns(study, COLUMNS, "study").collect()
    calibrators = found["calibrator"].drop_nulls().unique().sort().to_list()
    if calibrator is None and len(calibrators) > 1:
        raise FrameError(
            f"The study has {len(calibrators)} calibrators: {', '.join(calibrators)}. Choose one with calibrator=…."
        )
    if calibrator is not None:
        check_option("calibrator", calibrator, calibrators)
        found = found.filter((pl.col("calibrator") == calibrator) | pl.col("calibrator").is_null())
    is_known = pl.col("estimate").is_not_null() & (pl.col("conf_low") < pl.col("conf_high"))
    rows = found.select(
        pl.col("claim").replace(SAME_CLAIMS),
        "estimate",
        *(pl.when(is_known).then(end).alias(end) for end in ("conf_low", "conf_high")),
    )
    twice = rows.filter(pl.col("claim").is_duplicated() & pl.col("claim").is_in(claims["claim"].to_list()))
    if twice.height:
        raise FrameError(f"study has {twice.height} rows of one claim, e.g. {examples(twice.rows())}. Keep one.")
    further = rows.join(claims, on="claim", how="anti")
    named = calibrator or (calibrators[0] if calibrators else None)
    return OfStudy(rows, tuple(_notes(further, named)))


def _notes(further: pl.DataFrame, calibrator: str | None) -> list[str]:
    by = f", calibrated by {calibrator}" if calibrator else ""
    shown = "; ".join(
        further.head(3).select(pl.format("{} {}", "claim", marks.number(pl.col("estimate")))).to_series()
    )  # fmt: skip
    more = f", e.g. {shown}" if shown else ""
    own = (
        f"This study: its own models, questions and people{by}; below, the 95% interval over questions, where these "
        "differ. Agrees: the claim lies in it; contradicts (bold): it does not. Neither is about the paper's own cells."
    )
    return [own, *([f"Findings of this study without a claim beside them: {further.height}{more}."] if more else [])]
