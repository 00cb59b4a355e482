import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Lasso, LinearRegression, Ridge

import opinionframe as of
from opinionframe.calibration.methods.closed_forms import PENALTIES, SUMS, development_lines, fit_linear
from opinionframe.schemas.keys import CELL, CHOICE

MODELS = {"linear": LinearRegression, "ridge": Ridge, "lasso": Lasso}


@pytest.fixture(scope="module")
def pairs() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    x = rng.beta(0.5, 1, 3000)
    return pl.DataFrame(
        {
            "group": np.repeat(["a", "b", "c"], 1000),
            "fold": rng.integers(0, 5, 3000),
            "prob": x,
            "target": np.clip(0.2 + 0.3 * x + rng.normal(0, 0.2, 3000), 0, 1),
        }
    )


@pytest.mark.parametrize("method", MODELS)
def test_penalty_slope_and_intercept_are_those_of_scikit_learn(method, pairs):
    fits = fit_linear(pairs.lazy(), method).collect()
    assert len(fits) == 15
    for group, fold, intercept, slope, penalty in fits.drop("n").rows():
        training = pairs.filter(pl.col("group") == group, pl.col("fold") != fold)
        x, y = training["prob"].to_numpy().reshape(-1, 1), training["target"].to_numpy()
        kwargs = {} if method == "linear" else {"alpha": penalty}
        if method == "lasso":
            kwargs |= {"tol": 1e-14, "max_iter": 100_000}
        model = MODELS[method](**kwargs).fit(x, y)
        assert slope == pytest.approx(model.coef_[0], abs=1e-8)
        assert intercept == pytest.approx(model.intercept_, abs=1e-8)


def test_the_penalty_is_the_one_a_nested_grid_search_finds(pairs):
    group = pairs.filter(group="a")
    fits = fit_linear(group.lazy(), "ridge").collect()
    for fold, penalty in fits.select("fold", "penalty").rows():
        training = group.filter(pl.col("fold") != fold)
        x, y = training["prob"].to_numpy().reshape(-1, 1), training["target"].to_numpy()
        alphas = PENALTIES["ridge"]
        errors = [_summed_error(alpha, x, y, training["fold"].to_numpy()) for alpha in alphas]
        assert penalty == pytest.approx(alphas[int(np.argmin(errors))])


def _summed_error(alpha, x, y, folds):
    error = 0.0
    for inner in np.unique(folds):
        out = folds == inner
        error += ((Ridge(alpha).fit(x[~out], y[~out]).predict(x[out]) - y[out]) ** 2).sum()
    return error


def test_a_constant_feature_has_no_slope():
    flat = pl.LazyFrame({"group": "a", "fold": [0, 0, 1, 1], "prob": [0.3] * 4, "target": [0.1, 0.2, 0.3, 0.4]})
    fits = fit_linear(flat, "linear").collect().sort("fold")
    assert fits["slope"].to_list() == [0, 0]
    assert fits["intercept"].to_list() == pytest.approx([0.35, 0.15])


def test_the_development_line_is_the_best_of_a_scikit_learn_loop(pairs):
    held_out = pairs.lazy().select("group", test="fold").unique().join(pairs.lazy(), on="group")
    distance = (pl.col("fold") - pl.col("test")) % 5
    training, development = (
        held_out.filter(part).group_by("group", fold="test").agg(**SUMS) for part in (distance > 1, distance == 1)
    )
    lines = development_lines(training, development, tuple(MODELS)).collect()
    assert len(lines) == 15
    for group, fold, slope in lines.select("group", "fold", "slope").rows():
        mine = pairs.filter(group=group)
        development = mine.filter(fold=(fold + 1) % 5)
        training = mine.filter(~pl.col("fold").is_in([fold, (fold + 1) % 5]))
        x, y = (f["prob"].to_numpy().reshape(-1, 1) for f in (training, development))
        candidates = [LinearRegression(), *(Ridge(a) for a in PENALTIES["ridge"])]
        candidates += [Lasso(a, tol=1e-12) for a in PENALTIES["lasso"]]
        fitted = [model.fit(x, training["target"]) for model in candidates]
        best = min(fitted, key=lambda model: ((model.predict(y) - development["target"].to_numpy()) ** 2).sum())
        assert slope == pytest.approx(best.coef_[0], abs=1e-6)


def test_a_fold_without_targets_is_predicted_by_all_that_have_one(pairs):
    lacking = pairs.with_columns(target=pl.when(pl.col("fold") != 4).then("target"))
    fits = fit_linear(lacking.lazy(), "linear").collect()
    assert len(fits) == 15
    for group, intercept, slope in fits.filter(fold=4).select("group", "intercept", "slope").rows():
        training = lacking.filter(pl.col("group") == group, pl.col("fold") != 4)
        model = LinearRegression().fit(training["prob"].to_numpy().reshape(-1, 1), training["target"].to_numpy())
        assert (slope, intercept) == pytest.approx((model.coef_[0], model.intercept_), abs=1e-8)


def noisy_world(*, nominal: bool = False) -> tuple[pl.DataFrame, pl.DataFrame]:
    """60 questions of 2 to 5 choices, 8 groups, 6 sources."""
    rng = np.random.default_rng(1)
    sizes = pl.DataFrame({"question": [f"q{i:02}" for i in range(60)], "k": rng.integers(2, 6, 60)})
    choices = sizes.with_columns(choice=pl.int_ranges(1, pl.col("k") + 1, dtype=pl.UInt8)).explode("choice")
    codebook = choices.select(
        "question",
        "choice",
        label=pl.format("{} of {}", "choice", "k"),
        position=pl.col("choice").cast(pl.Float64),
        text=pl.format("How is {}?", "question"),
        scale=pl.lit("nominal" if nominal else "ordinal"),
        topic=pl.lit(None, pl.String),
        dataset=pl.lit(None, pl.String),
    )
    sources = ["human", *(f"m{i}|logprob|base|standard" for i in range(6))]
    cells = pl.DataFrame({"demographic": [f"age={i}" for i in range(8)]}).join(
        pl.DataFrame({"source": sources}), how="cross"
    )
    rows = choices.select("question", "choice").join(cells, how="cross")
    mass = rows.with_columns(prob=pl.Series(rng.uniform(0.05, 1, len(rows))))
    return mass.with_columns(pl.col("prob") / pl.col("prob").sum().over(CELL)), codebook


@pytest.mark.parametrize("nominal", [False, True])
def test_the_same_rows_give_the_same_digits(nominal):
    opinions, codebook = noisy_world(nominal=nominal)
    few = opinions.filter(pl.col("source").str.contains("human|m[01]"))
    verbs = {
        "baselines": lambda: of.baselines(opinions, codebook),
        **{m: lambda m=m: of.calibrate(opinions, codebook, method=m, seed=1) for m in ("linear", "ridge", "lasso")},
        "many groups": lambda: of.calibrate(opinions, codebook, method="linear", by=["source", "demographic"], seed=1),
        "no-model": lambda: of.calibrate(few, codebook, method="no-model", seed=1, refits=False),
        "stack": lambda: of.stack(few, codebook, seed=1),
    }
    for name, verb in verbs.items():
        runs = [verb().sort("source", *CHOICE) for _ in range(4)]
        assert all(run.equals(runs[0]) for run in runs), name
