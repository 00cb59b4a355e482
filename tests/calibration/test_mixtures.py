"""Mixtures by name: patterns, anchors fitted out of fold, cells that members lack, and what each member is worth."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import NOISY, PARROT, SHARP, WISE

import opinionframe as of
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.stacking.anchors import LabelMeans, anchors_of
from opinionframe.calibration.stacking.together import mixed
from opinionframe.calibration.supervision import Plan, supervise, with_folds
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError

KEY = ["question", "demographic", "source", "choice"]
ROW = ["source", "question", "demographic", "choice"]


@pytest.fixture(scope="module")
def members(world) -> pl.DataFrame:
    """Four sources in the groups that all of them answered."""
    rows = world.opinions.filter(pl.col("source").is_in(["human", NOISY, PARROT, SHARP, WISE]))
    common = rows.filter(source=WISE).select("question", "demographic").unique()
    return rows.join(common, on=common.columns, how="semi")


def test_weights_are_shared_by_those_that_answered():
    """Members at .2 and .6 with weights .5 and .3, uniform with .2; the second was not asked about `q2`."""
    shares = pl.DataFrame(
        {
            "group": ["m"] * 2,
            "question": ["q1", "q2"],
            "share of a": [0.2, 0.2],
            "share of b": [0.6, None],
            "share of uniform": [0.5, 0.5],
        }
    )
    weights = pl.DataFrame({"group": ["m"], "weight of a": [0.5], "weight of b": [0.3], "weight of uniform": [0.2]})
    assert mixed(shares, weights)["prob"].to_list() == pytest.approx([0.38, 0.2 / 0.7], abs=1e-5)


def test_cells_that_a_member_lacks_are_kept_and_counted(world, members):
    asked = members.filter(source=WISE)["question"].unique().sort()
    short = members.filter(~((pl.col("source") == WISE) & pl.col("question").is_in(asked.head(3).implode())))
    n = members.filter(pl.col("source") == WISE, pl.col("question").is_in(asked.head(3).implode()))
    cells = n.select("question", "demographic").n_unique()
    options = {"method": "power", "together": {"few": [WISE, SHARP]}, "refits": False, "seed": 1}
    with pytest.warns(OpinionFrameWarning, match=rf"{cells} of \d+ cells of 'few.*' are not answered by all 2 members"):
        rows = of.calibrate(short, world.codebook, **options)
    predicted = rows.filter(pl.col("source").str.starts_with("few") & pl.col("source").str.ends_with("power"))
    assert (
        predicted.select("question", "demographic").n_unique()
        == members.filter(source=SHARP).select("question", "demographic").n_unique()
    )
    sums = predicted.group_by("question", "demographic").agg(pl.col("prob").sum())["prob"]
    assert (sums - 1).abs().max() < 1e-9


def test_several_mixtures_are_what_each_is_alone(world, members):
    """By names, by patterns, and with anchors of their own."""
    mixtures = {"two": [SHARP, WISE], "all": ["*", "label-mean"]}
    options = {"codebook": world.codebook, "method": "power", "refits": False, "seed": 1}
    both = of.calibrate(members, together=mixtures, **options)
    for name, own in mixtures.items():
        alone = of.calibrate(members, together={name: own}, **options)
        added = pl.col("source").str.starts_with(name)
        assert alone.filter(added)["source"].n_unique() == 2
        assert_frame_equal(both.filter(added).sort(KEY), alone.filter(added).sort(KEY), abs_tol=1e-9)


def test_the_label_mean_of_questions_outside_the_fold_is_the_baseline_where_folds_are_questions(world, members):
    people = members.filter(source="human")
    numbered = people.with_columns(fold=pl.col("question").rank("dense").cast(pl.UInt32))
    supervision = supervise(members, world.codebook, Plan())
    rows = supervision.rows.filter(source=SHARP).join(
        numbered.select("question", "fold").unique(), on="question", maintain_order="left"
    )
    folded = with_folds(supervision, Plan())
    by_question = type(folded)(rows, numbered, world.codebook, "question")
    anchor = LabelMeans().crossfit(by_question, 1).select("question", "demographic", "choice", "prob")
    baseline = of.baselines(people, world.codebook, which="label-mean").filter(source="label-mean")
    compared = anchor.join(baseline, on=["question", "demographic", "choice"])
    assert len(compared) == len(anchor)
    assert (compared["prob"] - compared["prob_right"]).abs().max() < 1e-9


@pytest.mark.parametrize("name", ["label-mean", "no-model"])
def test_an_anchor_has_seen_neither_its_own_fold_nor_the_one_beside_it(name, world, members):
    plan = Plan(folds=5, seed=1)
    one = members.filter(pl.col("source").is_in(["human", SHARP]))
    supervision = with_folds(supervise(one, world.codebook, plan), plan)
    turned = pl.when(pl.col("fold") == 2).then(pl.col("prob").reverse().over("question", "demographic"))
    other = supervision.human.with_columns(prob=turned.otherwise("prob"))
    swapped = type(supervision)(supervision.rows, other, supervision.codebook, supervision.split)
    before, after = (
        anchors_of(each, [name], 1).beside(each.rows, fold=2)["share of " + name] for each in (supervision, swapped)
    )
    assert (before - after).abs().max() < 1e-9
    beside_none = anchors_of(swapped, [name], 1).beside(swapped.rows, fold=None)["share of " + name]
    assert (beside_none - after).abs().max() > 0.01
    alone = calibrator_of("no-model").crossfit(supervision, 1).filter(fold=2).sort(ROW)
    if name == "no-model":
        own = supervision.rows.with_columns(before.alias("x")).filter(fold=2).sort(ROW)
        assert (own["x"] - alone["prob"]).abs().max() < 1e-9


def test_what_a_member_is_worth(world, members):
    weights = of.member_weights(members, world.codebook, seed=1)
    columns = ["mixture", "group", "member", "weight", "weight_low", "weight_high", "cells", "loss", "std_error"]
    assert weights.columns == columns
    assert weights["weight"].sum() == pytest.approx(1)
    assert weights["weight"].is_sorted(descending=True)
    assert (weights["weight_low"] <= weights["weight_high"]).all()
    n = members.filter(source=SHARP).select("question", "demographic").n_unique()
    assert weights.filter(member="uniform")["cells"].item() >= n
    loss = dict(weights.select("member", "loss").rows())
    assert loss[PARROT] < 0.001 < max(loss[WISE], loss[SHARP])
    assert weights["std_error"].min() > 0


def test_mixtures_that_cannot_be_are_refused(world, members):
    options = {"codebook": world.codebook, "method": "power", "refits": False, "seed": 1}
    with pytest.raises(FrameError, match=r"1 of 2 members name no source: 'gpt-9\|\*'"):
        of.calibrate(members, together={"one": [SHARP, "gpt-9|*"]}, **options)
    with pytest.raises(FrameError, match="at least two members"):
        of.calibrate(members, together={"one": [SHARP, "no-model"]}, **options)
    with pytest.raises(OptionError, match="has to be a name, or a mapping"):
        of.calibrate(members, together={}, **options)
    with pytest.raises(OptionError, match="at least 4 folds, not 3"):
        of.calibrate(members, together={"one": ["*", "label-mean"]}, folds=3, **options)


def test_what_a_member_of_a_stack_is_worth(world, members):
    """Its weight is that of `stack_weights`; the loss is the score of the stack less that of one without it."""
    named = {"two": [WISE, SHARP, PARROT]}
    found = of.member_weights(members, world.codebook, together=named, stacked=True, seed=1)
    options = {"codebook": world.codebook, "name": "two", "seed": 1}
    weights = of.stack_weights(members, sources=[WISE, SHARP, PARROT], **options)
    overall = dict(weights.filter(pl.col("fold").is_null()).select("source", "weight").rows())
    assert dict(found.select("member", "weight").rows()) == pytest.approx(overall)
    name = found["mixture"][0]
    stacks = (of.stack(members, sources=sources, **options) for sources in ([WISE, SHARP, PARROT], [SHARP, PARROT]))
    mine = (each.filter(pl.col("source").str.starts_with("two") | (pl.col("source") == "human")) for each in stacks)
    scores = [of.align(each, world.codebook)["alignment"].mean() for each in mine]
    assert dict(found.select("member", "loss").rows())[WISE] == pytest.approx(scores[0] - scores[1], abs=1e-9)
    assert name.startswith("two")
    with pytest.raises(OptionError, match="a stack is scored as it is"):
        of.member_weights(members, world.codebook, stacked=True, method="power", seed=1)


def test_folds_of_ones_own_hold_out_and_columns_of_ones_own_travel_along(world, members):
    """A label that turns moves no prediction of its own fold, and its fold is the user's."""
    own = members.with_columns(half=pl.col("question").rank("dense") % 2, wave=pl.lit("spring"))
    turn = (pl.col("source") == "human") & (pl.col("half") == 1)
    turned = pl.when(turn).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    options = {"codebook": world.codebook, "method": "power", "together": "all", "split": "half", "seed": 1}
    before, after = (
        of.calibrate(rows, refits=False, **options)
        .filter(pl.col("source").str.starts_with("all") & pl.col("source").str.ends_with("|power"))
        .sort(KEY)
        for rows in (own, own.with_columns(prob=turned))
    )
    assert before["wave"].unique().to_list() == ["spring"]
    assert_frame_equal(before.filter(half=1), after.filter(half=1), abs_tol=1e-9)
    assert (before.filter(half=0)["prob"] - after.filter(half=0)["prob"]).abs().max() > 1e-3
    assert of.member_weights(own, world.codebook, split="half", seed=1)["weight"].sum() == pytest.approx(1)
    differing = own.with_columns(half=pl.when(source=SHARP).then(1 - pl.col("half").cast(pl.Int8)).otherwise("half"))
    with pytest.raises(FrameError, match=r"questions and demographics have several values of 'half'"):
        of.calibrate(differing, refits=False, **options)
    with pytest.raises(FrameError, match=r"several values of 'who' in the rows of 'all"):
        of.calibrate(own.with_columns(who="source"), by="who", refits=False, **options)


