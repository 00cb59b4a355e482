"""What intervals cover: cells and a method go in; over what else could have been drawn, and how surely, come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.schemas.source import is_calibrated
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

COVERS = "covers"
"""The column that says what an interval covers: what else could have been drawn."""

LEVEL = "level"
"""The column that says how surely, and whether each interval or all at once."""

DRAWN = {"question": "new questions", "demographic": "new groups"}
"""Clusters as what stands for others like it; those of other columns are called by their names."""

FITS, CELLS = "new fits", "new cells"
FIXED = {"question": "these questions", "demographic": "these groups"}
"""What is not drawn anew: a claim is about these alone."""


def covered(cells: pl.DataFrame, keys: Sequence[str], cluster: Sequence[str], *, counts_fits: bool) -> pl.DataFrame:
    """One row per comparison with `covers`: what stands for others of its kind, and what for itself alone.

    `cluster` is empty where every cell is independent. Fits are covered where a method counts them in every cell.

    >>> cells = pl.DataFrame({"source": ["m"] * 2, "question": ["a", "b"]})
    >>> covered(cells, ["source"], ["question"], counts_fits=False)["covers"].to_list()
    ['new questions for these groups']
    >>> covered(cells, ["source"], ["question", "demographic"], counts_fits=False)["covers"].to_list()
    ['new questions and new groups']
    """
    known = pl.lit(value=False)
    if counts_fits and FIT_INFLUENCE in cells.columns:
        is_fitted = pl.any_horizontal(is_calibrated(name) for name in ("source", "versus") if name in keys)
        known = is_fitted.any() & pl.col(FIT_INFLUENCE).is_not_null().all()
    with_fits, without = (pl.lit(_words(cluster, fits)) for fits in ([FITS], []))
    return cells.group_by(keys).agg(pl.when(known).then(with_fits).otherwise(without).alias(COVERS))


def _words(cluster: Sequence[str], fits: Sequence[str]) -> str:
    """What could have been drawn anew, and what not."""
    if not cluster:
        return CELLS
    *others, last = [*(DRAWN.get(name, f"new values of {name}") for name in cluster), *fits]
    drawn = f"{', '.join(others)} and {last}" if others else last
    fixed = next((words for name, words in reversed(FIXED.items()) if name not in cluster), None)
    return f"{drawn} for {fixed}" if fixed else drawn


def level_of(conf: float, at_once: int | None = None) -> str:
    """The coverage of intervals in print: of each, or of all `at_once`.

    >>> level_of(0.95), level_of(0.9, 12), level_of(0.95, 1)
    ('95%, each', '90%, all 12 at once', '95%, each')
    """
    return f"{100 * conf:g}%, {f'all {at_once} at once' if at_once and at_once > 1 else 'each'}"
