"""Scores of two metrics are never averaged, compared or printed together: the refusal, where frames of scores enter."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas.lazy import guarded

METRIC = "metric"


def one_metric(scores: pl.LazyFrame, by: Sequence[str], name: str = "aligned") -> pl.LazyFrame:
    """`scores`, refused on collect where they are of several metrics and `by` does not keep these apart. Lazy."""
    if METRIC in by:
        return scores
    return guarded(scores, _cells_per_metric(scores), lambda counts: _refuse(counts, name, _by(by)))


def refuse_mixed(scores: pl.DataFrame, by: Sequence[str] | None = None, name: str = "aligned") -> None:
    """Raises a FrameError where `scores` are of several metrics and `by` does not keep these apart.

    Without `by`, for what can take one metric only.
    """
    if by is None:
        _refuse(_cells_per_metric(scores.lazy()).collect(), name)
    elif METRIC not in by:
        _refuse(_cells_per_metric(scores.lazy()).collect(), name, _by(by))


def metric_in(scores: pl.DataFrame) -> str | None:
    """The one metric of `scores`, None where they do not say it."""
    names = scores[METRIC].unique().to_list() if METRIC in scores.columns else []
    return names[0] if len(names) == 1 else None


def _by(by: Sequence[str]) -> str:
    keys = ", ".join(repr(key) for key in (*by, METRIC))
    return f", or name the column in by=[{keys}], which keeps them in rows of their own"


def _cells_per_metric(scores: pl.LazyFrame) -> pl.LazyFrame:
    return scores.group_by(METRIC).agg(pl.len().alias("cells"))


def _refuse(counts: pl.DataFrame, name: str, apart: str = "") -> None:
    if counts.height < 2:
        return
    rows = counts.sort("cells", METRIC, descending=[True, False]).rows()
    listed = ", ".join(f"{metric or 'not named'} ({cells:,} rows)" for metric, cells in rows)
    example = next(metric for metric, _ in rows if metric)
    unnamed = any(metric is None for metric, _ in rows)
    fill = f" Where a frame does not name it, do so with .with_columns(metric=pl.lit({example!r}))." if unnamed else ""
    raise FrameError(
        f"{name} has scores of {len(rows)} metrics, which can neither be averaged nor compared: {listed}. "
        f"Keep one with .filter(metric={example!r}){apart}.{fill}"
    )
