"""From Parquet to group means: `align` beside a loop over scipy, popfidelity's frames and a numpy kernel."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from scipy.stats import wasserstein_distance
from synthetic import CELLS, codebook, write
from timing import ROUNDS, Row, scaled, side_by_side

import opinionframe as of
from opinionframe.divergence import wasserstein_similarity

SEED = 1
LOOPED = 20
"""Sources that the slow routes run over; their time is scaled to all of them."""

ARRANGED = 1_470
"""Most sources whose rows are read eagerly."""

CELL = ["question", "demographic", "source"]
KEY = ["question", "demographic", "choice"]
Arrays = tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]


def run(*, tiny: bool = False) -> list[Row]:
    """The paper's size, ten times and a hundred times as much; tiny: as many sources as the slow routes take."""
    sizes, rounds = ((LOOPED,), 1) if tiny else ((147, 1_470, 14_700), ROUNDS)
    return [line for sources in sizes for line in _of_size(sources, rounds)]


def _of_size(sources: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path, encoded, part = (Path(folder) / f"{name}.parquet" for name in ("all", "encoded", "part"))
        write(path, sources, SEED)
        write(part, LOOPED, SEED)
        pl.scan_parquet(path).with_columns(pl.col(CELL).cast(pl.Categorical)).sink_parquet(encoded)
        return _measured(path, encoded, part, sources, rounds)


def _measured(path: Path, encoded: Path, part: Path, sources: int, rounds: int) -> list[Row]:
    book = codebook(SEED)
    floor, arrange = _floor(path, part, book, sources)
    routes = {
        "align, lazily": partial(own, path, book),
        "align, lazily, keys Categorical": partial(own, encoded, book),
        **({"align, eagerly": partial(own_eager, path, book)} if arrange else {}),
        "numpy kernel on arranged arrays": partial(kernel, *floor),
        **({"read, arranged by a sort, numpy kernel": lambda: kernel(*arranged(path, book))} if arrange else {}),
        "DuckDB relation": partial(own_relation, path, book),
        "popfidelity, frames (scaled)": partial(popfidelity_frames, part, book),
        "scipy loop (scaled)": partial(scipy_loop, part, book),
    }
    factor = (sources + 1) / (LOOPED + 1)
    note = f"measured on {LOOPED} sources, times {factor:.4g}"
    found = side_by_side("align", f"{sources * CELLS:,} cells", routes, rounds, own=2)
    return [scaled(line, factor, note) if "scaled" in str(line["beside"]) else line for line in found]


def _floor(path: Path, part: Path, book: pl.DataFrame, sources: int) -> tuple[Arrays, bool]:
    """The kernel's arrays, and whether they were arranged from the file, which a larger one leaves no memory for."""
    if sources <= ARRANGED:
        arrays = arranged(path, book)
        _agree(path, part, book, arrays)
        return arrays, True
    human, models, positions = arranged(part, book)
    return (human, [np.resize(shares, (sources, *shares.shape[1:])) for shares in models], positions), False


def own(path: Path, book: pl.DataFrame) -> pl.DataFrame:
    """The lazy route, every row checked."""
    means = of.align(pl.scan_parquet(path), book).group_by("source").agg(pl.col("alignment").mean())
    return means.collect(engine="streaming")


def own_eager(path: Path, book: pl.DataFrame) -> pl.DataFrame:
    """The eager route, every row checked."""
    return of.align(pl.read_parquet(path), book).group_by("source").agg(pl.col("alignment").mean())


def own_relation(path: Path, book: pl.DataFrame) -> pl.DataFrame:
    """The cells summed and checked by DuckDB."""
    relation = duckdb.connect().read_parquet(str(path))
    return of.align(relation, book).group_by("source").agg(pl.col("alignment").mean())  # type: ignore[type-var]


def arranged(path: Path, book: pl.DataFrame) -> Arrays:
    """For every K: human shares, shape (cells, K), model shares, (sources, cells, K), and positions, (cells, K)."""
    rows = pl.read_parquet(path).join(book.select("question", "choice", "position"), on=["question", "choice"])
    rows = rows.with_columns(k=pl.col("choice").max().over("question")).sort("source", *KEY)
    human, models, positions = [], [], []
    for (k,), part in rows.partition_by("k", as_dict=True, maintain_order=True).items():
        people, others = part.filter(source="human"), part.filter(pl.col("source") != "human")
        human.append(people["prob"].to_numpy().reshape(-1, k))
        positions.append(people["position"].to_numpy().reshape(-1, k))
        models.append(others["prob"].to_numpy().reshape(-1, len(people) // k, k))
    return human, models, positions


def kernel(human: list[np.ndarray], models: list[np.ndarray], positions: list[np.ndarray]) -> np.ndarray:
    """The floor: arithmetic alone, nothing read, arranged or checked. Mean alignment per source."""
    parts = zip(human, models, positions, strict=True)
    total = sum(wasserstein_similarity(shares, people, at).sum(axis=1) for people, shares, at in parts)
    return np.asarray(total) / sum(len(people) for people in human)


def popfidelity_frames(path: Path, book: pl.DataFrame) -> dict[str, float]:
    """Its own route from a long table: cells by question for every source, then its OpinionQA alignment."""
    from popfidelity import cells_by_question
    from popfidelity.alignment import opinionqa_alignment

    at = {str(name): part["position"].to_list() for (name,), part in book.group_by("question", maintain_order=True)}
    table = pd.read_parquet(path).rename(columns={"demographic": "cell_id", "choice": "option", "prob": "share"})
    cells = {str(source): cells_by_question(rows) for source, rows in table.groupby("source", sort=False)}
    people = cells.pop("human")
    return {
        source: float(np.mean([opinionqa_alignment(people[q].shares, c.shares, at[q]) for q, c in found.items()]))
        for source, found in cells.items()
    }


def scipy_loop(path: Path, book: pl.DataFrame) -> dict[str, float]:
    """The field's way: a call of scipy for every cell, from a grouped pandas frame."""
    at = {str(name): part["position"].to_numpy() for (name,), part in book.group_by("question", maintain_order=True)}
    table = pd.read_parquet(path)
    cells = {key: group["prob"].to_numpy() for key, group in table.groupby(["source", "question", "demographic"])}
    scores: dict[str, list[float]] = {}
    for (source, question, demographic), shares in cells.items():
        if source != "human":
            positions, people = at[question], cells["human", question, demographic]
            distance = wasserstein_distance(positions, positions, shares, people)
            scores.setdefault(source, []).append(1 - distance / np.ptp(positions))
    return {source: float(np.mean(found)) for source, found in scores.items()}


def _agree(path: Path, part: Path, book: pl.DataFrame, arrays: Arrays) -> None:
    """All routes give the same means, to 1e-12."""
    expected = own(path, book).sort("source")["alignment"].to_numpy()
    np.testing.assert_allclose(kernel(*arrays), expected, atol=1e-12)
    looped = own(part, book).sort("source")
    for found in (popfidelity_frames(part, book), scipy_loop(part, book)):
        np.testing.assert_allclose([found[s] for s in looped["source"]], looped["alignment"].to_numpy(), atol=1e-12)
