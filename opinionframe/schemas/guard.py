"""A lazy plan that refuses itself on collect: the frame goes in, the same frame with a guard comes out."""

from collections.abc import Callable

import polars as pl


def guarded(frame: pl.LazyFrame, broken: pl.LazyFrame, refuse: Callable[[pl.DataFrame], None]) -> pl.LazyFrame:
    """`frame`, whose collection calls `refuse` on the collected `broken`, which raises or does nothing."""
    schema = frame.collect_schema()

    def check(rows: pl.DataFrame) -> pl.DataFrame:
        refuse(rows)
        return schema.to_frame()

    return pl.concat([frame, broken.map_batches(check, schema=schema)])


def guarded_where(frame: pl.LazyFrame, doubtful: pl.LazyFrame, refuse: Callable[[], None]) -> pl.LazyFrame:
    """The same, but `refuse` finds out for itself, where `doubtful` has rows: `frame` is never held back for it."""
    schema = frame.collect_schema()
    any_row = doubtful.select((pl.len() > 0).alias("any"))

    def check(found: pl.DataFrame) -> pl.DataFrame:
        if found["any"].any():
            refuse()
        return schema.to_frame()

    return pl.concat([frame, any_row.map_batches(check, schema=schema, streamable=True)])
