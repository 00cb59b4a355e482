"""The column `fit_influence` where it enters: a frame goes in, the same with finite numbers comes out."""

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.vocabulary import FIT_INFLUENCE


def with_influences(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """`frame`, called `name`, with `fit_influence` as numbers, null where it is not known; as it is without the column.

    Raises: FrameError where the column holds something else, such as words of one's own, NaN or infinity.
    """
    if FIT_INFLUENCE not in frame.columns:
        return frame
    numbers = frame[FIT_INFLUENCE].cast(pl.Float64, strict=False)
    wrong = frame.filter(frame[FIT_INFLUENCE].is_not_null() & ~numbers.is_finite().fill_null(value=False))
    if len(wrong):
        shown = examples(wrong.select(*GROUP, FIT_INFLUENCE).unique().sort(GROUP).head(3).rows())
        raise FrameError(
            f"{name} has {len(wrong)} rows whose {FIT_INFLUENCE} is no finite number, e.g. {shown}. calibrate(…) makes "
            f"this column, for intervals to count new fits: rename one of your own, or leave it out with "
            f".drop({FIT_INFLUENCE!r})."
        )
    return frame.with_columns(numbers)
