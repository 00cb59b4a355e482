"""
My journal wants another style
==============================

HTML and PNG of every table pass through great-tables, so that its options can restyle them; LaTeX and Word keep their
own style. Who answers is ``FakeModel``, which has no opinions.
"""

import opinionframe as of

survey = of.load("gss2018")
opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
table = of.tables.settings(of.align(opinions, survey.codebook), title="Scores of a model that knows nothing")

# %%
# Serif type and no lines between rows:

table.with_gt(
    lambda gt: gt.tab_options(
        table_font_names="Georgia, serif", table_body_hlines_style="none", heading_title_font_size="18px"
    )
)

# %%
# What is printed, as a frame of numbers to compute with:

table.rows