@pytest.mark.parametrize("own", [[], None, [1], [SHARP, None], {SHARP: 0.5, WISE: 0.5}, b"*"])
def test_members_that_are_no_list_of_text_are_refused(own, world, members):
    for verb in (of.calibrate, of.member_weights):
        with pytest.raises(OptionError, match="has to list at least one member, as text"):
            verb(members, world.codebook, together={"one": own}, seed=1)


@pytest.mark.parametrize("name", [" all", "all\n", "a|b", ""])
def test_a_name_that_would_print_badly_is_refused(name, world, members):
    with pytest.raises(OptionError, match="without line breaks and without outer spaces"):
        of.calibrate(members, world.codebook, together=name, seed=1)


def test_a_mixture_that_is_calibrated_already_is_refused_though_its_own_rows_are_gone(world, members):
    options = {"codebook": world.codebook, "method": "power", "together": "all", "refits": False, "seed": 1}
    once = of.calibrate(members, **options)
    mixture = once.filter(pl.col("source").str.starts_with("all|"))["source"].unique().sort()[0]
    with pytest.raises(FrameError, match="already has 1 of these calibrated sources"):
        of.calibrate(once.filter(pl.col("source") != mixture), **options)


def test_names_that_read_as_expressions_are_names(world, members):
    """Members called like patterns of columns get what they get under other names."""
    hostile = {WISE: "^.*|a|b|c$", SHARP: 'share of <b>&"{}|`*`|質|x'}
    plain = {WISE: "n|a|b|c", SHARP: "m|a|b|x"}
    rows, others = (members.with_columns(pl.col("source").replace(names)) for names in (hostile, plain))
    mixed = {"method": "power", "together": "one", "refits": False}
    for verb, options in ((of.calibrate, mixed), (of.stack, {"name": "one"})):
        first, second = (
            verb(each, world.codebook, seed=1, **options).filter(pl.col("source").str.starts_with("one")).sort(KEY)
            for each in (rows, others)
        )
        assert first.height
        assert_frame_equal(first.select(*KEY, "prob"), second.select(*KEY, "prob"), abs_tol=1e-9)


