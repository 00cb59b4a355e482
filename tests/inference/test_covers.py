"""What intervals cover, in words: groups fixed or drawn, fits, and cells that count as independent."""

import polars as pl
import pytest
from figure_words import words_of_figure

import opinionframe as of
from opinionframe import figures, tables
from opinionframe.errors import FrameError

RAW = "m|logprob|base|standard"
RIDGE = f"{RAW}|ridge"


@pytest.fixture
def aligned():
    scores = {RAW: [0.5, 0.6, 0.4, 0.5, 0.7, 0.7, 0.6, 0.5, 0.4], RIDGE: [0.7, 0.6, 0.6, 0.8, 0.8, 0.9, 0.6, 0.7, 0.8]}
    rows = [
        (f"q{place // 3}", f"age={place % 3}", f"t{place // 6}", source, value)
        for source, values in scores.items()
        for place, value in enumerate(values)
    ]
    return pl.DataFrame(rows, schema=["question", "demographic", "topic", "source", "alignment"], orient="row")


@pytest.mark.parametrize(
    ("cluster", "covers"),
    [
        ("question", "new questions for these groups"),
        (["question", "demographic"], "new questions and new groups"),
        ("demographic", "new groups for these questions"),
        ("topic", "new values of topic for these groups"),
        (["topic", "demographic"], "new values of topic and new groups for these questions"),
    ],
)
def test_an_interval_says_what_is_drawn_and_what_is_not(aligned, cluster, covers):
    paired, clustered = of.compare(aligned, cluster=cluster)["covers"].to_list()
    assert (paired, clustered) == ("new cells", covers)
    assert set(of.intervals(aligned, cluster=cluster)["covers"]) == {covers}
    assert set(of.equivalence(aligned, margin=0.1, cluster=cluster)["covers"]) == {covers}


def test_cells_in_no_cluster_are_not_taken_for_one_of_their_own(aligned):
    lacking = aligned.with_columns(topic=pl.when(pl.col("question") != "q0").then("topic"))
    said = r"3 of 9 cells have no 'topic' to be clustered by, e.g. \('q0', 'age=0'\)"
    for verb, more in ((of.compare, {}), (of.equivalence, {"margin": 0.1})):
        with pytest.raises(FrameError, match=said):
            verb(lacking, cluster="topic", **more)
    with pytest.raises(FrameError, match="6 of 18 cells have no 'topic'"):
        of.intervals(lacking, cluster=["question", "topic"])
    assert of.compare(lacking.drop_nulls("topic"), cluster="topic")["n"].to_list() == [6, 6]


def test_fits_are_named_with_what_else_is_drawn(aligned):
    fitted = aligned.with_columns(fit_influence=pl.when(pl.col("source") == RIDGE).then(0.01))
    keep = {"method": "cluster-robust t"}
    both = of.compare(fitted, cluster=["question", "demographic"], **keep)["covers"].item()
    assert both == "new questions, new groups and new fits"
    assert of.compare(fitted, **keep)["covers"].item() == "new questions and new fits for these groups"


def test_captions_say_it(aligned):
    for cluster, words in (("question", "new questions for these groups"), (["question", "demographic"], "new groups")):
        note = " ".join(tables.alignment(aligned, of.compare(aligned, cluster=cluster)).notes)
        assert words in note
    by_group = of.compare(aligned, by="demographic")
    assert "new questions for these groups" in words_of_figure(figures.forest(by_group))
