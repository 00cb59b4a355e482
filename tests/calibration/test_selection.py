"""The paper's selection: against a scikit-learn loop, across data sets, and as a fit that is kept."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from world import SHARP

import opinionframe as of
from opinionframe.calibration.methods.closed_forms import PENALTIES
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.supervision import Plan, supervise, with_folds
from opinionframe.errors import FrameError

SOURCE = "m|verbalized|sd|standard"
KEY = ["question", "demographic", "choice"]


def survey(slopes: dict[str, float], questions: int = 30) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Data sets of yes-no questions in which people keep a share of the model's distance from uniform."""
    rng = np.random.default_rng(0)
    rows, books = [], []
    for name, slope in slopes.items():
        keys = [f"{name}{number}" for number in range(questions)]
        books.append(of.codebook({key: {"text": f"{key}?", "labels": ["no", "yes"]} for key in keys}, dataset=name))
        for key in keys:
            p = rng.uniform(0.05, 0.95)
            for choice, x in ((1, p), (2, 1 - p)):
                rows += [(key, choice, SOURCE, x), (key, choice, "human", 0.5 + slope * (x - 0.5))]
    opinions = pl.DataFrame(rows, ["question", "choice", "source", "prob"], orient="row")
    return opinions.with_columns(demographic=pl.lit("sex=F")), pl.concat(books)


def slope_learnt(calibrated: pl.DataFrame, dataset: str) -> float:
    """How much of a step in the model's answers a calibrated answer takes."""
    rows = calibrated.filter(pl.col("question").str.starts_with(dataset))
    raw, learnt = (rows.filter(source=name).sort(KEY)["prob"] for name in (SOURCE, f"{SOURCE}|paper"))
    return float(np.polyfit(raw, learnt, 1)[0])


def test_the_selection_is_that_of_a_loop_over_scikit_learn():
    """Three folds of rows: one trains, the next chooses, the third is predicted."""
    rng = np.random.default_rng(1)
    opinions, book = survey({"A": 0.4}, questions=60)
    noise = pl.Series(rng.normal(0, 0.05, len(opinions))).abs()
    opinions = opinions.with_columns(prob=pl.when(source="human").then(pl.col("prob") + noise).otherwise("prob"))
    opinions = opinions.with_columns(pl.col("prob") / pl.col("prob").sum().over("question", "source"))
    folds = of.calibrate(opinions, book, method="paper", folds=3, seed=2).filter(source=f"{SOURCE}|paper").sort(KEY)
    dealt = np.random.default_rng(2).permutation(60) % 3
    names = opinions["question"].unique().sort()
    fold = folds["question"].replace_strict(names, dealt).to_numpy()
    x, y = (opinions.filter(source=name).sort(KEY)["prob"].to_numpy() for name in (SOURCE, "human"))
    expected = np.empty(len(x))
    for test in range(3):
        chooses, trains = fold == (test + 1) % 3, fold == (test + 2) % 3
        models = [LinearRegression(), *(Ridge(p) for p in PENALTIES["ridge"])]
        models += [Lasso(p, tol=1e-12, max_iter=100_000) for p in PENALTIES["lasso"]]
        models += [RandomForestRegressor(100, min_samples_leaf=leaf, random_state=2) for leaf in (1, 5, 20)]
        fits = [model.fit(x[trains, None], y[trains]) for model in models]
        best = min(fits, key=lambda model: ((model.predict(x[chooses, None]) - y[chooses]) ** 2).sum())
        expected[fold == test] = best.predict(x[fold == test, None])
    expected = np.clip(expected, 0, 1)
    totals = pl.DataFrame({"q": folds["question"], "p": expected}).select(pl.col("p") / pl.col("p").sum().over("q"))
    assert folds["prob"].to_numpy() == pytest.approx(totals["p"].to_numpy(), abs=1e-9)


@pytest.mark.parametrize("split", ["dataset", "wave"])
def test_what_is_unseen_is_predicted_from_all_the_others(split):
    """Slopes of 0.2, 0.8 and 0.5: the pool of the two others has their mean, and neither has it alone."""
    opinions, book = survey({"A": 0.2, "B": 0.8, "C": 0.5})
    waves = opinions.with_columns(wave=pl.col("question").str.head(1))
    calibrated = of.calibrate(waves, book, method="paper", split=split, seed=1)
    assert slope_learnt(calibrated, "A") == pytest.approx(0.65, abs=0.07)
    assert slope_learnt(calibrated, "B") == pytest.approx(0.35, abs=0.07)
    assert slope_learnt(calibrated, "C") == pytest.approx(0.5, abs=0.07)


