"""
A table for my LaTeX paper
==========================

Raw and calibrated scores with intervals and marks of significance, as LaTeX that fits the column of your paper. The
answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = (
    pl.concat([survey.opinions, answers], how="diagonal")
    .pipe(of.calibrate, survey.codebook, method="ridge", seed=1)
    .pipe(of.baselines, survey.codebook)
)
aligned = of.align(opinions, survey.codebook)
table = of.tables.alignment(aligned, of.compare(aligned, seed=1), note=survey.citation)

# %%
# ``table.save("scores.tex", width="page", style="acl")`` writes this into a file for ``\input``; with
# ``standalone=True`` it is a document of its own.

print(table.as_latex(width="page", style="acl")[:1200], "…")

# %%
# The table itself:

table

# sphinx_gallery_thumbnail_number = -1
