"""How many labels calibration needs on real answers. Writes few_labels.csv, few_labels.svg and few_labels.md.

OMP_NUM_THREADS=1 python reports/calibration/few_labels.py FOLDER (the folder of evidence.py; about two minutes)
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from evidence import read
from evidence_text import table

import opinionframe as of
from opinionframe.diagnosis import learning_curve

HERE = Path(__file__).parent
METHODS = ("linear", "power", "dirichlet", "kriging")
LINES = (*METHODS, "raw", "mean-of-labels", "few_shot", "uniform")
DRAWN = ("linear", "dirichlet", "kriging", "raw", "mean-of-labels", "few_shot")
SOURCE = "gpt-3.5-turbo-0125|verbalized|sd|standard"
SHAPE = r"^[^|]+\|(logprob|verbalized)\|sd\|(standard|few_shot)$"
SEED = 0
READING = """# How many labels calibration needs

Mean alignment over four sources (gpt-3.5-turbo-0125 and llama3-70b, log-probabilities and verbalized, prompts with
demographics) of the cells of a fifth of the 98 questions, held out anew in each of 10 draws. A fit sees the labels
alone: `kriging` without the human answers to other questions that it would use elsewhere. `mean-of-labels` uses no
model. `raw`, `few_shot` and `uniform` use no labels of the draw; how many examples the few-shot prompts had is not
recorded.

The mean over sources hides two kinds. Log-probabilities gain from the first handful of labels on. Verbalized answers,
which are good as they are, lose with few: `dirichlet`, which shrinks to the raw answer, loses at most 0.4 points at any
number of labelled distributions (1.6 with a single question), the others 2 to 12 at a single one; only `kriging` gains
a point, from 100 on. With fewer than 50 labelled distributions, or 20 questions, and no other human answers, `kriging`
is not the method to take.
The figure shows the verbalized answers of gpt-3.5-turbo-0125 alone.
"""


def main(folder: Path) -> None:
    """Both units, to the files beside this script."""
    opinions, book = read(folder)
    kept = opinions.filter((pl.col("source") == "human") | pl.col("source").str.contains(SHAPE))
    curves = pl.concat(
        learning_curve(kept, book, method=METHODS, unit=unit, draws=10, each_draw=True, seed=SEED)
        for unit in ("distribution", "question")
    ).filter(pl.col("source").str.ends_with("|standard"))
    _over_draws(curves).write_csv(HERE / "few_labels.csv", float_precision=5)
    drawn = curves.filter(pl.col("method").is_in(DRAWN), unit="distribution", source=SOURCE)
    of.figures.learning(drawn, line="method").save(HERE / "few_labels.svg")
    text = READING + "".join(f"\n## Labelled {unit}s\n\n{_table(part)}" for (unit,), part in _units(curves))
    (HERE / "few_labels.md").write_text(text, encoding="utf-8")
    print(text)


def _over_draws(curves: pl.DataFrame) -> pl.DataFrame:
    """Means and deviations over the draws."""
    metrics = ("mse", "alignment")
    means, spread = pl.col(metrics).mean(), pl.col(metrics).std().name.suffix("_sd")
    return curves.group_by("unit", "source", "method", "n_train", maintain_order=True).agg(means, spread)


def _units(curves: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.DataFrame]]:
    return list(curves.partition_by("unit", as_dict=True, maintain_order=True).items())


def _table(curves: pl.DataFrame) -> str:
    """One row per size, means over sources and draws; where every source has the size."""
    everywhere = pl.col("source").n_unique().over("n_train") == curves["source"].n_unique()
    means = curves.filter(everywhere).group_by("n_train", "method").agg(pl.col("alignment").mean() * 100)
    wide = means.pivot("method", index="n_train", values="alignment").sort("n_train")
    rows = [[str(row["n_train"]), *(f"{row[name]:.1f}" for name in LINES)] for row in wide.rows(named=True)]
    return table(["labels", *LINES], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
