"""Which cells means are over: those that all sources have, without groups that hold others, by hand."""

import warnings

import polars as pl
import pytest
from figure_words import words_of_figure
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe import figures, tables
from opinionframe.errors import FrameError

M, N = "m|logprob|base|standard", "n|logprob|base|standard"
SCORE = {"q1": 0.97, "q2": 0.9, "q3": 0.6}
"""Two easy questions and a hard one."""


def scored(*cells, **columns):
    """Scores of (source, question, demographic), which depend on the question alone."""
    rows = [(*cell, SCORE[cell[1]]) for cell in cells]
    frame = pl.DataFrame(rows, ["source", "question", "demographic", "alignment"], orient="row")
    return frame.with_columns(baseline=pl.col("alignment") / 2).with_columns(
        **{name: pl.Series(values) for name, values in columns.items()}
    )


def means(aligned, **keywords):
    table = of.summarize(aligned, **keywords).select("source", "alignment", "n", "left_out")
    return {source: (pytest.approx(mean), n, left_out) for source, mean, n, left_out in table.rows()}


SEXES = ("sex=F", "sex=M")
EASY = scored(*((M, q, d) for q in SCORE for d in SEXES), *((N, q, d) for q in ("q1", "q2") for d in SEXES))
"""The second source answered easy questions alone."""


def test_a_source_that_answered_easy_questions_scores_what_others_score_there():
    assert means(EASY) == {M: (0.935, 4, 2), N: (0.935, 4, 0)}
    assert means(EASY, cells="own") == {M: (2.47 / 3, 6, 0), N: (0.935, 4, 0)}
    assert of.intervals(EASY).select("source", "alignment", "n", "left_out").rows() == [
        (M, pytest.approx(0.935), 4, 2),
        (N, pytest.approx(0.935), 4, 0),
    ]
    assert set(of.intervals(EASY)["estimand"]) == set(of.summarize(EASY)["estimand"])
    assert "common to all sources" in of.summarize(EASY)["estimand"][0]


@pytest.mark.parametrize("weight", ["cell", "question", "group"])
@pytest.mark.parametrize("by", ["source", ["model", "prompt"], ["source", "demographic"], "attribute"])
def test_lazy_and_eager_agree_whatever_the_order_of_rows(by, weight):
    eager = of.summarize(EASY, by, weight=weight)
    shuffled = EASY.sample(fraction=1, shuffle=True, seed=3).lazy()
    assert_frame_equal(of.summarize(shuffled, by, weight=weight).collect(), eager)


def test_baselines_follow_models_and_do_not_limit_them():
    uniform = scored(*(("uniform", q, d) for q in SCORE for d in (*SEXES, "sex=D")))
    labels = scored(("label-mean", "q1", "sex=F"))
    found = means(pl.concat([EASY, uniform, labels]))
    assert found == {M: (0.935, 4, 2), N: (0.935, 4, 0), "uniform": (0.935, 4, 5), "label-mean": (0.97, 1, 0)}


def test_without_models_all_sources_say_which_cells_are_common():
    plain = EASY.with_columns(pl.col("source").str.head(1))
    assert means(plain) == {"m": (0.935, 4, 2), "n": (0.935, 4, 0)}


def test_cells_are_common_within_a_dataset_or_a_column_of_ones_own_that_tells_them_apart():
    third = scored((M, "q3", "sex=F"), (N, "q3", "sex=M"))
    easy = EASY.filter(pl.col("question") != "q3")
    for name in ("dataset", "wave"):
        apart = pl.concat([easy.with_columns(pl.lit("a").alias(name)), third.with_columns(pl.lit("b").alias(name))])
        only_one = apart.filter((pl.col(name) == "a") | (pl.col("source") == M))
        table = of.summarize(only_one, [name, "source"])
        assert table.select(name, "n", "left_out").rows() == [("a", 4, 0), ("a", 4, 0), ("b", 1, 0)]
        assert means(only_one) == {M: (0.935, 4, 1), N: (0.935, 4, 0)}
        with pytest.raises(FrameError, match=rf"2 sources have no cell in common with all others in {name} 'b'"):
            of.summarize(apart, [name, "source"])


def test_a_column_that_tells_sources_apart_does_not_set_them_apart():
    family = EASY.with_columns(family=pl.when(pl.col("source") == M).then(pl.lit("x")).otherwise(pl.lit("y")))
    table = of.summarize(family, "family")
    assert table.select("family", "n", "left_out").rows() == [("x", 4, 2), ("y", 4, 0)]


def test_metrics_have_common_cells_each():
    both = pl.concat([EASY.with_columns(metric=pl.lit("wasserstein")), EASY.with_columns(metric=pl.lit("hellinger"))])
    lacking = both.filter((pl.col("metric") == "wasserstein") | (pl.col("question") == "q1"))
    table = of.summarize(lacking, ["metric", "source"])
    assert table.select("metric", "n", "left_out").rows() == [
        ("hellinger", 2, 0),
        ("hellinger", 2, 0),
        ("wasserstein", 4, 2),
        ("wasserstein", 4, 0),
    ]


