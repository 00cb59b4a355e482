"""
A report that a reader opens first
==================================

One page with the best source against the label mean, caveats, all scores with intervals, groups, prompts, methods to
paste and citations; tables, figures and data lie beside it. The answers of SmolLM2-135M are real ones, kept in
``reports/data``.
"""

import tempfile

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method="ridge", seed=1
)
report = of.report(
    tempfile.mkdtemp(), opinions, survey, title="Spending priorities, GSS 2018", split="question", seed=1
)
report.summary.select("source", "alignment", "skill")

# %%
# What is in the folder:

print(*sorted(str(path.relative_to(report.folder)) for path in report.files), sep="\n")
