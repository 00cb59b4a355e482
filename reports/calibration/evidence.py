"""Scores calibrators on real answers, topics and questions held out, with the caveats. Writes *.csv and evidence.md.

OMP_NUM_THREADS=1 python reports/calibration/evidence.py FOLDER (about fifteen minutes on two cores)

FOLDER holds human.parquet and llm.parquet (Opinions) and codebook.parquet: real distributions of people and the
answers of models to some of their questions. They are not part of this repository.
"""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
from evidence_text import written

import opinionframe as of
from opinionframe.calibration import stack
from opinionframe.schemas.source import is_calibrated, is_elicited, raw_source

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)
SPLITS = ("topic", "question")
OURS = "default"
METHODS = ("linear", "no-model", "kriging", OURS)
POOR = f"{OURS}, asked questions only"
RIVALS = ("paper", "no-model", "kriging")
TABLES = ("scores", "seeds", "verdicts", "splits", "stacks")
LEAKY = "gpt-3.5-turbo-0125|logprob|base|standard"
CELL = ["question", "demographic"]
KEY = ["split", "source", "method", *CELL]


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All opinions, and the codebook."""
    human, llm, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("human", "llm", "codebook"))
    return pl.concat([human, llm], how="diagonal"), book


def calibrated(folder: Path, source: str | None, methods: tuple[str, ...], split: str, seed: int) -> pl.DataFrame:
    """Scores of one source, or of all, under each method: the columns of KEY, alignment and seed."""
    opinions, book = read(folder)
    if source is not None:
        opinions = opinions.filter(pl.col("source").is_in(["human", source]))
    return by_method(opinions, book, methods, split, seed)


def by_method(
    opinions: pl.DataFrame, book: pl.DataFrame, methods: tuple[str, ...], split: str, seed: int
) -> pl.DataFrame:
    """Calibrated cells with the raw source and the method apart."""
    rows = of.calibrate(opinions, book, method=methods, split=split, refits=False, seed=seed)
    scored = of.align(rows, book).filter(is_calibrated())
    method = pl.col("source").str.split("|").list.last()
    named = scored.with_columns(raw_source().alias("source"), method.alias("method"), split=pl.lit(split))
    return named.select(*KEY, "alignment", seed=pl.lit(seed))


def uncalibrated(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Raw answers, uniform and, where questions are held out, the label mean on the cells of every source."""
    aligned = of.align(of.baselines(opinions, book), book)
    raw = aligned.filter(is_elicited())
    labels = aligned.filter(source="label-mean").select(*CELL, labels="alignment")
    uniform = raw.with_columns(alignment="baseline")
    label_mean = raw.join(labels, on=CELL).with_columns(alignment="labels")
    scores = [("raw", raw, SPLITS), ("uniform", uniform, SPLITS), ("label-mean", label_mean, ("question",))]
    return pl.concat(
        rows.select("source", *CELL, "alignment", method=pl.lit(name), split=pl.lit(split), seed=pl.lit(seed))
        for name, rows, kept in scores
        for split in kept
        for seed in SEEDS
    )


def everything(folder: Path) -> pl.DataFrame:
    """One row per cell, split, method and fold seed; `paper` one process per source, since it takes longest."""
    opinions, book = read(folder)
    sources = opinions.filter(is_elicited())["source"].unique().sort()
    turns = [(split, seed) for split in SPLITS for seed in SEEDS]
    jobs = [(folder, None, METHODS, *turn) for turn in turns]
    jobs += [(folder, source, ("paper",), *turn) for turn in turns for source in sources]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        cells = pl.concat(pool.map(calibrated, *zip(*jobs, strict=True)))
    poor = [_without_unasked(opinions, book, *turn) for turn in turns]
    return pl.concat([cells, *poor, uncalibrated(opinions, book)], how="diagonal").join(units(book), on="question")


def units(book: pl.DataFrame) -> pl.DataFrame:
    """The topic of every question, by which errors are clustered where topics are held out."""
    return book.select("question", "topic").unique()


