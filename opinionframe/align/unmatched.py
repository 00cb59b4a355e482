"""Cells that have no reference: named in an error, or counted in a warning."""

import warnings

import polars as pl

from opinionframe.errors import FrameError, OpinionFrameWarning, examples
from opinionframe.schemas.frames import CELL
from opinionframe.schemas.guard import guarded


def guard_unmatched(scored: pl.LazyFrame, unmatched: pl.LazyFrame, reference: str, missing: str) -> pl.LazyFrame:
    """`scored`, with a guard in its plan that refuses or counts the cells in `unmatched`."""

    def report(cells: pl.DataFrame) -> None:
        if len(cells):
            _report(cells.sort(CELL), reference, missing)

    return guarded(scored, unmatched, report)


def _report(cells: pl.DataFrame, reference: str, missing: str) -> None:
    said = f"{len(cells)} cells have no reference {reference!r}, e.g. {examples(cells.rows())}."
    if missing == "error":
        raise FrameError(f"{said} Drop them with missing='drop', or widen reference(by=…).")
    warnings.warn(f"{said} They were dropped.", OpinionFrameWarning, stacklevel=2)
