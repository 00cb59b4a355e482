"""The sizes of large studies, stage by stage: processor time and peak memory of three to ten times as much as before.

Every stage is a process of its own. `python benchmarks/run.py scale --full` takes 270 sources of 1,500 cells, ten
million answers and a journal of a million, which needs half an hour and 8 GB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
import scale_inputs
from timing import Row, row, side_by_side

import opinionframe as of

STUDY = {
    "calibrate": "calibrate, nine methods, with refits",
    "align": "baselines and align, of raw and nine methods",
    "compare": "compare, of raw and nine methods",
    "tables": "tables, of raw and nine methods",
    "report": "report, of raw and nine methods",
}
GROWN = {"grown": "calibrate, forest and paper, without refits"}
ANSWERS = {"parse": "parse", "to_opinions": "to_opinions"}
JOURNAL = {"opened": "a journal opened", "appended": "a journal appended to by two processes, a twentieth each"}
IN_ENGINE = ("linear", "ridge", "lasso")
KEYS = ["source", "question", "demographic"]
Sizes = tuple[int, int]


@dataclass(frozen=True)
class Extent:
    """The smaller and the larger number of sources, of sources whose trees are grown, and of answers."""

    sources: Sizes
    grown: Sizes
    answers: Sizes
    journal: Sizes
    rounds: int


TINY = Extent((2, 3), (1, 2), (2_000, 8_000), (100, 400), 1)
USUAL = Extent((9, 27), (1, 3), (300_000, 1_000_000), (100_000, 1_000_000), 3)
FULL = Extent((27, 270), (3, 9), (1_000_000, 10_000_000), (100_000, 1_000_000), 3)


def run(*, tiny: bool = False, full: bool = False) -> list[Row]:
    """Every stage once at two sizes, and the study in Polars, DuckDB and Spark; tiny: of next to nothing."""
    extent = TINY if tiny else FULL if full else USUAL
    return [
        *_grown(STUDY, scale_inputs.write_study, extent.sources, "sources"),
        *_grown(GROWN, scale_inputs.write_study, extent.grown, "sources"),
        *_grown(ANSWERS, scale_inputs.write_answers, extent.answers, "answers"),
        *_grown(JOURNAL, scale_inputs.write_journal, extent.journal, "answers"),
        *_engines(extent.sources[1], extent.rounds),
    ]


def _grown(stages: dict[str, str], write: Callable[[Path, int], None], sizes: Sizes, unit: str) -> list[Row]:
    """A row per stage: the smaller size beside the larger."""
    measured: dict[str, list[tuple[float, float]]] = {stage: [] for stage in stages}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), size)
            for stage in stages:
                measured[stage].append(_process(stage, folder))
    names = [f"{size:,} {unit if size > 1 else unit.removesuffix('s')}" for size in sizes]
    lines = []
    for stage, said in stages.items():
        (less, low), (more, high) = measured[stage]
        note = f"processor time; peak {low:.2g} and {high:.2g} GB; the ratio is how much longer the larger takes"
        lines.append(row("scale", said, *names, [less], [more]) | {"note": note})
    return lines


def _process(stage: str, folder: str) -> tuple[float, float]:
    call = [sys.executable, str(Path(__file__).with_name("scale_stages.py")), stage, folder]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return seconds, peak


def _engines(sources: int, rounds: int) -> list[Row]:
    """Calibrated and aligned where the rows lie: seconds by the clock, and the largest difference of a score."""
    with tempfile.TemporaryDirectory() as folder:
        scale_inputs.write_study(Path(folder), sources)
        opinions, book = (pl.read_parquet(Path(folder) / f"{name}.parquet") for name in ("opinions", "codebook"))
        relation = duckdb.connect().from_parquet(str(Path(folder) / "opinions.parquet"))
        session, frame = _spark(Path(folder) / "opinions.parquet")
        routes = {
            "Polars": partial(_scored, opinions, book),
            "DuckDB": partial(_scored, relation, book),
            **({"Spark": partial(_scored, frame, book)} if session else {}),
        }
        scores = {name: route().sort(KEYS) for name, route in routes.items()}
        lines = side_by_side("scale", f"linear, ridge, lasso and align, {sources} sources", dict(routes), rounds)
        if session:
            session.stop()
    return [line | {"note": _difference(scores["Polars"], scores[str(line["beside"])])} for line in lines]


def _scored(opinions: object, book: pl.DataFrame) -> pl.DataFrame:
    calibrated = of.calibrate(opinions, book, method=IN_ENGINE, refits=False, seed=scale_inputs.SEED)  # type: ignore[type-var]
    return of.align(calibrated, book)  # type: ignore[no-any-return]


def _difference(one: pl.DataFrame, other: pl.DataFrame) -> str:
    if not one.select(KEYS).equals(other.select(KEYS)):
        sys.exit("The engines score other cells.")
    most = float((one["alignment"] - other["alignment"]).abs().max())  # type: ignore[arg-type]
    return f"the largest of {len(one):,} scores' differences is {most:.1g}"


def _spark(path: Path) -> tuple[object, object]:
    """A local session and the rows of a file in it; None where there is no Spark."""
    try:
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.driver.host", "127.0.0.1")
        session = builder.config("spark.sql.shuffle.partitions", "4").getOrCreate()
    except Exception:  # noqa: BLE001 - no package, or no Java
        return None, None
    session.sparkContext.setLogLevel("ERROR")
    return session, session.read.parquet(str(path))
