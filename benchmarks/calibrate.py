"""The closed forms beside a loop over scikit-learn."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
from timing import ROUNDS, Row, scaled, side_by_side

import opinionframe as of

sys.path.insert(0, str(Path(__file__).parents[1] / "reports" / "calibration"))
import speed


def run(*, tiny: bool = False) -> list[Row]:
    """A grid of the paper's size; tiny: three of its sources, once."""
    opinions, book = speed.study(speed.SEED)
    elicited = opinions.filter(pl.col("source") != "human")["source"].unique(maintain_order=True).to_list()
    if tiny:
        elicited = elicited[:3]
        opinions = _of(opinions, elicited)
    return _closed_forms(opinions, book, elicited, 1 if tiny else ROUNDS)


def _of(opinions: pl.DataFrame, sources: list[str]) -> pl.DataFrame:
    return opinions.filter(pl.col("source").is_in(["human", *sources]))


def _closed_forms(opinions: pl.DataFrame, book: pl.DataFrame, elicited: list[str], rounds: int) -> list[Row]:
    looped = elicited[len(elicited) // 2 :][:1]
    options = {"method": list(speed.MODELS), "folds": speed.FOLDS, "refits": False, "seed": speed.SEED}
    relation = duckdb.connect().from_arrow(opinions.to_arrow())
    routes = {
        "linear, ridge and lasso, out of fold": partial(of.calibrate, opinions, book, **options),
        "the same, DuckDB relation to Polars": lambda: of.calibrate(relation, book, **options).pl(),  # type: ignore[attr-defined, type-var]  # a relation again
        "scikit-learn loop (scaled)": partial(speed.loop, opinions, book, looped),
    }
    sources = len(elicited)
    engine, loop = side_by_side("calibrate", f"{len(opinions):,} rows, {sources} sources", routes, rounds)
    human = pl.col("source") == "human"
    factor = opinions.filter(~human).height / opinions.filter(pl.col("source").is_in(looped)).height
    return [engine, scaled(loop, factor, f"loop measured on 1 source of {sources}, scaled by rows")]
