import polars as pl
import pytest

import opinionframe as of


def test_by_hand(opinions, codebook):
    """A third question with two choices, so that q2 and it are each other's mean."""
    third = codebook.filter(question="q2").with_columns(question=pl.lit("q3"), text=pl.lit("Again?"))
    more = opinions.filter(question="q2").with_columns(
        question=pl.lit("q3"), prob=pl.when(pl.col("choice") == 1).then(0.3).otherwise(0.7)
    )
    rows = of.baselines(pl.concat([opinions, more]), pl.concat([codebook, third]))
    first = rows.filter(choice=1, source="question-mean").sort("question")
    # q1 is alone with three choices: uniform.
    assert dict(first.select("question", "prob").unique("question").rows()) == pytest.approx(
        {"q1": 1 / 3, "q2": 0.3, "q3": 0.9}
    )
    assert rows.filter(source="uniform", question="q2")["prob"].to_list() == [0.5, 0.5]


def test_every_cell_of_the_reference_has_them(oqa, oqa_aligned):
    uniform = oqa_aligned.filter(source="uniform")
    assert len(uniform) == len(oqa["human"].unique(["question", "demographic"]))
    assert (uniform["alignment"] - uniform["baseline"]).abs().max() == pytest.approx(0, abs=1e-12)
