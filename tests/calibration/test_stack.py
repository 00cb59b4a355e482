"""Stacks: the weights are what they should be by hand, and mixtures of flawed answers pay."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from world import BIASED, NOISY, SHARP

import opinionframe as of
from opinionframe.calibration.stacking.stack import stack, stack_weights
from opinionframe.calibration.stacking.weights import nearest_mixture
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError

TRUE, WRONG = "m|logprob|base|standard", "m|verbalized|base|standard"
STACK = "stack(m)|mixed|base|standard"
KEY = ["question", "demographic", "source", "choice"]
MEMBERS = [SHARP, NOISY, BIASED]


@pytest.fixture(scope="module")
def toy() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Twelve questions of three choices; one member answers as people do, the other the reverse."""
    keys = pl.DataFrame({"question": [f"q{i}" for i in range(12)]}).join(
        pl.DataFrame({"choice": [1, 2, 3]}), how="cross"
    )
    book = keys.with_columns(
        pl.col("choice").cast(pl.UInt8),
        label=pl.lit("x"),
        position=pl.col("choice").cast(pl.Float64),
        text=pl.lit("?"),
        scale=pl.lit("ordinal"),
        topic=pl.lit(None, pl.String),
        dataset=pl.lit(None, pl.String),
    )
    shares = np.random.default_rng(1).dirichlet([1, 2, 4], 12)
    given = (("human", shares), (TRUE, shares), (WRONG, shares[:, ::-1]))
    rows = (
        book.select("question", demographic=pl.lit("all"), choice="choice", source=pl.lit(source), prob=values.ravel())
        for source, values in given
    )
    return pl.concat(rows), book


