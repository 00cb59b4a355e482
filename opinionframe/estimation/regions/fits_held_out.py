"""What fits had to hold out: predicted rows go in; refused are those that learnt from the units of regions."""

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.fit_splits import with_splits
from opinionframe.schemas.vocabulary import FIT_SPLIT

WITHIN = {
    "question": ("row", "demographic"),
    "battery": ("row", "demographic", "question"),
    "topic": ("row", "demographic", "question", "battery"),
    "dataset": ("row", "demographic", "question", "battery", "topic"),
}
"""The units of regions, and what `calibrate` may hold out that leaves answers to the same unit in the fits."""


def refuse_narrower(rows: pl.DataFrame, split: str) -> None:
    """Refuse predicted `rows` whose `fit_split` says that their fits saw answers to other parts of their own unit.

    Rows that do not say it are taken as they are. Raises: FrameError.
    """
    if FIT_SPLIT not in rows.columns:
        return
    fits = with_splits(rows, "opinions").select("source", FIT_SPLIT).unique()
    narrower = fits.filter(pl.col(FIT_SPLIT).is_in(WITHIN[split])).sort(pl.all())
    if len(narrower):
        by = narrower[FIT_SPLIT][0]
        instead = f", or take regions for new units of that kind with split={by!r}" if by in WITHIN else ""
        raise FrameError(
            f"{len(narrower)} sources were calibrated by folds within a {split}, e.g. {examples(narrower.rows())} "
            f"(source, fit_split): their fits saw answers to the same {split}, so that their errors are smaller than "
            f"those for a new one, and regions would be too small. Calibrate anew with split={split!r}{instead}."
        )
