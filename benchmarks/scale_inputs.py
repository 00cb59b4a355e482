"""What large studies begin with, written to a folder: answers of many sources, of one model, and a journal."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from synthetic import codebook, write

import opinionframe as of
from opinionframe.elicitation.models.protocol import Reply, Request

SEED = 1
AT_A_TIME = 50
"""Models whose answers are written together."""

OWN_WORDS = 0.1
"""The share of answers whose text no other has."""


def write_study(folder: Path, sources: int) -> None:
    """Opinions of people and of sources half of whose answers are the people's, 1,500 cells each, and the codebook."""
    write(folder / "drawn.parquet", sources, SEED)
    rows = pl.scan_parquet(folder / "drawn.parquet")
    human = rows.filter(pl.col("source") == "human").select("question", "demographic", "choice", people="prob")
    mixed = rows.join(human, on=["question", "demographic", "choice"], how="left", maintain_order="left")
    columns = ("question", "demographic", "choice", "source", "prob")
    mixed.with_columns(prob=(pl.col("prob") + pl.col("people")) / 2).select(columns).sink_parquet(
        folder / "opinions.parquet"
    )
    codebook(SEED).write_parquet(folder / "codebook.parquet")


def write_answers(folder: Path, rows: int) -> None:
    """At least so many Answers, of as many models as that takes, to the prompts of the shipped survey."""
    survey = of.load("gss2018")
    survey.codebook.write_parquet(folder / "codebook.parquet")
    prompts = of.prompts(survey.opinions, survey.codebook, elicitation=["self_random", "verbalized"], prompt="sd")
    prompts.write_parquet(folder / "prompts.parquet")
    of_one = of.ask(prompts, of.FakeModel(seed=SEED), seed=SEED)
    models = [f"model-{number:05}" for number in range(-(-rows // len(of_one)))]
    rng = np.random.default_rng(SEED)
    path = folder / "answers.parquet"
    with pq.ParquetWriter(path, _answers(of_one, models[:1], rng).schema) as writer:
        for start in range(0, len(models), AT_A_TIME):
            writer.write_table(_answers(of_one, models[start : start + AT_A_TIME], rng))


def _answers(of_one: pl.DataFrame, models: list[str], rng: np.random.Generator) -> object:
    rows = pl.concat([of_one.with_columns(model=pl.lit(model)) for model in models])
    own = pl.Series(rng.random(len(rows)) < OWN_WORDS)
    worded = pl.format("{} ({})", "raw", pl.Series(rng.integers(0, 10**9, len(rows))))
    return rows.with_columns(raw=pl.when(own).then(worded).otherwise("raw")).to_arrow(
        compat_level=pl.CompatLevel.oldest()
    )


def requests(first: int, number: int) -> list[Request]:
    """So many requests of a text each."""
    text = "Question {}: how much do you trust the people who live next door to you, and those in the next town?"
    return [
        Request(text.format(place), "pick", ("1", "2", "3"), temperature=0.7, max_tokens=64, seed=SEED)
        for place in range(first, first + number)
    ]


def append(folder: Path, first: int, number: int) -> None:
    """Puts so many answers on record, one by one."""
    model = of.FakeModel(seed=SEED)
    with of.Journal(folder / "journal") as journal:
        for request in requests(first, number):
            raw = "I would choose 2, as people like me do."
            journal.write(Reply(request, raw=raw, tokens_in=80, tokens_out=12, seconds=0.1, finish="stop"), model)


def write_journal(folder: Path, answers: int) -> None:
    """A journal of so many answers in two files, line by line as it writes them; their keys are those of no request."""
    append(folder, 0, 1)
    (path,) = (folder / "journal").glob("answers-*.jsonl")
    line = path.read_text(encoding="utf-8")
    before, after = line[: line.index('"key":"') + 7], line[line.index('"key":"') + 71 :]
    for part in range(2):
        with path.with_name(f"answers-{part}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(part, answers - 1, 2):
                file.write(before + hashlib.sha256(str(number).encode()).hexdigest() + after)
