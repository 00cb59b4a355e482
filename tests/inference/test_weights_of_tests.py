"""Equivalence, ANOVA and plans in which questions or groups count alike: by hand and against statsmodels."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.anova import AnovaRM

import opinionframe as of
from opinionframe.errors import OptionError

RAW, FEW, RIDGE = "m|logprob|sd|standard", "m|logprob|sd|few_shot", "m|logprob|sd|standard|ridge"
PAIR = [(RIDGE, RAW)]
WEIGHTS = ("cell", "question", "group")
CR1 = "cluster-robust t (CR1)"


def triples(seed, questions=12, groups=5):
    """Raw, few-shot and calibrated scores of questions that were asked of 1 to 5 groups, and of everybody."""
    rng = np.random.default_rng(seed)
    rows = []
    for q in range(questions):
        for demographic in ["all", *(f"g={g}" for g in range(int(rng.integers(1, groups + 1))))]:
            raw, effect = rng.uniform(0.5, 0.8), rng.normal(0.02, 0.02)
            scores = (raw, raw + effect + rng.normal(0, 0.02), raw + 2 * effect + rng.normal(0, 0.02))
            rows += [(f"q{q:02d}", demographic, *pair) for pair in zip((RAW, FEW, RIDGE), scores, strict=True)]
    return pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")


def wide(aligned):
    parts = aligned.filter(pl.col("demographic") != "all")
    return parts.pivot("source", index=["question", "demographic"], values="alignment").sort(pl.all())


def paired(questions, sizes, effect, noise, seed, gain=0.0, study="pilot"):
    """Differences of `gain` between two sources; question q has `sizes[q % len(sizes)]` groups."""
    rng = np.random.default_rng(seed)
    rows = []
    for q in range(questions):
        of_question = rng.normal(0, effect)
        for g in range(sizes[q % len(sizes)]):
            rows.append((study, f"{study} q{q:03d}", f"g={g}", RAW, 0.5))
            rows.append((study, f"{study} q{q:03d}", f"g={g}", RIDGE, 0.5 + gain + of_question + rng.normal(0, noise)))
    return pl.DataFrame(rows, ["study", "question", "demographic", "source", "alignment"], orient="row")


BY_HAND = pl.DataFrame(
    {
        "question": ["q1", "q1", "q1", "q2"] * 2,
        "demographic": ["sex=F", "sex=M", "sex=D", "sex=F"] * 2,
        "source": [RIDGE] * 4 + [RAW] * 4,
        "alignment": [0.51, 0.52, 0.53, 0.57] + [0.5] * 4,
    }
)
"""Two questions by three groups; differences of 0.01, 0.02 and 0.03 on the first, of 0.07 to women on the second."""


def test_equivalence_by_hand():
    tests = {weight: of.equivalence(BY_HAND, margin=0.1, weight=weight).row(0, named=True) for weight in WEIGHTS}
    estimates = {"cell": 0.13 / 4, "question": (0.02 + 0.07) / 2, "group": (0.04 + 0.02 + 0.03) / 3}
    assert {weight: test["estimate"] for weight, test in tests.items()} == pytest.approx(estimates)
    # The means of the questions are 0.02 and 0.07: their standard error is 0.025, with one degree of freedom.
    assert tests["question"]["std_error"] == pytest.approx(0.025)
    assert tests["question"]["p_value"] == pytest.approx(stats.t.sf((0.1 - 0.045) / 0.025, 1))
    assert {test["n"] for test in tests.values()} == {4}
    assert tests["question"]["estimand"].startswith("mean over questions, each counting alike")


@pytest.mark.parametrize("weight", WEIGHTS)
def test_equivalence_rests_on_the_error_of_compare(weight):
    aligned = triples(1)
    ours = of.equivalence(aligned, margin=0.05, weight=weight, pair=PAIR).row(0, named=True)
    theirs = of.compare(aligned, method="cluster-robust t", weight=weight, pair=PAIR).row(0, named=True)
    assert (ours["estimate"], ours["std_error"], ours["n"]) == pytest.approx(
        (theirs["estimate"], theirs["std_error"], theirs["n"])
    )
    kept = of.equivalence(aligned, margin=0.05, weight=weight, pair=PAIR, overlap="keep")
    assert kept["n"].item() == aligned.height // 3 > ours["n"]


def test_questions_that_count_alike_are_weighted_least_squares():
    """Cells weighted by one over those of their question, errors clustered by question, in statsmodels."""
    aligned = triples(2)
    cells = wide(aligned).with_columns(pl.len().over("question").alias("size"))
    fit = sm.WLS((cells[RIDGE] - cells[RAW]).to_numpy(), np.ones(len(cells)), weights=1 / cells["size"].to_numpy()).fit(
        cov_type="cluster", cov_kwds={"groups": cells["question"].rank("dense").to_numpy(), "use_correction": False}
    )
    test = of.compare(aligned, method=CR1, weight="question", pair=PAIR).row(0, named=True)
    assert test["estimate"] == pytest.approx(fit.params[0])
    assert test["std_error"] == pytest.approx(fit.bse[0] * np.sqrt(12 / 11))
    mean = of.intervals(aligned, method=CR1, weight="question").filter(source=RAW).row(0, named=True)
    alone = sm.WLS(cells[RAW].to_numpy(), np.ones(len(cells)), weights=1 / cells["size"].to_numpy()).fit(
        cov_type="cluster", cov_kwds={"groups": cells["question"].rank("dense").to_numpy(), "use_correction": False}
    )
    assert (mean["alignment"], mean["std_error"]) == pytest.approx((alone.params[0], alone.bse[0] * np.sqrt(12 / 11)))


def test_anova_of_question_means_is_that_of_statsmodels():
    aligned = triples(3)
    means = wide(aligned).group_by("question").agg(pl.col(RAW, FEW, RIDGE).mean()).unpivot(index="question")
    theirs = AnovaRM(means.to_pandas(), "value", "question", within=["variable"]).fit().anova_table
    ours = of.anova(aligned, weight="question").filter(method="repeated-measures ANOVA").row(0, named=True)
    assert ours["statistic"] == pytest.approx(theirs["F Value"].iloc[0])
    assert ours["p_value"] == pytest.approx(theirs["Pr > F"].iloc[0])
    assert ours["n"] == len(wide(aligned))
    alone = (
        aligned.filter(pl.col("demographic") != "all").group_by("question", "source").agg(pl.col("alignment").mean())
    )
    same = of.anova(alone.with_columns(demographic=pl.lit("all")))
    columns = ["source", "versus", "method", "estimate", "statistic", "p_adjusted"]
    assert of.anova(aligned, weight="question").select(columns).rows() == [
        tuple(pytest.approx(value) if isinstance(value, float) else value for value in row)
        for row in same.select(columns).rows()
    ]


@pytest.mark.parametrize("weight", WEIGHTS)
def test_pairs_of_a_triple_are_those_of_compare(weight):
    aligned = triples(4)
    pairs = of.anova(aligned, weight=weight).filter(method="cluster-robust t").sort("source", "versus")
    listed = [(FEW, RAW), (RIDGE, FEW), (RIDGE, RAW)]
    tests = of.compare(aligned, pair=listed, method="cluster-robust t", weight=weight).sort("source", "versus")
    for column in ("estimate", "std_error", "p_value", "n"):
        assert pairs[column].to_list() == pytest.approx(tests[column].to_list())
    overall = of.anova(aligned, weight=weight).filter(method="cluster-robust Hotelling").row(0, named=True)
    assert overall["estimate"] == pytest.approx(tests["estimate"].abs().max())
    assert of.anova(aligned, weight=weight, overlap="keep")["n"].unique().item() == aligned.height // 3


def test_fits_count_in_the_pairs_of_what_was_fitted_alone():
    aligned = triples(5)
    fitted = aligned.with_columns(fit_influence=pl.when(pl.col("source") == RIDGE).then(0.05))
    plain, counted = (of.anova(frame).filter(method="cluster-robust t") for frame in (aligned, fitted))
    more = (counted["std_error"] > plain["std_error"] + 1e-6).to_list()
    assert dict(zip(counted.select("source", "versus").rows(), more, strict=True)) == {
        (FEW, RAW): False,
        (RIDGE, FEW): True,
        (RIDGE, RAW): True,
    }


def test_plans_by_hand():
    """Noise is the variance within the first question, 0.0001; 0.0012 of the mean over questions is that over two."""
    plans = {
        weight: of.minimum_detectable(BY_HAND, questions=[2], weight=weight).row(0, named=True)
        for weight in ("cell", "question")
    }
    noise, sizes = 0.0001, np.array([3, 1])
    mean = (sizes * [0.02, 0.07]).sum() / 4
    typical = 4 - (sizes**2).sum() / 4
    effect = ((sizes * (np.array([0.02, 0.07]) - mean) ** 2).sum() - noise) / typical
    assert plans["cell"]["std_error"] == pytest.approx(np.sqrt(((sizes**2).sum() * effect + 4 * noise) / 16))
    assert plans["question"]["std_error"] == pytest.approx(np.sqrt((2 * effect + noise * (1 / 3 + 1)) / 4))
    assert (plans["question"]["df"], plans["question"]["groups"]) == (pytest.approx(1), 2)


def test_plans_of_equal_questions_do_not_depend_on_what_counts_alike():
    pilot = paired(30, [4], 0.03, 0.05, seed=1)
    errors = [of.minimum_detectable(pilot, weight=weight)["detectable"].to_numpy() for weight in ("cell", "question")]
    assert errors[0] == pytest.approx(errors[1])
    for weight in WEIGHTS:
        plan = of.minimum_detectable(pilot, questions=[30], weight=weight).row(0, named=True)
        test = of.compare(pilot, method="cluster-robust t", weight=weight).row(0, named=True)
        assert plan["std_error"] == pytest.approx(test["std_error"], rel=0.05)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_what_a_plan_promises_is_found_in_four_of_five_studies(weight):
    sizes = [1, 2, 3, 12]
    pilot = paired(400, sizes, 0.04, 0.1, seed=2)
    promised = of.minimum_detectable(pilot, questions=[20], weight=weight)["detectable"].item()
    studies = pl.concat(
        paired(20, sizes, 0.04, 0.1, seed=100 + number, gain=promised, study=f"{number}") for number in range(300)
    )
    tests = of.compare(studies, by="study", method="cluster-robust t", weight=weight, adjust="none")
    assert 0.72 < (tests["p_value"] < 0.05).mean() < 0.88


def test_what_cannot_be_planned_or_tested_is_refused():
    for verb in (lambda **k: of.equivalence(BY_HAND, margin=0.1, **k), lambda **k: of.minimum_detectable(BY_HAND, **k)):
        with pytest.raises(OptionError, match="weight"):
            verb(weight="people")
    with pytest.raises(OptionError, match="plans numbers of questions"):
        of.minimum_detectable(BY_HAND, weight="question", cluster="demographic")
    with pytest.raises(OptionError, match="overlap"):
        of.anova(triples(1), overlap="drop")
