"""
A workbook for a colleague
==========================

Tidy frames with what each column means, as one Excel workbook and as CSV files, with a manifest that says how they came
about. Who answers is ``FakeModel``, which has no opinions.
"""

import json
import tempfile
from pathlib import Path

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt="sd", seed=1)
folder = Path(tempfile.mkdtemp())
manifest = of.export(
    folder,
    formats=["excel", "csv"],
    survey=survey,
    opinions=opinions,
    aligned=of.align(opinions, survey.codebook),
    codebook=survey.codebook,
)
print(*sorted(path.name for path in folder.iterdir()), sep="\n")

# %%
# ``columns.csv``, and the first sheet of the workbook, say what each column means:

pl.read_csv(folder / "columns.csv").head(6)

# %%
# The manifest has versions, the survey's terms and a checksum of every file:

print(json.dumps(json.loads(manifest.read_text(encoding="utf-8")), indent=1)[:900], "…")
