"""Bounds of means: bounds of cells go in; the worst and best mean that missing answers allow a raw source come out."""

import polars as pl

from opinionframe.alignment.estimand import Estimand, weighted_means
from opinionframe.alignment.mean_cells import without_overlap
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.source import is_elicited

BOUNDS = ("worst", "best")


def answered_in_part(scores: pl.DataFrame) -> bool:
    """Whether some raw source lacks a cell that another one has."""
    cells = scores.filter(is_elicited())
    return cells.height < cells["source"].n_unique() * cells.select(GROUP).n_unique()


def mean_bounds(bounds: pl.DataFrame, scores: pl.DataFrame, estimand: Estimand) -> pl.DataFrame:
    """The worst and best mean alignment, in [0, 1], that a raw source could have had, had it answered all cells.

    These are the cells that any model has in `scores`; what it lacks, and the share of answers that could not be read,
    might have been anything. Each bound is the mean of the `bounds` of cells, since they can all be reached at once.

    Args:
        bounds: The frame of `bounds`.
        scores: Alignment of the cells that are printed.
        estimand: What counts alike, and whether cells of `all` and intersections are left out beside their parts.

    Returns: source, worst, best.
    """
    answered = scores.filter(is_elicited()).select(GROUP).unique()
    cells = (
        bounds.lazy()
        .filter(is_elicited())
        .join(answered.lazy(), on=GROUP, how="semi")
        .pipe(without_overlap, estimand.overlap, ["source"])
    )
    return weighted_means(cells, BOUNDS, ["source"], estimand.weight).sort("source").collect()
