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
METHODS = ("linear", "power", "dirichlet", "kriging", "default")
LINES = (*METHODS, "raw", "mean-of-labels", "few_shot", "uniform")
DRAWN = ("linear", "dirichlet", "kriging", "default", "raw", "mean-of-labels")
NAMES = {
    "gpt-3.5-turbo-0125|logprob|sd|standard": "gpt-3.5-turbo-0125, log-probabilities",
    "gpt-3.5-turbo-0125|verbalized|sd|standard": "gpt-3.5-turbo-0125, verbalized",
    "llama3-70b|logprob|sd|standard": "llama3-70b, log-probabilities",
    "llama3-70b|verbalized|sd|standard": "llama3-70b, verbalized",
}
SHAPE = r"^[^|]+\|(logprob|verbalized)\|sd\|(standard|few_shot)$"
SEED = 0
READING = """# How many labels calibration needs

Mean alignment over four sources (gpt-3.5-turbo-0125 and llama3-70b, log-probabilities and verbalized, prompts with
demographics) of the cells of a fifth of the 98 questions, held out anew in each of 10 draws. A fit sees the labels
alone: `default` and `kriging` without the human answers to other questions that they would use elsewhere.
`mean-of-labels` uses no model. `raw`, `few_shot` and `uniform` use no labels of the draw; how many examples the
few-shot prompts had is not recorded.

**`default` takes a handful.** Its mean is above that of every other method at every size but three: with 5
distributions `dirichlet` is 0.1 above it, with 200 `kriging` alone 0.2, and with 50 questions `kriging` is level
(differences of means before rounding, and without errors: 10 draws of the same questions do not tell those of 0.1 or
0.2 from none). The mean hides two kinds of sources. Log-probabilities gain 2 and 10 points by `default` with a single
distribution, where `linear` and `power` lose 5.6 and 2.4 on one of the two, `dirichlet` gains 0.2 on it and `kriging`
changes nothing. Verbalized answers are good as they are, and lose with few: at worst, over both units and all sizes,
`default` 0.3 points below the raw answers, `dirichlet` 1.6, `kriging` 2.1, `power` 2.8 and `linear` 4.8. To gain a
point on the verbalized answers of both models `default` takes 200 distributions and `kriging` 100 (or 50 questions);
the others never do.

**Chosen on these.** The structure of `kriging` was chosen on all of these questions and the weights of `default` on
half of their topics, with these sources among others ([evidence.md](evidence.md)); the other methods were not. Part of
their lead may be that.

![Alignment of the four sources by labelled distributions](few_labels.svg)

gpt-3.5-turbo-0125 answered more cells than llama3-70b, so that its curves go on to 500. Intervals are of other draws
from the same questions, not of other questions.
"""


def main(folder: Path) -> None:
    """Both units, to the files beside this script."""
    opinions, book = read(folder)
    kept = opinions.filter((pl.col("source") == "human") | pl.col("source").str.contains(SHAPE))
    curves = pl.concat(
        learning_curve(kept, book, method=METHODS, unit=unit, draws=10, seed=SEED)
        for unit in ("distribution", "question")
    ).filter(pl.col("source").str.ends_with("|standard"))
    curves.write_csv(HERE / "few_labels.csv", float_precision=5)
    render()


def render() -> None:
    """Writes few_labels.svg and few_labels.md from the rows of few_labels.csv."""
    curves = pl.read_csv(HERE / "few_labels.csv")
    drawn = curves.filter(pl.col("method").is_in(DRAWN), unit="distribution")
    named = drawn.with_columns(source=pl.col("source").replace_strict(NAMES))
    of.figures.learning(named, y="alignment", line="method", panel="source").save(HERE / "few_labels.svg")
    text = READING + "".join(f"\n## Labelled {unit}s\n\n{_table(part)}" for (unit,), part in _units(curves))
    (HERE / "few_labels.md").write_text(text, encoding="utf-8")


def _units(curves: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.DataFrame]]:
    return list(curves.partition_by("unit", as_dict=True, maintain_order=True).items())


def _means(curves: pl.DataFrame) -> pl.DataFrame:
    """One row per size, means over sources in percent, a column per method; where every source has the size."""
    everywhere = pl.col("source").n_unique().over("n_train") == curves["source"].n_unique()
    means = curves.filter(everywhere).group_by("n_train", "method").agg(pl.col("alignment").mean() * 100)
    return means.pivot("method", index="n_train", values="alignment").sort("n_train")


def _table(curves: pl.DataFrame) -> str:
    """The means as Markdown."""
    rows = [[str(row["n_train"]), *(f"{row[name]:.1f}" for name in LINES)] for row in _means(curves).rows(named=True)]
    return table(["labels", *LINES], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
