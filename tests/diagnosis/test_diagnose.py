import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import CUBED, PARROT, SHARP, WISE

import opinionframe as of
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.supervision import Plan
from opinionframe.diagnosis.diagnose import diagnosed
from opinionframe.diagnosis.placebo import placebo
from opinionframe.errors import OptionError

KEY = ["source", "question", "demographic", "choice"]


@pytest.fixture(scope="module")
def two(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", SHARP, WISE]))


@pytest.fixture(scope="module")
def noise(two) -> pl.DataFrame:
    """The answers of one source replaced by draws from a flat Dirichlet distribution."""
    rows = two.filter(pl.col("source").is_in(["human", SHARP]))
    draws = pl.Series(np.random.default_rng(3).exponential(size=len(rows)))
    noisy = pl.when(pl.col("source") == SHARP).then(draws).otherwise("prob")
    return rows.with_columns(prob=noisy).with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source")
    )


def test_who_knows_something_beats_its_placebo_and_who_does_not_does_not(world):
    three = world.opinions.filter(pl.col("source").is_in(["human", PARROT, CUBED, WISE]))
    found = of.diagnose(three, world.codebook, method="linear", seed=1).sort("source")
    assert found["source"].to_list() == [f"{source}|linear" for source in (PARROT, CUBED, WISE)]
    knows = "knows more than human answers to other questions"
    assert found["verdict"].to_list() == ["placebo not exceeded", knows, knows]
    assert (found["over_placebo_conf_low"] > 0.05).to_list() == [False, True, True]
    assert (found["over_no_model"] > 0.05).to_list() == [False, True, True]
    assert found["alignment"][0] < found["label_mean"][0] - 0.05
    aligned = of.summarize(of.align(three, world.codebook), cells="own").sort("source")
    assert found["raw"].to_list() == pytest.approx(aligned["alignment"].to_list(), abs=1e-12)
    assert found["uniform"].to_list() == pytest.approx(aligned["baseline"].to_list(), abs=1e-12)


def test_what_is_made_anew_may_be_there_already(two, world):
    book = world.codebook
    whole = of.baselines(of.calibrate(two, book, method="linear", seed=1), book)
    assert_frame_equal(
        of.diagnose(whole, book, method="linear", seed=1), of.diagnose(two, book, method="linear", seed=1)
    )
    assert_frame_equal(of.audit_split(whole, book, seed=1), of.audit_split(two, book, seed=1))


def test_own_columns_may_have_any_name(two, world):
    own = two.with_columns(pl.lit(1.0).alias(name) for name in ("prob_other", "other", "mean", "target", "fold"))
    options = {"method": "linear", "seed": 1}
    assert_frame_equal(of.diagnose(own, world.codebook, **options), of.diagnose(two, world.codebook, **options))


def test_the_yardstick_is_not_measured_against_itself(two, world):
    with pytest.raises(OptionError, match="method='no-model' is what a calibrated model is measured against"):
        of.diagnose(two, world.codebook, method="no-model", seed=1)


@pytest.mark.parametrize("method", ["linear", "ridge", "lasso"])
def test_noise_is_told_apart(method, noise, world):
    found = of.diagnose(noise, world.codebook, method=method, seed=1)
    assert found["verdict"].item() in ("collapsed", "placebo not exceeded")
    assert found["over_placebo_conf_low"].item() <= 0 <= found["over_placebo_conf_high"].item()


def test_the_placebo_moves_whole_questions_and_keeps_the_rest(two):
    moved = placebo(two, "human", seed=1)
    assert_frame_equal(moved.filter(source="human").sort(KEY), two.filter(source="human").sort(KEY))
    real, sham = (f.filter(source=SHARP).sort(KEY) for f in (two, moved))
    assert_frame_equal(real.select(KEY), sham.select(KEY))
    same = (real["prob"] - sham["prob"]).abs() < 1e-12
    assert same.mean() < 0.1
    assert np.allclose(np.sort(real["prob"]).sum(), np.sort(sham["prob"]).sum())
    sums = moved.group_by("source", "question", "demographic").agg(pl.col("prob").sum())["prob"]
    assert np.allclose(sums, 1)


