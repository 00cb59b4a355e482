"""Blocks of questions left out of a baseline together: their weights against kriging done anew without them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from world import SHARP

import opinionframe as of
from opinionframe.calibration.methods.kriging.settings import SETTINGS, Settings
from opinionframe.calibration.methods.kriging.smoother import (
    _baseline,
    _left_out,
    _pooled,
    _weights,
    group_mean,
)
from opinionframe.calibration.methods.kriging.surface import surface
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.supervision import Plan, row_numbers, supervise, with_folds


@pytest.mark.parametrize("block", [[0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 1, 2], [5, 3, 5, 3, 3, 5]])
def test_weights_are_those_of_kriging_without_the_block(block):
    rng = np.random.default_rng(4)
    root = rng.normal(size=(6, 8))
    kernel, block = root @ root.T + np.eye(6), np.array(block)
    weights = _left_out(np.linalg.inv(kernel), block)
    for code in np.unique(block):
        own, others = block == code, block != code
        direct = kernel[np.ix_(own, others)] @ np.linalg.inv(kernel[np.ix_(others, others)])
        np.testing.assert_allclose(weights[np.ix_(own, others)], direct, atol=1e-9)
        assert (weights[np.ix_(own, own)] == 0).all()


def test_a_single_block_leaves_nothing_to_learn_from():
    assert (_left_out(np.eye(3), np.zeros(3)) == 0).all()


def test_a_split_by_topic_trusts_the_model_where_siblings_alone_told_the_answer(codebook):
    """Each topic has answers of its own, which the model knows; leaving out single questions would hide what for."""
    rng = np.random.default_rng(8)
    topics, siblings = 12, 5
    truth = rng.dirichlet(np.ones(3), topics)
    book = pl.concat(
        codebook.filter(question="q1").with_columns(
            question=pl.lit(f"t{t:02}q{i}"), text=pl.lit(f"{chr(97 + t) * 9} matter {i}"), topic=pl.lit(f"t{t}")
        )
        for t in range(topics)
        for i in range(siblings)
    )
    rows = [
        {"question": f"t{t:02}q{i}", "demographic": "all", "choice": j + 1, "source": source, "prob": float(shares[j])}
        for t in range(topics)
        for i in range(siblings)
        for source, shares in (
            ("human", truth[t]),
            ("m|logprob|base|standard", 0.8 * truth[t] + 0.2 * rng.dirichlet(np.ones(3))),
        )
        for j in range(3)
    ]
    calibrated = of.calibrate(pl.DataFrame(rows), book, method="kriging", split="topic", refits=False, seed=1)
    score = dict(of.summarize(of.align(calibrated, book)).select("source", "alignment").rows())
    assert score["m|logprob|base|standard|kriging"] > score["m|logprob|base|standard"] - 0.005


@pytest.mark.parametrize("method", ["kriging", "no-model"])
def test_a_fit_without_a_pair_of_folds_is_that_without_the_answers_of_one(method, world):
    """Folds that train leave out their own questions alone, however pairs are dealt: only one more fold is missing."""
    topic = pl.col("question").str.extract(r"(\d+)$").cast(pl.Int64) % 4
    rows = world.opinions.filter(pl.col("source").is_in(["human", SHARP])).with_columns(topic.alias("part"))
    plan = Plan(split="part", seed=1)
    folded = with_folds(supervise(rows, world.codebook, plan), plan)
    calibrator = calibrator_of(method)
    [refitted] = calibrator.crossfit_rounds(folded, [[(0, 1), (2, 3)]], 1)
    for tested, missing in ((0, 1), (1, 0), (2, 3), (3, 2)):
        without = replace(
            folded,
            rows=folded.rows.with_columns(target=pl.when(pl.col("fold") != missing).then("target")),
            human=folded.human.filter(pl.col("fold") != missing),
        )
        alone = calibrator.crossfit(without, 1).lazy().filter(fold=tested).collect()
        number = row_numbers(alone, folded.rows)
        np.testing.assert_allclose(refitted[number], alone["prob"].to_numpy(), atol=1e-12)


@pytest.fixture(scope="module")
def answered(world):
    """The arrays of the generated study, the mean over its groups, and which questions are taken to be answered."""
    arrays = surface(supervise(world.opinions, world.codebook, Plan()).human, world.llm, world.codebook)
    has_humans = np.random.default_rng(3).random(len(arrays.questions)) < 0.7
    return arrays, group_mean(arrays.human, arrays.trust), has_humans


def test_what_all_layouts_share_is_the_mean_of_every_curve_read_off_by_itself(answered):
    arrays, mean, has_humans = answered
    pooled = _pooled(arrays, mean, has_humans)
    assert len(np.unique(arrays.size)) > 2
    for question, size in enumerate(arrays.size):
        at = np.arange(1, size) / size
        curves = [
            np.interp(at, np.linspace(0, 1, k + 1), np.r_[0, mean[other, : k - 1], 1])
            for other, k in enumerate(arrays.size)
            if has_humans[other]
        ]
        np.testing.assert_allclose(pooled[question, : size - 1], np.mean(curves, axis=0), atol=1e-12)


@pytest.mark.parametrize("blocks", [1000, 6])
def test_the_setting_of_a_baseline_errs_least_where_each_is_tried_on_all_questions_at_once(answered, blocks):
    arrays, mean, has_humans = answered
    pooled, block = _pooled(arrays, mean, has_humans), np.arange(len(arrays.questions)) % blocks
    errors = {}
    for setting in SETTINGS:
        functions = _baseline(arrays.gap, _weights(arrays, has_humans, block, setting), mean, pooled)
        errors[setting] = (arrays.gap * np.abs(functions - mean)).sum(axis=1)[has_humans].mean()
    assert len(set(errors.values())) == len(errors)
    assert Settings(arrays).of_least_error(mean, pooled, has_humans, block) == min(errors, key=errors.get)
