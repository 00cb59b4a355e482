"""The closed forms beside a loop over scikit-learn, and the default calibrator per million rows."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import polars as pl
from timing import Row, side_by_side

import opinionframe as of

sys.path.insert(0, str(Path(__file__).parents[1] / "reports" / "calibration"))
import speed


def run() -> list[Row]:
    """Grids of the paper's size for the closed forms; a tenth of its sources for the default calibrator."""
    opinions, book = speed.study(speed.SEED)
    elicited = opinions.filter(pl.col("source") != "human")["source"].unique(maintain_order=True).to_list()
    return [_closed_forms(opinions, book, elicited), *_default(opinions, book, elicited)]


def _closed_forms(opinions: pl.DataFrame, book: pl.DataFrame, elicited: list[str]) -> Row:
    looped = elicited[speed.SOURCES // 2 :][:1]
    own, loop = "linear, ridge and lasso, out of fold", "scikit-learn loop (scaled)"
    routes = {
        own: partial(of.calibrate, opinions, book, method=list(speed.MODELS), folds=speed.FOLDS, seed=speed.SEED),
        loop: partial(speed.loop, opinions, book, looped),
    }
    (line,) = side_by_side("calibrate", f"{len(opinions):,} rows, {speed.SOURCES} sources", routes)
    factor = speed.SOURCES * _mean_rows(opinions) / opinions.filter(pl.col("source").is_in(looped)).height
    scaled = {name: float(line[name]) * factor for name in ("their_seconds", "ratio")}  # type: ignore[arg-type]  # floats
    for name in ("their_range", "ratio_range"):
        low, high = (float(end) * factor for end in str(line[name]).split(" to "))
        scaled[name] = f"{low:.3g} to {high:.3g}"  # type: ignore[assignment]  # a range is text
    return line | scaled | {"note": f"loop measured on 1 source of {speed.SOURCES}, scaled by rows"}


def _mean_rows(opinions: pl.DataFrame) -> float:
    return opinions.filter(pl.col("source") != "human").height / speed.SOURCES


def _default(opinions: pl.DataFrame, book: pl.DataFrame, elicited: list[str]) -> list[Row]:
    """The default calibrator beside the closed forms on the same rows, in seconds per million rows."""
    kept = opinions.filter(pl.col("source").is_in(["human", *elicited[:27]]))
    each = partial(of.calibrate, kept, book, folds=speed.FOLDS, seed=speed.SEED)
    routes = {"default": partial(each, method="default"), "linear": partial(each, method="linear")}
    (line,) = side_by_side("calibrate", f"{len(kept):,} rows, 27 sources", routes)
    return [line | {"note": f"default: {float(str(line['seconds'])) / len(kept) * 1e6:.3g} seconds per million rows"}]
