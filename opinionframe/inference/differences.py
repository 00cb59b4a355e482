"""Differences: Alignment and pairs of sources go in; the difference of every cell that both have comes out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.source import is_calibrated
from opinionframe.schemas.vocabulary import FIT_INFLUENCE, KNOWN_SCORES, UNIFORM

COMPARISON = ("pair", "source", "versus")


def differences(aligned: pl.DataFrame, pairs: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """One row per comparison and cell that both sources have, with `difference`, `source` minus `versus`, in [-1, 1].

    Returns: `by`, pair, source, versus, question, demographic, the further columns of the cell, `difference` and, where
        `aligned` has it, that of `fit_influence`: null where a side was fitted and lacks it.
    Raises: FrameError where a comparison has no cell in common.
    """
    keys = [*by, *COMPARISON]
    cell_keys = _cell_keys(by)
    fitted = [name for name in (FIT_INFLUENCE,) if name in aligned.columns]
    cells = (
        pairs.lazy()
        .join(aligned.lazy(), on=[*by, "source"], nulls_equal=True, maintain_order="left_right")
        .join(_versus(aligned, by), on=["versus", *cell_keys], nulls_equal=True, maintain_order="left")
        .with_columns((pl.col("alignment") - pl.col("versus_alignment")).alias("difference"))
        .with_columns((influence() - pl.col("versus_influence")).alias(FIT_INFLUENCE) for _ in fitted)
        .filter(pl.col("difference").is_not_null())
        .drop("alignment", "versus_alignment", "versus_influence", *KNOWN_SCORES, strict=False)
        .collect()
    )
    _refuse_disjoint(pairs.join(cells, on=keys, how="anti", nulls_equal=True))
    return cells


def influence() -> pl.Expr:
    """`fit_influence` of a source: 0 where it was not fitted."""
    return pl.when(is_calibrated()).then(FIT_INFLUENCE).otherwise(0.0).cast(pl.Float64).alias(FIT_INFLUENCE)


def lost_cells(own: pl.DataFrame, pairs: pl.DataFrame, cells: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """One row per comparison with `n_lost`, the cells of either source's `own` mean that are not compared."""
    keys = [*by, *COMPARISON]
    names = list(dict.fromkeys([*by, "source", *GROUP]))
    sides = [
        pairs.lazy().join(own.lazy().select(names).rename({"source": side}), on=[*by, side], nulls_equal=True)
        for side in ("source", "versus")
    ]
    sides[1] = sides[1].filter(pl.col("versus") != UNIFORM)
    compared = [*keys, *(name for name in GROUP if name not in keys)]
    # Sides have a row for every comparison and cell: they are counted as they are joined.
    both = pl.concat([side.select(compared) for side in sides])
    lost = both.join(cells.lazy().select(compared), on=compared, how="anti", nulls_equal=True)
    counts = lost.group_by(keys).agg(pl.len().cast(pl.UInt32).alias("n_lost")).collect()
    return (
        pairs.select(keys)
        .join(counts, on=keys, how="left", nulls_equal=True)
        .with_columns(pl.col("n_lost").fill_null(0))
    )


def _cell_keys(by: Sequence[str]) -> list[str]:
    """The columns that name a cell."""
    return list(dict.fromkeys([*by, *GROUP]))


def _versus(aligned: pl.DataFrame, by: Sequence[str]) -> pl.LazyFrame:
    """One row per cell and source to subtract, with its score; uniform's is the column `baseline`, if any."""
    cell = _cell_keys(by)
    fitted = [influence().alias("versus_influence")] if FIT_INFLUENCE in aligned.columns else []
    rows = aligned.lazy().select(*cell, *fitted, versus="source", versus_alignment="alignment")
    if "baseline" not in aligned.columns:
        return rows
    others = rows.filter(pl.col("versus") != UNIFORM)
    uniform = (
        aligned.lazy()
        .group_by(cell)
        .agg(pl.lit(UNIFORM).alias("versus"), pl.col("baseline").first().alias("versus_alignment"))
        .with_columns(pl.lit(0.0).alias("versus_influence") for _ in fitted)
    )
    return pl.concat([others, uniform], how="diagonal")


def _refuse_disjoint(pairs: pl.DataFrame) -> None:
    """Raises a FrameError where comparisons have no cell in common."""
    if not pairs.is_empty():
        sources = examples(pairs.select("source", "versus").rows())
        raise FrameError(
            f"{len(pairs)} comparisons have no cell in common, e.g. {sources}. "
            "Score both sources on the same questions and demographics, or leave the pair out. Scores of uniform are "
            "those of the column `baseline`, as align(…) makes it, or rows of baselines(…)."
        )
