"""
I want the prompt in other words
================================

The default wording is the paper's. A file that holds only what you change is merged over it, and its name marks the
sources of its answers, so that two wordings can be compared. Who answers is ``FakeModel``, which has no opinions.
"""

import tempfile
from pathlib import Path

import opinionframe as of

MINE = """
name = "brief"

[methods.logprob]
sd = ["{q} Answer as if {your}, with one of {choices}."]
"""
path = Path(tempfile.mkdtemp()) / "brief.toml"
path.write_text(MINE, encoding="utf-8")
wording: of.Wording = of.read_wording(path)
wording

# %%
# What is asked now, and what the paper would ask:

survey = of.load("gss2018")
human = survey.opinions.filter(demographic="sex=Female")
for each in (wording, "paper"):
    print(of.prompts(human, survey.codebook, prompt="sd", wording=each)["text"][0], end="\n\n")

# %%
# Both asked, and both scored:

opinions = human
for each in (wording, "paper"):
    opinions = of.elicit(opinions, survey.codebook, of.FakeModel(seed=1), prompt="sd", wording=each, seed=1)
of.summarize(of.align(opinions, survey.codebook)).select("source", "alignment", "n")
