"""Groups in a sentence: the differences of one part by group go in; in how many there is one, and where, comes out."""

import polars as pl

from opinionframe.reporting.page.contents import Panel
from opinionframe.reporting.page.numbers import count, points
from opinionframe.reporting.page.pictures import group_names
from opinionframe.reporting.source_words import in_words
from opinionframe.schemas.demographic import ALL
from opinionframe.surveys import Survey


def by_group(panel: Panel, survey: Survey) -> str:
    """In how many groups the best source differs from the baseline, and at which ends; empty for one group alone."""
    tests = panel.standing.by_group
    if tests.is_empty():
        return ""
    names = group_names(tests["demographic"].to_list(), survey)
    ordered = tests.sort(pl.col("estimate").round(9), "demographic").to_dicts()
    lowest, highest = (f"{names[row['demographic']]} ({points(row['estimate'])})" for row in (ordered[0], ordered[-1]))
    better, worse = tests.filter(pl.col("conf_low") > 0).height, tests.filter(pl.col("conf_high") < 0).height
    groups = tests.filter(pl.col("demographic") != ALL).height
    n = count(groups, "group") + (" and everybody" if groups < tests.height else "")
    bar = in_words(panel.standing.bar)
    counts = [*([f"better in {better:,}"] if better else []), *([f"worse in {worse:,}"] if worse else [])]
    told = (
        f"The best source is {' and '.join(counts)} of {n} than the {bar}"
        if counts
        else f"In none of {n} is the best source told apart from the {bar}"
    )
    ends = f"The difference is highest in {highest} and lowest in {lowest}."
    if not tests["conf_low"].count():
        return f"Differences to the {bar} by group have no intervals. {ends}"
    return f"{told}, with intervals that hold for all at once. {ends}"
