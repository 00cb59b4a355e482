"""The closed forms beside a loop over scikit-learn, and the default calibrator per million rows."""

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
    """Grids of the paper's size for the closed forms, a tenth of its sources for the default calibrator.

    Tiny: three sources and one round.
    """
    opinions, book = speed.study(speed.SEED)
    elicited = opinions.filter(pl.col("source") != "human")["source"].unique(maintain_order=True).to_list()
    few, rounds = (elicited[:3], 1) if tiny else (elicited[:27], ROUNDS)
    if tiny:
        elicited = few
        opinions = _of(opinions, few)
    return [*_closed_forms(opinions, book, elicited, rounds), *_default(_of(opinions, few), book, rounds)]


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


def _default(kept: pl.DataFrame, book: pl.DataFrame, rounds: int) -> list[Row]:
    """The default calibrator beside the closed forms on the same rows, in seconds per million rows."""
    each = partial(of.calibrate, kept, book, folds=speed.FOLDS, refits=False, seed=speed.SEED)
    routes = {"default": partial(each, method="default"), "linear": partial(each, method="linear")}
    size = f"{len(kept):,} rows, {kept['source'].n_unique() - 1} sources"
    (line,) = side_by_side("calibrate", size, routes, rounds)
    return [line | {"note": f"default: {float(str(line['seconds'])) / len(kept) * 1e6:.3g} seconds per million rows"}]
