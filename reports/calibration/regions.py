"""How often prediction regions hold the truth, by simulation and on held-out topics. Writes regions.csv and regions.md.

Run: python reports/make.py --simulations, or python reports/calibration/regions.py (some minutes on one core). With a
FOLDER that holds human.parquet, llm.parquet and codebook.parquet, as for evidence.py, which is not part of this
repository, regions_held_out.csv and regions_splits.csv are made anew too (regions_held_out.py, some fifteen minutes).
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import polars as pl

import opinionframe as of

HERE = Path(__file__).parent
SOURCE = "model|logprob|sd|standard|calibrated"
GROUPS = [f"group={number}" for number in range(6)]
CHOICES = (2, 3, 5)
PER_TOPIC = 5
CONFS = (0.8, 0.9, 0.95)
SHOWN = 0.9
"""The one of which more is told."""

UNITS = {20: 100, 60: 50, 200: 20}
"""Units of a world, and how many worlds are drawn."""

SIZES = (15, 50, 200)
LARGE, SEEDS = 400, 4
"""Of held-out topics: people from which on a cell's shares stand for its truth, and seeds of the folds."""
CELL = ["question", "demographic"]

ABOUT = """# How often prediction regions hold the truth

`of.prediction_regions` puts a region around a calibrated distribution, which is to hold the true distribution of the
group with the probability `conf`: within a Wasserstein radius, and between `low` and `high` at every choice at once.
`python reports/calibration/regions.py` makes this page again.

**What is guaranteed and what is approximate.** With `guaranteed=True` coverage is `conf` or more in finite samples,
whatever the errors are and however they hang together within a unit, if units (topics or questions) are exchangeable
and predicted by a fit that saw none of them; it is coverage of *sampled* shares. Out-of-fold rows, whose fits share
most of their labels, come near that condition and do not meet it. The default takes the sampling noise of human shares
out and lets units count by what their cells tell, so that its coverage, of *true* distributions, is approximate.
Neither holds group by group, or question by question: the share is one of all cells of new units.

**Seen before.** What takes the sampling noise out was changed after simulations and held-out topics of these Pew
questions had been seen, and `default` was tuned on them ([evidence.md](evidence.md)): their coverage below is not that
of data nobody had looked at.
"""

HELD_OUT = """
## Held-out topics of 98 Pew questions

The answers of [evidence.md](evidence.md): 18 sources (two models), 14 topics, each the wave of a panel, calibrated by
`default`. Percent of cells whose human distribution is within the radius: the mean over the sources, and the `least`
and `largest` of a source; `limits`: the mean share of cells that are within all limits. Only cells of {large} people or
more are counted, whose own noise is small beside the errors. `width`: of the limits of a share, on average; `people`:
the respondents that a radius is worth.

**Topics split at random**, {splits} times: people's answers to 4 of 14 topics are taken away before anything is
fitted, and the calibration and the region are learnt on the other 10. {cells} cells per source and split, on average.

{by_split}

Regions hold their share over many topics, not in every four: at 90%, a tenth of the splits cover {low:.0f}% of cells or
less, a tenth {high:.0f}% or more.

**Each topic, or question, in turn**, learnt from all others; means over {seeds} seeds of the calibration's folds. At
95% topics are too few: it takes 19 beside the one that is predicted. n = 15, 30, 120: the answers of all cells are
redrawn as samples of so many people, and the region is to hold what the whole sample said. n = unknown: without
`n_eff`, the region is of samples' shares.

{by_unit}

**What a prediction is worth.** At 90%, a cell of a new topic is known to {radius:.0f}% of the scale's span: as near as
the answers of {people:.0f} people of the group are to its truth. Regions of single cells are wide; the errors of many
cells average out.
"""

SIMULATED = """
## Worlds whose truth is known

Predictions of questions with 2, 3 and 5 choices in {groups} groups; the truth is off by normal errors, or by errors
with the heavy tails of Student's t with 3 degrees of freedom, on the log scale, which are shared in equal parts by a
question and, where topics of {per_topic} questions are the units, a topic. n people of every cell are asked. Coverage
of the *truth* in percent, of the radius and of all limits at once; radius; and *sample*: the coverage of the truth
where `n_eff` is not known. *guaranteed* is that of the sampled shares. Worlds: {worlds} units.

{simulated}
"""

