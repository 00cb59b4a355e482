"""Times 10,000 draws over 270 sources x 1,500 cells. Writes benchmark.md.

Run on two cores: OMP_NUM_THREADS=2 POLARS_MAX_THREADS=2 python reports/inference/benchmark.py
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import polars as pl

from opinionframe.inference import compare

SHAPES = ((100, 15), (1_500, 1))
RUNS: dict[str, dict[str, object]] = {
    "cluster bootstrap": {"method": "cluster bootstrap"},
    "cluster bootstrap, two-way": {"method": "cluster bootstrap", "cluster": ["question", "demographic"]},
    "sign-flip": {"method": "sign-flip"},
    "cluster-robust t, max-t": {"method": "cluster-robust t", "adjust": "max-t"},
}


def aligned(questions: int, groups: int) -> pl.DataFrame:
    """Random scores of 270 sources in every cell."""
    rng = np.random.default_rng(0)
    keys = pl.DataFrame({"question": [f"q{i}" for i in range(questions)]})
    keys = keys.join(pl.DataFrame({"demographic": [f"class={i}" for i in range(groups)]}), how="cross")
    keys = keys.join(pl.DataFrame({"source": [f"m{i}|logprob|sd|standard" for i in range(270)]}), how="cross")
    return keys.with_columns(alignment=pl.Series(rng.random(len(keys))), baseline=pl.lit(0.7), ceiling=pl.lit(0.9))


def main() -> None:
    """All runs, to benchmark.md."""
    lines = ["# 10,000 draws over 270 sources x 1,500 cells", ""]
    lines += [f"{os.environ.get('OMP_NUM_THREADS', 'all')} threads, whole call of `compare`, best of three.", ""]
    lines += ["| questions x groups | test | seconds |", "|---|---|---|"]
    for questions, groups in SHAPES:
        frame = aligned(questions, groups)
        for name, keywords in RUNS.items():
            times = []
            for _ in range(3):
                start = time.perf_counter()
                compare(frame, pair="baseline", draws=10_000, seed=1, **keywords)  # type: ignore[arg-type]  # keywords of many types
                times.append(time.perf_counter() - start)
            lines.append(f"| {questions} x {groups} | {name} | {min(times):.2f} |")
    (Path(__file__).parent / "benchmark.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
