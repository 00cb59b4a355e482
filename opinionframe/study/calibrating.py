"""What a study calibrates: Opinions go in; calibrated rows, and answers too few to learn from as they are, come out."""

from collections.abc import Callable

import polars as pl

from opinionframe.calibration.folds import UntrainedError
from opinionframe.calibration.supervision import Plan, elicited_rows
from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import GROUP, ROW


class UncalibratedWarning(OpinionFrameWarning):
    """A study left some sources as they were answered, since they have too few human answers to learn from."""


def calibrated_where_taught(
    asked: pl.DataFrame, codebook: pl.DataFrame, plan: Plan, calibrate: Callable[[pl.DataFrame], pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that `calibrate` makes of those `asked` that it can learn from, and the others as they are.

    A source that it refuses for want of human answers, in the dataset where it does, is left out with an
    UncalibratedWarning that names it; the raw rows of both parts together are those `asked`.

    Raises: UntrainedError where no source is left; what else `calibrate` raises.
    """
    taught, reasons = asked, []
    untaught: list[pl.DataFrame] = []
    while True:
        try:
            rows = calibrate(taught)
        except UntrainedError as error:
            grouped = elicited_rows(taught, plan, codebook)
            few = grouped.filter(pl.col("group").is_in(error.groups))
            if few.is_empty() or few.height == grouped.height:
                raise
            untaught.append(taught.join(few, on=ROW, how="semi", maintain_order="left"))
            taught = taught.join(few, on=ROW, how="anti", maintain_order="left")
            reasons.append(_reason(few, asked, grouped["group"].n_unique(), error))
            continue
        for reason in reasons:
            warn_user(reason, UncalibratedWarning)
        return rows, pl.concat(untaught) if untaught else asked.clear()


def _reason(few: pl.DataFrame, asked: pl.DataFrame, n_groups: int, error: UntrainedError) -> str:
    """Which sources are left as they are, how many cells people answered of each, and why that is too few."""
    human = asked.filter(source=HUMAN).select(GROUP).unique()
    counts = (
        few.select("group", *GROUP)
        .unique()
        .join(human.with_columns(has_human=True), on=GROUP, how="left")
        .group_by("group")
        .agg(pl.col("has_human").sum(), pl.col("question").filter(pl.col("has_human")).n_unique().alias("questions"))
        .sort("group")
    )
    texts = counts.select(pl.format("{} ({} cells of {} questions)", "group", "has_human", "questions")).to_series()
    return (
        f"{counts.height} of {n_groups} sources are left as they were answered, with too few human answers to "
        f"calibrate them by: {examples([(text,) for text in texts])}. {error}"
    )