TRIED = """
## Harder worlds

Once; not part of what the command makes. 12 topics of 5 questions in 6 groups, of 4 choices where nothing else is
said, 40 to 60 worlds each, whose means are right to about a point; percent of truths of new topics at 90%, within the
radius and all limits.

| world | n | within | limits |
|:---|---:|---:|---:|
| one topic of 40 questions beside 11 of 2 | 400 | 92 | 92 |
| the same, errors shared by whole topics | 400 | 95 | 95 |
| samples of 3 people | 3 | 88 | 90 |
| 11 choices | 20 | 90 | 89 |
| 11 choices without order | 20 | 93 | 89 |
| predictions without any relation to the truth | 20 | 91 | 91 |
| predictions that are the truth | 20 | 100 | 100 |
| half of 40 topics predicted almost perfectly, half badly | 15 | 88 | 87 |

The last but one keeps a radius of 0.04, since samples of 20 cannot tell it from none. The last one falls short: noise
is taken off the errors of all topics alike.

## Tried, and left

On the Pew questions, once; not part of what the command makes.

- **Radii by what makes a cell harder.** In cells of 400 people and more, log errors correlate with the log spread of
  the predicted distribution by -0.11 to 0.12, with the number of choices by -0.08 to 0.20 and with the log size of the
  group by -0.11 to 0.05, source by source. Radii in proportion to the spread were as wide as equal ones at the same
  coverage (0.254 beside 0.253 by topic, 0.234 beside 0.234 by question). One radius for all cells of a source is kept.
- **Limits by the share.** At 90%, 2% of the shares predicted below 10% lie outside their limits, and 7% of those above
  50%; with limits in proportion to sqrt(p (1 - p)) it was 7% and 3%, at the same mean width (0.61 beside 0.60). Equal
  ones are kept.
- **Each topic counting alike**, as the guarantee has it: at 90%, 88% of the cells of a new topic were covered, since
  topics of many questions were harder. Cells count alike instead, as in every score.
- **The pooled quantile without a unit beyond all**: 86% of cells with 13 topics; with the guarantee's mass of 1/14 for
  it, 95%. What the errors' own dependence is worth lies between.
"""


def world(rng: np.random.Generator, units: int, size: int, *, topics: bool, heavy: bool) -> dict[str, pl.DataFrame]:
    """Rows predicted, asked and true, and a codebook."""
    questions = units * PER_TOPIC if topics else units
    choices = np.resize(CHOICES, questions)
    unit = np.arange(questions) // PER_TOPIC if topics else np.arange(questions)

    def errors(*shape: int) -> np.ndarray:
        return rng.standard_t(3, shape) / np.sqrt(3) if heavy else rng.normal(0, 1, shape)

    shared = errors(questions, 1, max(CHOICES))
    if topics:
        shared = shared + errors(units, 1, max(CHOICES))[unit]
    moved = 0.35 * (shared + errors(questions, len(GROUPS), max(CHOICES)))
    is_choice = np.arange(max(CHOICES)) < choices[:, None, None]
    predicted = rng.gamma(3.0, 1.0, moved.shape) * is_choice
    predicted /= predicted.sum(axis=2, keepdims=True)
    truth = predicted * np.exp(moved)
    truth /= truth.sum(axis=2, keepdims=True)
    asked = rng.multinomial(size, truth) / size
    names = [f"q{number:04}" for number in range(questions)]
    book = of.codebook(
        {q: {"text": q, "labels": [f"{q} {j}" for j in range(k)]} for q, k in zip(names, choices, strict=True)}
    )
    topic = dict(zip(names, (f"topic {number}" for number in unit), strict=True))
    keys = pl.DataFrame({"question": names}).join(
        pl.DataFrame({"demographic": GROUPS}), how="cross", maintain_order="left_right"
    )
    keys = keys.join(
        pl.DataFrame({"choice": np.arange(1, 6, dtype=np.uint8)}), how="cross", maintain_order="left_right"
    )
    shares = keys.with_columns(predicted=predicted.reshape(-1), asked=asked.reshape(-1), truth=truth.reshape(-1))
    shares = shares.filter(pl.Series(np.broadcast_to(is_choice, moved.shape).reshape(-1)))
    return {
        "codebook": book.with_columns(topic=pl.col("question").replace_strict(topic)),
        "predicted": shares.select(*CELL, "choice", source=pl.lit(SOURCE), prob="predicted"),
        "people": shares.select(*CELL, "choice", source=pl.lit("human"), prob="asked", n_eff=pl.lit(float(size))),
        "truth": shares.select(*CELL, "choice", truth="truth"),
    }


