"""Questions with very different numbers of groups: what a test set can detect, and the size of two-way tests."""

import numpy as np
import polars as pl
import pytest

from opinionframe.inference import compare, minimum_detectable

GIANT = [1, 1, 2, 3, 5, 20, 40, 100]


def studies(sizes, count, seed, *, question=0.04, group=0.0, cell=0.03, shift=0.0):
    """Studies, each a source, whose difference from uniform has a question's, a group's and a cell's own part."""
    rng = np.random.default_rng(seed)
    q, g = np.repeat(np.arange(len(sizes)), sizes), np.concatenate([np.arange(size) for size in sizes])
    parts = [
        pl.DataFrame({"question": q, "demographic": g}).with_columns(
            source=pl.lit(f"s{number}"),
            alignment=pl.Series(
                0.5
                + shift
                + rng.normal(0, question, len(sizes))[q]
                + rng.normal(0, group, max(sizes))[g]
                + rng.normal(0, cell, len(q))
            ),
        )
        for number in range(count)
    ]
    frame = pl.concat(parts).with_columns(pl.format("q{}", "question"), pl.format("g={}", "demographic"))
    return frame.with_columns(baseline=pl.lit(0.5), ceiling=pl.lit(None, pl.Float64))


def test_unequal_sizes_by_hand():
    pilot = studies([1, 3], 1, seed=0)
    plan = minimum_detectable(pilot, questions=[4], pair="baseline").row(0, named=True)
    assert plan["groups"] == 2
    # Sizes 1, 1, 3, 3: the sum of squares is 20 and of cells 8.
    variance = (20 * plan["effect"] ** 2 + 8 * plan["noise"] ** 2) / 64
    assert plan["std_error"] == pytest.approx(variance**0.5)
    assert 1 < plan["df"] <= 3


@pytest.mark.parametrize("pattern", [[12], [4, 8, 12, 24], GIANT], ids=["equal", "unequal", "giant"])
def test_the_detectable_difference_is_detected(pattern):
    pilot = studies(np.resize(pattern, 800), 1, seed=1)
    plan = minimum_detectable(pilot, questions=[40], pair="baseline").row(0, named=True)
    world = studies(np.resize(pattern, 40), 400, seed=2, shift=plan["detectable"])
    tests = compare(world, pair="baseline", method="cluster-robust t", adjust="none")
    power = (tests["p_value"] <= 0.05).mean()
    assert abs(power - 0.8) < 0.06  # three standard errors of 400 studies
    assert tests["estimate"].std() == pytest.approx(plan["std_error"], rel=0.2)  # the pilot errs too


@pytest.mark.parametrize("method", ["cluster-robust t", "cluster bootstrap"])
def test_two_way_tests_keep_their_size_beside_a_giant_question(method):
    both = ["question", "demographic"]
    world = studies(GIANT, 300, seed=1, question=0.03, group=0.015, cell=0.015)
    tests = compare(world, pair="baseline", method=method, adjust="none", cluster=both, draws=299, seed=1)
    assert (tests["p_value"] <= 0.05).mean() <= 0.05
    world = studies([12] * 10, 300, seed=1, question=0.03, group=0.015, cell=0.015)
    tests = compare(world, pair="baseline", method=method, adjust="none", cluster=both, draws=299, seed=1)
    assert 0.02 <= (tests["p_value"] <= 0.05).mean() <= 0.08


def test_no_difference_is_large_enough():
    plan = minimum_detectable(studies([1, 200], 1, seed=3), questions=[2], pair="baseline", family=1_000)
    assert plan["detectable"].to_list() == [None]
    assert plan["std_error"].null_count() == 0
