"""How often prediction regions hold what people said on held-out topics: two tables for regions.py.

Writes regions_splits.csv and regions_held_out.csv. Run by regions.py FOLDER.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from regions import CELL, CONFS, LARGE, SEEDS, SHOWN, covered

import opinionframe as of
from opinionframe.schemas.source import is_calibrated

HERE = Path(__file__).parent
SIZES = (15, 30, 120)
HELD_OUT, SPLITS = 4, 40
TRUTH = [*CELL, "choice"]


def main(folder: Path) -> None:
    """Both tables, to the files beside this script."""
    human, llm, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("human", "llm", "codebook"))
    by_split(human, llm, book).write_csv(HERE / "regions_splits.csv", float_precision=4)
    by_unit(human, llm, book).write_csv(HERE / "regions_held_out.csv", float_precision=4)


def calibrated(human: pl.DataFrame, llm: pl.DataFrame, book: pl.DataFrame, split: str, seed: int) -> pl.DataFrame:
    """Human rows and those of every calibrated source, out of fold by `split`."""
    opinions = pl.concat([human, llm], how="diagonal")
    rows = of.calibrate(opinions, book, method="default", split=split, folds=10, refits=False, seed=seed)
    return rows.filter((pl.col("source") == "human") | is_calibrated())


def by_split(human: pl.DataFrame, llm: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Topics split at random: coverage of those that nobody answered, a row per `conf`, in percent."""
    answered = llm.select("question").unique().join(book.select("question", "topic").unique(), on="question")
    topics = answered["topic"].unique().sort()
    truth = human.filter(pl.col("n_eff") >= LARGE).select(*TRUTH, truth="prob")
    rng = np.random.default_rng(0)
    parts = []
    for number in range(SPLITS):
        dropped = topics.gather(np.sort(rng.choice(len(topics), HELD_OUT, replace=False)))
        questions = book.filter(pl.col("topic").is_in(dropped))["question"].unique().implode()
        known = human.filter(~pl.col("question").is_in(questions))
        rows = calibrated(known, llm, book, "topic", number)
        tested = truth.filter(pl.col("question").is_in(questions))
        for conf in CONFS[:2]:
            cells = covered(of.prediction_regions(rows, book, conf=conf), tested, book)
            parts.append(cells.with_columns(conf=pl.lit(conf), number=pl.lit(number)))
        print(number, conf, cells["within"].mean(), flush=True)
    return summary(pl.concat(parts))


def summary(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per `conf`: shares over sources, and those of the worst and best tenth of splits."""
    splits = cells.group_by("conf", "number").agg(pl.col("within").mean() * 100)
    tails = splits.group_by("conf").agg(
        tenth=pl.col("within").quantile(0.1), ninetieth=pl.col("within").quantile(0.9), splits=pl.len()
    )
    per_source = len(cells.filter(conf=SHOWN)) / SPLITS / cells["source"].n_unique()
    return over_sources(cells).join(tails, on="conf").with_columns(cells=pl.lit(per_source)).sort("conf")


def over_sources(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per `conf`: over sources, the mean, least and largest share of cells covered, in percent."""
    share = pl.col("within", "limits").mean() * 100
    sources = cells.group_by("conf", "source").agg(share, pl.col("radius", "width", "worth").mean())
    return sources.group_by("conf").agg(
        pl.col("within").mean(),
        pl.col("within").min().alias("least"),
        pl.col("within").max().alias("largest"),
        pl.col("limits", "radius", "width").mean(),
        pl.col("worth").mean().alias("people"),
    )


def by_unit(human: pl.DataFrame, llm: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Each topic, or question, left out in turn: a row per unit, sample and `conf`, in percent."""
    truth = human.filter(pl.col("n_eff") >= LARGE).select(*TRUTH, truth="prob")
    rows = []
    for split, confs in (("topic", CONFS[:2]), ("question", CONFS)):
        seeds = [calibrated(human, llm, book, split, seed) for seed in range(SEEDS)]
        for name, size in (("all", None), *((str(size), size) for size in SIZES), ("unknown", None)):
            for conf in confs:
                parts = []
                for seed, known in enumerate(seeds):
                    people = known.filter(source="human")
                    if size is not None:
                        people = redrawn(people.join(truth, on=TRUTH, how="semi"), size, seed)
                    opinions = pl.concat([people, known.filter(pl.col("source") != "human")], how="diagonal")
                    opinions = opinions.drop("n_eff") if name == "unknown" else opinions
                    parts.append(covered(of.prediction_regions(opinions, book, conf=conf, split=split), truth, book))
                means = over_sources(pl.concat(parts).with_columns(conf=pl.lit(conf)))
                rows.append(means.select(pl.lit(split).alias("unit"), pl.lit(name).alias("n"), pl.all()))
                print(rows[-1].row(0), flush=True)
    return pl.concat(rows)


def redrawn(people: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """`people` with the shares of a sample of `size` from each cell's."""
    rng = np.random.default_rng(seed)
    cells = people.sort(TRUTH).group_by(CELL, maintain_order=True).agg(pl.col("prob"))
    drawn = [(rng.multinomial(size, p.to_numpy() / p.sum()) / size).tolist() for p in cells["prob"]]
    return people.sort(TRUTH).with_columns(prob=pl.Series(drawn).explode(), n_eff=pl.lit(float(size)))
