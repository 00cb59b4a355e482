"""Times linear, ridge and lasso over a grid of the paper's size beside a scikit-learn loop. Writes speed.csv and .md.

Run on two cores: OMP_NUM_THREADS=1 POLARS_MAX_THREADS=2 python reports/calibration/speed.py

The answers are synthetic: human shares are drawn from a Dirichlet distribution for each of 100 questions and 20
groups, and every source answers with a Dirichlet draw about a mixture of them and uniform.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from opinionframe.calibration import calibrate, deal_folds
from opinionframe.calibration.methods.closed_forms import PENALTIES

HERE = Path(__file__).parent
SOURCES, QUESTIONS, GROUPS, FOLDS, RUNS, SEED = 270, 100, 20, 10, 3, 1
LOOPED = 3
"""Sources that the loop runs over, at three quantiles of size; its time is scaled to all of them."""

MODELS = {"linear": LinearRegression, "ridge": Ridge, "lasso": Lasso}
READING = """Seconds of processor time (`time.process_time`), of all threads. The whole call of `calibrate` is timed:
checks of the frame, folds, tuning of 20 penalties on the other nine folds, predictions onto the simplex, and the
appended rows. The loop makes the same fits with scikit-learn's defaults, one by one, for {looped} of the {sources}
sources, and its time is multiplied by {sources} / {looped}. Each run times both, one after the other: medians of {runs}
paired runs on a machine that was shared with other work, which slows processor time too (load average when it began:
{load:.0f} on {cores} cores). `difference` is the largest between the two, over all predicted shares."""


def study(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Opinions of all sources, 500 to 2,000 cells each, and the codebook."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 7, QUESTIONS)
    book = pl.DataFrame({"question": [f"q{i}" for i in range(QUESTIONS)], "k": sizes}).select(
        "question", choice=pl.int_ranges(1, pl.col("k") + 1, dtype=pl.UInt8)
    )
    book = book.explode("choice").with_columns(
        label=pl.col("choice").cast(pl.String), position=pl.col("choice").cast(pl.Float64),
        text=pl.format("Question {}", "question"), scale=pl.lit("ordinal"), topic=pl.lit(None, pl.String),
        dataset=pl.lit(None, pl.String),
    )  # fmt: skip
    groups = pl.DataFrame({"demographic": [f"class={i}" for i in range(GROUPS)]})
    cells = book.select("question", "choice").join(groups, how="cross").sort("question", "demographic", "choice")
    human = _normalised(cells.with_columns(prob=pl.Series(rng.gamma(0.8, size=len(cells))), source=pl.lit("human")))
    return pl.concat([human, *(_answers(human, i, rng) for i in range(SOURCES))]), book


def _answers(human: pl.DataFrame, number: int, rng: np.random.Generator) -> pl.DataFrame:
    cells = human.select("question", "demographic").unique(maintain_order=True)
    kept = cells.sample(int(rng.integers(500, 2_001)), seed=number)
    mine = human.join(kept, on=["question", "demographic"], how="semi", maintain_order="left")
    centre = 0.6 * mine["prob"].to_numpy() + 0.1
    drawn = mine.with_columns(prob=pl.Series(rng.gamma(6 * centre)), source=pl.lit(f"m{number}|verbalized|sd|standard"))
    return _normalised(drawn)


def _normalised(rows: pl.DataFrame) -> pl.DataFrame:
    total = pl.col("prob").sum().over("question", "demographic")
    return rows.select("question", "demographic", "choice", "source", pl.col("prob") / total)


def loop(opinions: pl.DataFrame, book: pl.DataFrame, sources: list[str]) -> dict[str, pl.DataFrame]:
    """The same with scikit-learn: every source, fold and penalty a fit of its own."""
    key = ["question", "demographic", "choice"]
    human = opinions.filter(source="human").select(*key, target="prob")
    elicited = opinions.filter(pl.col("source") != "human")
    folds = deal_folds(elicited, book, "question", FOLDS, SEED)
    rows = opinions.filter(pl.col("source").is_in(sources)).join(human, on=key).join(folds, on=key[:2])
    return {
        f"{source}|{method}": part.with_columns(prob=pl.Series(_crossfit(part, method)))
        for (source,), part in rows.partition_by("source", as_dict=True).items()
        for method in MODELS
    }


def _crossfit(rows: pl.DataFrame, method: str) -> np.ndarray:
    x, y, fold = rows["prob"].to_numpy().reshape(-1, 1), rows["target"].to_numpy(), rows["fold"].to_numpy()
    predicted = np.empty(len(rows))
    for held_out in range(FOLDS):
        training = fold != held_out
        model = _tuned(x[training], y[training], fold[training], method)
        predicted[fold == held_out] = model.predict(x[fold == held_out])
    return predicted


def _tuned(x: np.ndarray, y: np.ndarray, fold: np.ndarray, method: str) -> LinearRegression | Ridge | Lasso:
    if method == "linear":
        return LinearRegression().fit(x, y)
    errors = []
    for penalty in PENALTIES[method]:
        error = 0.0
        for inner in np.unique(fold):
            out = fold == inner
            error += ((MODELS[method](penalty).fit(x[~out], y[~out]).predict(x[out]) - y[out]) ** 2).sum()
        errors.append(error)
    return MODELS[method](PENALTIES[method][int(np.argmin(errors))]).fit(x, y)


def difference(calibrated: pl.DataFrame, looped: dict[str, pl.DataFrame]) -> float:
    """The largest difference between predicted shares."""
    key = ["question", "demographic", "choice"]
    found = []
    for source, rows in looped.items():
        clipped = pl.col("prob").clip(0, 1)
        total = clipped.sum().over("question", "demographic")
        theirs = rows.select(*key, theirs=clipped / total)
        both = theirs.join(calibrated.filter(source=source), on=key)
        found.append((both["theirs"] - both["prob"]).abs().max())
    return max(found)


def main() -> None:
    """Paired runs, to speed.csv and speed.md."""
    load = os.getloadavg()[0]
    opinions, book = study(SEED)
    sizes = opinions.filter(pl.col("source") != "human").group_by("source").len().sort("len", "source")
    sources = [sizes["source"][int(SOURCES * (i + 0.5) / LOOPED)] for i in range(LOOPED)]
    rows = []
    for run in range(1, RUNS + 1):
        start = time.process_time()
        calibrated = calibrate(opinions, book, method=list(MODELS), folds=FOLDS, refits=False, seed=SEED)
        middle = time.process_time()
        looped = loop(opinions, book, sources)
        own, theirs = middle - start, (time.process_time() - middle) * SOURCES / LOOPED
        rows.append({"run": run, "opinionframe_s": own, "loop_s": theirs, "ratio": theirs / own,
                     "difference": difference(calibrated, looped)})  # fmt: skip
        print(rows[-1])
    table = pl.DataFrame(rows)
    figures = pl.all().exclude("run").round_sig_figs(6)
    table.with_columns(figures).write_csv(HERE / "speed.csv")
    (HERE / "speed.md").write_text(summary(table, len(opinions), sizes["len"], load), encoding="utf-8")


def summary(table: pl.DataFrame, rows: int, sizes: pl.Series, load: float) -> str:
    """The runs as Markdown."""
    threads = f"{os.environ.get('POLARS_MAX_THREADS', 'All')} threads of {os.cpu_count()} cores."
    lines = [f"# {SOURCES} sources x linear, ridge and lasso x {FOLDS} folds x 20 penalties", ""]
    lines += [f"Synthetic answers, {rows:,} rows, {sizes.min():,} to {sizes.max():,} per source. {threads}", ""]
    lines += [
        "| run | `calibrate`, CPU seconds | scikit-learn loop, CPU seconds (scaled) | times faster | difference |"
    ]
    lines += ["|---|---|---|---|---|"]
    runs = table.rows()
    lines += [
        f"| {run} | {own:.1f} | {theirs:,.0f} | {ratio:.0f} | {gap:.0e} |" for run, own, theirs, ratio, gap in runs
    ]
    reading = READING.format(sources=SOURCES, looped=LOOPED, runs=RUNS, load=load, cores=os.cpu_count())
    medians = [median(table[column]) for column in ("opinionframe_s", "loop_s", "ratio")]
    lines += [f"| median | {medians[0]:.1f} | {medians[1]:,.0f} | {medians[2]:.0f} | |"]
    return "\n".join([*lines, "", reading, ""])


if __name__ == "__main__":
    main()
