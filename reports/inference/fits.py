"""Coverage of intervals that count fits, by simulation. Writes fits.csv and fits.md.

Run: python reports/inference/fits.py 120 (about ten minutes on one core; the argument is the number of studies).

The studies are whole surveys: people and a model answer, the answers are calibrated, scored and compared by the verbs
that users run. Truth is the mean estimate over all studies of a setting.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

import opinionframe as of

HERE = Path(__file__).parent
GROUPS, CHOICES, PEOPLE = 8, 4, 100
QUESTIONS = (12, 24, 60)
LOW, HIGH = 0.935, 0.965
"""What is promised of 95% intervals."""

RAW = "m|logprob|base|standard"
TYPES = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String, "prob": pl.Float64}


def survey(rng: np.random.Generator, questions: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Opinions of 100 people in each of eight groups and of a model that errs by question, and their codebook."""
    rows = []
    for question in range(questions):
        people = rng.dirichlet(np.full(CHOICES, 1.5))
        model = rng.dirichlet(people * 4 + 0.2)
        for group in range(GROUPS):
            human = rng.multinomial(PEOPLE, rng.dirichlet(people * 40 + 0.1)) / PEOPLE
            answers = rng.dirichlet(model * 30 + 0.05)
            rows += [
                (f"q{question:02d}", f"g={group}", choice + 1, source, shares[choice], size)
                for source, shares, size in (("human", human, float(PEOPLE)), (RAW, answers, None))
                for choice in range(CHOICES)
            ]
    words = {
        f"q{q:02d}": {"text": f"question {q} {'abcdefghij'[q % 10] * 5}?", "labels": list("ABCD")}
        for q in range(questions)
    }
    return pl.DataFrame(rows, schema=TYPES | {"n_eff": pl.Float64}, orient="row"), of.codebook(words)


def fitted(questions: int, studies: int) -> Iterator[pl.DataFrame]:
    """Tests of raw against `default`, with the fits counted and without."""
    for seed in range(studies):
        opinions, codebook = survey(np.random.default_rng([questions, seed]), questions)
        aligned = of.align(of.calibrate(opinions, codebook, method="default", seed=seed), codebook)
        for name, scores in (("fits counted", aligned), ("questions alone", aligned.drop("fit_influence"))):
            yield of.compare(scores, method="cluster-robust t").with_columns(interval=pl.lit(name))


def result(world: str, size: int, tests: pl.DataFrame) -> pl.DataFrame:
    """One row per kind of interval: its coverage and that share's standard error, spread and mean error."""
    truth = pl.col("estimate").mean()
    covers = (pl.col("conf_low") <= truth) & (pl.col("conf_high") >= truth)
    return (
        tests.group_by("interval", maintain_order=True)
        .agg(
            covers.mean().alias("covers"),
            pl.len().alias("studies"),
            pl.col("estimate").std().alias("spread"),
            pl.col("std_error").mean(),
        )
        .select(pl.lit(world).alias("world"), pl.lit(size).alias("size"), pl.all())
        .with_columns(covers_error=(pl.col("covers") * (1 - pl.col("covers")) / pl.col("studies")).sqrt())
    )


def report(results: pl.DataFrame) -> str:
    """The results as Markdown; coverage that is two of its standard errors outside the promise fails."""
    lines = [
        "# Coverage where fits count",
        "",
        "Share of 95% intervals that cover the truth, with its standard error over studies; spread of the estimates,",
        f"and mean standard error. Promised is {LOW:.1%} to {HIGH:.1%}; what lies two standard errors outside fails:",
        "**short** covers too seldom, wide more often than promised.",
        "",
        "| world | size | interval | covers | spread | std_error | studies | |",
        "|---|---:|---|---|---:|---:|---:|---|",
    ]
    for row in results.iter_rows(named=True):
        low, high = row["covers"] + 2 * row["covers_error"] < LOW, row["covers"] - 2 * row["covers_error"] > HIGH
        verdict = "**short**" if low else "wide" if high else ""
        lines.append(
            f"| {row['world']} | {row['size']} | {row['interval']} | {row['covers']:.1%} ± {row['covers_error']:.1%} "
            f"| {row['spread']:.4f} | {row['std_error']:.4f} | {row['studies']} | {verdict} |"
        )
    worlds = ["", "Worlds:", ""] + [f"- {name}: {make.__doc__}" for name, make, _ in WORLDS]
    return "\n".join([*lines, *worlds, ""])


WORLDS = (("raw against default", fitted, QUESTIONS),)


def main(studies: int = 120) -> None:
    """All settings, to fits.csv and fits.md; those of 60 questions a quarter as often."""
    results = []
    for world, make, sizes in WORLDS:
        for size in sizes:
            count = max(studies // 4, 10) if size == 60 else studies
            results.append(result(world, size, pl.concat(make(size, count))))
            print(results[-1])
    table = pl.concat(results)
    table.write_csv(HERE / "fits.csv", float_precision=4)
    (HERE / "fits.md").write_text(report(table))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
