"""
Learn on one survey, predict another
====================================

A calibration that was fitted where people were asked, saved, and applied to questions and groups where nobody was.
Half the questions of the General Social Survey stand for the new survey. The answers of SmolLM2-135M are real ones,
kept in ``reports/data``.
"""

import tempfile

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet").filter(
    pl.col("source").str.contains("|sd|", literal=True)
)
old = pl.col("question").is_in(survey.codebook["question"].unique().sort()[:9].to_list())
learnt: of.Calibration = of.fit(
    pl.concat([survey.opinions, answers], how="diagonal").filter(old), survey.codebook, method="power", seed=1
)
learnt

# %%
# Saved as Parquet and JSON, without pickle, and read again. ``of.apply`` looks at no human rows.

again = of.read_calibration(learnt.save(f"{tempfile.mkdtemp()}/power"))
predicted = of.apply(answers.filter(~old), survey.codebook, again)

# %%
# Here the truth of the new questions is known, so that one can look:

both = pl.concat([survey.opinions.filter(~old), predicted], how="diagonal")
of.summarize(both.pipe(of.baselines, survey.codebook, which="uniform").pipe(of.align, survey.codebook)).select(
    "source", "alignment", "baseline", "skill"
)
