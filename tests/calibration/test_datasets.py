"""Several data sets in one frame: a fit for each, or one for all."""

import numpy as np
import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OptionError

SOURCE = "m|verbalized|sd|standard"


@pytest.fixture
def two() -> tuple[pl.DataFrame, pl.DataFrame]:
    """In A people keep 0.2 of the model's distance from uniform, in B 0.8."""
    rng = np.random.default_rng(0)
    rows, books = [], []
    for name, slope in (("A", 0.2), ("B", 0.8)):
        keys = [f"{name}{number}" for number in range(20)]
        books.append(of.codebook({key: {"text": f"{key}?", "labels": ["no", "yes"]} for key in keys}, dataset=name))
        for key in keys:
            p = rng.uniform(0.05, 0.95)
            for choice, x in ((1, p), (2, 1 - p)):
                rows += [(key, choice, SOURCE, x), (key, choice, "human", 0.5 + slope * (x - 0.5))]
    opinions = pl.DataFrame(rows, ["question", "choice", "source", "prob"], orient="row")
    return opinions.with_columns(demographic=pl.lit("sex=F")), pl.concat(books)


def error(calibrated: pl.DataFrame) -> float:
    """The greatest distance from the human share."""
    key = ["question", "demographic", "choice"]
    human = calibrated.filter(source="human").select(*key, human="prob")
    rows = calibrated.filter(source=f"{SOURCE}|linear").join(human, on=key)
    assert len(rows) == len(human)
    return float((rows["prob"] - rows["human"]).abs().max())


def test_each_data_set_has_a_fit_of_its_own(two):
    opinions, book = two
    apart = of.calibrate(opinions, book, method="linear", by=["source", "dataset"], seed=1)
    assert error(apart) < 1e-9
    assert error(of.calibrate(opinions, book, method="linear", seed=1)) > 0.05
    learnt = of.fit(opinions, book, method="linear", by=["source", "dataset"], seed=1)
    assert learnt.parameters["group"].unique().sort().to_list() == [f"{SOURCE}|A", f"{SOURCE}|B"]
    assert error(of.apply(opinions, book, learnt)) < 1e-9


def test_a_column_of_ones_own_comes_before_the_codebook(two):
    opinions, book = two
    swapped = opinions.with_columns(dataset=pl.lit("one"))
    assert error(of.calibrate(swapped, book, method="linear", by=["source", "dataset"], seed=1)) > 0.05
    with pytest.raises(OptionError, match="Allowed: .*dataset"):
        of.calibrate(opinions, book, method="linear", by="wave", seed=1)


def test_a_source_has_a_point_in_every_data_set(two):
    opinions, book = two
    aligned = of.align(opinions, book).with_columns(dataset=pl.col("question").str.head(1))
    chart = of.figures.spread(aligned).chart.to_dict()
    points = [row for rows in chart["datasets"].values() for row in rows if "cells" in row]
    assert sorted((row["dataset"], row["source"], row["cells"]) for row in points) == [
        ("A", SOURCE, 20),
        ("B", SOURCE, 20),
    ]
