"""Simultaneous intervals: against Šidák, Bonferroni and the multivariate t; how often all of them hold at once."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import optimize, stats

import opinionframe as of
from opinionframe.errors import OptionError
from opinionframe.inference.choices import Choices
from opinionframe.inference.simultaneous import joint_conf

METHODS = ("paired t", "cluster-robust t", "cluster-robust t (CR1)", "cluster bootstrap", "sign-flip")
CHOICES = Choices(conf=0.95, draws=9_999, seed=1)


def scored(table, groups=1):
    """Alignment rows of differences, shape (questions, sources), from a baseline of 0.5."""
    rows = [
        (f"q{q}", f"g={g}", f"s{s}", 0.5 + float(value))
        for (q, s), value in np.ndenumerate(table)
        for g in range(groups)
    ]
    cells = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
    return cells.with_columns(baseline=pl.lit(0.5))


def related(rng, questions, sources, correlation, spread=0.05):
    common = rng.normal(size=(questions, 1))
    own = rng.normal(size=(questions, sources))
    return spread * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


def widths(tests):
    return (tests["conf_high"] - tests["conf_low"]).to_numpy()


@pytest.mark.parametrize("sources", [2, 5, 20])
def test_independent_errors_need_what_sidak_says_and_equal_ones_nothing(sources):
    orthogonal = np.linalg.qr(np.random.default_rng(1).normal(size=(500, sources)))[0]
    assert joint_conf(orthogonal, 500, CHOICES) == pytest.approx(0.95 ** (1 / sources), abs=0.05 * 0.12 / sources**0.9)
    assert joint_conf(np.repeat(orthogonal[:, :1], sources, axis=1), 500, CHOICES) == pytest.approx(0.95, abs=0.004)


@pytest.mark.parametrize("correlation", [0.3, 0.7, 0.95])
def test_related_errors_need_what_the_multivariate_t_says(correlation):
    """With many questions, the joint distribution of studentised errors is the multivariate normal one."""
    sources, df = 4, 2_000
    matrix = np.full((sources, sources), correlation) + (1 - correlation) * np.eye(sources)
    errors = np.linalg.qr(np.random.default_rng(2).normal(size=(df, sources)))[0] @ np.linalg.cholesky(matrix).T
    theirs = stats.multivariate_t(shape=matrix, df=df, seed=1)

    def missed(bound):
        ends = np.full(sources, bound)
        return theirs.cdf(ends, lower_limit=-ends, maxpts=20_000, random_state=1) - 0.95

    bound = optimize.brentq(missed, 1.9, 2.6, xtol=1e-3)
    ours = stats.t.ppf((1 + joint_conf(errors, df, CHOICES)) / 2, df)
    assert ours == pytest.approx(bound, abs=0.025)


@pytest.mark.parametrize(("questions", "correlation"), [(8, 0.5), (24, 0.8)])
def test_all_intervals_hold_at_once(questions, correlation):
    rng = np.random.default_rng(questions)
    every, each = [], []
    for _ in range(200):
        aligned = scored(related(rng, questions, 10, correlation))
        keep = {"pair": "baseline", "method": "cluster-robust t", "draws": 999, "seed": 1}
        for simultaneous, holds in ((True, every), (False, each)):
            tests = of.compare(aligned, simultaneous=simultaneous, **keep)
            holds.append(tests.select(((pl.col("conf_low") <= 0) & (pl.col("conf_high") >= 0)).all()).item())
    assert 0.91 <= np.mean(every) <= 0.985
    assert np.mean(each) < 0.86


@pytest.mark.parametrize("method", METHODS)
def test_every_method_widens_its_own_intervals_and_nothing_else(method):
    aligned = scored(related(np.random.default_rng(3), 24, 6, 0.5), groups=3)
    keep = {"pair": "baseline", "method": method, "adjust": "holm", "seed": 1}
    alone, together = of.compare(aligned, **keep), of.compare(aligned, simultaneous=True, **keep)
    ends = ["conf_low", "conf_high", "level"]
    assert_frame_equal(alone.drop(ends), together.drop(ends))
    assert (set(alone["level"]), set(together["level"])) == ({"95%, each"}, {"95%, all 6 at once"})
    bonferroni = of.compare(aligned, conf=1 - 0.05 / 6, **keep)
    assert (widths(alone) < widths(together)).all()
    assert (widths(together) <= widths(bonferroni)).all()
    means = of.intervals(aligned, method=method, simultaneous=True, conf=0.9, seed=1)
    assert set(means["level"]) == {"90%, all 6 at once"}
    assert (widths(means) > widths(of.intervals(aligned, method=method, conf=0.9, seed=1))).all()


def test_one_comparison_and_one_told_twice_stay_as_they_are():
    aligned = scored(related(np.random.default_rng(4), 12, 1, 0.0))
    keep = {"pair": "baseline", "method": "cluster-robust t", "seed": 1}
    assert widths(of.compare(aligned, simultaneous=True, **keep)) == pytest.approx(widths(of.compare(aligned, **keep)))
    twice = pl.concat([aligned, aligned.with_columns(source=pl.lit("t"))])
    assert widths(of.compare(twice, simultaneous=True, **keep)) == pytest.approx(
        widths(of.compare(twice, **keep)), rel=0.03
    )


def test_groups_of_the_same_questions_err_together_and_other_questions_apart():
    rng = np.random.default_rng(5)
    shared = rng.normal(0, 0.05, 30)
    same = [(f"q{q}", f"g={g}", "s", 0.5 + shared[q] + rng.normal(0, 0.005)) for q in range(30) for g in range(5)]
    apart = [(f"q{q}", f"g={q % 5}", "s", 0.5 + rng.normal(0, 0.05)) for q in range(150)]
    ratios = []
    for rows in (same, apart):
        cells = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
        keep = {"pair": "baseline", "by": "demographic", "method": "cluster-robust t", "seed": 1}
        aligned = cells.with_columns(baseline=pl.lit(0.5))
        ratios.append(
            np.mean(widths(of.compare(aligned, simultaneous=True, **keep)) / widths(of.compare(aligned, **keep)))
        )
    sidak = stats.t.ppf((1 + 0.95 ** (1 / 5)) / 2, 29) / stats.t.ppf(0.975, 29)
    assert ratios[0] < 1.06
    assert ratios[1] == pytest.approx(sidak, rel=0.03)
    assert of.compare(aligned, simultaneous=True, **(keep | {"method": "paired t"}))["conf_low"].null_count() == 0


def test_two_ways_and_fits_have_their_parts():
    rng = np.random.default_rng(6)
    effect = rng.normal(0, 0.05, (1, 1, 12))  # of groups, the same for all sources
    table = 0.5 + effect + rng.normal(0, 0.02, (8, 20, 12))
    rows = [(f"q{q}", f"g={g}", f"s{s}", float(x)) for (s, q, g), x in np.ndenumerate(table)]
    aligned = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
    keep = {"method": "cluster-robust t", "seed": 1}
    ratio = {}
    for cluster in ("question", ("question", "demographic")):
        options = keep | {"cluster": cluster, "interval": "plain"}
        ratio[cluster] = np.mean(
            widths(of.intervals(aligned, simultaneous=True, **options)) / widths(of.intervals(aligned, **options))
        )
    assert ratio["question", "demographic"] < 1.15
    assert ratio["question"] > 1.3
    fitted = aligned.with_columns(source=pl.format("m|logprob|base|{}|ridge", "source"), fit_influence=pl.lit(0.3))
    same_fit = of.intervals(fitted, simultaneous=True, interval="plain", **keep)
    assert np.mean(widths(same_fit) / widths(of.intervals(fitted, interval="plain", **keep))) < 1.05


def test_what_has_no_interval_and_too_few_questions():
    aligned = scored(related(np.random.default_rng(7), 2, 4, 0.0))
    flat = aligned.filter(source="s0").with_columns(source=pl.lit("flat"), alignment=pl.lit(0.6))
    keep = {"pair": "baseline", "method": "cluster-robust t", "seed": 1}
    tests = of.compare(pl.concat([aligned, flat]), simultaneous=True, **keep)
    assert tests.filter(source="flat")["conf_low"].to_list() == [None]
    two = of.compare(aligned, conf=1 - 0.05 / 4, **keep)  # one error of each tells nothing of how alike they are
    assert tests.filter(pl.col("source") != "flat")["conf_low"].to_list() == pytest.approx(two["conf_low"].to_list())


def test_seeds_order_and_diagnoses():
    aligned = scored(related(np.random.default_rng(8), 12, 5, 0.5))
    keep = {"pair": "baseline", "method": "cluster-robust t", "simultaneous": True}
    assert_frame_equal(
        of.compare(aligned, seed=1, **keep),
        of.compare(aligned.sample(fraction=1, shuffle=True, seed=2), seed=1, **keep),
    )
    with pytest.raises(OptionError, match="pass seed=1"):
        of.compare(aligned, **keep)
    survey = of.load("gss2018")
    asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    alone, together = (
        of.diagnose(asked, survey.codebook, method="linear", folds=9, simultaneous=each, seed=1)
        for each in (False, True)
    )
    assert together["level"].unique().to_list() == ["95%, all 6 at once"]
    for gain in ("over_placebo", "over_labels", "over_no_model"):
        assert alone[gain].to_list() == pytest.approx(together[gain].to_list(), abs=1e-12)
        inside = (together[f"{gain}_conf_low"] < alone[f"{gain}_conf_low"]).to_list()
        assert inside == [True] * len(alone)
