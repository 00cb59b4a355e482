import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

GPT = "gpt-3.5-turbo-0125|logprob|base|standard"
KEY = ["question", "demographic", "source", "choice"]


def mean_alignment(opinions: pl.DataFrame, codebook: pl.DataFrame, source: str) -> float:
    return of.summarize(of.align(opinions, codebook)).filter(source=source)["alignment"].item()


@pytest.fixture(scope="module")
def gpt(oqa, oqa_opinions) -> pl.DataFrame:
    return oqa_opinions.filter(pl.col("source").is_in(["human", GPT]))


def test_linear_on_real_answers_whole_questions_held_out(oqa, gpt):
    calibrated = of.calibrate(gpt, oqa["codebook"], method="linear", seed=1)
    assert mean_alignment(calibrated, oqa["codebook"], f"{GPT}|linear") == pytest.approx(0.834, abs=0.002)


def test_a_forest_gains_from_leaking_rows(oqa, gpt):
    scores = {
        split: mean_alignment(
            of.calibrate(gpt, oqa["codebook"], method="forest", split=split, seed=1), oqa["codebook"], f"{GPT}|forest"
        )
        for split in ("row", "question")
    }
    assert scores["row"] > scores["question"] + 0.03


@pytest.mark.parametrize("method", ["linear", "ridge", "lasso", "forest"])
def test_no_cell_is_predicted_from_its_own_question(method, oqa, gpt):
    """Turning a question's human shares upside down must leave its own predictions as they were."""
    question = gpt.filter(source=GPT)["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    before, after = (
        of.calibrate(o, oqa["codebook"], method=method, seed=1).filter(source=f"{GPT}|{method}", question=question)
        for o in (gpt, gpt.with_columns(turned.alias("prob")))
    )
    assert_frame_equal(before.sort(KEY), after.sort(KEY))


def test_calibrated_cells_are_complete_distributions(oqa, oqa_opinions):
    calibrated = of.calibrate(oqa_opinions, oqa["codebook"], method=["linear", "ridge", "lasso"], seed=1)
    new = calibrated.filter(pl.col("source").str.count_matches("|", literal=True) == 4)
    assert len(new) == 3 * len(oqa["llm"])
    assert new.group_by("question", "demographic", "source").agg(pl.col("prob").sum())[
        "prob"
    ].to_numpy() == pytest.approx(1)
    assert_frame_equal(calibrated.head(len(oqa_opinions)), oqa_opinions.select(calibrated.columns))


def test_row_order_does_not_matter(oqa, gpt):
    one, two = (
        of.calibrate(o, oqa["codebook"], method=["ridge", "forest"], seed=3).sort(KEY)
        for o in (gpt, gpt.sample(fraction=1, shuffle=True, seed=5))
    )
    assert_frame_equal(one, two, check_exact=False, abs_tol=1e-9)


def test_noise_is_calibrated_to_no_skill_at_all(oqa, gpt):
    rng = np.random.default_rng(11)
    noisy = gpt.with_columns(
        prob=pl.when(pl.col("source") == GPT).then(pl.Series(rng.exponential(size=len(gpt)))).otherwise("prob")
    ).with_columns(pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source"))
    summary = of.summarize(of.align(of.calibrate(noisy, oqa["codebook"], method="ridge", seed=1), oqa["codebook"]))
    assert summary.filter(source=f"{GPT}|ridge")["skill"].item() == pytest.approx(0, abs=0.02)


def test_own_folds_hold_out_what_they_say(opinions, codebook):
    folds = opinions.with_columns(mine=pl.col("demographic"))
    calibrated = of.calibrate(folds, codebook, method="linear", split="mine", seed=1)
    assert calibrated.filter(pl.col("source").str.ends_with("|linear")).height == 8


def test_too_few_questions_for_the_folds(opinions, codebook):
    with pytest.raises(OptionError, match="2 units to deal into 10 folds. Use folds=2"):
        of.calibrate(opinions, codebook, method="linear", seed=1)


def test_nothing_elicited(opinions, codebook):
    with pytest.raises(FrameError, match="0 sources have the form model"):
        of.calibrate(opinions.filter(source="human"), codebook, method="linear", folds=2, seed=1)


def test_an_unknown_method(opinions, codebook):
    with pytest.raises(OptionError, match="ridge"):
        of.calibrate(opinions, codebook, method="boost", seed=1)
