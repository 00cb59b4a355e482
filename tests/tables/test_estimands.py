"""Tables and figures of means: over common cells, with what counts alike by name, checked by hand."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe import figures, tables
from opinionframe.errors import OptionError

M, N = "m|verbalized|base|standard", "n|verbalized|base|standard"
SCORES = {("q1", "sex=F"): 0.5, ("q1", "sex=M"): 0.6, ("q1", "sex=D"): 0.7, ("q2", "sex=F"): 0.9, ("q1", "all"): 0.1}
"""Two questions by three groups, of which the second question was asked of one, and everybody."""


@pytest.fixture
def aligned():
    """Both models score alike, but the second, and few labels, lack the second question."""
    sources = [M, f"{M}|ridge", N, f"{N}|ridge"]
    rows = [(*cell, source, score) for cell, score in SCORES.items() for source in sources]
    frame = pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")
    return frame.filter(~((pl.col("question") == "q2") & pl.col("source").str.starts_with("n"))).with_columns(
        baseline=pl.lit(0.5)
    )


def first(table):
    return {
        row["label"]: next(iter(value for name, value in row.items() if "|" in name)) for row in table.cells.to_dicts()
    }


@pytest.mark.parametrize(
    ("keywords", "m", "n"),
    [
        ({}, "60.0", "60.0"),
        ({"cells": "own"}, "67.5", "60.0"),
        ({"cells": "own", "overlap": "keep"}, "56.0", "47.5"),
        ({"cells": "own", "weight": "question"}, "75.0", "60.0"),
        ({"cells": "own", "weight": "group"}, "66.7", "60.0"),
    ],
)
def test_grids_and_stages_by_hand(aligned, keywords, m, n):
    table = tables.settings(aligned, **keywords)
    found = first(table)
    assert (m in found["m"], n in found["n"]) == (True, True)
    over = of.summarize(aligned, ["source"], **keywords)["estimand"][0]
    assert f"Alignment in percent: {over}. " in " ".join(table.notes)
    few = aligned.with_columns(pl.col("source").str.replace("standard|ridge", "few_shot", literal=True))
    both = pl.concat([aligned, few.filter(pl.col("source").str.ends_with("few_shot"))])
    triples = first(tables.triples(both, variant="few_shot", **keywords))
    assert (m in triples["m"], n in triples["n"]) == (True, True)
    chart = str(figures.stages(aligned, ["m", "n"], **keywords).chart.to_dict())
    assert f"'alignment': {m.replace('66.7', '66.667')}" in chart
    assert f"'alignment': {n}" in chart
    assert over.split(",")[0] in chart


def test_cells_that_other_sources_lack_are_counted(aligned):
    """The second question of `m`, which `n` lacks; group by group, everybody's too."""
    few = aligned.filter(pl.col("source").str.ends_with("ridge")).with_columns(source=pl.lit("m|verbalized|base|cot"))
    both = pl.concat([aligned, few.unique(["question", "demographic"])])
    notes = {"cells": "own"}, {"cells": "common"}
    for verb, unit in (
        (tables.settings, "setting"),
        (tables.triples, "setting"),
        (tables.demographics, "group and model"),
    ):
        own, common = (verb(both, **keywords).notes for keywords in notes)
        assert f"Left out, since other sources lack them: 0 to 1 cells per {unit}." in common
        assert "Left out" not in " ".join(own)


def test_groups_are_over_the_questions_that_all_models_answered(aligned):
    shown = {"groups": None, "calibrator": "ridge"}
    common, own = (tables.demographics(aligned, cells=cells, **shown) for cells in ("common", "own"))
    women = [table.cells.filter(label="F")["m raw"].item() for table in (common, own)]
    assert ["50.0" in women[0], "70.0" in women[1]] == [True, True]
    assert "10.0" in common.cells.filter(section="All groups")["m raw"].item()
    assert (
        common.notes[0]
        == "Alignment in percent: mean over cells common to all sources. " + common.notes[0].split(". ", 1)[1]
    )
    few = pl.concat([aligned, aligned.filter(source=f"{M}|ridge").with_columns(source=pl.lit(f"{M}|few"))])
    lost = tables.degraded(few, full="ridge", few="few", cells="own")
    assert lost.cells.filter(pl.col("class") == "F")["full"].item() == "70.0"
    assert "mean over cells; then over" in " ".join(lost.notes)


def test_published_means_and_summaries_say_what_is_known(aligned):
    published = of.paper.published().filter(table=7, summary=False)
    assert "Alignment in percent. Average" in " ".join(tables.settings(published).notes)
    summary = of.summarize(aligned, weight="question", cells="own")
    assert "each counting alike, without all" in " ".join(tables.settings(summary).notes)


def test_what_does_not_exist_is_refused(aligned):
    for verb in (tables.settings, tables.demographics, lambda scores, **k: figures.stages(scores, ["m"], **k)):
        with pytest.raises(OptionError, match="cells"):
            verb(aligned, cells="all")
