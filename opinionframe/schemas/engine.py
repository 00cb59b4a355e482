"""Rows that lie in another engine: DuckDB and PySpark relations are checked and measured where they are.

Cells, or only the broken ones, are what travels. The laws are those of every other route.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from opinionframe.schemas.broken_cells import broken_of, choices_per_question, largest_choice
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.frames import Opinions
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.refusal import refuse_cells
from opinionframe.schemas.rules import OPINIONS
from opinionframe.schemas.vocabulary import OPTIONAL

LARGEST_CHOICE = 255


def travelling(columns: list[str]) -> list[str]:
    """Columns that travel from the source's rows; `n_eff` comes from the reference's."""
    return [column for column in columns if column not in (*Opinions.column_names(), "n_eff")]


def relation_cells(relation: Any, k_max: int) -> tuple[list[str], pl.DataFrame]:
    """The columns of the rows, and their cells: shares `p1`…, the measures of the laws, and columns `along …`.

    The engine's query runs here. Raises: FrameError.
    """
    rows, columns = _opinion_rows(relation)
    cells: pl.DataFrame = _measured(rows, k_max, columns).collect("polars").to_native()
    return columns, cells.with_columns(pl.col(CELL).cast(pl.String))


def relation_border(relation: Any, codebook: pl.DataFrame) -> Any:
    """The rows of `relation` as Opinions that fit `codebook`, in the engine. Its query for broken cells runs here.

    Raises: FrameError.
    """
    nw = narwhals()
    rows, columns = _opinion_rows(relation)
    k = bring(choices_per_question(codebook), rows)
    measured = _measured(rows, largest_choice(codebook), columns).join(k, on="question", how="left")
    m = _engine_measures(rows, columns)
    broken = nw.any_horizontal(*(rule.broken(m).fill_null(value=False) for rule in OPINIONS), ignore_nulls=False)
    refused = measured.with_columns(_distinct(measured)).filter(broken).drop("k", "distinct").collect("polars")
    cells = refused.to_native().lazy().with_columns(pl.col(CELL).cast(pl.String))
    refuse_cells(broken_of(cells, codebook).collect(), OPINIONS, "opinions")
    return rows


def bring(table: pl.DataFrame, rows: Any) -> Any:
    """A small table beside `rows`, in their engine; its integers as 64-bit ones, which every engine has."""
    brought = table.with_columns(pl.selectors.integer().cast(pl.Int64)).to_arrow()
    native = rows.to_native()
    if hasattr(native, "sparkSession"):
        return narwhals().from_native(native.sparkSession.createDataFrame(brought))
    # DuckDB finds the Arrow table by the name of the variable.
    return narwhals().from_native(native.query("beside", "select * from brought"))


def narwhals() -> Any:
    """The package that writes queries for other engines, loaded where there is one."""
    import narwhals

    return narwhals


def _opinion_rows(relation: Any) -> tuple[Any, list[str]]:
    """The rows of `relation`, the columns of Opinions first, still in the engine; and the names of their columns."""
    nw = narwhals()
    rows = nw.from_native(relation)
    empty = rows.collect_schema().to_polars().to_frame()
    columns = typed_columns(empty, Opinions, "opinions", OPTIONAL).collect_schema().names()
    return rows.select(nw.col("prob").cast(nw.Float64) if name == "prob" else name for name in columns), columns


def _measured(rows: Any, k_max: int, columns: list[str]) -> Any:
    """The query: one row per cell with its measures, flags counted, since not every engine has `any`."""
    nw = narwhals()
    choice, prob = nw.col("choice"), nw.col("prob")
    flags = {
        **{f"has{j}": choice == j for j in range(1, k_max + 1)},
        "keyless": choice.is_null() | (choice < 0) | (choice > LARGEST_CHOICE),
        "unknown": prob.is_null() | prob.is_nan(),
        "negative": prob < 0,
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
        *(part for name in OPTIONAL if name in columns for part in _extremes(nw, name)),
    )


def _extremes(nw: Any, name: str) -> list[Any]:
    """Least, largest and known values of an optional column; a NaN counts as -1, as it does in Polars."""
    value = nw.col(name).cast(nw.Float64)
    value = nw.when(value.is_nan()).then(nw.lit(-1.0)).otherwise(value)
    return [value.min().alias(f"low {name}"), value.max().alias(f"high {name}"), value.count().alias(f"known {name}")]


def _distinct(measured: Any) -> Any:
    """How many of the choices 1..K a cell has."""
    nw = narwhals()
    flags = [name for name in measured.collect_schema() if name.startswith("has")]
    return nw.sum_horizontal(*(nw.col(name) for name in flags)).alias("distinct")


def _engine_measures(rows: Any, columns: list[str]) -> Callable[[str], Any]:
    """How a law finds its measures in the engine. The query for demographics, which are few, runs here."""
    nw = narwhals()
    demographics = rows.select("demographic").unique().collect("polars").to_native()
    malformed = demographics.filter(is_malformed())["demographic"].to_list()
    nothing = nw.lit(value=False)
    derived = {
        "unkeyed": nw.any_horizontal(*(nw.col(key).is_null() for key in CELL), ignore_nulls=False),
        "malformed": nw.col("demographic").is_in(malformed) if malformed else nothing,
    }
    for name in OPTIONAL:
        if name not in columns:
            absent = nw.lit(None).cast(nw.Float64)
            derived |= {f"known {name}": nw.lit(0), f"low {name}": absent, f"high {name}": absent}
    return lambda name: derived[name] if name in derived else nw.col(name)
