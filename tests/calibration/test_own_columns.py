"""A user's own columns travel along, and none of their names can take another's place."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import SHARP, WISE

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

KEY = ["question", "demographic", "source", "choice"]
NAMES = ["target", "group", "fold", "model", "prompt", "k", "own: x", "cell", "intercept", "total", "labels"]
METHODS = ["linear", "default", "power"]


@pytest.fixture(scope="module")
def sharp(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", SHARP]))


def test_no_name_changes_a_number(world, sharp):
    plain = sharp.pipe(of.calibrate, world.codebook, method=METHODS, seed=1).pipe(of.baselines, world.codebook)
    mine = sharp.with_columns(**{name: pl.lit(0.25) for name in NAMES})
    named = mine.pipe(of.calibrate, world.codebook, method=METHODS, seed=1).pipe(of.baselines, world.codebook)
    calibrated = named.filter(pl.col("source").str.starts_with(SHARP))
    assert calibrated.select(NAMES).null_count().sum_horizontal().item() == 0
    assert_frame_equal(plain.sort(KEY), named.select(plain.columns).sort(KEY), abs_tol=1e-12)


def test_own_folds_may_be_called_fold_and_be_text(world, sharp):
    halves = pl.col("question").rank("dense").mod(2).cast(pl.String)
    one, other = (
        of.calibrate(sharp.with_columns(halves.alias(name)), world.codebook, method="linear", split=name, seed=1)
        for name in ("fold", "half")
    )
    assert_frame_equal(one.drop("fold", "fit_split").sort(KEY), other.drop("half", "fit_split").sort(KEY))
    assert set(one["fit_split"].drop_nulls()) == {"fold"}


def test_a_source_in_a_single_fold_is_refused(world, sharp):
    few = sharp.filter(question=sharp.filter(source=SHARP)["question"].sort()[0], source=SHARP)
    other = sharp.filter(source=SHARP).with_columns(source=pl.lit("m|logprob|base|standard"))
    rows = pl.concat([sharp.filter(source="human"), few, other])
    for method in ("linear", "default", "paper"):
        with pytest.raises(FrameError, match="1 sources have human answers in a single fold, e.g. 'sharp"):
            of.calibrate(rows, world.codebook, method=method, seed=1)


def test_the_papers_selection_skips_folds_that_a_source_lacks(world, sharp):
    seven = sharp.filter(source=SHARP)["question"].unique().sort().head(7)
    few = sharp.filter(pl.col("question").is_in(seven.implode()), source=SHARP)
    other = sharp.filter(source=SHARP).with_columns(source=pl.lit("m|logprob|base|standard"))
    rows = pl.concat([sharp.filter(source="human"), few, other])
    calibrated = of.calibrate(rows, world.codebook, method="paper", seed=1)
    assert len(calibrated.filter(source=f"{SHARP}|paper")) == len(few)


def test_the_papers_selection_needs_three_folds(world, sharp):
    with pytest.raises(FrameError, match="fewer than 3 folds"):
        of.calibrate(sharp, world.codebook, method="paper", folds=2, seed=1)


def test_other_groups_need_no_sample_sizes(opinions, codebook):
    filled = of.baselines(opinions.drop("n_eff"), codebook, which="other-groups").filter(source="other-groups")
    female = filled.filter(question="q1", demographic="sex=Female").sort("choice")["prob"]
    assert female.to_list() == pytest.approx([0.2, 0.2, 0.6])


@pytest.fixture
def half_labelled():
    """Two models, one of which was asked about men, whom no human rows describe."""
    survey = of.load("gss2018")
    women = survey.opinions.filter(demographic="sex=Female")
    men = women.select("question", demographic=pl.lit("sex=Male")).unique()
    asked = of.elicit(women, survey.codebook, of.FakeModel(seed=1), prompt="sd", seed=1)
    other = of.FakeModel(seed=2, name="b")
    return of.elicit(asked, survey.codebook, other, cells=men, prompt="sd", seed=1), survey.codebook


@pytest.mark.parametrize("method", ["linear", "ridge", "default", "no-model", "forest", "power"])
def test_a_source_without_human_answers_is_refused(method, half_labelled):
    with pytest.raises(FrameError, match="1 sources have human answers in a single fold, e.g. 'b.*', or in none"):
        of.calibrate(*half_labelled, method=method, folds=5, seed=1)


def test_a_fit_leaves_out_sources_without_human_answers(half_labelled):
    learnt = of.fit(*half_labelled, method="ridge", seed=1)
    assert learnt.parameters["group"].unique().to_list() == ["fake|logprob|sd|standard"]


def test_folds_of_ones_own_reach_the_answers():
    survey = of.load("gss2018")
    human = survey.opinions.with_columns(mine=pl.col("question").rank("dense") % 2)
    asked = of.elicit(human, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    done = of.calibrate(asked, survey.codebook, method="ridge", split="mine", seed=1)
    assert done.filter(pl.col("source").str.ends_with("ridge"))["mine"].null_count() == 0
    one = asked.with_columns(mine=pl.lit(1))
    with pytest.raises(OptionError, match="split='mine' has 1 units to deal into 2 folds. Use another split."):
        of.calibrate(one, survey.codebook, method="ridge", split="mine", seed=1)
    with pytest.raises(FrameError, match="already has 1 of these calibrated sources, e.g. 'fake"):
        of.calibrate(done, survey.codebook, method="ridge", split="mine", seed=1)


def test_folds_that_differ_between_sources_are_refused(world):
    rows = world.opinions.filter(pl.col("source").is_in(["human", SHARP, WISE]))
    folds = rows.with_columns(mine=pl.col("question").rank("dense") % 3)
    moved = (pl.col("source") == SHARP) & (pl.col("question") == folds["question"].min())
    differing = folds.with_columns(mine=pl.when(moved).then(7).otherwise("mine"))
    with pytest.raises(FrameError, match="questions and demographics have several values of 'mine', e.g"):
        of.calibrate(differing, world.codebook, method="linear", split="mine", seed=1)
    # Human rows without a fold take that of their cell.
    unknown = folds.with_columns(mine=pl.when(pl.col("source") != "human").then("mine"))
    given, filled = (
        of.calibrate(each, world.codebook, method="linear", split="mine", refits=False, seed=1).drop("mine").sort(KEY)
        for each in (folds, unknown)
    )
    assert_frame_equal(given, filled)