@pytest.mark.parametrize("name", ["judge|logprob|base|standard", "judge|logprob|base|standard|power"])
def test_a_model_may_be_the_reference(name, two, world):
    """The same rows diagnose the same as people's and as a model's: the placebo leaves them where they are."""
    judged = two.with_columns(pl.col("source").replace({"human": name}))
    options = {"method": "linear", "seed": 1}
    found = of.diagnose(judged, world.codebook, reference=name, **options)
    assert_frame_equal(found, of.diagnose(two, world.codebook, **options))
    # A question that only the reference answered is in no fold.
    unasked = two.filter((pl.col("source") == "human") | (pl.col("question") != two["question"].min()))
    judged = unasked.with_columns(pl.col("source").replace({"human": name}))
    found = of.audit_split(judged, world.codebook, reference=name, seed=1)
    assert_frame_equal(found, of.audit_split(unasked, world.codebook, seed=1))


def test_a_row_split_lets_the_answers_through_and_a_question_split_does_not(two, world):
    row, question = (of.audit_split(two, world.codebook, split=split, seed=1) for split in ("row", "question"))
    assert row["looked_up"].item() == 1
    assert row["leak"].item() > 0.05
    assert question["looked_up"].item() == 0
    assert question["leak"].item() == pytest.approx(0, abs=1e-12)
    assert question["near_identical"].item() > 0
    assert "~" in question["examples"].item()[0]


def test_rows_that_are_calibrated_already_give_the_same_diagnosis():
    survey = of.load("gss2018")
    book = survey.codebook
    asked = of.elicit(survey.opinions, book, of.FakeModel(seed=1), prompt=["base"], seed=1)
    known = of.calibrate(asked, book, method=["linear", "no-model"], folds=9, seed=1)
    plan = Plan(folds=9, seed=1)
    ours = diagnosed(asked, book, calibrator_of("linear"), plan, known=known)
    assert_frame_equal(ours, of.diagnose(asked, book, method="linear", folds=9, seed=1))


@pytest.mark.parametrize("weight", ["cell", "question", "group"])
def test_what_counts_alike_is_that_of_means_and_comparisons(weight, world):
    """Each mean and gain is that of `summarize` and `compare` over the same cells, with everybody kept or left out."""
    source = f"{WISE}|linear"
    one = world.opinions.filter(pl.col("source").is_in(["human", WISE]))
    is_first = one["question"].is_in(one["question"].unique().sort().head(20).to_list())
    uneven = one.filter(is_first | pl.col("demographic").str.starts_with("sex"))
    everybody = uneven.filter(pl.col("demographic") == "sex=Female").with_columns(demographic=pl.lit("all"))
    rows = pl.concat([uneven, everybody])
    found = of.diagnose(rows, world.codebook, method="linear", weight=weight, seed=1).row(0, named=True)
    calibrated = of.calibrate(rows, world.codebook, method=["linear", "no-model"], seed=1)
    aligned = calibrated.pipe(of.baselines, world.codebook).pipe(of.align, world.codebook)
    means = dict(of.summarize(aligned, weight=weight).select("source", "alignment").rows())
    assert found["alignment"] == pytest.approx(means[source])
    assert found["raw"] == pytest.approx(means[WISE])
    assert found["no_model"] == pytest.approx(means[f"{WISE}|no-model"])
    assert found["uniform"] == pytest.approx(means["uniform"])
    pair = [(source, f"{WISE}|no-model")]
    test = of.compare(aligned, pair=pair, method="cluster-robust t", weight=weight).row(0, named=True)
    gains = [found[f"over_no_model{end}"] for end in ("", "_conf_low", "_conf_high")]
    assert gains == pytest.approx([test[name] for name in ("estimate", "conf_low", "conf_high")])
    room = found["ceiling"] - found["no_model"]
    assert found["skill"] == pytest.approx((found["alignment"] - found["no_model"]) / room)
    assert found["estimand"] == test["estimand"]
    kept = of.diagnose(rows, world.codebook, method="linear", weight=weight, overlap="keep", seed=1)
    everywhere = dict(of.summarize(aligned, weight=weight, overlap="keep").select("source", "alignment").rows())
    assert kept["raw"].item() == pytest.approx(everywhere[WISE])
    assert kept["raw"].item() != pytest.approx(found["raw"], abs=1e-6)
