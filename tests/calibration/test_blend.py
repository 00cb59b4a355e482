"""The blend: its weights against another minimiser and by hand, and what it is for: no loss where one member is bad."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.optimize import minimize
from world import CUBED, PARROT, SHARP, WISE

import opinionframe as of
from opinionframe.calibration.methods.blend.weights import _least_on_simplex, nearest_pulled_mixture

FREE = ["no-model", "power", "ridge"]
KEY = ["question", "demographic", "source", "choice"]


@pytest.mark.parametrize("seed", range(8))
def test_the_least_point_of_the_simplex_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    root, right = rng.normal(size=(9, 6)), rng.normal(size=6)
    gram = root.T @ root + 0.1 * np.eye(6)
    found = _least_on_simplex(gram, right)
    other = minimize(
        lambda w: w @ gram @ w / 2 - right @ w,
        np.full(6, 1 / 6),
        jac=lambda w: gram @ w - right,
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14},
    ).x
    np.testing.assert_allclose(found, other, atol=1e-5)


def test_weights_are_found_and_pulled():
    """Two members with distribution functions 0.2 and 0.6 at one threshold, 0.9 and 0.1 at the other."""
    x = np.array([[0.2, 0.6], [0.9, 0.1]])
    y = x @ [0.25, 0.75]
    half = np.array([0.5, 0.5])
    found = [nearest_pulled_mixture(x, y, np.ones(2), half, pull)[0] for pull in (0.0, 0.5, 1e9)]
    assert found[0] == pytest.approx(0.25)
    assert 0.25 < found[1] < 0.5
    assert found[2] == pytest.approx(0.5)


def test_a_pull_of_one_question_halves_the_way_of_a_single_one():
    """One threshold: the fixed member says 0, the other 0.4, and so do people.

    From w of the other the error is 0.4 (1 - w) and the ridge moves by 0.4 |w| for it alone, 0 for the fixed one; their
    mean square is 0.08. Both weights move, so the ridge counts twice: 0.16 (1 - w)^2 + 0.08 * 2 w^2 is least at 1/2.
    """
    x, y, fixed = np.array([[0.0, 0.4]]), np.array([0.4]), np.array([1.0, 0.0])
    found = [nearest_pulled_mixture(x, y, np.ones(1), fixed, pull)[1] for pull in (0.0, 1.0, 1e9)]
    assert found == pytest.approx([1.0, 0.5, 0.0], abs=1e-6)


def test_no_source_falls_far_below_what_is_free(world):
    """Raw, uniform and the simple calibrators, source by source, with all labelled questions and with two dozen."""
    questions = world.llm["question"].unique().sort()
    for asked in (questions, questions.sample(24, seed=3)):
        among = pl.col("question").is_in(asked.implode())
        sources = pl.col("source").is_in(["human", PARROT, SHARP, CUBED, WISE])
        rows, book = world.opinions.filter(among, sources), world.codebook.filter(among)
        calibrated = of.calibrate(rows, book, method=["blend", "default", *FREE], refits=False, seed=1)
        aligned = of.align(calibrated, book)
        score = dict(aligned.group_by("source").agg(pl.col("alignment").mean()).rows())
        uniform = dict(aligned.group_by("source").agg(pl.col("baseline").mean()).rows())
        raw = [source for source in score if source.count("|") == 3]
        best = {s: max(score[s], uniform[s], *(score[f"{s}|{name}"] for name in FREE)) for s in raw}
        over, of_kriging = ([score[f"{s}|{name}"] - best[s] for s in raw] for name in ("blend", "default"))
        assert len(over) == 4
        assert min(over) > max(-0.015, min(of_kriging) / 2)
        assert np.mean(over) > np.mean(of_kriging)


def test_too_few_labelled_questions_to_weigh_by_are_left_to_kriging(world):
    asked = world.llm["question"].unique().sort().head(3)
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]), pl.col("question").is_in(asked.implode()))
    book = world.codebook.filter(pl.col("question").is_in(asked.implode()))
    both = of.calibrate(rows, book, method=["default", "blend"], folds=3, refits=False, seed=1)
    kriged, blended = (
        both.filter(source=f"{WISE}|{name}").drop("source").sort(KEY[0], KEY[1], KEY[3])
        for name in ("default", "blend")
    )
    assert_frame_equal(kriged, blended, abs_tol=1e-12)


def test_a_kept_fit_holds_weights_that_sum_to_one(world):
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]))
    learnt = of.fit(rows, world.codebook, method="blend", seed=1)
    weights = learnt.parameters.filter(pl.col("name").str.starts_with("weight of "))
    assert set(weights["name"]) == {
        f"weight of {m}" for m in ("default", "power", "ridge", "no-model", "raw", "uniform")
    }
    assert weights["value"].sum() == pytest.approx(1)
    assert weights["value"].min() >= 0
