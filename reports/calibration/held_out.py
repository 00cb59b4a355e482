"""Scores calibrators with questions, batteries and topics held out. Writes held_out.csv and held_out.md.

OMP_NUM_THREADS=1 python reports/calibration/held_out.py FOLDER (a few minutes)

FOLDER holds human.parquet, llm.parquet and codebook.parquet, as for evidence.py, which is not part of this repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

import opinionframe as of
from opinionframe.calibration.batteries import batteries
from opinionframe.schemas.source import is_calibrated, raw_source

HERE = Path(__file__).parent
SPLITS = ("question", "battery", "topic")
METHODS = ("no-model", "linear", "power", "paper", "default")
RIVALS = ("no-model", "linear", "power", "paper")
SEED = 0
CELL = ["question", "demographic"]

ABOUT = """# What is held out: questions, batteries, topics

The answers and human distributions of [evidence.md](evidence.md): 98 Pew questions asked of two models in 18 ways.
Points of alignment, means over a source's cells, then over the 18 sources; ten folds, seed 0. Raw answers score
{raw:.2f} and uniform {uniform:.2f}, whatever is held out.

`question` holds out whole questions; other items under the same stem stay in training, in the same wave, as do the
people who were asked them. `battery` keeps such items together by their wording, `topic` the whole wave of the panel.
*siblings* counts the questions, of 98, that have one of their battery in training. **`topic` is the figure to go by**
for a survey that nobody has fielded yet; `question` is what a few more items of a fielded one would score.
"""

BELOW = """
± is one standard error, clustered by what is held out and joint over the sources, which share the questions. The
structure of kriging, the main member of `default`, was chosen with questions held out, on these: see *Read this first*
in evidence.md. The weights that its members are pulled to were chosen on half of the topics: see elsewhere.md.
"""


def cells(opinions: pl.DataFrame, book: pl.DataFrame, split: str, method: str) -> pl.DataFrame:
    """One row per calibrated cell: the alignment of a method and of uniform."""
    rows = of.calibrate(opinions, book, method=method, split=split, folds=10, refits=False, seed=SEED)
    scored = of.align(rows, book).filter(is_calibrated()).with_columns(source=raw_source())
    return scored.select(*CELL, "source", "alignment", "baseline", method=pl.lit(method), split=pl.lit(split))


def mean_of_sources(scores: pl.DataFrame, column: str) -> float:
    """100 x the mean over sources of their means over cells."""
    return 100 * float(scores.group_by("source").agg(pl.col(column).mean())[column].mean())  # type: ignore[arg-type]


def difference(scores: pl.DataFrame, rival: str, units: pl.DataFrame) -> tuple[float, float]:
    """`default` minus `rival`, the mean over sources, and its standard error, clustered by `unit`."""
    wide = scores.pivot("method", index=[*CELL, "source"], values="alignment").join(units, on="question")
    values = wide.with_columns(gain=100 * (pl.col("default") - pl.col(rival)))
    weight = 1 / pl.len().over("source") / pl.col("source").n_unique()
    moved = values.with_columns(moved=weight * (pl.col("gain") - pl.col("gain").mean().over("source")))
    sums = moved.group_by("unit").agg(pl.col("moved").sum())["moved"]
    error = (len(sums) / (len(sums) - 1) * float((sums**2).sum())) ** 0.5
    return float(values.select((weight * pl.col("gain")).sum()).item()), error


def row(scores: pl.DataFrame, opinions: pl.DataFrame, book: pl.DataFrame, split: str) -> dict[str, object]:
    """The scores of all methods with one split."""
    facts = book.select("question", "topic").unique("question").join(batteries(book), on="question")
    asked = facts.join(scores.select("question").unique(), on="question", how="semi")
    units = asked.select("question", unit=pl.col(split))
    siblings = of.audit_split(opinions, book, split=split, folds=10, seed=SEED)["siblings"].item()
    means = {method: mean_of_sources(scores.filter(method=method), "alignment") for method in METHODS}
    gains = {}
    for rival in RIVALS:
        gains[f"over {rival}"], gains[f"std_error {rival}"] = difference(scores, rival, units)
    return {"split": split, "units": units["unit"].n_unique(), "siblings": siblings} | means | gains


def written(table: pl.DataFrame, raw: float, uniform: float) -> str:
    """The report in Markdown."""
    heads = ["held out", "units", "siblings", *METHODS, *(f"default - {rival}" for rival in RIVALS)]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for each in table.rows(named=True):
        gains = [f"{each[f'over {rival}']:+.2f} ± {each[f'std_error {rival}']:.2f}" for rival in RIVALS]
        numbers = [str(each["units"]), str(each["siblings"]), *(f"{each[name]:.2f}" for name in METHODS), *gains]
        lines.append("| " + " | ".join([f"`{each['split']}`", *numbers]) + " |")
    return ABOUT.format(raw=raw, uniform=uniform) + "\n" + "\n".join(lines) + "\n" + BELOW


def main(folder: Path) -> None:
    """Everything, to the files beside this script."""
    human, llm, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("human", "llm", "codebook"))
    opinions = pl.concat([human, llm], how="diagonal")
    scores = pl.concat([cells(opinions, book, split, method) for split in SPLITS for method in METHODS])
    table = pl.DataFrame([row(scores.filter(split=split), opinions, book, split) for split in SPLITS])
    table.write_csv(HERE / "held_out.csv", float_precision=5)
    answered = scores.filter(split="topic", method="default")
    raw = of.align(opinions, book).join(answered.select(*CELL, "source"), on=[*CELL, "source"], how="semi")
    text = written(table, mean_of_sources(raw, "alignment"), mean_of_sources(answered, "baseline"))
    (HERE / "held_out.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
