"""Eager in gives eager out, lazy in gives lazy out: guards inside a lazy plan, and the one place that collects."""

from collections.abc import Callable
from typing import TypeVar

import polars as pl

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def same_kind(result: pl.LazyFrame, frame: Frame, *, streaming: bool = False) -> Frame:
    """`result` as a DataFrame where `frame` is one, else as it is; `streaming` for plans that gain by it."""
    return result.collect(engine="streaming" if streaming else "auto") if isinstance(frame, pl.DataFrame) else result


def guarded(frame: pl.LazyFrame, broken: pl.LazyFrame, refuse: Callable[[pl.DataFrame], None]) -> pl.LazyFrame:
    """`frame`, whose collection calls `refuse` with the rows of `broken`, which raises or does nothing."""
    schema = frame.collect_schema()

    def check(rows: pl.DataFrame) -> pl.DataFrame:
        refuse(rows)
        return schema.to_frame()

    return pl.concat([frame, broken.map_batches(check, schema=schema)])


def guarded_where(frame: pl.LazyFrame, doubtful: pl.LazyFrame, refuse: Callable[[], None]) -> pl.LazyFrame:
    """`frame`, whose collection calls `refuse` where `doubtful` has a row: `frame` is not held back for it."""
    schema = frame.collect_schema()
    any_row = doubtful.select((pl.len() > 0).alias("any"))

    def check(found: pl.DataFrame) -> pl.DataFrame:
        if found["any"].any():
            refuse()
        return schema.to_frame()

    return pl.concat([frame, any_row.map_batches(check, schema=schema, streamable=True)])
