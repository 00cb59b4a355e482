"""The check where a relation enters a verb that leaves its rows where they are: only broken cells travel."""

from __future__ import annotations

from typing import Any

import polars as pl

from opinionframe.schemas import reasons
from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.frames import OPTIONAL, SUM_TOLERANCE
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.relation import bring, flagged, grouped, narwhals, opinion_rows


def relation_border(relation: Any, codebook: pl.DataFrame) -> Any:
    """The rows of `relation` as Opinions that fit `codebook`, in the engine. Its query for broken cells runs here.

    Raises: FrameError, MissingPackageError.
    """
    rows, columns = opinion_rows(relation)
    k_max = int(codebook["choice"].to_numpy().max())
    k = bring(codebook.group_by("question").agg(pl.len().alias("k")), rows)
    cells = grouped(rows, k_max, columns).join(k, on="question", how="left")
    suspicious = cells.filter(~_is_sound(k_max, columns) | _is_one_of(_malformed(rows))).drop("k")
    broken = flagged(suspicious.collect("polars").to_native(), columns)
    reasons.refuse_cells(reasons.reasoned(broken.lazy(), codebook, k_max).collect())
    return rows


def _malformed(rows: Any) -> list[str]:
    found = rows.select("demographic").unique().collect("polars").to_native()
    return found.filter(is_malformed())["demographic"].to_list()  # type: ignore[no-any-return]


def _is_one_of(demographics: list[str]) -> Any:
    nw = narwhals()
    nothing = nw.lit(value=False)
    return nw.coalesce(nw.col("demographic").is_in(demographics), nothing) if demographics else nothing


def _is_sound(k_max: int, columns: list[str]) -> Any:
    """Whether the sums of a cell beside its question's `k` break no rule; never null."""
    nw = narwhals()
    k, rows = nw.col("k"), nw.col("rows")
    distinct = nw.sum_horizontal(*(nw.col(f"has{j}") for j in range(1, k_max + 1)))
    checks = [
        *(~nw.col(key).is_null() for key in CELL),
        (rows == k) & (distinct == k) & (nw.col("top") <= k),
        *(nw.col(flag) == 0 for flag in ("keyless", "unknown", "negative")),
        (nw.col("total") - 1).abs() <= SUM_TOLERANCE,
        *(_is_constant(name) for name in OPTIONAL if name in columns),
    ]
    return nw.coalesce(nw.all_horizontal(*checks, ignore_nulls=False), nw.lit(value=False))


def _is_constant(name: str) -> Any:
    nw = narwhals()
    low, high, known = (nw.col(f"{what} {name}") for what in ("low", "high", "known"))
    whole = (known == nw.col("rows")) & (low == high) & (nw.col(f"odd {name}") == 0)
    return (known == 0) | whole
