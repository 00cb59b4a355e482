"""How a class is spelled decides nothing."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of

KEY = ["question", "demographic", "choice"]
MODEL = "m|logprob|sd|standard"


@pytest.fixture(scope="module")
def both():
    """GSS 2018 and a model that sharpens it with noise of its own."""
    human = of.load("gss2018").opinions.sort(KEY)
    noise = pl.Series(np.random.default_rng(0).exponential(0.15, len(human)))
    model = human.select(*KEY, source=pl.lit(MODEL), prob=pl.col("prob") ** 2 + noise)
    shares = pl.col("prob") / pl.col("prob").sum().over("question", "demographic")
    return pl.concat([human, model.with_columns(shares)], how="diagonal")


def predicted(both, label, method):
    """The calibrated rows where the class `Black` is spelled `label`, under its old name again."""
    spelled = both.with_columns(pl.col("demographic").replace({"race=Black": f"race={label}"}))
    rows = of.calibrate(spelled, of.load("gss2018").codebook, method=method, folds=9, refits=False, seed=1)
    back = rows.with_columns(pl.col("demographic").replace({f"race={label}": "race=Black"}))
    return back.filter(source=f"{MODEL}|{method}").sort(KEY)


@pytest.mark.parametrize("method", ["kriging", "no-model", "linear"])
@pytest.mark.parametrize("label", ["Black & Caribbean", "Black, R&B", "A & B & C"])
def test_an_ampersand_in_a_class_changes_no_prediction(both, label, method):
    assert_frame_equal(predicted(both, label, method), predicted(both, "Black", method), abs_tol=1e-12, rel_tol=0)


def test_an_ampersand_in_a_class_changes_no_weight_of_the_default(both):
    """Its weights are found by steps, which stop as soon as a sum in another order lets them."""
    one, other = (predicted(both, label, "default") for label in ("Black & Caribbean", "Black"))
    assert_frame_equal(one, other, abs_tol=1e-6, rel_tol=0)


def test_an_ampersand_in_a_class_changes_no_attribute(both):
    aligned = of.align(both, of.load("gss2018").codebook)
    spelled = aligned.with_columns(pl.col("demographic").replace({"race=Black": "race=Black & Caribbean"}))
    attributes = of.summarize(spelled, by="attribute")
    assert attributes["attribute"].to_list() == of.summarize(aligned, by="attribute")["attribute"].to_list()
