"""
The paper's tables, as they are printed
=======================================

Every printed figure of "Improving the Distributional Alignment of LLMs using Supervision" is in the package, with an
audit of what the figures give when they are averaged again.
"""

import polars as pl

import opinionframe as of

of.tables.published(of.paper.published().filter(table=5))

# %%
# A figure that the printed ones give otherwise has an asterisk; the claims of the text, in the same way:

of.paper.audit().filter(kind="claim").select("claim", "claimed", "recomputed", "unit", "verdict").head(8)

# %%
# Printed averages and deviations, recomputed from the cells:

of.paper.audit_rows().group_by("verdict").agg(rows=pl.len()).sort("rows", descending=True)
