"""Groups that are held out teach nothing about themselves, neither by everybody's answers nor by intersections."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.calibration.held_out_people import withheld_groups
from opinionframe.errors import FrameError

RAW = "m|logprob|base|standard"
GROUPS = ("all", "sex=F", "sex=M", "age=18", "age=60", "sex=F & age=18", "sex=M & age=60")


def survey(groups=GROUPS, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for q in range(6):
        for group in groups:
            for source in ("human", RAW):
                yes = rng.uniform(0.2, 0.8)
                rows += [(f"q{q}", group, k, source, share) for k, share in ((1, yes), (2, 1 - yes))]
    schema = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String}
    opinions = pl.DataFrame(rows, schema=schema | {"prob": pl.Float64}, orient="row")
    return opinions, of.codebook({f"q{q}": {"text": f"Question {q}?", "labels": ["Yes", "No"]} for q in range(6)})


def turned(opinions, groups):
    """The same with the human answers of `groups` turned around."""
    theirs = (pl.col("source") == "human") & pl.col("demographic").is_in(groups)
    return opinions.with_columns(pl.when(theirs).then(1 - pl.col("prob")).otherwise("prob").alias("prob"))


def predictions(opinions, book, group, method, folds=7):
    """The calibrated rows of one group, by default with each group in a fold of its own."""
    rows = of.calibrate(opinions, book, method=method, split="demographic", folds=folds, seed=1)
    return rows.filter(pl.col("demographic") == group, pl.col("source") == f"{RAW}|{method}")


def test_what_is_withheld_by_hand():
    rows = pl.DataFrame({"demographic": GROUPS, "fold": range(len(GROUPS))})
    withheld = withheld_groups(rows, pl.DataFrame({"demographic": ["race=B", "race=B & sex=F"]}))
    assert withheld[0] == []
    assert withheld[1] == ["all", "race=B & sex=F", "sex=F & age=18"]
    assert withheld[3] == ["all", "race=B & sex=F", "sex=F & age=18"]
    assert withheld[5] == ["age=18", "all", "race=B & sex=F", "sex=F"]


@pytest.mark.parametrize("method", ["linear", "default", "power", "no-model"])
def test_no_answer_of_the_people_held_out_moves_their_prediction(method):
    opinions, book = survey()
    for group, theirs in (
        ("sex=F", ["sex=F", "all", "sex=F & age=18"]),
        ("sex=F & age=18", ["sex=F & age=18", "all", "sex=F", "age=18"]),
    ):
        before = predictions(opinions, book, group, method)
        assert_frame_equal(before, predictions(turned(opinions, theirs), book, group, method))
        after = predictions(turned(opinions, ["sex=M"]), book, group, method)
        assert (before["prob"] - after["prob"]).abs().max() > 1e-6


def test_groups_of_one_attribute_keep_what_they_learned_from():
    opinions, book = survey(("sex=F", "sex=M", "age=18", "age=60"))
    mine = opinions.with_columns(fold=pl.col("demographic"))
    ours = of.calibrate(mine, book, method="linear", split="demographic", folds=4, seed=1)
    own_folds = of.calibrate(mine, book, method="linear", split="fold", seed=1)
    added = ("fit_influence", "fit_split")
    assert_frame_equal(ours.drop(added), own_folds.drop(added), check_row_order=False)


def test_human_rows_of_groups_that_no_model_was_asked_about_are_withheld_too():
    opinions, book = survey()
    asked = opinions.filter((pl.col("source") == "human") | pl.col("demographic").is_in(["sex=F", "sex=M"]))
    others = turned(asked, ["all", "sex=F", "sex=F & age=18"])
    before, after = (predictions(frame, book, "sex=F", "default", folds=2) for frame in (asked, others))
    assert_frame_equal(before, after)


def test_nothing_left_to_learn_from_is_refused():
    opinions, book = survey(("all", "sex=F"))
    with pytest.raises(FrameError, match="nothing to learn from where 'sex=F' are held out"):
        of.calibrate(opinions, book, method="linear", split="demographic", folds=2, seed=1)


def test_an_engine_refuses_what_its_sums_cannot_leave_out():
    duckdb = pytest.importorskip("duckdb")
    opinions, book = survey()
    relation = duckdb.from_arrow(opinions.to_arrow())
    with pytest.raises(FrameError, match="which an engine's sums cannot leave out"):
        of.calibrate(relation, book, method="linear", split="demographic", folds=7, seed=1)


def test_weights_of_a_stack_are_not_fitted_to_the_people_held_out():
    opinions, book = survey()
    other = survey(seed=2)[0].filter(source=RAW).with_columns(source=pl.lit("n|logprob|base|standard"))
    both = pl.concat([opinions, other])
    members = [RAW, "n|logprob|base|standard"]

    def weights(frame):
        keep = {"sources": members, "split": "demographic", "folds": 7, "seed": 1}
        stacked = of.stack(frame, book, **keep).filter(pl.col("source").str.starts_with("stack"))
        return stacked.filter(demographic="sex=F").sort("question", "choice")

    before = weights(both)
    assert_frame_equal(before, weights(turned(both, ["sex=F", "all", "sex=F & age=18"])))
    assert (before["prob"] - weights(turned(both, ["sex=M", "age=18"]))["prob"]).abs().max() > 1e-6
