"""The example study: SmolLM2 on the GSS 2018 spending items, from the answers that ask_gss2018.py keeps in data/."""

import json
from pathlib import Path

import polars as pl

import opinionframe as of
from opinionframe import figures, tables

DATA = Path(__file__).parent / "data"
DECIMALS = 6
"""Enough to compare by, and fewer than differ between machines."""


def make(folder: Path) -> None:
    """Writes the report's tables and figures, and its summary, intervals and tests as CSV."""
    survey = of.load("gss2018")
    about = json.loads((DATA / "gss2018-model.json").read_text(encoding="utf-8"))
    note = f"{survey.citation} Model: {about['model']}."
    opinions = (
        pl.concat([survey.opinions, pl.read_parquet(DATA / "gss2018-answers.parquet")], how="diagonal")
        .pipe(of.calibrate, survey.codebook, method=["ridge", "default"], split="question", folds=9, seed=1)
        .pipe(of.baselines, survey.codebook)
    )
    aligned = opinions.pipe(of.align, survey.codebook)
    tests = of.compare(aligned, pair="raw-calibrated", adjust="bonferroni", cluster="question", seed=1)
    groups = of.compare(aligned, pair="raw-calibrated", by="demographic", adjust="bonferroni", seed=1)
    sd = f"{about['model']}|logprob|sd|standard"
    made = {
        "alignment": tables.alignment(aligned, tests, note=note),
        "demographics": tables.demographics(
            aligned,
            groups,
            elicitation="logprob",
            prompt="sd",
            calibrator="default",
            groups=survey.groups,
            note=note,
        ),
        "datasets": tables.datasets(survey.codebook, survey.opinions, groups=survey.groups, note=survey.citation),
    }
    for name, table in made.items():
        table.save(folder / f"{name}.html")
        table.save(folder / f"{name}.tex")
    figures.ranked(aligned, title=survey.title).save(folder / "ranked.svg")
    figures.spread(aligned).save(folder / "spread.svg")
    forest = figures.forest(groups, source=f"{sd}|default", groups=survey.groups, title="Calibrated minus raw")
    forest.save(folder / "forest.svg")
    cell = figures.cell(opinions, survey.codebook, "natspac", "sex=Female", source=sd, groups=survey.groups)
    cell.save(folder / "cell.svg")
    rounded(of.summarize(aligned)).write_csv(folder / "summary.csv")
    rounded(of.intervals(aligned, seed=1)).write_csv(folder / "intervals.csv")
    rounded(tests).write_csv(folder / "tests.csv")


def rounded(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with its numbers rounded to what machines agree on."""
    return frame.with_columns(pl.selectors.float().round(DECIMALS))
