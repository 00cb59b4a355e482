"""The cells of two sources side by side: what every test of the package starts from."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.vocabulary import KNOWN_SCORES, UNIFORM

COMPARISON = ("pair", "source", "versus")


def differences(aligned: pl.DataFrame, pairs: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """`source` minus `versus`, in [-1, 1], on every cell that both have.

    Returns: `by`, pair, source, versus, question, demographic, the further columns of the cell and `difference`.
    Raises: FrameError where a comparison has no cell in common.
    """
    keys = [*by, *COMPARISON]
    cell = _cell(by)
    both = (
        pairs.lazy()
        .join(aligned.lazy(), on=[*by, "source"], how="inner", nulls_equal=True)
        .join(_versus(aligned, by), on=["versus", *cell], how="inner", nulls_equal=True)
        .with_columns((pl.col("alignment") - pl.col("versus_alignment")).alias("difference"))
        .filter(pl.col("difference").is_not_null())
        .drop("alignment", "versus_alignment", *KNOWN_SCORES, strict=False)
        .collect()
    )
    _refuse_apart(pairs.join(both, on=keys, how="anti", nulls_equal=True))
    return both


def lost_cells(aligned: pl.DataFrame, cells: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """How many cells of either source a comparison leaves out: one row per comparison, `n_lost`."""
    keys = [*by, *COMPARISON]
    counts = aligned.group_by(*by, "source").len("n_source")
    uniform = counts.with_columns(pl.lit(UNIFORM).alias("versus"), pl.col("n_source").alias("n_versus"))
    named = counts.rename({"source": "versus", "n_source": "n_versus"}).filter(pl.col("versus") != UNIFORM)
    lost = pl.col("n_source") - pl.col("n") + pl.col("n_versus").fill_null(pl.col("n")) - pl.col("n")
    return (
        cells.group_by(keys)
        .len("n")
        .join(uniform.select(*by, "source", "n_source"), on=[*by, "source"], how="left", nulls_equal=True)
        .join(named, on=[*by, "versus"], how="left", nulls_equal=True)
        .select(*keys, lost.cast(pl.UInt32).alias("n_lost"))
    )


def _cell(by: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*by, *GROUP]))


def _versus(aligned: pl.DataFrame, by: Sequence[str]) -> pl.LazyFrame:
    """The scores to subtract. Those of `uniform` are in the column `baseline`, for every cell; without it, in rows."""
    cell = _cell(by)
    rows = aligned.lazy().select(*cell, versus="source", versus_alignment="alignment")
    if "baseline" not in aligned.columns:
        return rows
    others = rows.filter(pl.col("versus") != UNIFORM)
    uniform = (
        aligned.lazy()
        .group_by(cell)
        .agg(pl.lit(UNIFORM).alias("versus"), pl.col("baseline").first().alias("versus_alignment"))
    )
    return pl.concat([others, uniform], how="diagonal")


def _refuse_apart(apart: pl.DataFrame) -> None:
    if not apart.is_empty():
        shown = examples(apart.select("source", "versus").rows())
        raise FrameError(
            f"{len(apart)} comparisons have no cell in common, e.g. {shown}. "
            "Score both sources on the same questions and demographics, or leave the pair out. Scores of uniform are "
            "those of the column `baseline`, as align(…) makes it, or rows of baselines(…)."
        )
