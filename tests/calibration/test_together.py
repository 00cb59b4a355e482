"""Sources calibrated as one: what they gain, what no cell may see, and members that are missing or useless."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import NOISY, PARROT, SHARP, WISE

import opinionframe as of
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.stacking.pooled import pools
from opinionframe.calibration.supervision import Plan, supervise, with_folds
from opinionframe.errors import FrameError, OptionError

PARTIAL = "ignore:.* cells of 'all.* are not answered by all:opinionframe.errors.OpinionFrameWarning"
pytestmark = pytest.mark.filterwarnings(PARTIAL)

ONE = "all|mixed|mixed|standard"
KEY = ["question", "demographic", "source", "choice"]


@pytest.fixture(scope="module")
def members(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", NOISY, PARROT, SHARP, WISE]))


def score(opinions: pl.DataFrame, codebook: pl.DataFrame) -> dict[str, float]:
    return dict(of.align(opinions, codebook).group_by("source").agg(pl.col("alignment").mean()).rows())


def test_the_one_source_beats_each_of_them_and_a_parrot_gets_no_weight(world, members):
    every = of.calibrate(members, world.codebook, method="power", refits=False, seed=1)
    one = of.calibrate(members, world.codebook, method="power", together="all", refits=False, seed=1)
    common = members.filter(source=WISE).select("question", "demographic").unique()  # the fewest groups
    alone, joint = (score(rows.join(common, on=common.columns, how="semi"), world.codebook) for rows in (every, one))
    best = max(value for source, value in alone.items() if source.endswith("|power"))
    assert joint[f"{ONE}|power"] > best
    assert joint[f"{ONE}|power"] > joint[ONE] + 0.01
    weights = of.member_weights(members, world.codebook, together="all", seed=1)
    overall = dict(weights.select("member", "weight").rows())
    assert overall[PARROT] < 0.1 < max(overall[WISE], overall[SHARP])
    assert set(overall) == {"uniform", NOISY, PARROT, SHARP, WISE}


@pytest.mark.parametrize("method", ["power", "kriging"])
def test_no_cell_is_predicted_from_its_own_question(method, world, members):
    """Neither by the calibrator nor by the weights of the members."""
    question = world.llm["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    before, after = (
        of.calibrate(rows, world.codebook, method=method, together="all", refits=False, seed=1)
        .filter(pl.col("source") == f"{ONE}|{method}", pl.col("question") == question)
        .sort(KEY)
        for rows in (members, members.with_columns(prob=turned))
    )
    assert len(before)
    assert_frame_equal(before, after, rel_tol=0, abs_tol=1e-9)


@pytest.mark.slow
def test_the_default_calibrates_many_sources_as_one(world, members):
    """No cell is predicted from its own question, cells sum to one, and the one source beats the plain mean."""
    asked = members.filter(pl.col("source").is_in(["human", NOISY, SHARP]))
    question = asked.filter(source=SHARP)["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    options = {
        "codebook": world.codebook,
        "together": {"all": ["*", "no-model"]},
        "refits": False,
        "folds": 5,
        "seed": 1,
    }
    first, second = (of.calibrate(rows, **options) for rows in (asked, asked.with_columns(prob=turned)))
    one, other = (
        rows.filter(pl.col("source").str.starts_with("all") & pl.col("source").str.ends_with("|default")).sort(KEY)
        for rows in (first, second)
    )
    assert_frame_equal(one.filter(question=question), other.filter(question=question), rel_tol=0, abs_tol=1e-9)
    assert (one["prob"] - other["prob"]).abs().max() > 1e-6
    assert one.select(KEY).n_unique() == asked.filter(source=SHARP).height
    assert (one.group_by("question", "demographic").agg(pl.col("prob").sum())["prob"] - 1).abs().max() < 1e-9
    found = {source: value for source, value in score(first, world.codebook).items() if source.startswith("all")}
    assert max(found, key=lambda source: found[source]).endswith("|default")
    assert max(found.values()) > min(found.values()) + 0.02


def test_rows_in_any_order_and_members_that_are_missing(world, members):
    """Cells that only some members answered stay, and are the plain mean of those before calibration."""
    asked = members.filter(source=WISE)["question"].unique().sort()
    gap = (pl.col("source") == WISE) & pl.col("question").is_in(asked.head(5).implode())
    short = members.filter(~gap)
    one, other = (
        of.calibrate(rows, world.codebook, method="power", together="all", seed=2).sort(KEY)
        for rows in (short, short.sample(fraction=1, shuffle=True, seed=5))
    )
    assert_frame_equal(one, other, abs_tol=1e-8)
    cell = ["question", "demographic", "choice"]
    plain = short.filter(pl.col("source") != "human").group_by(cell).agg(mean=pl.col("prob").mean())
    mixed = one.filter(source=ONE).join(plain, on=cell)
    assert len(mixed) == len(plain) == len(one.filter(source=f"{ONE}|power"))
    assert (mixed["prob"] - mixed["mean"]).abs().max() < 1e-12
    assert one.filter(source=f"{ONE}|power")["fit_influence"].null_count() == 0
    sums = one.filter(source=f"{ONE}|power").group_by("question", "demographic").agg(pl.col("prob").sum())["prob"]
    assert (sums - 1).abs().max() < 1e-9


def test_what_cannot_be_one_source_is_refused(world, members):
    alone = members.filter(pl.col("source").is_in(["human", WISE]))
    with pytest.raises(FrameError, match="at least two members"):
        of.calibrate(alone, world.codebook, together="all", seed=1)
    with pytest.raises(OptionError, match="without '|'"):
        of.calibrate(members, world.codebook, together="a|b", seed=1)


@pytest.mark.parametrize("method", ["kriging", "no-model", "power", "ridge", "forest"])
def test_a_fold_that_is_predicted_alone_is_predicted_alike(method, world, members):
    plan = Plan(folds=5, seed=1)
    supervision = with_folds(supervise(members, world.codebook, plan), plan)
    one, every = (
        calibrator_of(method).crossfit(part, 1).lazy().filter(fold=2).collect().sort(KEY)
        for part in (replace(supervision, only=2), supervision)
    )
    assert one.height == supervision.rows.filter(fold=2).height
    assert_frame_equal(one.select(*KEY, "prob"), every.select(*KEY, "prob"), abs_tol=1e-9)


def test_members_that_answered_for_some_groups_are_filled_before_they_are_mixed(world, members):
    """A member that is right loses the mixture less where its gaps are filled than where others stand in for it."""
    gap = (pl.col("source") == WISE) & pl.col("demographic").str.starts_with("sex=")
    short = members.filter(~gap)
    assert 0 < short.filter(source=WISE).height < members.filter(source=WISE).height
    [pooled] = pools(short, "all", "human")
    cells = members.filter(gap).join(pooled.shares, on=["question", "demographic", "choice"])
    stand_in = pl.mean_horizontal("share of " + name for name in (NOISY, PARROT, SHARP))
    off = cells.select(
        filled=(pl.col("share of " + WISE) - pl.col("prob")).abs().mean(),
        others=(stand_in - pl.col("prob")).abs().mean(),
    )
    assert off["filled"].item() < 0.95 * off["others"].item()


def test_more_than_a_hundred_questions_move_the_weights_no_further(codebook):
    """The same hundred questions twice, under other names, give the weights of one hundred."""
    rng = np.random.default_rng(2)
    one = codebook.filter(question="q1")
    names = [f"q{i}" for i in range(100)]
    shares = {"human": rng.dirichlet(np.ones(3), 100), "n": rng.dirichlet(np.ones(3), 100)}
    shares["m"] = 0.7 * shares["human"] + 0.3 / 3
    rows = pl.DataFrame(
        [
            {"question": q, "demographic": "all", "choice": c + 1, "source": s, "prob": float(p[i, c])}
            for s, p in (("human", shares["human"]), *((f"{s}|a|b|c", shares[s]) for s in "mn"))
            for i, q in enumerate(names)
            for c in range(3)
        ]
    )
    found = []
    for copies in (("",), ("", "x")):
        parts = [rows.with_columns(pl.col("question") + copy) for copy in copies]
        keys = [q + copy for copy in copies for q in names]
        book = pl.concat(one.with_columns(question=pl.lit(key)) for key in keys)
        weights = of.member_weights(pl.concat(parts), book, folds=5, seed=1)
        found.append(dict(weights.select("member", "weight").rows()))
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert found[0]["m|a|b|c"] > 0.8
