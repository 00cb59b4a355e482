"""Answers of many sources to questions of two to six choices, written to Parquet a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

QUESTIONS, GROUPS = 100, 15
CELLS = QUESTIONS * GROUPS
"""Cells of one source."""


def codebook(seed: int) -> pl.DataFrame:
    """A codebook of `QUESTIONS` questions, two to six choices each, at uneven positions."""
    rng = np.random.default_rng(seed)
    book = pl.DataFrame({"question": [f"q{i:03}" for i in range(QUESTIONS)], "k": rng.integers(2, 7, QUESTIONS)})
    book = book.select("question", choice=pl.int_ranges(1, pl.col("k") + 1, dtype=pl.UInt8)).explode("choice")
    return book.with_columns(
        label=pl.col("choice").cast(pl.String),
        position=pl.col("choice") ** 1.5,
        text=pl.format("Question {}", "question"),
        scale=pl.lit("ordinal"),
        topic=pl.lit(None, pl.String),
        dataset=pl.lit(None, pl.String),
    )


def write(path: Path, sources: int, seed: int) -> int:
    """Opinions of the humans and `sources` models over every cell, 20 sources a row group. Returns: rows."""
    names = ["human", *(f"model-{i:05}|logprob|sd|standard" for i in range(sources))]
    parts = (names[start : start + 20] for start in range(0, len(names), 20))
    shapes = _shapes(seed)
    return _written(path, (pl.DataFrame({"source": part}).join(shapes, how="cross") for part in parts), seed)


def write_by_cell(path: Path, sources: int, seed: int) -> int:
    """The same, sorted by question, demographic, source and choice, a question and demographic a row group."""
    names = pl.DataFrame({"source": ["human", *(f"model-{i:05}|logprob|sd|standard" for i in range(sources))]})
    parts = _shapes(seed).partition_by("question", "demographic", maintain_order=True)
    return _written(path, (names.join(part, how="cross", maintain_order="left_right") for part in parts), seed)


def _shapes(seed: int) -> pl.DataFrame:
    groups = pl.DataFrame({"demographic": [f"class=Group {i:02}" for i in range(GROUPS)]})
    cells = codebook(seed).select("question", "choice").join(groups, how="cross")
    return cells.select("question", "demographic", "choice").sort("question", "demographic", "choice")


def _written(path: Path, parts: Iterator[pl.DataFrame], seed: int) -> int:
    rng = np.random.default_rng(seed)
    first = _answered(next(parts), rng).to_arrow()
    rows = len(first)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(_answered(part, rng).to_arrow())
            rows += len(part)
    return rows


def _answered(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    starts = rows["choice"].to_numpy() == 1
    drawn = rng.standard_exponential(len(rows))
    total = np.add.reduceat(drawn, np.flatnonzero(starts))[np.cumsum(starts) - 1]
    answered = rows.with_columns(prob=pl.Series(drawn / total))
    return answered.select("question", "demographic", "choice", "source", "prob")
