"""Which data sets are surveys that the paper asks its models about, and how much of each it asks."""

from __future__ import annotations

import polars as pl

from opinionframe.paper.published import published
from opinionframe.schemas.demographic import ALL

SURVEYS = {"wgm2018": "WGM", "opinionqa": "OQA", "wvs7": "WVS"}
"""The paper's name of each survey that this package reads."""

QUESTIONS = {"WGM": 14, "OQA": 38, "WVS": 40}
"""As its Table 13 counts them; the paper does not name them."""

OF_GROUPS = (3, 8, 9, 10)
"""The tables that list its groups."""


def paper_groups() -> dict[str, int]:
    """How many groups the paper scores of each of its data sets.

    >>> paper_groups()
    {'OQA': 52, 'WGM': 39, 'WVS': 53}
    """
    rows = published().filter(pl.col("table").is_in(OF_GROUPS), pl.col("attribute") != ALL)
    groups = rows.select("dataset", "demographic").unique()
    return dict(groups.group_by("dataset").len().sort("dataset").rows())