def _without_unasked(opinions: pl.DataFrame, book: pl.DataFrame, split: str, seed: int) -> pl.DataFrame:
    """`default` without the human answers to questions that no model was asked."""
    asked = opinions.filter(is_elicited()).select("question").unique()
    kept, short = (frame.join(asked, on="question", how="semi") for frame in (opinions, book))
    return by_method(kept, short, (OURS,), split, seed).with_columns(method=pl.lit(POOR))


def scores(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per split and source, and their mean: points of alignment, and differences with clustered errors."""
    tables = [_scores(cells.filter(split=split)).select(pl.lit(split).alias("split"), pl.all()) for split in SPLITS]
    return pl.concat(tables, how="diagonal")


def _scores(cells: pl.DataFrame) -> pl.DataFrame:
    means = cells.group_by(*KEY, "topic").agg(pl.col("alignment").mean())
    wide = means.group_by("source", "method").agg(pl.col("alignment").mean() * 100).pivot(
        "method", index="source", values="alignment"
    )  # fmt: skip
    wide = wide.select("source", *sorted(wide.columns[1:]))
    rows = [wide.sort("source"), wide.select(pl.lit("mean").alias("source"), pl.exclude("source").mean())]
    table = pl.concat(rows).with_columns((pl.col(OURS) - pl.col("raw")).alias(f"{OURS}_minus_raw"))
    for versus in RIVALS:
        found = [clustered(means, versus, source) for source in table["source"]]
        errors = {f"over_{versus}": [over for over, _ in found], f"std_error_{versus}": [error for _, error in found]}
        table = table.hstack(pl.DataFrame(errors))
    return table


def clustered(means: pl.DataFrame, versus: str, source: str, ours: str = OURS) -> tuple[float, float]:
    """Mean difference over cells, then sources, and its standard error over what is held out together.

    The influence of a question, or topic, is summed over the sources, which share it.
    """
    mine = means if source == "mean" else means.filter(source=source)
    pair = mine.filter(method=ours).join(mine.filter(method=versus), on=["source", *CELL], suffix="_versus")
    difference = (pl.col("alignment") - pl.col("alignment_versus")) * 100
    away = (difference - difference.mean().over("source")) / pl.len().over("source") / pair["source"].n_unique()
    unit = pair.select(unit=pair["split"][0], away=away)
    influence = unit.group_by("unit").agg(pl.col("away").sum())["away"].to_numpy()
    q = len(influence)
    error = float(np.sqrt(q / (q - 1) * (influence**2).sum()))
    estimate = pair.group_by("source").agg(difference.mean().alias("d"))["d"].mean()
    return float(estimate), error  # type: ignore[arg-type]  # of numbers


def by_seed(cells: pl.DataFrame) -> pl.DataFrame:
    """The mean over sources of each method, split and fold seed, and the source that gains least over raw."""
    sources = cells.group_by("split", "seed", "method", "source").agg(pl.col("alignment").mean() * 100)
    wide = sources.pivot("method", index=["split", "seed", "source"], values="alignment")
    methods = sorted(set(wide.columns) - {"split", "seed", "source"})
    least = (pl.col(OURS) - pl.col("raw")).min().alias("least_over_raw")
    table = wide.group_by("split", "seed").agg(pl.col(methods).mean(), least)
    table = table.sort(pl.col("split").cast(pl.Enum(SPLITS)), "seed")
    turns = table.select("split", "seed").iter_rows()
    found = [clustered(cells.filter(split=split, seed=seed), "paper", "mean") for split, seed in turns]
    return table.with_columns(
        over_paper=pl.Series([over for over, _ in found]), std_error=pl.Series([error for _, error in found])
    )


def noise(opinions: pl.DataFrame) -> pl.DataFrame:
    """The answers replaced by flat Dirichlet draws: one per question for base prompts, one per cell for sd."""
    rows = opinions.filter(is_elicited())
    drawn = rows.with_columns(draw=pl.Series(np.random.default_rng(7).exponential(size=len(rows))))
    shared = pl.col("draw").first().over("source", "question", "choice")
    kept = drawn.with_columns(
        prob=pl.when(pl.col("source").str.contains("|base|", literal=True)).then(shared).otherwise("draw")
    )
    total = pl.col("prob").sum().over("source", *CELL)
    return pl.concat([opinions.filter(~is_elicited()), kept.with_columns(pl.col("prob") / total).drop("draw")])


def verdicts(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """What `diagnose` says of the real answers and of noise."""
    found = [
        of.diagnose(rows, book, method=method, overlap="keep", seed=0).with_columns(answers=pl.lit(answers))
        for answers, rows in (("real", opinions), ("noise", noise(opinions)))
        for method in (OURS, "kriging", "linear")
    ]
    return pl.concat(found).select("answers", pl.exclude("answers"))


def audits(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """What each split lets through, and what a random forest makes of it."""
    one = opinions.filter(pl.col("source").is_in(["human", LEAKY]))
    found = []
    for split in ("row", "question"):
        grown = of.align(of.calibrate(one, book, method="forest", split=split, seed=0), book)
        score = grown.filter(source=f"{LEAKY}|forest")["alignment"].mean()
        found.append(of.audit_split(one, book, split=split, seed=0).with_columns(forest=pl.lit(score)))
    return pl.concat(found).with_columns(pl.col(pl.List(pl.String)).list.join("; "))


def stacks(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Stacks of each model's raw answers, and of its calibrated ones, beside their members on the same cells."""
    every = of.calibrate(opinions, book, method=OURS, seed=0)
    sources = every.filter(is_calibrated())["source"].unique().sort().to_list()
    found = []
    for members in ([raw.rpartition("|")[0] for raw in sources], sources):
        for model in sorted({member.partition("|")[0] for member in members}):
            mine = [member for member in members if member.startswith(f"{model}|")]
            found.append(_stacked(every, book, mine))
    return pl.DataFrame(found)


def _stacked(opinions: pl.DataFrame, book: pl.DataFrame, members: list[str]) -> dict[str, object]:
    """A stack, the best of its members and their mean, on the cells that all members have."""
    rows = opinions.filter(pl.col("source").is_in(["human", *members]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", of.OpinionFrameWarning)  # cells that a member lacks; `cells` counts the rest
        mixed = stack(rows, book, sources=members, seed=0)
    name = next(source for source in mixed["source"].unique() if source.startswith("stack"))
    own = rows.filter(pl.col("source").is_in(members))
    cells = own.group_by(CELL).agg(pl.col("source").n_unique()).filter(source=len(members)).select(CELL)
    mean = own.group_by(*CELL, "choice").agg(pl.col("prob").mean()).with_columns(source=pl.lit("mean of members"))
    same = pl.concat([mixed, mean], how="diagonal").join(cells, on=CELL, how="semi")
    aligned = of.align(same, book)
    found = dict(of.summarize(aligned, overlap="keep").select("source", "alignment").rows())
    best = max(members, key=lambda member: found[member])
    return {"stack": name, "members": len(members), "cells": len(cells), "stacked": found[name],
            "best_member": found[best], "mean_of_members": found["mean of members"], "best": best}  # fmt: skip


def main(folder: Path) -> None:
    """Everything, to the files beside this script."""
    opinions, book = read(folder)
    cells = everything(folder)
    tables = (scores(cells), by_seed(cells), verdicts(opinions, book), audits(opinions, book), stacks(opinions, book))
    for name, table in zip(TABLES, tables, strict=True):
        table.write_csv(HERE / f"{name}.csv", float_precision=5)
    render()


def render() -> None:
    """Writes evidence.md from the rows of the tables beside this script."""
    tables = {name: pl.read_csv(HERE / f"{name}.csv") for name in TABLES}
    (HERE / "evidence.md").write_text(written(tables), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
