import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OptionError


def test_by_hand(opinions, codebook):
    summary = of.summarize(of.align(opinions, codebook))
    assert summary["alignment"].item() == pytest.approx((0.65 + 0.85 + 1.0) / 3)
    assert summary["baseline"].item() == pytest.approx((0.85 + 0.8 + 0.6) / 3)
    assert summary["skill"].item() == pytest.approx((2.5 - 2.25) / (3 - 2.25))
    assert summary.select("n", "n_questions").row(0) == (3, 2)


def test_parts_of_the_source_and_the_attribute_group(opinions, codebook):
    both = opinions.with_columns(demographic=pl.col("demographic") + " & age=18-29")
    summary = of.summarize(of.align(both, codebook), by=["model", "attribute"])
    assert summary.select("model", "attribute", "n").row(0) == ("m", "sex & age", 3)


def test_an_unknown_group_lists_the_known_ones(opinions, codebook):
    with pytest.raises(OptionError, match="wave.*attribute"):
        of.summarize(of.align(opinions, codebook), by="wave")


def test_skill_is_unknown_where_uniform_is_right(codebook):
    k = pl.len().over("question")
    even = codebook.select("question", "choice", prob=1 / k, demographic=pl.lit("all"), source=pl.lit("human"))
    rows = pl.concat([even, even.with_columns(source=pl.lit("m"))])
    assert of.summarize(of.align(rows, codebook))["skill"].to_list() == [None]


def test_what_a_summary_makes_cannot_group(opinions, codebook):
    with pytest.raises(OptionError, match="columns that cannot group: .'alignment'."):
        of.summarize(of.align(opinions, codebook), by="alignment")
