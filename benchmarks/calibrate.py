"""The closed forms beside a loop over scikit-learn, and the default calibrator per million rows."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
from timing import Row, scaled, side_by_side

import opinionframe as of

sys.path.insert(0, str(Path(__file__).parents[1] / "reports" / "calibration"))
import speed


def run() -> list[Row]:
    """Grids of the paper's size for the closed forms; a tenth of its sources for the default calibrator."""
    opinions, book = speed.study(speed.SEED)
    elicited = opinions.filter(pl.col("source") != "human")["source"].unique(maintain_order=True).to_list()
    return [*_closed_forms(opinions, book, elicited), *_default(opinions, book, elicited)]


def _closed_forms(opinions: pl.DataFrame, book: pl.DataFrame, elicited: list[str]) -> list[Row]:
    looped = elicited[speed.SOURCES // 2 :][:1]
    options = {"method": list(speed.MODELS), "folds": speed.FOLDS, "refits": False, "seed": speed.SEED}
    relation = duckdb.connect().from_arrow(opinions.to_arrow())
    routes = {
        "linear, ridge and lasso, out of fold": partial(of.calibrate, opinions, book, **options),
        "the same, DuckDB relation to Polars": lambda: of.calibrate(relation, book, **options).pl(),  # type: ignore[attr-defined, type-var]  # a relation again
        "scikit-learn loop (scaled)": partial(speed.loop, opinions, book, looped),
    }
    engine, loop = side_by_side("calibrate", f"{len(opinions):,} rows, {speed.SOURCES} sources", routes)
    factor = speed.SOURCES * _mean_rows(opinions) / opinions.filter(pl.col("source").is_in(looped)).height
    return [engine, scaled(loop, factor, f"loop measured on 1 source of {speed.SOURCES}, scaled by rows")]


def _mean_rows(opinions: pl.DataFrame) -> float:
    return opinions.filter(pl.col("source") != "human").height / speed.SOURCES


def _default(opinions: pl.DataFrame, book: pl.DataFrame, elicited: list[str]) -> list[Row]:
    """The default calibrator beside the closed forms on the same rows, in seconds per million rows."""
    kept = opinions.filter(pl.col("source").is_in(["human", *elicited[:27]]))
    each = partial(of.calibrate, kept, book, folds=speed.FOLDS, refits=False, seed=speed.SEED)
    routes = {"default": partial(each, method="default"), "linear": partial(each, method="linear")}
    (line,) = side_by_side("calibrate", f"{len(kept):,} rows, 27 sources", routes)
    return [line | {"note": f"default: {float(str(line['seconds'])) / len(kept) * 1e6:.3g} seconds per million rows"}]
