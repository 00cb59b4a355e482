"""Cells that cannot be scored: refused with the reason, or counted in a warning."""

import polars as pl

from opinionframe.alignment.sums import Sums
from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import guarded_where
from opinionframe.schemas.refusal import refuse_cells
from opinionframe.schemas.rules import OPINIONS


def guard_cells(scored: pl.LazyFrame, compared: pl.LazyFrame, sums: Sums, choices: dict[str, str]) -> pl.LazyFrame:
    """`scored`, with a guard in its plan that refuses or counts the cells in `compared` that cannot be scored.

    `compared` has the cells of `sums`, `unordered`, `unfit`, and a null `k` where there is no reference; `choices`
    the arguments `metric`, `reference` and `missing` of align.
    """
    doubtful = compared.filter(~sums.sound | pl.col("unfit"))

    def report() -> None:
        refuse_cells(sums.broken.collect(engine="streaming"), OPINIONS, "opinions")
        cells = doubtful.select(pl.col(CELL).cast(pl.String), "k", "unordered").collect(engine="streaming")
        _refuse_unordered(cells.filter("unordered"), choices["metric"])
        _report_unmatched(cells.filter(pl.col("k").is_null()).sort(CELL), choices["reference"], choices["missing"])

    return guarded_where(scored, doubtful, report)


def _refuse_unordered(cells: pl.DataFrame, metric: str) -> None:
    if len(cells):
        nominal = cells.select("question").unique().sort("question")
        raise FrameError(
            f"{len(nominal)} questions are nominal, e.g. {examples(nominal.rows())}: {metric} needs an order. "
            "Leave out metric=…, which scores each question by its scale, use metric='total_variation' for all, or "
            "drop them with .filter(…)."
        )


def _report_unmatched(cells: pl.DataFrame, reference: str, missing: str) -> None:
    if cells.is_empty():
        return
    unmatched = f"{len(cells)} cells have no reference {reference!r}, e.g. {examples(cells.select(CELL).rows())}."
    if missing == "error":
        raise FrameError(f"{unmatched} Drop them with missing='drop', or widen reference(by=…).")
    warn_user(f"{unmatched} They were dropped.", OpinionFrameWarning)
