"""The column `fit_split` where it enters: a frame goes in, the same with its words as text comes out."""

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas.vocabulary import FIT_SPLIT

WORDS = (pl.String, pl.Categorical, pl.Enum, pl.Null)


def with_splits(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """`frame`, called `name`, with `fit_split` as text, null where it is not known; as it is without the column.

    Raises: FrameError where the column holds something else than text.
    """
    if FIT_SPLIT not in frame.columns:
        return frame
    if frame[FIT_SPLIT].dtype not in WORDS:
        raise FrameError(
            f"{name} has a column {FIT_SPLIT} of {frame[FIT_SPLIT].dtype}, not of text. calibrate(…) makes it, for "
            f"prediction_regions to know what fits held out: rename your own, or leave it out with "
            f".drop({FIT_SPLIT!r})."
        )
    return frame.with_columns(pl.col(FIT_SPLIT).cast(pl.String))
