"""The studentised cluster bootstrap beside the obvious loop: questions drawn, their cells gathered, a mean taken."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from timing import ROUNDS, Row, side_by_side

import opinionframe as of

QUESTIONS, GROUPS, SOURCES = 100, 15, 30
DRAWS, LOOPED = 10_000, 200


def run(*, tiny: bool = False) -> list[Row]:
    """Differences from the uniform baseline for 30 sources x 1,500 cells, 10,000 draws; tiny: of 2 sources, once."""
    frame = aligned(2 if tiny else SOURCES)
    routes = {
        "compare, cluster bootstrap": partial(
            of.compare, frame, pair="baseline", method="cluster bootstrap", draws=DRAWS, seed=1
        ),
        "numpy loop over draws (scaled)": partial(loop, frame, LOOPED),
    }
    (line,) = side_by_side("bootstrap", f"{len(frame):,} cells, {DRAWS:,} draws", routes, 1 if tiny else ROUNDS)
    factor = DRAWS / LOOPED
    scaled = {name: float(str(line[name])) * factor for name in ("their_seconds", "ratio")}
    ranges = {
        name: " to ".join(f"{float(end) * factor:.3g}" for end in str(line[name]).split(" to "))
        for name in ("their_range", "ratio_range")
    }
    return [line | scaled | ranges | {"note": f"loop measured on {LOOPED} draws, which it does not studentise"}]


def aligned(sources: int) -> pl.DataFrame:
    """Random scores of every source in every cell."""
    rng = np.random.default_rng(0)
    keys = pl.DataFrame({"question": [f"q{i}" for i in range(QUESTIONS)]})
    keys = keys.join(pl.DataFrame({"demographic": [f"class={i}" for i in range(GROUPS)]}), how="cross")
    keys = keys.join(pl.DataFrame({"source": [f"m{i}|logprob|sd|standard" for i in range(sources)]}), how="cross")
    return keys.with_columns(alignment=pl.Series(rng.random(len(keys))), baseline=pl.lit(0.7), ceiling=pl.lit(0.9))


def loop(frame: pl.DataFrame, draws: int) -> dict[str, tuple[float, float]]:
    """Percentile intervals by source, a draw of whole questions at a time."""
    rng = np.random.default_rng(1)
    intervals = {}
    for (source,), rows in frame.partition_by("source", as_dict=True).items():
        difference = (rows["alignment"] - rows["baseline"]).to_numpy()
        question = rows["question"].to_numpy()
        cells = {name: np.flatnonzero(question == name) for name in np.unique(question)}
        names = list(cells)
        means = []
        for _ in range(draws):
            drawn = rng.choice(names, len(names))
            means.append(difference[np.concatenate([cells[name] for name in drawn])].mean())
        low, high = np.quantile(means, [0.025, 0.975])
        intervals[str(source)] = (float(low), float(high))
    return intervals