def covered(regions: pl.DataFrame, truth: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """One row per cell of `truth`: whether it is within the `radius` and within all `limits`, and the size of both."""
    rows = regions.join(truth, on=[*CELL, "choice"]).join(
        book.select("question", "choice", "position"), on=["question", "choice"]
    )
    step = (pl.col("position").shift(-1) - pl.col("position")) / (pl.col("position").max() - pl.col("position").min())
    inside = pl.col("truth").is_between(pl.col("low") - 1e-9, pl.col("high") + 1e-9)
    return (
        rows.sort("choice")
        .group_by(*CELL, "source")
        .agg(
            ((pl.col("prob") - pl.col("truth")).cum_sum().abs() * step).sum().alias("distance"),
            inside.all().alias("limits"),
            pl.col("radius", "worth").first(),
            (pl.col("high") - pl.col("low")).mean().alias("width"),
        )
        .with_columns(within=pl.col("distance") <= pl.col("radius"))
    )


def simulated(seed: int = 0) -> pl.DataFrame:
    """One row per kind of world and `conf`: coverage of the truth, in percent, and radius."""
    settings = [(False, heavy, units, size) for heavy in (False, True) for units in UNITS for size in SIZES]
    settings += [(True, False, units, size) for units in (20, 60) for size in (SIZES[0], SIZES[-1])]
    parts = []
    for number, (topics, heavy, units, size) in enumerate(settings):
        rng = np.random.default_rng([seed, number])
        worlds = [
            trial(world(rng, units, size, topics=topics, heavy=heavy), topics=topics) for _ in range(UNITS[units])
        ]
        means = pl.concat(worlds).group_by("conf").agg(pl.all().mean(), worlds=pl.len()).sort("conf")
        about = {"unit": "topic" if topics else "question", "errors": "heavy" if heavy else "normal"}
        parts.append(
            means.select(
                *(pl.lit(value).alias(name) for name, value in (about | {"units": units, "n": size}).items()), pl.all()
            )
        )
        print(parts[-1], flush=True)
    return pl.concat(parts)


def trial(made: dict[str, pl.DataFrame], *, topics: bool) -> pl.DataFrame:
    """One row per `conf`: what the regions of one world hold, in percent."""
    book, truth, split = made["codebook"], made["truth"], "topic" if topics else "question"
    both = pl.concat([made["predicted"], made["people"]], how="diagonal")
    shown = made["people"].select(*CELL, "choice", truth="prob")
    rows = []
    for conf in CONFS:
        known = covered(of.prediction_regions(both, book, conf=conf, split=split), truth, book)
        means = known.select(pl.col("within", "limits").mean() * 100, pl.col("radius").mean()).row(0)
        others = (None, None)
        if conf == SHOWN:
            unknown = covered(of.prediction_regions(both.drop("n_eff"), book, conf=conf, split=split), truth, book)
            sure = covered(of.prediction_regions(both, book, conf=conf, split=split, guaranteed=True), shown, book)
            others = tuple(100 * float(each["within"].mean()) for each in (unknown, sure))  # type: ignore[arg-type, assignment]
        rows.append((conf, *means, *others))
    columns = dict.fromkeys(["conf", "within", "limits", "radius", "sample", "guaranteed"], pl.Float64)
    return pl.DataFrame(rows, columns, orient="row")


def markdown(table: pl.DataFrame, decimals: dict[str, int]) -> str:
    """`table` as Markdown: numbers rounded, nothing where there is none."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---:|" * table.width]
    for row in table.rows(named=True):
        cells = (
            "" if value is None else f"{value:.{decimals.get(name, 1)}f}" if isinstance(value, float) else str(value)
            for name, value in row.items()
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(folder: Path | None = None) -> None:
    """The simulations, held-out topics where there is a `folder`, and the text of both, to the files beside this."""
    simulated().write_csv(HERE / "regions.csv", float_precision=4)
    if folder is not None:
        importlib.import_module("regions_held_out").main(folder)
    write_text()


def write_text() -> None:
    """regions.md, of the files kept beside this script."""
    worlds, by_unit, splits = (
        pl.read_csv(HERE / f"{name}.csv") for name in ("regions", "regions_held_out", "regions_splits")
    )
    decimals = {"conf": 2, "radius": 3, "width": 2}
    split = splits.row(by_predicate=pl.col("conf") == SHOWN, named=True)
    text = ABOUT + HELD_OUT.format(
        large=LARGE, splits=split["splits"], cells=round(split["cells"]), low=split["tenth"], high=split["ninetieth"],
        by_split=markdown(splits.drop("splits", "cells", "tenth", "ninetieth"), decimals),
        seeds=SEEDS, by_unit=markdown(by_unit, decimals), radius=100 * split["radius"], people=split["people"],
    ) + SIMULATED.format(
        groups=len(GROUPS), per_topic=PER_TOPIC,
        worlds=", ".join(f"{number} of {units}" for units, number in UNITS.items()),
        simulated=markdown(worlds.drop("worlds"), decimals),
    ) + TRIED  # fmt: skip
    (HERE / "regions.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
