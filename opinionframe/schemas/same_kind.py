"""Eager in gives eager out, lazy in gives lazy out: the one place where a border collects."""

from typing import TypeVar

import polars as pl

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def same_kind(result: pl.LazyFrame, frame: Frame, *, streaming: bool = False) -> Frame:
    """`result` as a DataFrame where `frame` is one, else as it is; `streaming` for plans that gain by it."""
    return result.collect(engine="streaming" if streaming else "auto") if isinstance(frame, pl.DataFrame) else result
