"""
Did my codes arrive as I meant them?
====================================

Before a code of 8 or 99 passes for an opinion, ``of.crosswalk`` says what ``of.recode`` makes of each code that occurs,
and of how many respondents. The respondents are made up.
"""

import polars as pl

import opinionframe as of

people = pl.DataFrame({"sex": ["F", "F", "M", "M", "M"], "trust": [1, 2, 3, 8, 9], "fear": [2, 1, 8, 9, None]})
book = {"labels": {1: "A lot", 2: "Some", 3: "None"}}
codebook = of.codebook({"trust": {"text": "Trust in doctors?", **book}, "fear": {"text": "Fear of doctors?", **book}})

# %%
# 8 is don't know. Nobody has said what 9 is:

of.crosswalk(people, codebook, nonresponse=[8])

# %%
# ``of.recode`` refuses to guess:

try:
    of.recode(people, codebook, nonresponse=[8])
except of.OpinionFrameError as refusal:
    print(refusal)

# %%
# Now it is said, by question: those who were not asked about fear are no nonresponse.

numbered = of.recode(people, codebook, nonresponse=[8], not_asked={"trust": [9], "fear": [9]})
of.reference(numbered, codebook, ["sex"]).filter(demographic="all")
