"""What every calibrator makes of noise: the answers of one source replaced by draws from a flat Dirichlet.

python reports/calibration/noise.py FOLDER    FOLDER holds codebook.parquet, human.parquet and llm.parquet
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

import opinionframe as of

HERE = Path(__file__).parent
SOURCE = "gpt-3.5-turbo-0125|logprob|base|standard"
METHODS = ("linear", "ridge", "lasso", "power", "dirichlet", "cumulative", "forest", "paper", "kriging", "default")
SEEDS = (1, 2, 3)
TEXT = """# What calibrators make of noise

The answers of {source}
on 98 questions and 12 groups, replaced by draws from a flat Dirichlet distribution, a new one
per cell ({draws} draws, means over them; intervals at 95%, clustered by question, of the first draw). Points of
alignment; uniform scores {uniform:.1f} on these cells.

A calibrator that learns nothing from noise gains nothing over its placebo, which is the same calibrator on the same
noise dealt to other questions. Against *uniform* the methods differ, for reasons that have nothing to do with the
model: `dirichlet` has terms for the place on the scale, `kriging` and `default` have human answers to other questions,
so that they are above it; `forest` and `cumulative` fit the noise and are below it. That is why the verdict is read off
the placebo, and none exceeds it. *Collapsed*: the calibrator hardly reads the answers, and comes to nearly the same
with those to other questions in their place. *No spread*: the difference is the same in every question, so that no
interval can be had.

{table}
"""


def main(folder: Path) -> None:
    """Asks `diagnose` about every method and draw, and writes noise.csv and noise.md."""
    book, human, llm = (pl.read_parquet(folder / f"{name}.parquet") for name in ("codebook", "human", "llm"))
    real = pl.concat([human, llm.filter(source=SOURCE)], how="diagonal")
    found = pl.concat(_diagnosed(_noisy(real, seed), book, seed) for seed in SEEDS)
    found.write_csv(HERE / "noise.csv", float_precision=6)
    render()


def render() -> None:
    """Writes noise.md from the rows of noise.csv."""
    found = pl.read_csv(HERE / "noise.csv")
    rows = [_row(found.filter(method=method)) for method in METHODS]
    head = ["| method | alignment | minus uniform | over placebo | verdicts |", "|---|---:|---:|---:|---|"]
    text = TEXT.format(
        source=SOURCE.replace("|", " / "),
        draws=len(SEEDS),
        uniform=100 * found["uniform"][0],
        table="\n".join([*head, *rows]),
    )
    (HERE / "noise.md").write_text(text, encoding="utf-8")


def _noisy(real: pl.DataFrame, seed: int) -> pl.DataFrame:
    draws = pl.Series(np.random.default_rng(seed).exponential(size=len(real)))
    prob = pl.when(pl.col("source") == SOURCE).then(draws).otherwise("prob")
    return real.with_columns(prob=prob).with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source")
    )


def _diagnosed(noisy: pl.DataFrame, book: pl.DataFrame, seed: int) -> pl.DataFrame:
    rows = []
    for method in METHODS:
        aligned = noisy.pipe(of.calibrate, book, method=method, seed=seed).pipe(of.align, book)
        mine = aligned.filter(source=f"{SOURCE}|{method}")
        test = of.compare(mine, pair="baseline", method="cluster-robust t", overlap="keep", seed=seed)
        over_uniform = test.select(pl.col("estimate", "conf_low", "conf_high").name.prefix("uniform_"))
        diagnosis = of.diagnose(noisy, book, method=method, overlap="keep", seed=seed)
        rows.append(
            diagnosis.select(pl.lit(method).alias("method"), pl.lit(seed).alias("draw"), pl.all()).hstack(over_uniform)
        )
    return pl.concat(rows)


def _row(mine: pl.DataFrame) -> str:
    verdicts = ", ".join(mine["verdict"].unique().sort())
    gains = (_gain(mine, "uniform_estimate", "uniform_conf"), _gain(mine, "over_placebo", "over_placebo_conf"))
    return f"| `{mine['method'][0]}` | {100 * mine['alignment'].mean():.1f} | {' | '.join(gains)} | {verdicts} |"


def _gain(mine: pl.DataFrame, mean: str, interval: str) -> str:
    ends = (mine[f"{interval}_{end}"][0] for end in ("low", "high"))
    shown = ", ".join("no spread" if end is None else f"{100 * end:+.2f}" for end in ends)
    return f"{100 * mine[mean].mean():+.2f} [{shown}]"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