@pytest.fixture(scope="module")
def rows(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", *MEMBERS]))


def score(opinions: pl.DataFrame, codebook: pl.DataFrame) -> dict[str, float]:
    return dict(of.summarize(of.align(opinions, codebook)).select("source", "alignment").rows())


def test_a_member_that_is_the_truth_takes_all_the_weight(toy):
    opinions, book = toy
    weights = stack_weights(opinions, book, seed=1)
    assert weights.schema == {"stack": pl.String, "source": pl.String, "fold": pl.UInt32, "weight": pl.Float64}
    assert len(weights) == 2 * 11
    assert weights.filter(source=TRUE)["weight"].to_list() == pytest.approx([1] * 11, abs=1e-6)
    stacked = stack(opinions, book, seed=1).filter(source=STACK)
    human = opinions.filter(source="human").sort(KEY)
    assert stacked.sort(KEY)["prob"].to_numpy() == pytest.approx(human["prob"].to_numpy(), abs=1e-6)


def test_a_mixture_is_found_again(toy):
    """People answer as a quarter of one member and three quarters of the other."""
    opinions, book = toy
    wide = {source: opinions.filter(source=source)["prob"].to_numpy() for source in (TRUE, WRONG)}
    mixed = pl.Series(np.concatenate([0.25 * wide[TRUE] + 0.75 * wide[WRONG], wide[TRUE], wide[WRONG]]))
    weights = stack_weights(opinions.with_columns(prob=mixed), book, seed=1).filter(pl.col("fold").is_null())
    assert dict(weights.select("source", "weight").rows()) == pytest.approx({TRUE: 0.25, WRONG: 0.75}, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_no_other_weights_are_nearer(seed, members):
    """Against random points of the simplex and its corners, up to the smoothing of small errors."""
    rng = np.random.default_rng(seed)
    x, y, weight = rng.random((60, members)), rng.random(60), rng.random(60)
    found = nearest_mixture(x, y, weight)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    rivals = np.vstack([np.eye(members), rng.dirichlet(np.ones(members), 200)])
    errors = [(weight * np.abs(x @ w - y)).sum() for w in (found, *rivals)]
    assert errors[0] <= min(errors[1:]) + 0.002 * weight.sum()


def test_members_with_flaws_of_their_own_are_worth_more_together(world, rows):
    stacked = stack(rows, world.codebook, seed=1)
    assert_frame_equal(stacked.head(len(rows)), rows.select(stacked.columns))
    keys = ["question", "demographic", "choice"]
    mean = rows.filter(pl.col("source") != "human").group_by(keys).agg(pl.col("prob").mean())
    mean = mean.with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic"), source=pl.lit("mean")
    )
    found = score(pl.concat([stacked, mean], how="diagonal"), world.codebook)
    mine = found["stack(sharp)|mixed|base|standard"]
    assert mine > max(found[member] for member in MEMBERS) + 0.002
    assert mine > found["mean"] + 0.003


def test_no_cell_is_mixed_by_its_own_question(world, rows):
    question = rows.filter(source=SHARP)["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    before, after = (
        stack(rows, world.codebook, seed=1).filter(pl.col("source").str.starts_with("stack"), question=question)
        for rows in (rows, rows.with_columns(prob=turned).sample(fraction=1, shuffle=True, seed=4))
    )
    assert len(before)
    assert_frame_equal(before.sort(KEY), after.sort(KEY), abs_tol=1e-9)


def test_calibrated_members_and_calibrated_stacks(world, rows):
    raw = stack(rows, world.codebook, seed=1)
    calibrated = of.calibrate(raw, world.codebook, method="linear", seed=1)
    members = [f"{source}|linear" for source in MEMBERS]
    both = stack(calibrated, world.codebook, sources=members, seed=1)
    found = score(both, world.codebook)
    name = "stack(sharp, linear)|mixed|base|standard"
    assert found[name] > max(found[member] for member in members) - 0.002
    assert "stack(sharp)|mixed|base|standard|linear" in found


def test_cells_that_a_member_lacks_are_mixed_from_the_others_and_counted(toy):
    """The rest is as it was; of a question that one was not asked the other has the say, whatever its weight."""
    opinions, book = toy
    gone = (pl.col("source") == TRUE) & (pl.col("question") == "q3")
    with pytest.warns(OpinionFrameWarning, match=r"1 cells are not answered by every member .* \('q3', 'all'\)"):
        stacked = stack(opinions.filter(~gone), book, seed=1).filter(source=STACK)
    assert stacked["question"].n_unique() == 12
    other = opinions.filter(source=WRONG, question="q3").sort("choice")["prob"]
    assert stacked.filter(question="q3").sort("choice")["prob"].to_list() == pytest.approx(other.to_list())
    others = pl.col("question") != "q3"
    without = stack(opinions.filter(others), book, seed=1).filter(source=STACK)
    assert_frame_equal(stacked.filter(others).sort(KEY), without.sort(KEY))


def test_a_member_that_some_groups_lack_keeps_its_distance_there(toy):
    """By hand: the member without answers for women is .1 above the other for men on the first choice."""
    opinions, book = toy
    by_group = pl.concat(opinions.with_columns(demographic=pl.lit(f"sex={sex}")) for sex in ("Female", "Male"))
    moved = {1: 0.1, 2: 0.0, 3: -0.1}
    even = pl.concat(
        by_group.filter(source="human").with_columns(
            source=pl.lit(source), prob=1 / 3 + (pl.col("choice").replace_strict(moved) if source == WRONG else 0.0)
        )
        for source in (TRUE, WRONG)
    )
    gone = (pl.col("source") == WRONG) & (pl.col("demographic") == "sex=Female") & (pl.col("question") == "q3")
    rows = pl.concat([by_group.filter(source="human"), even.filter(~gone)])
    with pytest.warns(OpinionFrameWarning, match="1 cells"):
        stacked = stack(rows, book, seed=1).filter(source=STACK, question="q3")
    women, men = (stacked.filter(demographic=f"sex={sex}").sort("choice")["prob"] for sex in ("Female", "Male"))
    assert women.to_list() == pytest.approx(men.to_list(), abs=1e-5)


def test_anchors_take_part_and_see_nothing_of_what_they_are_mixed_for(world, rows):
    """No model at all is worth nothing beside itself; a member without any worth leaves the anchors all weight."""
    noise = rows.filter(source=SHARP).with_columns(
        pl.col("prob").sort(descending=True).over("question", "demographic"), source=pl.lit("m|a|b|c")
    )
    bad = pl.concat([rows.filter(source="human"), noise, noise.with_columns(source=pl.lit("m|a|b|d"))], how="diagonal")
    anchored = ["*", "no-model", "label-mean", "uniform"]
    weights = stack_weights(bad, world.codebook, sources=anchored, seed=1)
    assert set(weights["source"]) == {"m|a|b|c", "m|a|b|d", "no-model", "label-mean", "uniform"}
    assert weights.filter(source="no-model")["weight"].min() > 0.5
    stacked = stack(bad, world.codebook, sources=anchored, seed=1)
    plain = stack(bad, world.codebook, seed=1)
    name = "stack(m)|a|b|mixed"
    assert score(stacked, world.codebook)[name] > score(plain, world.codebook)[name] + 0.03
    question = bad.filter(source="m|a|b|c")["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    after = stack(bad.with_columns(prob=turned), world.codebook, sources=anchored, seed=1)
    before, after = (each.filter(source=name, question=question).sort(KEY) for each in (stacked, after))
    assert_frame_equal(before, after, abs_tol=1e-9)


def test_parts_make_stacks_and_lazy_stays_lazy(toy):
    opinions, book = toy
    other = opinions.filter(pl.col("source") != "human").with_columns(
        pl.col("source").str.replace("m|", "n|", literal=True)
    )
    both = pl.concat([opinions, other])
    names = stack(both.lazy(), book, by="model", seed=1).collect()["source"].unique()
    assert {"stack(m)|mixed|base|standard", "stack(n)|mixed|base|standard"} <= set(names)
    names = stack(both, book, by="elicitation", name="mix", seed=1)["source"].unique()
    assert {"mix|logprob|base|standard", "mix|verbalized|base|standard"} <= set(names)


def test_refusals(toy):
    opinions, book = toy
    with pytest.raises(FrameError, match="at least two members; 1 have fewer"):
        stack(opinions, book, sources=[TRUE], seed=1)
    with pytest.raises(FrameError, match="1 of 2 members name no source: 'nobody'"):
        stack(opinions, book, sources=[TRUE, "nobody"], seed=1)
    with pytest.raises(FrameError, match="at least two members"):
        stack(opinions.filter(source="human"), book, seed=1)
    with pytest.raises(FrameError, match="0 cells are answered by people and by all 2 members"):
        stack(opinions.filter(pl.col("source") != "human"), book, seed=1)
    with pytest.raises(FrameError, match="Choose another name="):
        stack(stack(opinions, book, seed=1), book, sources=[TRUE, WRONG], seed=1)
    with pytest.raises(OptionError, match="Allowed: calibrator, elicitation"):
        stack(opinions, book, by="topic", seed=1)


def test_a_pattern_reaches_calibrated_sources_where_it_fits_no_raw_ones(toy):
    opinions, book = toy
    both = of.calibrate(opinions, book, method="ridge", folds=4, refits=False, seed=1)
    named = stack(both, book, sources=[f"{TRUE}|ridge", f"{WRONG}|ridge"], name="x", seed=1)
    found = stack(both, book, sources=["*|ridge"], name="x", seed=1)
    assert found["source"].unique(maintain_order=True).to_list()[-1] == "x(m, ridge)|mixed|base|standard"
    assert_frame_equal(found, named, check_row_order=False)
    assert set(stack_weights(both, book, sources=["m|*"], seed=1)["source"]) == {TRUE, WRONG}
    pool = of.member_weights(both, book, together={"x": ["*|ridge"]}, seed=1)
    assert {f"{TRUE}|ridge", f"{WRONG}|ridge", "uniform"} == set(pool["member"])
    with pytest.raises(FrameError, match=r"1 of 1 members name no source: '\*\|lasso'.*raw or calibrated"):
        stack(both, book, sources=["*|lasso"], seed=1)


def test_a_dataset_that_a_member_was_never_asked_is_named(toy):
    opinions, book = toy
    late = pl.col("question").is_in(["q10", "q11"])
    two = book.with_columns(dataset=pl.when(late).then(pl.lit("b")).otherwise(pl.lit("a")))
    short = opinions.filter(~((pl.col("source") == TRUE) & late))
    with (
        pytest.warns(OpinionFrameWarning, match="2 cells are not answered by every member"),
        pytest.warns(OpinionFrameWarning, match=r"2 cells of .* were not stacked, e\.g\. \('q10', 'all'\)"),
    ):
        assert stack(short, two, folds=3, seed=1).filter(source=STACK)["question"].n_unique() == 10
    with pytest.warns(OpinionFrameWarning, match="2 cells are not answered by every member"):
        assert stack(short, two, by=(), seed=1).filter(source=STACK)["question"].n_unique() == 12
