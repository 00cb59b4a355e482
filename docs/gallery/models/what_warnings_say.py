"""
It warned me. What now?
=======================

A warning says what was left out or is doubtful, how often, and what to do. All of them are ``OpinionFrameWarning``;
here are their kinds, and two that prompts bring.
"""

import warnings

import polars as pl

import opinionframe as of

kinds = {
    of.GroupWordsWarning: "a prompt says no more of a group than a column's name or a code",
    of.NumberLabelsWarning: "options are numbers other than their places, so that an answer could be either",
    of.ExtractionWarning: "answers could not be read, or little probability fell on the options",
    of.ServerWarning: "a server did not say what it is, so its own sampler may shape answers",
    of.CommonCellsWarning: "sources have few cells in common, so that means leave most of one out",
}
assert all(issubclass(kind, of.OpinionFrameWarning) for kind in kinds)
pl.DataFrame({"warning": [kind.__name__ for kind in kinds], "what it means": kinds.values()})

# %%
# A column `q17`, coded 1 and 2, and labels from 0 to 2: words for the groups, or shares as answers, mend both.

people = pl.DataFrame({"q17": [1, 2, 1], "trust": [0, 1, 2]})
codebook = of.codebook({"trust": {"text": "How much do you trust doctors?", "labels": {0: "0", 1: "1", 2: "2"}}})
human = of.reference(of.recode(people, codebook), codebook, ["q17"])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    of.prompts(human, codebook, elicitation="logprob", prompt="sd")
for warning in caught:
    print(f"{warning.category.__name__}: {warning.message}\n")
