"""The package's own calibrators: what they score on real answers, and what they may not do."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

GPT = "gpt-3.5-turbo-0125|logprob|base|standard"
LLAMA = "llama3-70b|verbalized|sd|standard"
KEY = ["question", "demographic", "source", "choice"]
OWN = ["default", "no-model", "power", "dirichlet", "cumulative"]


@pytest.fixture(scope="module")
def two(oqa_opinions) -> pl.DataFrame:
    return oqa_opinions.filter(pl.col("source").is_in(["human", GPT, LLAMA]))


def scores(opinions: pl.DataFrame, codebook: pl.DataFrame) -> dict[str, float]:
    return dict(of.summarize(of.align(opinions, codebook)).select("source", "alignment").rows())


def test_default_beats_linear_everywhere_and_never_falls_below_raw(oqa, oqa_opinions):
    """On all 18 real sources, whole questions held out; the paper's selection scores below linear here."""
    found = scores(of.calibrate(oqa_opinions, oqa["codebook"], method=["default", "linear"], seed=1), oqa["codebook"])
    raw = sorted(source for source in found if source.count("|") == 3)
    assert len(raw) == 18
    gains = [found[f"{source}|default"] - found[f"{source}|linear"] for source in raw]
    assert np.mean(gains) > 0.02
    assert min(found[f"{source}|default"] - found[source] for source in raw) > -0.002


@pytest.mark.parametrize("method", OWN)
def test_no_cell_is_predicted_from_its_own_question(method, oqa, two):
    question = two.filter(source=GPT)["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    before, after = (
        of.calibrate(rows, oqa["codebook"], method=method, seed=1)
        .filter(pl.col("source").str.ends_with(method), pl.col("question") == question)
        .sort(KEY)
        for rows in (two, two.with_columns(prob=turned))
    )
    assert len(before)
    assert_frame_equal(before, after, rel_tol=0, abs_tol=1e-9)


@pytest.mark.parametrize("method", OWN)
def test_rows_in_any_order_are_predicted_alike_and_stay_on_the_simplex(method, oqa, two):
    one, other = (
        of.calibrate(rows, oqa["codebook"], method=method, seed=3)
        .filter(pl.col("source").str.ends_with(method))
        .sort(KEY)
        for rows in (two, two.sample(fraction=1, shuffle=True, seed=9))
    )
    assert_frame_equal(one, other, abs_tol=1e-8)
    sums = one.group_by("question", "demographic", "source").agg(pl.col("prob").sum())["prob"]
    assert np.allclose(sums, 1)
    assert one["prob"].min() >= 0


def test_no_model_means_no_model(oqa, two):
    """The bar for `default` must not move when the answers do."""
    rng = np.random.default_rng(5)
    noise = pl.Series(rng.exponential(size=len(two)))
    noisy = two.with_columns(prob=pl.when(pl.col("source") == "human").then("prob").otherwise(noise)).with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source")
    )
    real, sham = (
        of.calibrate(rows, oqa["codebook"], method="no-model", seed=1)
        .filter(pl.col("source").str.ends_with("no-model"))
        .sort(KEY)
        for rows in (two, noisy)
    )
    assert_frame_equal(real, sham, abs_tol=1e-9)
    found = of.diagnose(noisy, oqa["codebook"], seed=1)
    assert set(found["verdict"]) <= {"collapsed", "placebo not exceeded"}


@pytest.mark.parametrize("method", [*OWN, "linear", "ridge", "lasso"])
def test_a_fit_is_saved_read_and_applied_to_other_questions(method, oqa, two, tmp_path):
    questions = two.filter(source=GPT)["question"].unique().sort()
    later = pl.col("question").is_in(questions.tail(30).implode())
    learnt = of.fit(two.filter(~later), oqa["codebook"], method=method, seed=1)
    again = of.read_calibration(learnt.save(tmp_path / "fit"))
    assert_frame_equal(again.parameters, learnt.parameters)
    new = two.filter(later, pl.col("source") != "human")
    book = oqa["codebook"].filter(later)
    assert_frame_equal(of.apply(new, book, learnt).sort(KEY), of.apply(new, book, again).sort(KEY))
    both = pl.concat([two.filter(later, source="human"), of.apply(new, book, again)], how="diagonal")
    found = scores(both, book)
    assert found[f"{GPT}|{method}"] > found[GPT] + 0.03


