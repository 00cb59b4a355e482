"""
My shares come from another program
===================================

A frame with a row for each cell and a column for each choice, as spreadsheets and other programs have it, and the long
cells of ``popfidelity``. All numbers are made up.
"""

import polars as pl

import opinionframe as of

labels = ["Too little", "About right", "Too much"]
codebook = of.codebook({"parks": {"text": "Is too much spent on parks?", "labels": labels}})
wide = pl.DataFrame(
    {
        "question": ["parks"] * 4,
        "demographic": ["sex=Female", "sex=Male"] * 2,
        "source": ["human", "human", "mine|verbalized|sd|standard", "mine|verbalized|sd|standard"],
        "Too little": [0.3, 0.2, 0.4, 0.4],
        "About right": [0.6, 0.6, 0.4, 0.4],
        "Too much": [0.1, 0.2, 0.2, 0.2],
    }
)
opinions = of.from_wide(wide, codebook)
of.align(opinions, codebook).select("demographic", "source", "alignment", "baseline")

# %%
# And back, for a colleague with a spreadsheet:

of.to_wide(opinions, codebook)

# %%
# The cells that popfidelity writes name groups as ``F|18-29``; the names of their parts are given. Its mode `ntp` is
# called `logprob` here.

cells = {"cell_id": ["F|18-29"] * 4, "question": ["tax"] * 4, "option": ["Too low", "Too high"] * 2}
cells |= {"share": [0.2, 0.8, 0.5, 0.5], "n": [50.0] * 4}
cells |= {"source": ["survey"] * 2 + ["gpt-4o"] * 2, "mode": [None] * 2 + ["ntp"] * 2}
rows, book = of.from_popfidelity(pl.DataFrame(cells), {"tax": ["Too low", "Too high"]}, ["sex", "age"])
rows
