"""Fits that several sources share, by `by=`: each source is predicted from its own answers, whatever it is called."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import NOISY, SHARP

import opinionframe as of
from opinionframe.calibration.methods.blend.blend import Blend
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.errors import FrameError

KEY = ["question", "demographic", "source", "choice"]
DRAWN = ["forest", "paper"]
"""Methods that draw rows, in the order of their keys, so that another name draws others."""

EXACT = ["kriging", "no-model", "linear", "ridge", "lasso", "power", "dirichlet", "cumulative"]
SLOW = [pytest.param("blend", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def two(world) -> pl.DataFrame:
    """Two sources of one model, which differ in what they say and in the questions that they were asked."""
    rows = world.opinions.filter(pl.col("source").is_in(["human", NOISY, SHARP]))
    questions = rows.filter(source=SHARP)["question"].unique().sort()
    short = (pl.col("source") == SHARP) & pl.col("question").is_in(questions.head(5).implode())
    return rows.filter(~short)


def swapped(rows: pl.DataFrame) -> pl.DataFrame:
    """The two sources under each other's name, calibrated or not."""
    names = {SHARP: NOISY, NOISY: SHARP}
    return rows.with_columns(
        pl.concat_str(
            pl.col("source").str.split("|").list.head(4).list.join("|").replace(names),
            pl.col("source").str.split("|").list.get(4, null_on_oob=True),
            separator="|",
            ignore_nulls=True,
        ).alias("source")
    )


def calibrated(rows: pl.DataFrame, codebook: pl.DataFrame, method: str, **options) -> pl.DataFrame:
    both = of.calibrate(rows, codebook, method=method, refits=False, seed=1, **options)
    return both.filter(pl.col("source").str.ends_with("|" + method)).select(*KEY, "prob")


@pytest.mark.parametrize("method", [*EXACT, *SLOW])
def test_a_source_is_predicted_alike_under_another_name(method, world, two):
    first = calibrated(two, world.codebook, method, by="model").sort(KEY)
    second = swapped(calibrated(swapped(two), world.codebook, method, by="model")).sort(KEY)
    assert first["source"].n_unique() == 2
    assert_frame_equal(first, second, abs_tol=1e-8)


@pytest.mark.parametrize("method", [*EXACT, *SLOW])
def test_a_kept_fit_predicts_a_source_alike_under_another_name(method, world, two):
    first, second = (
        of.apply(rows, world.codebook, of.fit(rows, world.codebook, method=method, by="model", seed=1))
        .filter(pl.col("source").str.ends_with("|" + method))
        .select(*KEY, "prob")
        for rows in (two, swapped(two))
    )
    assert_frame_equal(first.sort(KEY), swapped(second).sort(KEY), abs_tol=1e-8)


@pytest.mark.parametrize("method", [*EXACT, *DRAWN, *SLOW])
def test_sources_that_say_different_things_are_predicted_differently(method, world, two):
    rows = calibrated(two, world.codebook, method, by="model").pivot("source", index=KEY[:2] + KEY[3:], values="prob")
    apart = (rows[f"{SHARP}|{method}"] - rows[f"{NOISY}|{method}"]).drop_nulls().abs()
    assert len(apart)
    assert (apart.max() < 1e-9) == (method == "no-model")


@pytest.mark.parametrize("method", [method for method in EXACT if method != "dirichlet"])
def test_a_source_and_its_copy_share_the_fit_of_one(method, world, two):
    """Every labelled cell twice is the same fit: errors, and penalties in questions' worth, are means.

    The penalty of `dirichlet` counts cells, so that it weighs half against twice as many.
    """
    one = two.filter(pl.col("source").is_in(["human", SHARP]))
    copy = one.filter(source=SHARP).with_columns(source=pl.lit("sharp|a|b|c"))
    alone = calibrated(one, world.codebook, method).sort(KEY)
    both = calibrated(pl.concat([one, copy]), world.codebook, method, by="model")
    for name in (SHARP, "sharp|a|b|c"):
        own = both.filter(source=f"{name}|{method}").sort(KEY)
        assert (own["prob"] - alone["prob"]).abs().max() < 1e-6


def test_blends_of_the_same_members_with_other_fixed_weights_share_no_weights(world, two):
    members = {calibrator_of("power"): 0.5, calibrator_of("ridge"): 0.2}
    few = two.filter(pl.col("question").is_in(two["question"].unique().sort().head(12).implode()))
    one, other = (
        Blend(name, name, members, {"raw": raw, "uniform": 0.3 - raw}) for name, raw in (("a", 0.29), ("b", 0.1))
    )
    both = of.calibrate(few, world.codebook, method=[one, other], seed=1)
    for blend in (one, other):
        alone = of.calibrate(few, world.codebook, method=blend, seed=1)
        assert_frame_equal(both.join(alone, on=KEY, how="semi", maintain_order="right"), alone)
    is_calibrated = both["source"].str.count_matches("|", literal=True) == 4
    assert both.filter(is_calibrated)["source"].n_unique() == 4


def test_a_frame_without_rows_is_said_to_have_none(world):
    with pytest.raises(FrameError, match="found no rows at all"):
        of.calibrate(world.opinions.clear(), world.codebook, seed=1)
