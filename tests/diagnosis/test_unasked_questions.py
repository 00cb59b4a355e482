"""Questions that people answered and no model was asked: another dataset, or another scale."""

import polars as pl
import pytest

import opinionframe as of

SOURCE = "fake|logprob|base|standard"


@pytest.fixture
def half_asked(opinions, codebook):
    """Six questions of a dataset that a model was asked, and six that only people answered, of another or nominal."""
    human = pl.concat(
        opinions.filter(source="human").with_columns(question=pl.format("{}_{}", "question", pl.lit(copy)))
        for copy in range(6)
    )
    book = pl.concat(codebook.with_columns(question=pl.format("{}_{}", "question", pl.lit(copy))) for copy in range(6))
    asked = of.elicit(
        human.filter(pl.col("question").str.starts_with("q1")), book, of.FakeModel(seed=1), prompt="base", seed=1
    )
    unasked = ~pl.col("question").str.starts_with("q1")
    rows = pl.concat([human.filter(unasked), asked], how="diagonal")
    return rows, book.with_columns(dataset=pl.when(unasked).then(pl.lit("B")).otherwise(pl.lit("A")))


def test_each_source_is_diagnosed_once(half_asked):
    rows, book = half_asked
    told = of.diagnose(rows, book, method="linear", folds=3, seed=1)
    assert told["source"].to_list() == [f"{SOURCE}|linear"]
    nominal = book.with_columns(
        dataset=pl.lit(None, pl.String),
        scale=pl.when(dataset="B").then(pl.lit("nominal")).otherwise("scale"),
        position=pl.when(dataset="A").then("position"),
    )
    told = of.diagnose(rows, nominal, method="linear", folds=3, seed=1)
    assert told.select("source", "metric").rows() == [(f"{SOURCE}|linear", "wasserstein")]


def test_a_learning_curve_is_of_what_was_asked(half_asked):
    rows, book = half_asked
    curve = of.learning_curve(rows, book, method="linear", sizes=[2], draws=2, seed=1)
    assert "dataset" not in curve.columns
    assert len(curve)
