"""Alignment in, Summary out: means, spreads and skill over any grouping."""

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.demographic import ALL, JOINT
from opinionframe.schemas.frames import Summary
from opinionframe.schemas.reasons import SCORE_TOLERANCE
from opinionframe.schemas.same_kind import Frame, same_kind
from opinionframe.schemas.source import PARTS, split_source

_NAMES = pl.col("demographic").str.extract_all(r"(?:^| & )[^=&]+=")
ATTRIBUTE = (
    pl.when(_NAMES.list.len() > 0)
    .then(_NAMES.list.eval(pl.element().str.strip_chars(" &=")).list.join(JOINT))
    .otherwise(pl.lit(ALL))
)
"""The demographic without its classes: `sex`, `sex & age`, `all`."""

MADE = Summary.column_names()
"""What a summary makes anew, and so cannot be grouped by."""


def summarize(aligned: Frame, by: str | list[str] = "source") -> Frame:
    """Mean alignment, its spread and its skill per group of cells; scores in [0, 1]. Lazy in, lazy out.

    Args:
        aligned: Alignment.
        by: Columns of `aligned`, parts of the source (`model`, `elicitation`, `prompt`, `variant`,
            `calibrator`) or `attribute`, the demographic without its class.

    Returns:
        Summary, sorted by its groups: `std_dev` over cells, `skill` = (alignment - baseline) / (1 - baseline),
        null where uniform is right.

    Raises:
        OptionError: A column of `by` that does not exist.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> aligned = survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook)
    >>> of.summarize(aligned).filter(source="uniform").select("skill", "n", "n_questions").row(0)
    (0.0, 846, 18)
    """
    keys = [by] if isinstance(by, str) else list(by)
    rows = _with_groups(alignment_border(aligned), keys)
    alignment, baseline = pl.col("alignment").mean(), pl.col("baseline").mean()
    summary = rows.group_by(keys).agg(
        alignment,
        pl.col("alignment").std().alias("std_dev"),
        baseline,
        pl.col("ceiling").mean(),
        pl.when(1 - baseline > SCORE_TOLERANCE).then((alignment - baseline) / (1 - baseline)).alias("skill"),
        pl.len().cast(pl.UInt32).alias("n"),
        pl.col("question").n_unique().cast(pl.UInt32).alias("n_questions"),
    )
    return same_kind(summary.sort(keys), aligned)


def _with_groups(rows: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    have = rows.collect_schema()
    if "attribute" in keys and "attribute" not in have:
        rows = rows.with_columns(ATTRIBUTE.alias("attribute"))
    if any(key in PARTS and key not in have for key in keys):
        rows = split_source(rows)
    allowed = [name for name in dict.fromkeys([*have, *PARTS, "attribute"]) if name not in MADE]
    if unknown := [key for key in keys if key not in allowed]:
        raise OptionError(f"by names {len(unknown)} columns that cannot group: {unknown}. Allowed: {allowed}.")
    return rows