def test_a_power_of_a_power_is_found(codebook):
    """Human shares made from the model's by squaring and mixing with a fifth of uniform."""
    rng = np.random.default_rng(2)
    book = pl.concat(codebook.filter(question="q1").with_columns(question=pl.lit(f"q{i}")) for i in range(60))
    p = rng.dirichlet(np.ones(3), 60)
    sharp = p**2 / (p**2).sum(axis=1, keepdims=True)
    rows = [
        {"question": f"q{i}", "demographic": "all", "choice": j + 1, "source": source, "prob": float(q[i, j])}
        for source, q in (("human", 0.8 * sharp + 0.2 / 3), ("m|logprob|base|standard", p))
        for i in range(60)
        for j in range(3)
    ]
    learnt = of.fit(pl.DataFrame(rows), book, method="power", seed=1)
    found = dict(learnt.parameters.select("name", "value").rows())
    assert found["power"] == pytest.approx(2, rel=0.15)
    assert found["mixture"] == pytest.approx(0.2, abs=0.05)


def test_a_source_that_was_not_fitted_is_refused(oqa, two):
    learnt = of.fit(two.filter(pl.col("source") != LLAMA), oqa["codebook"], method="power", seed=1)
    with pytest.raises(FrameError, match="1 groups of rows were not part of the fit, e.g. 'llama3-70b"):
        of.apply(two, oqa["codebook"], learnt)


def test_a_forest_keeps_no_parameters(oqa, two):
    with pytest.raises(OptionError, match="method='forest'"):
        of.fit(two, oqa["codebook"], method="forest", seed=1)


def test_a_folder_without_a_calibration_is_refused(tmp_path):
    with pytest.raises(FrameError, match="does not hold a saved calibration"):
        of.read_calibration(tmp_path)


def test_from_a_single_question_the_raw_answer_is_kept(oqa, two):
    """One labelled question leaves no inner fold to choose a correction by, so `default` makes none."""
    questions = two.filter(source=GPT)["question"].unique().sort()
    few = two.filter(pl.col("question").is_in(questions.head(1).implode()))
    learnt = of.fit(few, oqa["codebook"], method="default", seed=1)
    new = two.filter(pl.col("source") == GPT, pl.col("question").is_in(questions.tail(5).implode()))
    applied = of.apply(new, oqa["codebook"], learnt)
    raw, kept = (applied.filter(source=name).sort(KEY) for name in (GPT, f"{GPT}|default"))
    assert raw["prob"].to_list() == pytest.approx(kept["prob"].to_list(), abs=1e-9)


def test_a_fit_applies_alike_whether_or_not_the_new_codebook_lists_its_questions_too(oqa, two):
    questions = two.filter(source=GPT)["question"].unique().sort()
    later = pl.col("question").is_in(questions.tail(20).implode())
    learnt = of.fit(two.filter(~later), oqa["codebook"].filter(~later), method="default", seed=1)
    new = two.filter(later, pl.col("source") != "human")
    short, whole = (of.apply(new, book, learnt).sort(KEY) for book in (oqa["codebook"].filter(later), oqa["codebook"]))
    assert_frame_equal(short, whole, abs_tol=1e-9)


def test_a_fit_does_not_look_up_the_human_answers_to_the_questions_it_is_applied_to(oqa, two):
    question = two.filter(source=GPT)["question"].sort()[0]
    learnt = of.fit(two, oqa["codebook"], method="default", seed=1)
    turned = pl.when(question=question).then(pl.col("prob").reverse().over("question", "demographic")).otherwise("prob")
    other = of.Calibration(
        learnt.method, learnt.by, learnt.parameters, learnt.human.with_columns(prob=turned), learnt.codebook
    )
    new = two.filter(pl.col("question") == question, pl.col("source") != "human")
    one, two_ = (of.apply(new, oqa["codebook"], calibration).sort(KEY) for calibration in (learnt, other))
    assert_frame_equal(one, two_, abs_tol=1e-9)
