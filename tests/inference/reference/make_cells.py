"""Writes cells.csv: scores of three sources on unequal clusters, the input of reference.R. Run once."""

from pathlib import Path

import numpy as np
import polars as pl

SIZES = (1, 2, 2, 3, 4, 4, 5, 5, 6, 6)
RAW = "m|logprob|base|standard"
SOURCES = {"raw": RAW, "few_shot": "m|logprob|base|few_shot", "ridge": f"{RAW}|ridge"}


def cells() -> pl.DataFrame:
    """One row per cell, a column per source."""
    rng = np.random.default_rng(20)
    keys = [(f"q{q}", f"class={d}") for q, size in enumerate(SIZES) for d in range(size)]
    question = {f"q{q}": rng.normal(0, 0.06, 3) for q in range(len(SIZES))}
    group = {f"class={d}": rng.normal(0, 0.05, 3) for d in range(max(SIZES))}
    centre = np.array([0.66, 0.7, 0.76])
    scores = [centre + question[q] + group[d] + rng.normal(0, 0.04, 3) for q, d in keys]
    frame = pl.DataFrame(keys, schema=["question", "demographic"], orient="row")
    values = np.round(np.clip(scores, 0, 1), 6)
    return frame.with_columns(pl.Series(name, values[:, i]) for i, name in enumerate(SOURCES))


if __name__ == "__main__":
    cells().write_csv(Path(__file__).parent / "cells.csv")
