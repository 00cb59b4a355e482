"""Rows that lie in another engine: DuckDB and PySpark relations go in, one row per cell in Polars comes out.

The engine makes the sums and checks of each cell where the rows are; cells are what travels.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe.errors import MissingPackageError
from opinionframe.schemas.borders import typed_columns
from opinionframe.schemas.frames import OPTIONAL, Opinions
from opinionframe.schemas.keys import CELL

LARGEST_CHOICE = 255


def is_relation(frame: object) -> bool:
    """Whether `frame` belongs to an engine that narwhals reaches, by the package it comes from."""
    return type(frame).__module__.split(".")[0] in ("duckdb", "_duckdb", "pyspark")


def travelling(columns: list[str]) -> list[str]:
    """Columns that travel from the source's rows; `n_eff` comes from the reference's."""
    return [column for column in columns if column not in (*Opinions.column_names(), "n_eff")]


def relation_cells(relation: Any, k_max: int) -> tuple[list[str], pl.DataFrame]:
    """The columns of the rows, and their cells: shares `p1`…, the cell checks, and columns `along …`.

    The engine's query runs here. Raises: FrameError, MissingPackageError.
    """
    rows, columns = opinion_rows(relation)
    return columns, flagged(grouped(rows, k_max, columns).collect("polars").to_native(), columns)


def opinion_rows(relation: Any) -> tuple[Any, list[str]]:
    """The rows of `relation`, the columns of Opinions first, still in the engine; and the names of their columns.

    Raises: FrameError, MissingPackageError.
    """
    nw = narwhals()
    rows = nw.from_native(relation)
    empty = rows.collect_schema().to_polars().to_frame()
    columns = typed_columns(empty, Opinions, "opinions").collect_schema().names()
    return rows.select(nw.col("prob").cast(nw.Float64) if name == "prob" else name for name in columns), columns


def bring(table: pl.DataFrame, rows: Any) -> Any:
    """A small table beside `rows`, in their engine; its integers as 64-bit ones, which every engine has."""
    brought = table.with_columns(pl.selectors.integer().cast(pl.Int64)).to_arrow()
    native = rows.to_native()
    if hasattr(native, "sparkSession"):
        return narwhals().from_native(native.sparkSession.createDataFrame(brought))
    # DuckDB finds the Arrow table by the name of the variable.
    return narwhals().from_native(native.query("beside", "select * from brought"))


def narwhals() -> Any:
    """The package that writes queries for other engines.

    Raises: MissingPackageError.
    """
    try:
        import narwhals
    except ImportError as error:
        raise MissingPackageError(
            "Relations of other engines need narwhals: pip install opinionframe[engine]."
        ) from error
    return narwhals


def grouped(rows: Any, k_max: int, columns: list[str]) -> Any:
    """The query: one row per cell, flags as numbers, since not every engine has `any`."""
    nw = narwhals()
    choice, prob = nw.col("choice"), nw.col("prob")
    optional = [name for name in OPTIONAL if name in columns]
    flags = {
        **{f"has{j}": choice == j for j in range(1, k_max + 1)},
        "keyless": choice.is_null() | (choice < 0) | (choice > LARGEST_CHOICE),
        "unknown": prob.is_null() | prob.is_nan(),
        "negative": prob < 0,
        **{f"odd {name}": _odd(nw, name) for name in optional},
    }
    return rows.group_by(*CELL).agg(
        *(nw.when(choice == j).then(prob).otherwise(nw.lit(0.0)).sum().alias(f"p{j}") for j in range(1, k_max + 1)),
        *(nw.when(flag).then(nw.lit(1)).otherwise(nw.lit(0)).max().alias(name) for name, flag in flags.items()),
        nw.len().alias("rows"),
        choice.max().alias("top"),
        choice.min().alias("bottom"),
        prob.sum().alias("total"),
        # Constant within a cell, so that the largest is the one.
        *(nw.col(name).max().alias(f"along {name}") for name in travelling(columns)),
        *(part for name in optional for part in _extent(nw, name)),
    )


def _odd(nw: Any, name: str) -> Any:
    value = nw.col(name).cast(nw.Float64)
    outside = (value < 0) | (value > 1) if name == "nonresponse" else (value <= 0) | (value == float("inf"))
    return value.is_nan() | outside


def _extent(nw: Any, name: str) -> list[Any]:
    value = nw.col(name).cast(nw.Float64)
    return [value.min().alias(f"low {name}"), value.max().alias(f"high {name}"), value.count().alias(f"known {name}")]


def flagged(cells: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Flags as such, and `misplaced`: whether n_eff or nonresponse is out of range or varies within a cell."""
    optional = [name for name in OPTIONAL if name in columns]
    broken = [
        (pl.col(f"odd {name}") > 0)
        | (pl.col(f"low {name}") != pl.col(f"high {name}"))
        | pl.col(f"known {name}").is_between(1, pl.col("rows").cast(pl.Int64) - 1)
        for name in optional
    ]
    flags = pl.col("^has[0-9]+$", "keyless", "unknown", "negative").cast(pl.Boolean)
    misplaced = pl.any_horizontal(pl.lit(value=False), *(check.fill_null(value=False) for check in broken))
    return cells.with_columns(pl.col(CELL).cast(pl.String), flags, misplaced.alias("misplaced"))
