"""Scores every calibrator on real answers, whole questions held out, with the caveats. Writes *.csv and evidence.md.

OMP_NUM_THREADS=1 python reports/calibration/evidence.py FOLDER (about fifteen minutes on two cores, for the forests)

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
METHODS = ("linear", "no-model", "kriging")
LEAKY = "gpt-3.5-turbo-0125|logprob|base|standard"
CELL = ["question", "demographic"]
KEY = ["source", "method", *CELL]


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All opinions, and the codebook."""
    human, llm, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("human", "llm", "codebook"))
    return pl.concat([human, llm], how="diagonal"), book


def calibrated(folder: Path, source: str | None, methods: tuple[str, ...], seed: int) -> pl.DataFrame:
    """Scores of one source, or of all, under each method: source, method, question, demographic, alignment."""
    opinions, book = read(folder)
    if source is not None:
        opinions = opinions.filter(pl.col("source").is_in(["human", source]))
    return by_method(of.align(of.calibrate(opinions, book, method=methods, seed=seed), book), seed)


def by_method(aligned: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Calibrated cells with the raw source and the method apart."""
    method = pl.col("source").str.split("|").list.last()
    rows = aligned.filter(is_calibrated()).with_columns(raw_source().alias("source"), method.alias("method"))
    return rows.select(*KEY, "alignment", seed=pl.lit(seed))


def uncalibrated(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Raw answers, uniform and the label mean on the cells of every source."""
    aligned = of.align(of.baselines(opinions, book), book)
    raw = aligned.filter(is_elicited())
    labels = aligned.filter(source="label-mean").select(*CELL, labels="alignment")
    scores = {"raw": raw, "uniform": raw.with_columns(alignment="baseline")}
    scores["label-mean"] = raw.join(labels, on=CELL).with_columns(alignment="labels")
    return pl.concat(rows.select(*KEY[:1], *CELL, "alignment", method=pl.lit(name)) for name, rows in scores.items())


def everything(folder: Path) -> pl.DataFrame:
    """Cells by method, means over the fold seeds; `paper` one process per source and seed, since it takes longest."""
    opinions, book = read(folder)
    sources = opinions.filter(is_elicited())["source"].unique().sort()
    jobs = [(folder, None, METHODS, seed) for seed in SEEDS]
    jobs += [(folder, source, ("paper",), seed) for seed in SEEDS for source in sources]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        cells = pl.concat(pool.map(calibrated, *zip(*jobs, strict=True)))
    poor = [_without_unasked(opinions, book, seed) for seed in SEEDS]
    fixed = [uncalibrated(opinions, book).with_columns(seed=pl.lit(seed)) for seed in SEEDS]
    return pl.concat([cells, *poor, *fixed], how="diagonal")


def _without_unasked(opinions: pl.DataFrame, book: pl.DataFrame, seed: int) -> pl.DataFrame:
    """`kriging` without the human answers to questions that no model was asked."""
    asked = opinions.filter(is_elicited()).select("question").unique()
    kept, short = (frame.join(asked, on="question", how="semi") for frame in (opinions, book))
    scored = by_method(of.align(of.calibrate(kept, short, method="kriging", seed=seed), short), seed)
    return scored.with_columns(method=pl.lit("kriging, asked questions only"))


def scores(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per source, and their mean: points of alignment, and differences with clustered standard errors."""
    means = cells.group_by(*KEY).agg(pl.col("alignment").mean())
    wide = means.group_by("source", "method").agg(pl.col("alignment").mean() * 100).pivot(
        "method", index="source", values="alignment"
    )  # fmt: skip
    wide = wide.select("source", *sorted(wide.columns[1:]))
    rows = [wide.sort("source"), wide.select(pl.lit("mean").alias("source"), pl.exclude("source").mean())]
    table = pl.concat(rows).with_columns((pl.col("kriging") - pl.col("raw")).alias("kriging_minus_raw"))
    for versus in ("paper", "no-model", "label-mean"):
        error = pl.DataFrame([clustered(means, versus, source) for source in table["source"]])
        table = table.join(
            error.rename(lambda name, v=versus: name if name == "source" else f"{name}_{v}"), on="source"
        )
    return table


def clustered(means: pl.DataFrame, versus: str, source: str, ours: str = "kriging") -> dict[str, object]:
    """Mean difference over cells, then sources, and its standard error over questions.

    A question's influence is summed over the sources, which share it.
    """
    mine = means if source == "mean" else means.filter(source=source)
    pair = mine.filter(method=ours).join(mine.filter(method=versus), on=["source", *CELL], suffix="_versus")
    difference = (pl.col("alignment") - pl.col("alignment_versus")) * 100
    away = (difference - difference.mean().over("source")) / pl.len().over("source") / pair["source"].n_unique()
    influence = pair.select("question", away=away).group_by("question").agg(pl.col("away").sum())["away"].to_numpy()
    q = len(influence)
    error = float(np.sqrt(q / (q - 1) * (influence**2).sum()))
    estimate = pair.group_by("source").agg(difference.mean().alias("d"))["d"].mean()
    return {"source": source, "over": estimate, "std_error": error}


def by_seed(cells: pl.DataFrame) -> pl.DataFrame:
    """The mean over sources of each method and fold seed, and the source that gains least over raw."""
    sources = cells.group_by("seed", "method", "source").agg(pl.col("alignment").mean() * 100)
    wide = sources.pivot("method", index=["seed", "source"], values="alignment")
    methods = sorted(set(wide.columns) - {"seed", "source"})
    least = (pl.col("kriging") - pl.col("raw")).min().alias("least_over_raw")
    table = wide.group_by("seed").agg(pl.col(methods).mean(), least).sort("seed")
    found = [clustered(cells.filter(seed=seed), "paper", "mean") for seed in table["seed"]]
    return table.with_columns(
        kriging_minus_paper=pl.Series([row["over"] for row in found]),
        std_error=pl.Series([row["std_error"] for row in found]),
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
        for method in ("kriging", "linear")
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
    return pl.concat(found).with_columns(pl.col("examples").list.join("; "))


def stacks(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Stacks of each model's raw answers, and of its calibrated ones, beside their members on the same cells."""
    every = of.calibrate(opinions, book, method="kriging", seed=0)
    sources = every.filter(is_calibrated())["source"].unique().sort().to_list()
    found = []
    for members in ([raw.rpartition("|")[0] for raw in sources], sources):
        for model in sorted({member.partition("|")[0] for member in members}):
            mine = [member for member in members if member.startswith(f"{model}|")]
            found.append(_stacked(every, book, mine))
    return pl.DataFrame(found)


def _stacked(opinions: pl.DataFrame, book: pl.DataFrame, members: list[str]) -> dict[str, object]:
    rows = opinions.filter(pl.col("source").is_in(["human", *members]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", of.OpinionFrameWarning)  # cells that a member lacks; `cells` counts the rest
        mixed = stack(rows, book, sources=members, seed=0)
    name = next(source for source in mixed["source"].unique() if source.startswith("stack"))
    cells = mixed.filter(source=name).select(CELL).unique()
    same = mixed.join(cells, on=CELL, how="semi")
    others = same.filter(pl.col("source").is_in(members)).group_by(*CELL, "choice").agg(pl.col("prob").mean())
    total = pl.col("prob").sum().over(CELL)
    mean = others.with_columns(pl.col("prob") / total, source=pl.lit("mean of members"))
    aligned = of.align(pl.concat([same, mean], how="diagonal"), book)
    found = dict(of.summarize(aligned, cells="own", overlap="keep").select("source", "alignment").rows())
    best = max(members, key=lambda member: found[member])
    return {"stack": name, "members": len(members), "cells": len(cells), "stacked": found[name],
            "best_member": found[best], "mean_of_members": found["mean of members"], "best": best}  # fmt: skip


def main(folder: Path) -> None:
    """Everything, to the files beside this script."""
    opinions, book = read(folder)
    cells = everything(folder)
    tables = {
        "scores": scores(cells),
        "seeds": by_seed(cells),
        "verdicts": verdicts(opinions, book),
        "splits": audits(opinions, book),
        "stacks": stacks(opinions, book),
    }
    for name, table in tables.items():
        table.write_csv(HERE / f"{name}.csv", float_precision=5)
    text = written(tables)
    (HERE / "evidence.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