@pytest.mark.parametrize("sources", [[], [1], [None], 5, {SHARP: 1}])
def test_members_of_a_stack_that_are_no_list_of_text_are_refused(sources, world, members):
    with pytest.raises(OptionError, match="has to list at least one member, as text"):
        of.stack(members, world.codebook, sources=sources, seed=1)


def test_options_of_a_stack_that_are_no_names_are_refused(world, members):
    for name in ("", None, 5, " x", "x\n", "a|b"):
        with pytest.raises(OptionError, match="without line breaks"):
            of.stack(members, world.codebook, name=name, seed=1)
    with pytest.raises(OptionError, match="has to be a name, or several"):
        of.stack(members, world.codebook, by=5, seed=1)


def test_a_stack_takes_one_pattern_and_columns_of_ones_own(world, members):
    options = {"codebook": world.codebook, "seed": 1}
    own = members.with_columns(wave=pl.lit("spring"), who=pl.col("source"))
    one, several = (of.stack(own, sources=sources, **options) for sources in ("sharp|*", ["sharp|*"]))
    assert_frame_equal(one, several)
    stacked = one.filter(pl.col("source").str.starts_with("stack"))
    assert stacked["wave"].unique().to_list() == ["spring"]
    assert stacked["who"].null_count() == stacked.height


@pytest.mark.parametrize("anchor", ["label-mean", "no-model"])
def test_anchors_of_a_stack_see_no_group_that_holds_people_of_a_held_out_one(anchor, world, members):
    """What everybody says moves no stack of women where groups are held out: they are among everybody."""
    everybody = members.filter(demographic="sex=Female").with_columns(demographic=pl.lit("all"))
    rows = pl.concat([members, everybody]).with_columns(
        prob=pl.when(pl.col("source") == "human")
        .then("prob")
        .otherwise(1 / pl.len().over("question", "demographic", "source"))
    )
    mine = (pl.col("source") == "human") & (pl.col("demographic") == "all")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    options = {"sources": [SHARP, NOISY, anchor], "split": "demographic", "folds": 5, "seed": 1}
    first, second = (
        of.stack(each, world.codebook, **options).filter(pl.col("source").str.starts_with("stack")).sort(KEY)
        for each in (rows, rows.with_columns(prob=turned))
    )
    of_women = pl.col("demographic") == "sex=Female"
    assert first.filter(of_women).height
    assert_frame_equal(first.filter(of_women), second.filter(of_women), rel_tol=0, abs_tol=1e-9)
    uniform = 1 / pl.len().over("question", "demographic")
    assert first.select((pl.col("prob") - uniform).abs().max()).item() > 0.05
