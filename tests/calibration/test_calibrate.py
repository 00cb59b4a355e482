import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.linear_model import LinearRegression
from world import PARROT, SHARP

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

UNSURE = "wise|verbalized|base|standard"
CHOICE = ["question", "demographic", "choice"]
KEY = ["question", "demographic", "source", "choice"]


def mean_alignment(opinions: pl.DataFrame, codebook: pl.DataFrame, source: str) -> float:
    return of.summarize(of.align(opinions, codebook)).filter(source=source)["alignment"].item()


@pytest.fixture(scope="module")
def sharp(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", SHARP]))


def test_a_line_is_learnt_from_other_questions_alone_as_scikit_learn_would(world, sharp):
    """Own halves, so that the loop knows the folds: shares are clipped at 0 and brought back to a sum of 1."""
    halves = sharp.with_columns(half=pl.col("question").rank("dense") % 2)
    calibrated = of.calibrate(halves, world.codebook, method="linear", split="half", seed=1)
    mine = calibrated.filter(source=f"{SHARP}|linear").sort(CHOICE)
    human = world.human.select(*CHOICE, target="prob")
    rows = halves.filter(source=SHARP).join(human, on=CHOICE).sort(CHOICE)
    expected = np.empty(len(rows))
    for half in (0, 1):
        test = (rows["half"] == half).to_numpy()
        x, y = rows["prob"].to_numpy()[:, None], rows["target"].to_numpy()
        line = LinearRegression().fit(x[~test], y[~test])
        assert 0.2 < line.coef_[0] < 0.9  # it is too sure
        expected[test] = np.clip(line.predict(x[test]), 0, 1)
    by_hand = rows.with_columns(expected=expected).select(
        *CHOICE, pl.col("expected") / pl.col("expected").sum().over("question", "demographic")
    )
    assert mine.select(CHOICE).equals(by_hand.select(CHOICE))
    assert mine["prob"].to_numpy() == pytest.approx(by_hand["expected"].to_numpy(), abs=1e-12)


@pytest.mark.parametrize(("source", "low", "high"), [(SHARP, 0.2, 0.5), (UNSURE, 1.7, 2.3), (PARROT, -0.1, 0.1)])
def test_slopes_say_how_sure_a_source_is(source, low, high, world):
    """Among questions of four choices: below 1 where too sure, 2 where half of it is uniform, and none for noise."""
    four = pl.col("choice").max().over("question") == 4
    rows = world.opinions.filter(pl.col("source").is_in(["human", source])).filter(four)
    learnt = of.fit(rows, world.codebook, method="linear", seed=1)
    assert low < learnt.parameters.filter(name="slope")["value"].item() < high


def test_a_forest_gains_from_leaking_rows(world):
    """Of noise that is the same for every group, all that can be learnt is which question a row belongs to."""
    once = world.llm.filter(source=PARROT, demographic="sex=Female").drop("demographic")
    groups = world.llm.filter(source=PARROT).select("question", "demographic").unique()
    rows = pl.concat([world.human, once.join(groups, on="question").select(world.llm.columns)], how="diagonal")
    scores = {
        split: mean_alignment(
            of.calibrate(rows, world.codebook, method="forest", split=split, seed=1), world.codebook, f"{PARROT}|forest"
        )
        for split in ("row", "question")
    }
    assert scores["row"] > scores["question"] + 0.05


@pytest.mark.parametrize("method", ["linear", "ridge", "lasso", "forest"])
def test_no_cell_is_predicted_from_its_own_question(method, world, sharp):
    """Turning a question's human shares upside down must leave its own predictions as they were."""
    question = sharp.filter(source=SHARP)["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    before, after = (
        of.calibrate(o, world.codebook, method=method, refits=False, seed=1).filter(
            source=f"{SHARP}|{method}", question=question
        )
        for o in (sharp, sharp.with_columns(turned.alias("prob")))
    )
    assert_frame_equal(before.sort(KEY), after.sort(KEY))


def test_calibrated_cells_are_complete_distributions(world):
    calibrated = of.calibrate(world.opinions, world.codebook, method=["linear", "ridge", "lasso"], seed=1)
    new = calibrated.filter(pl.col("source").str.count_matches("|", literal=True) == 4)
    assert len(new) == 3 * len(world.llm)
    assert new.group_by("question", "demographic", "source").agg(pl.col("prob").sum())[
        "prob"
    ].to_numpy() == pytest.approx(1)
    before = calibrated.head(len(world.opinions))
    assert before["fit_influence"].null_count() == len(before)
    assert before["fit_split"].null_count() == len(before)
    assert new["fit_split"].unique().to_list() == ["question"]
    assert_frame_equal(before.drop("fit_influence", "fit_split"), world.opinions, check_column_order=False)


def test_row_order_does_not_matter(world, sharp):
    one, two = (
        of.calibrate(o, world.codebook, method=["ridge", "forest"], seed=3).sort(KEY)
        for o in (sharp, sharp.sample(fraction=1, shuffle=True, seed=5))
    )
    assert_frame_equal(one, two, check_exact=False, abs_tol=1e-9)


def test_noise_is_calibrated_to_no_skill_at_all(world, sharp):
    rng = np.random.default_rng(11)
    noisy = sharp.with_columns(
        prob=pl.when(pl.col("source") == SHARP).then(pl.Series(rng.exponential(size=len(sharp)))).otherwise("prob")
    ).with_columns(pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source"))
    summary = of.summarize(of.align(of.calibrate(noisy, world.codebook, method="ridge", seed=1), world.codebook))
    assert summary.filter(source=f"{SHARP}|ridge")["skill"].item() == pytest.approx(0, abs=0.02)


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
