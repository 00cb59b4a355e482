"""Verbs of Opinions that carry the dataset of each question: two of them, by name, and their means apart."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OptionError

RAW = "m|verbalized|base|standard"
VERBS = {
    "denoise": of.denoise,
    "bounds": of.bounds,
    "ceiling": of.ceiling,
    "draw_bias": lambda o, c: of.draw_bias(o, c, draws=[3]),
}
NAMES = {"a1": "A", "a2": "A", "b1": "B"}


@pytest.fixture
def study() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two questions of A, on which 100 people were asked, and one of B, asked of 25; one model, two groups."""
    rows = [
        (question, group, choice, source, 0.5 + sign * (source != "human") * 0.1, 100.0 if name == "A" else 25.0)
        for question, name in NAMES.items()
        for group in ("sex=F", "sex=M")
        for source in ("human", RAW)
        for choice, sign in ((1, 1), (2, -1))
    ]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob", "n_eff"], orient="row")
    books = [of.codebook({q: {"text": q, "labels": ["no", "yes"]}}, dataset=name) for q, name in NAMES.items()]
    return opinions, pl.concat(books)


@pytest.mark.parametrize("name", VERBS)
def test_each_cell_names_its_dataset_last_and_no_number_moves(study, name):
    opinions, book = study
    rows = VERBS[name](opinions, book)
    assert rows.columns[-1] == "dataset"
    assert rows.select("question", "dataset").unique().sort("question").rows() == list(NAMES.items())
    unnamed = book.with_columns(dataset=pl.lit(None, pl.String))
    assert rows.drop("dataset").equals(VERBS[name](opinions, unnamed))
    own = opinions.with_columns(dataset=pl.col("question").replace_strict(NAMES))
    assert VERBS[name](own, unnamed).equals(rows)
    only_a = VERBS[name](opinions.filter(pl.col("question") != "b1"), book.filter(dataset="A"))
    assert rows.filter(dataset="A").equals(only_a)


def test_ceilings_of_datasets_are_means_of_their_own_cells(study):
    opinions, book = study
    means = of.ceiling(opinions, book, by="dataset")
    assert means.select("dataset", "n").rows() == [("A", 4), ("B", 2)]
    cells = of.ceiling(opinions, book)
    by_hand = cells.group_by("dataset").agg(pl.col("ceiling").mean()).sort("dataset")
    assert means["ceiling"].to_numpy() == pytest.approx(by_hand["ceiling"].to_numpy())
    assert means["ceiling"][1] < means["ceiling"][0] - 0.03, "25 people stray twice as far as 100"
    assert of.ceiling(opinions, book, by=["dataset", "question"]).columns[:2] == ["dataset", "question"]
    with pytest.raises(OptionError, match="by='dataset' is not known. Allowed: demographic, question"):
        of.ceiling(opinions, book.with_columns(dataset=pl.lit(None, pl.String)), by="dataset")
