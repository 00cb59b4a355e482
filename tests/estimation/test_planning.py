"""`sample_size` and `allocate` by hand, by brute force, and on people whose truth is known."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.power import NormalIndPower, normal_sample_size_one_tail
from statsmodels.stats.proportion import samplesize_confint_proportion

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

BOOK = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})


def pilot(women, men, **columns):
    """Survey estimates of women and men, of whom so many (yes, no) answered."""
    sex = ["F"] * sum(women) + ["M"] * sum(men)
    answers = [1] * women[0] + [2] * women[1] + [1] * men[0] + [2] * men[1]
    estimates = of.rectify(None, pl.DataFrame({"sex": sex, "q": answers}), BOOK, by="sex")
    return estimates.filter(pl.col("demographic") != "all").with_columns(**columns)


def test_sample_sizes_as_in_statsmodels():
    sizes = of.sample_size(pilot((3, 7), (5, 5)), half_width=[0.03, 0.1], difference=0.08)
    women = sizes.filter(demographic="sex=F", choice=1)
    wanted = [np.ceil(samplesize_confint_proportion(0.3, width)) for width in (0.03, 0.1)]
    assert women.filter(goal="half-width")["n_survey"].to_list() == wanted
    tested = normal_sample_size_one_tail(0.08, 0.8, 0.025, std_null=np.sqrt(0.21), std_alternative=np.sqrt(0.21))
    assert women.filter(goal="difference")["n_survey"].to_list() == [np.ceil(tested)]
    assert NormalIndPower(ddof=0).power(0.08 / np.sqrt(0.21), women["n_survey"][-1], 0.05, ratio=0) == pytest.approx(
        0.8, abs=1e-3
    )
    assert sizes["n_model"].to_list() == sizes["n_survey"].to_list()


def test_what_a_model_is_worth_by_hand():
    columns = {"n_eff": 150.0, "gain": 1.5, "n": pl.lit(200, pl.UInt32), "method": pl.lit("composite")}
    estimates = pilot((5, 5), (5, 5)).with_columns(**columns)
    sizes = of.sample_size(estimates, half_width=0.05, difference=0.05).filter(demographic="sex=F", choice=1)
    # 200 people were worth 100 of a simple random sample, the prediction 50 more; the goal takes 384.1 of them.
    assert sizes["worth"].to_list() == [50.0, 50.0]
    assert sizes["n_survey"][0] == np.ceil(2 * 384.1458820694124)
    assert sizes["n_model"][0] == np.ceil(2 * (384.1458820694124 - 50))
    assert sizes["n_model"][1] is None  # a composite is no evidence against its own prediction
    corrected = of.sample_size(estimates.with_columns(method=pl.lit("tuned")), half_width=0.05)
    assert corrected["n_model"][0] == np.ceil(2 * 384.1458820694124 / 1.5)
    assert of.sample_size(estimates, half_width=0.4)["n_model"].max() == 0  # the prediction alone will do


def test_an_allocation_is_the_best_there_is():
    estimates = pilot((3, 7), (11, 29), cost=pl.when(demographic="sex=F").then(2.0).otherwise(1.0))
    plan = of.allocate(estimates, 60)
    size = np.array([10.0, 40.0])
    pooled = (0.3 * 10 + 0.275 * 40) / 50
    yes = (size * [0.3, 0.275] + 2 * pooled + 0.5) / (size + 3)
    spread = 2 * yes * (1 - yes)
    assert plan["error_now"].to_list() == pytest.approx((spread / size).tolist())
    best = min((spread / (size + np.array([f, m]))).sum() for f, m in product(range(31), range(61)) if 2 * f + m <= 60)
    assert plan["cost"].sum() <= 60
    assert best <= plan["error_allocated"].sum() < 1.01 * best  # whole answers are found one by one
    assert plan["error_equal"].to_list() == pytest.approx((spread / (size + 20)).tolist())
    assert plan["saving"][0] == pytest.approx(1 - plan["error_allocated"].sum() / plan["error_equal"].sum())
    only = of.allocate(estimates.with_columns(importance=pl.when(demographic="sex=M").then(1).otherwise(0)), 60)
    assert only["n"].to_list() == [0, 60]


def test_an_allocation_errs_less_than_equal_numbers_and_by_what_it_says():
    """A pilot of 60 finds few people of small groups; 120 further answers go where they are missing."""
    rng = np.random.default_rng(1)
    share, questions = np.array([0.5, 0.3, 0.12, 0.05, 0.03]), [f"q{i}" for i in range(10)]
    book = of.codebook({name: {"text": f"{name}?", "labels": ["yes", "no"]} for name in questions})
    errors, said = [], []
    for _ in range(60):
        truth = rng.uniform(0.15, 0.85, (5, len(questions)))
        town = np.concatenate([np.arange(5), rng.choice(5, 55, p=share)])
        answers = {name: 1 + (rng.random(60) > truth[town, q]) for q, name in enumerate(questions)}
        found = of.rectify(None, pl.DataFrame({"town": town, **answers}), book, by="town").filter(
            pl.col("demographic") != "all"
        )
        plan = of.allocate(found, 1_000)
        yes = found.filter(choice=1)  # the same order as the plan's
        where = (
            plan["demographic"].str.tail(1).cast(pl.Int64).to_numpy(),
            plan["question"].str.tail(1).cast(pl.Int64).to_numpy(),
        )
        true, had = truth[where], yes["n"].to_numpy()
        for name, more in (("allocated", plan["n"].to_numpy()), ("equal", np.full(50, 20))):
            total = (yes["prob"].to_numpy() * had + rng.binomial(more, true)) / (had + more)
            errors.append((name, ((total - true) ** 2).mean()))
        said.append(plan["saving"][0])
    mean = pl.DataFrame(errors, ["name", "error"], orient="row").group_by("name").agg(pl.col("error").mean())
    saved = 1 - mean.filter(name="allocated")["error"].item() / mean.filter(name="equal")["error"].item()
    assert saved > 0.04
    assert np.mean(said) == pytest.approx(saved, abs=0.04)


def test_what_cannot_be_is_refused_in_words():
    estimates = pilot((3, 7), (11, 29))
    with pytest.raises(OptionError, match="Say what the sample is for"):
        of.sample_size(estimates)
    with pytest.raises(OptionError, match="5 points are 0.05"):
        of.sample_size(estimates, half_width=5)
    with pytest.raises(OptionError, match="budget=0"):
        of.allocate(estimates, 0)
    both = pl.concat([estimates, estimates.with_columns(demographic=pl.lit("all")).head(2)])
    with pytest.raises(FrameError, match="2 sources and attributes"):
        of.allocate(both, 10)
    with pytest.raises(FrameError, match="2 of 2 cells have no n_eff"):
        of.allocate(estimates.with_columns(n_eff=pl.lit(None, pl.Float64)), 10)
    with pytest.raises(FrameError, match="estimates lacks"):
        of.allocate(estimates.drop("gain"), 10)


def test_no_answer_is_bought_by_a_broken_cost_or_budget():
    estimates = pilot((3, 7), (11, 29))
    shuffled = estimates.sample(fraction=1, shuffle=True, seed=1)
    assert of.allocate(shuffled, 13).equals(of.allocate(estimates, 13))
    for name in ("cost", "importance"):
        with pytest.raises(FrameError, match=f"{name} is not constant within 2 cells, e.g. .'q', 'sex=F'"):
            of.allocate(estimates.with_columns(pl.col("choice").cast(pl.Float64).alias(name)), 10)
        with pytest.raises(FrameError, match=f"{name} is String, no number"):
            of.allocate(estimates.with_columns(pl.lit("dear").alias(name)), 10)
        for value in (float("nan"), float("inf")):
            with pytest.raises(FrameError, match="2 of 2 cells have no n_eff"):
                of.allocate(estimates.with_columns(pl.lit(value).alias(name)), 10)
    with pytest.raises(OptionError, match=r"budget=1 buys 0.25 answers of 4 each"):
        of.allocate(estimates.with_columns(cost=4), 1)
    with pytest.raises(OptionError, match="no more than 1,000,000,000"):
        of.allocate(estimates, 1e12)
    with pytest.raises(FrameError, match="estimates have no row"):
        of.allocate(estimates.head(0), 10)


def test_numbers_written_as_text_are_refused():
    estimates = pilot((3, 7), (11, 29))
    with pytest.raises(OptionError, match="budget='10' is no number, but str"):
        of.allocate(estimates, "10")
    for options in ({"half_width": "0.05"}, {"difference": [None]}, {"half_width": 0.1, "power": None}):
        with pytest.raises(OptionError, match="is no number, but"):
            of.sample_size(estimates, **options)
