"""Means in which cells, questions or groups count alike: by hand, against statsmodels and against each other."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from polars.testing import assert_frame_equal
from scipy import stats

import opinionframe as of
from opinionframe import tables
from opinionframe.alignment.estimand import Estimand
from opinionframe.errors import OptionError, StudyError
from opinionframe.inference.choices import Choices
from opinionframe.inference.methods import tested as t_tests
from opinionframe.inference.weighted import weighted
from opinionframe.study import read_study, run_study

RAW = "m|logprob|base|standard"
WEIGHTS = ("cell", "question", "group")
TWO_BY_THREE = pl.DataFrame(
    {
        "question": ["q1", "q1", "q1", "q2"],
        "demographic": ["sex=F", "sex=M", "sex=D", "sex=F"],
        "source": "m",
        "alignment": [0.5, 0.6, 0.7, 1.0],
        "baseline": [0.4, 0.4, None, 0.6],
    }
)
"""Two questions by three groups, of which the second question was asked of one."""


def uneven(seed, *, full=False):
    """Raw and calibrated scores of 12 questions by up to 5 groups."""
    rng = np.random.default_rng(seed)
    rows = []
    for q in range(12):
        for g in range(5 if full else int(rng.integers(1, 6))):
            raw = rng.uniform(0.5, 0.8)
            moved = raw + 0.02 * q / 12 + rng.normal(0, 0.02)
            rows += [(f"q{q:02d}", f"g={g}", RAW, raw, 0.6), (f"q{q:02d}", f"g={g}", f"{RAW}|ridge", moved, 0.6)]
    return pl.DataFrame(rows, ["question", "demographic", "source", "alignment", "baseline"], orient="row")


def test_means_by_hand():
    means = {weight: of.summarize(TWO_BY_THREE, weight=weight).row(0, named=True) for weight in WEIGHTS}
    assert means["cell"]["alignment"] == pytest.approx((0.5 + 0.6 + 0.7 + 1) / 4)
    assert means["question"]["alignment"] == pytest.approx((0.6 + 1) / 2)
    assert means["group"]["alignment"] == pytest.approx((0.75 + 0.6 + 0.7) / 3)
    assert means["question"]["baseline"] == pytest.approx((0.4 + 0.6) / 2)
    assert means["question"]["skill"] == pytest.approx(((0.55 + 1) / 2 - 0.5) / 0.5)
    assert means["group"]["baseline"] == pytest.approx((0.5 + 0.4) / 2)
    assert {row["n"] for row in means.values()} == {4}
    squares = [(0.5 - 0.8) ** 2 / 3, (0.6 - 0.8) ** 2 / 3, (0.7 - 0.8) ** 2 / 3, (1 - 0.8) ** 2]
    assert means["question"]["std_dev"] == pytest.approx(np.sqrt(sum(squares) / 2 * 4 / 3))


def test_lazy_and_eager_summaries_agree_and_one_cell_has_no_deviation():
    for weight in WEIGHTS:
        eager = of.summarize(TWO_BY_THREE, by=["source", "demographic"], weight=weight)
        assert_frame_equal(
            eager, of.summarize(TWO_BY_THREE.lazy(), by=["source", "demographic"], weight=weight).collect()
        )
        assert eager.filter(demographic="sex=M")["std_dev"].to_list() == [None]


@pytest.mark.parametrize("weight", WEIGHTS)
def test_means_tests_and_intervals_name_one_estimand(weight):
    aligned = uneven(1)
    means = dict(of.summarize(aligned, weight=weight).select("source", "alignment").rows())
    intervals = dict(of.intervals(aligned, weight=weight).select("source", "alignment").rows())
    assert intervals == pytest.approx(means)
    for method in ("paired t", "cluster-robust t", "cluster bootstrap", "sign-flip"):
        test = of.compare(aligned, method=method, weight=weight, seed=1).row(0, named=True)
        assert test["estimate"] == pytest.approx(means[f"{RAW}|ridge"] - means[RAW])
        assert (test["n"], test["estimand"]) == (len(aligned) // 2, Estimand(weight).of_pairs())


def test_the_mean_of_questions_is_a_t_test_of_their_means():
    aligned = uneven(2)
    wide = aligned.pivot("source", index=["question", "demographic"], values="alignment")
    by_question = wide.group_by("question").agg(d=(pl.col(f"{RAW}|ridge") - pl.col(RAW)).mean())["d"].to_numpy()
    fit = sm.OLS(by_question, np.ones(12)).fit()
    test = of.compare(aligned, method="cluster-robust t", weight="question", adjust="none").row(0, named=True)
    assert test["std_error"] == pytest.approx(fit.bse[0])
    assert test["p_value"] == pytest.approx(fit.pvalues[0])
    assert [test["conf_low"], test["conf_high"]] == pytest.approx(fit.conf_int()[0].tolist())


def test_the_mean_of_groups_has_the_error_of_clustered_group_means():
    """Group dummies in statsmodels, clustered by question, and the mean of their coefficients."""
    aligned = uneven(3)
    wide = aligned.pivot("source", index=["question", "demographic"], values="alignment").sort(
        "question", "demographic"
    )
    difference = (wide[f"{RAW}|ridge"] - wide[RAW]).to_numpy()
    dummies = wide["demographic"].to_dummies().to_numpy().astype(float)
    question = wide["question"].rank("dense").to_numpy()
    fit = sm.OLS(difference, dummies).fit(cov_type="cluster", cov_kwds={"groups": question, "use_correction": False})
    contrast = np.full(dummies.shape[1], 1 / dummies.shape[1])
    plain = float(np.sqrt(contrast @ fit.cov_params() @ contrast))
    test = of.compare(aligned, method="cluster-robust t (CR1)", weight="group").row(0, named=True)
    assert test["estimate"] == pytest.approx(float(contrast @ fit.params))
    assert test["std_error"] == pytest.approx(plain * np.sqrt(12 / 11))


def test_groups_that_are_drawn_differ_by_their_means():
    """With as many cells each, the error is that of a t-test of the group means; with fewer, that of their spread."""
    aligned = uneven(8, full=True).with_columns(
        alignment=pl.col("alignment")
        + pl.when(pl.col("source") == f"{RAW}|ridge")
        .then(0.05 * pl.col("demographic").str.tail(1).cast(pl.Float64))
        .otherwise(0.0),
        region=pl.lit("region of ") + pl.col("demographic"),
    )
    wide = aligned.pivot("source", index=["question", "demographic"], values="alignment")
    of_groups = wide.group_by("demographic").agg(d=(pl.col(f"{RAW}|ridge") - pl.col(RAW)).mean())["d"]
    expected = of_groups.std() / np.sqrt(5)
    for cluster in ("demographic", "region"):
        test = of.compare(aligned, method="cluster-robust t", weight="group", cluster=cluster).row(0, named=True)
        assert (test["std_error"], test["n_clusters"]) == (pytest.approx(expected), 5)
    both = {"method": "cluster-robust t", "cluster": ["question", "demographic"]}
    two_way = [of.compare(aligned, weight=weight, **both)["std_error"].item() for weight in ("group", "cell")]
    assert two_way == [pytest.approx(two_way[1]), pytest.approx(expected, rel=0.1)]
    proof = of.equivalence(aligned, margin=0.2, weight="group", cluster="demographic").row(0, named=True)
    assert 0.01 < proof["p_value"] < 0.5
    plans = [
        of.minimum_detectable(aligned, questions=[5], cluster="demographic", weight=weight)["std_error"].item()
        for weight in ("group", "cell")
    ]
    assert plans == [pytest.approx(expected)] * 2

    few = uneven(9)
    wide = few.pivot("source", index=["question", "demographic"], values="alignment")
    of_groups = wide.group_by("demographic").agg(d=(pl.col(f"{RAW}|ridge") - pl.col(RAW)).mean())["d"]
    for method in ("cluster-robust t", "cluster-robust t (CR1)"):
        test = of.compare(few, method=method, weight="group", cluster="demographic").row(0, named=True)
        assert test["std_error"] == pytest.approx(of_groups.std() / np.sqrt(5))
    of_cells = of.compare(few, method="cluster-robust t", weight="group", cluster="demographic", adjust="none")
    assert of_cells["p_value"].item() == pytest.approx(stats.ttest_1samp(of_groups, 0).pvalue)


def test_groups_that_few_questions_are_asked_of_leave_few_degrees_of_freedom():
    """Three of 20 questions are asked of twelve groups, the others of four: the three have 72% of the mean.

    The mean of groups is 0; its interval is to cover that in 95 of 100 worlds, and covers it in 83 where questions
    count by their cells.
    """
    rng = np.random.default_rng(10)
    worlds, asked = 600, [(q, g) for q in range(20) for g in range(12 if q < 3 else 4)]
    question, group = (np.array(each) for each in zip(*asked, strict=True))
    effects = rng.normal(0, 0.03, (worlds, 20))[:, question] + rng.normal(0, 0.03, (worlds, len(asked)))
    cells = pl.DataFrame(
        {
            "world": np.repeat(np.arange(worlds), len(asked)),
            "question": np.tile(question, worlds),
            "demographic": np.tile(group, worlds),
            "difference": effects.reshape(-1),
        }
    )
    tests = t_tests(weighted(cells, ["world"], "group", ["question"]), ["world"], "cluster-robust t", Choices())
    covered = ((tests["conf_low"] <= 0) & (tests["conf_high"] >= 0)).mean()
    assert 0.92 < covered < 0.98
    assert tests["std_error"].pow(2).mean() == pytest.approx(tests["estimate"].var(), rel=0.1)


def test_where_all_cells_are_there_weights_make_no_difference():
    aligned = uneven(4, full=True)
    tests = [of.compare(aligned, method="cluster-robust t", weight=weight).drop("estimand") for weight in WEIGHTS]
    for other in tests[1:]:
        assert_frame_equal(tests[0], other, rel_tol=1e-9)


def test_fits_are_counted_by_what_counts_alike():
    aligned = uneven(5).with_columns(fit_influence=pl.when(pl.col("source") == f"{RAW}|ridge").then(0.01))
    plain = aligned.drop("fit_influence")
    keep = {"method": "cluster-robust t", "weight": "question"}
    more = of.compare(aligned, **keep)["std_error"][0] ** 2 - of.compare(plain, **keep)["std_error"][0] ** 2
    assert more == pytest.approx(12 * 0.01**2 / 12**2)


def test_tables_say_what_counts_alike():
    aligned = uneven(6)
    tests = of.compare(aligned, weight="question", seed=1)
    notes = " ".join(tables.alignment(aligned, tests, weight="question", cells="own").notes)
    assert "mean over questions, each counting alike, without all and intersections beside their parts. SD" in notes
    assert "cells, mean over questions, each counting alike, without all and" in notes
    assert "mean over cells. SD" in " ".join(tables.alignment(aligned, overlap="keep", cells="own").notes)
    mean = of.summarize(aligned, weight="question").filter(source=RAW)["alignment"].item()
    assert tables.alignment(aligned, weight="question").rows["raw alignment"][0] == pytest.approx(100 * mean, abs=0.051)


def test_a_study_counts_what_its_file_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = 'survey.demographics = ["all", "sex"]\n[[model]]\nkind = "fake"\n[compare]\nweight = "question"\n'
    (tmp_path / "study.toml").write_text(text + 'overlap = "keep"\n')
    report = run_study(read_study(tmp_path / "study.toml"))
    aligned = pl.read_csv(report.folder / "data" / "aligned.csv")
    assert_frame_equal(report.summary, of.summarize(aligned, weight="question", overlap="keep"))
    named = {"mean over questions, each counting alike"}
    assert set(pl.read_csv(report.folder / "data" / "tests.csv")["estimand"]) == named
    assert (
        "mean over questions, each counting alike, on common cells. SD"
        in (report.folder / "alignment.html").read_text()
    )
    (tmp_path / "study.toml").write_text(text + 'cluster = "demographic"\n')
    with pytest.raises(StudyError, match="cannot be clustered by demographic"):
        run_study(read_study(tmp_path / "study.toml"))


def test_weights_that_cannot_be_are_refused():
    aligned = uneven(7)
    for verb in (of.summarize, of.intervals, of.compare, tables.alignment):
        with pytest.raises(OptionError, match="weight"):
            verb(aligned, weight="people")
        with pytest.raises(OptionError, match="overlap"):
            verb(aligned, overlap="drop")
    with pytest.raises(OptionError, match="differs within questions"):
        of.compare(aligned, weight="question", cluster=["question", "demographic"])
    for verb in (of.summarize, of.intervals, tables.alignment, of.figures.spread):
        with pytest.raises(OptionError, match="cells"):
            verb(aligned, cells="all")
    assert (
        of.compare(aligned, method="cluster-robust t", weight="group", cluster=["question", "demographic"])["n"].item()
        > 0
    )
