"""Options of calibration that name or count nothing are refused, with the value, in the verbs that take them."""

import re

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.calibration import deal_folds
from opinionframe.errors import OptionError

VERBS = {
    "calibrate": lambda *frames, **options: of.calibrate(*frames, **{"method": "linear", "folds": 2} | options),
    "diagnose": lambda *frames, **options: of.diagnose(*frames, **{"method": "linear", "folds": 2} | options),
    "audit_split": lambda *frames, **options: of.audit_split(*frames, **{"folds": 2} | options),
    "fit": of.fit,
    "deal_folds": lambda *frames, **options: deal_folds(*frames, **{"split": "question", "folds": 2} | options),
    "learning_curve": lambda *frames, **options: of.learning_curve(*frames, **{"sizes": [1], "draws": 2} | options),
}


@pytest.mark.parametrize("seed", [None, -1, 1.5, "1", True])
@pytest.mark.parametrize("verb", VERBS)
def test_a_seed_is_a_whole_number(verb, seed, opinions, codebook):
    with pytest.raises(OptionError, match=re.escape(f"seed={seed!r} ") + "(is no whole number|must be 0 or more)"):
        VERBS[verb](opinions, codebook, seed=seed)


@pytest.mark.parametrize(
    ("verb", "option", "reason"),
    [
        ("calibrate", {"folds": "4"}, "folds='4' is no whole number"),
        ("calibrate", {"folds": 2.5}, "folds=2.5 is no whole number"),
        ("deal_folds", {"folds": None}, "folds=None is no whole number"),
        (
            "calibrate",
            {"split": None},
            "split=None is no name. Give one of battery, dataset, ",
        ),
        ("audit_split", {"split": ["topic"]}, "split=['topic'] is no name"),
        ("calibrate", {"by": []}, "by names no column. Leave it out for a fit of each source"),
        ("fit", {"by": 5}, "by and reference take names, as text, not 5"),
        ("calibrate", {"reference": 5}, "by and reference take names, as text, not 5"),
        ("calibrate", {"method": []}, "method is an empty list"),
        ("learning_curve", {"sizes": 5}, "sizes=5: name the numbers of labels in a list"),
        ("learning_curve", {"sizes": [1, 1.5]}, "sizes=1.5 is no whole number"),
        ("learning_curve", {"draws": "2"}, "draws='2' is no whole number"),
        ("learning_curve", {"test": "half"}, "test='half' is no number, but str. Write it without quotes."),
    ],
)
def test_what_names_or_counts_nothing_is_refused(verb, option, reason, opinions, codebook):
    with pytest.raises(OptionError, match=re.escape(reason)):
        VERBS[verb](opinions, codebook, **{"seed": 1} | option)


def test_whole_numbers_of_numpy_are_whole_numbers(opinions, codebook):
    numbers = {"seed": np.int64(1), "sizes": np.array([1])}
    assert_frame_equal(
        VERBS["learning_curve"](opinions, codebook, **numbers), VERBS["learning_curve"](opinions, codebook, seed=1)
    )


@pytest.mark.parametrize("method", ["ridge", "lasso"])
def test_a_single_question_is_enough_for_a_fit(method, opinions, codebook):
    """Nothing can be tuned on it: the largest penalty leaves uniform."""
    one = opinions.filter(question="q1")
    calibrated = of.apply(one, codebook, of.fit(one, codebook, method=method, seed=1))
    prob = calibrated.filter(pl.col("source").str.ends_with(method))["prob"]
    assert prob.to_list() == pytest.approx([1 / 3] * 6, abs=1e-3)