def test_of_two_data_sets_each_is_predicted_by_the_other():
    opinions, book = survey({"A": 0.2, "B": 0.8})
    calibrated = of.calibrate(opinions, book, method="paper", split="dataset", seed=1)
    assert slope_learnt(calibrated, "A") == pytest.approx(0.8, abs=0.01)
    assert slope_learnt(calibrated, "B") == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("method", ["paper", "forest"])
def test_a_fit_is_kept_and_applied(method, world, tmp_path):
    rows = world.opinions.filter(pl.col("source").is_in(["human", SHARP]))
    learnt = of.fit(rows, world.codebook, method=method, seed=1)
    again = of.read_calibration(learnt.save(tmp_path))
    one, other = (of.apply(rows, world.codebook, each).sort("source", *KEY) for each in (learnt, again))
    assert_frame_equal(one, other)
    means = of.summarize(of.align(one, world.codebook))
    scores = dict(means.select("source", "alignment").rows())
    assert scores[f"{SHARP}|{method}"] > scores[SHARP] + 0.02


def test_a_fit_chooses_a_line_where_people_answer_on_one_and_a_forest_on_steps():
    opinions, book = survey({"A": 0.4})
    line = of.fit(opinions, book, method="paper", seed=1).parameters
    assert dict(line.select("name", "value").rows()) == pytest.approx({"intercept": 0.3, "slope": 0.4}, abs=1e-3)
    stepped = pl.when(pl.col("prob") > 0.5).then(0.9).otherwise(0.1)
    steps = opinions.with_columns(prob=pl.when(source="human").then(stepped).otherwise("prob"))
    parameters = of.fit(steps, book, method="paper", seed=1).parameters
    assert set(parameters["name"]) == {"step"}
    assert parameters.sort("at")["value"].to_list()[-1] == pytest.approx(0.9, abs=0.01)


def test_a_single_label_gives_its_line():
    opinions, book = survey({"A": 0.4}, questions=1)
    learnt = of.fit(opinions, book, method="paper", seed=1).parameters
    assert dict(learnt.select("name", "value").rows()) == pytest.approx({"intercept": 0.3, "slope": 0.4})


def test_two_sources_may_choose_differently():
    """One answers on a line of people's shares, the other on steps; each keeps its own parameters."""
    opinions, book = survey({"A": 0.4})
    stepped = opinions.filter(source=SOURCE).with_columns(
        source=pl.lit("s|verbalized|sd|standard"), prob=pl.when(pl.col("prob") > 0.5).then(0.75).otherwise(0.25)
    )
    both = pl.concat([opinions, stepped])
    learnt = of.fit(both, book, method="paper", seed=1)
    applied = of.apply(both, book, learnt)
    assert applied["source"].n_unique() == 5
    assert applied.filter(source=f"{SOURCE}|paper")["prob"].is_between(0.25, 0.75).all()


def test_too_few_folds_are_refused(world):
    rows = world.opinions.filter(pl.col("source").is_in(["human", SHARP]))
    with pytest.raises(FrameError, match="fewer than 3 folds"):
        of.calibrate(rows, world.codebook, method="paper", folds=2, seed=1)


def test_rows_keep_the_folds_that_they_were_dealt():
    """A data set of few questions fills some of the folds alone, and is predicted by folds that follow one another."""
    few, book = survey({"A": 0.5}, questions=6)
    many, other = survey({"B": 0.5}, questions=14)
    plan, both = Plan(by=("source", "dataset"), seed=1), pl.concat([book, other])
    supervision = with_folds(supervise(pl.concat([few, many]), both, plan), plan)
    assert supervision.rows.filter(pl.col("question").str.starts_with("A"))["fold"].n_unique() < 7
    predicted = calibrator_of("paper").crossfit(supervision, 1).lazy().collect()
    columns = ["source", *KEY, "fold"]
    assert_frame_equal(predicted.select(columns), supervision.rows.select(columns), check_row_order=False)