def test_sources_without_a_common_cell_are_refused_with_the_remedy():
    apart = EASY.filter((pl.col("source") == M) == (pl.col("question") == "q3"))
    for verb in (of.summarize, of.intervals, tables.alignment, figures.spread):
        with pytest.raises(FrameError, match=r"2 sources have no cell in common .* 2\), .* 4\)\. .*cells='own'"):
            verb(apart)
    with pytest.raises(FrameError, match="no cell in common"):
        of.summarize(apart.lazy()).collect()
    assert means(apart, cells="own") == {M: (0.6, 2, 0), N: (0.935, 4, 0)}


def test_a_source_that_leaves_less_than_half_is_named():
    broken = pl.concat([EASY.filter(pl.col("source") == M), scored((N, "q3", "sex=F"))])
    uniform = scored(*(("uniform", q, f"age={age}") for q in SCORE for age in range(40)))
    with pytest.warns(of.CommonCellsWarning, match=r"over the 1 cells that all 2 sources have, of 6 .*'n\|.*', 1\)"):
        assert means(broken)[M] == (0.6, 1, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of.summarize(pl.concat([EASY, uniform.head(100)]), cells="own")
        of.summarize(EASY)


OVERLAPPING = scored(
    *((M, "q1", d) for d in ("all", "sex=F", "sex=M", "sex=F & age=18")), (M, "q2", "all"), (M, "q3", "sex=F & age=18")
)


def test_groups_that_hold_others_are_outside_the_mean_beside_their_parts():
    assert means(OVERLAPPING) == {M: ((0.97 + 0.97 + 0.9 + 0.6) / 4, 4, 0)}
    assert means(OVERLAPPING, overlap="keep")[M][1:] == (6, 0)
    assert of.intervals(OVERLAPPING)["n"].to_list() == [4]
    assert of.summarize(OVERLAPPING, by="demographic")["n"].sum() == 6
    assert of.summarize(OVERLAPPING, by=["source", "attribute"])["n"].sum() == 6


def test_everybody_stands_for_a_question_where_one_source_has_no_parts():
    """Means and comparisons are over the same cells of both, and none is compared with another group's."""
    uneven = pl.concat([OVERLAPPING, scored((N, "q1", "all"), (N, "q2", "all"), (N, "q3", "sex=F & age=18"))])
    assert means(uneven) == {M: (2.47 / 3, 3, 2), N: (2.47 / 3, 3, 0)}
    test = of.compare(uneven, pair=[(M, N)], method="paired t").row(0, named=True)
    assert (test["estimate"], test["n"], test["n_lost"]) == (pytest.approx(0), 3, 2)


def test_comparisons_count_the_cells_that_either_source_lacks():
    extra = pl.concat([EASY, scored((N, "q3", "sex=D"))])
    test = of.compare(extra, pair=[(M, N)], method="paired t").row(0, named=True)
    assert (test["n"], test["n_lost"]) == (4, 3)
    whole = of.compare(EASY.with_columns(baseline=0.5), pair="baseline", method="paired t")
    assert whole.select("n", "n_lost").rows() == [(6, 0), (4, 0)]


def test_tables_and_figures_are_over_common_cells_and_count_what_they_leave_out():
    table = tables.alignment(EASY)
    assert table.rows.select("model", "n", "left_out").rows() == [("m", 4, 2), ("n", 4, 0)]
    assert table.rows["raw alignment"].round(1).to_list() == [93.5, 93.5]
    notes = " ".join(table.notes)
    assert "Sources answered different cells: 4 of 6 are common to all 2." in notes
    assert "mean over cells common to all sources, without all and intersections beside their parts. SD" in notes
    assert "different cells" not in " ".join(tables.alignment(EASY.filter(source=M)).notes)
    assert "Left out" not in tables.alignment(EASY.filter(source=M)).labels.values()
    drawn = figures.spread(EASY)
    assert "93.5" in str(drawn.chart.to_dict())
    assert "common to all sources" in words_of_figure(drawn)
    assert "common" not in str(figures.spread(EASY, cells="own", overlap="keep").chart.to_dict())


def test_a_printed_mean_is_explained_by_its_cells(opinions, codebook):
    """`explain` finds the cells that `summarize` averages, with the same names for what they are."""
    other = opinions.filter(source=M, question="q1").with_columns(source=pl.lit(N))
    both = pl.concat([opinions, other])
    aligned = of.align(both, codebook)
    for keywords in ({}, {"cells": "own"}, {"weight": "question", "cells": "own"}):
        explanation = of.explain(aligned, both, M, **keywords)
        summary = of.summarize(aligned, **keywords).filter(source=M)
        assert explanation.value == pytest.approx(summary["alignment"].item())
        assert explanation.cells.height == summary["n"].item()
