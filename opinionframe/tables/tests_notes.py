"""What a table says of its Tests: how differences, intervals and p-values are to be read."""

from __future__ import annotations

import polars as pl

from opinionframe.alignment.estimand import ESTIMAND
from opinionframe.inference.covers import CELLS, COVERS, LEVEL
from opinionframe.inference.omnibus import OMNIBUS
from opinionframe.tables import marks


def notes(rows: pl.DataFrame) -> list[str]:
    """The notes on checked Tests, each where it is true of some row."""
    is_omnibus = pl.col("method").is_in(list(OMNIBUS.values()))
    lines = [_difference(rows), *_covered(rows), _correction(rows), *_lost(rows)]
    if rows.select(is_omnibus.any()).item():
        lines.append(
            f"{' and '.join(rows.filter(is_omnibus)['method'].unique().sort())}: one test that the three conditions "
            "differ; the difference is that of the best and the worst of them."
        )
    if "margin" in rows.columns and rows["margin"].count():
        lines.append(
            "Tests of equivalence turn the burden of proof round: a small p says that the sources differ by less than "
            "the margin (equivalent), or that the source is not worse by more (not worse). Margin in points."
        )
    p = pl.when(pl.col("adjust") == "none").then("p_value").otherwise("p_adjusted")
    lacking = rows.filter(p.is_null()).height
    if lacking:
        lines.append(
            f"{lacking} of {rows.height} tests have no p-value (a dash): too few clusters, no spread between them, or "
            "a method that gives an interval alone."
        )
    return [marks.clean(line) for line in lines]


def _difference(rows: pl.DataFrame) -> str:
    """What the difference is, over which cells, and how surely its interval holds."""
    over = " or ".join(_named(rows, ESTIMAND))
    level = " or ".join(_named(rows, LEVEL))
    what = "Difference: alignment of the source less that of what it stands against, in points"
    interval = f" Its interval: {level}." if level else ""
    return f"{what}{f', {over}' if over else ''}.{interval}"


def _covered(rows: pl.DataFrame) -> list[str]:
    """What intervals and p-values hold over, by test."""
    if COVERS not in rows.columns:
        return []
    held = rows.select("method", COVERS).drop_nulls().unique().group_by(COVERS).agg(pl.col("method").sort())
    if held.is_empty():
        return []
    independent = {CELLS: f"{CELLS}, each taken as independent of all others"}
    parts = [f"{independent.get(over, over)} ({', '.join(methods)})" for over, methods in held.sort(COVERS).rows()]
    return [f"Intervals and p-values hold over {'; '.join(parts)}."]


def _correction(rows: pl.DataFrame) -> str:
    """How p-values are corrected, and for which comparisons."""
    families = rows.select("adjust", "family").unique().sort("adjust", "family")
    parts = [
        "not corrected" if adjust == "none" else f"corrected by {adjust} for {family}"
        for adjust, family in families.rows()
    ]
    return f"p: {'; '.join(dict.fromkeys(parts))}."


def _lost(rows: pl.DataFrame) -> list[str]:
    """How many cells a comparison leaves out, because one of its two sources lacks them."""
    if "n_lost" not in rows.columns or not rows["n_lost"].sum():
        return []
    return [f"Left out of a comparison are {marks.span(rows['n_lost'])} cells that one of its two sources lacks."]


def _named(rows: pl.DataFrame, column: str) -> list[str]:
    """The distinct texts of a column that tests may lack."""
    return rows[column].drop_nulls().unique().sort().to_list() if column in rows.columns else []
