"""`compare` against truth by hand, scipy and statsmodels, and on the frames that tempt a test to break."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats

from opinionframe.alignment.summarize import summarize
from opinionframe.errors import FrameError, OptionError
from opinionframe.inference import anova, compare, equivalence, intervals, minimum_detectable
from opinionframe.schemas import Tests

RAW = "m|logprob|base|standard"
RIDGE = f"{RAW}|ridge"


def scores(rows):
    """Alignment rows from (question, demographic, source, alignment), baseline 0.7."""
    frame = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
    return frame.with_columns(baseline=pl.lit(0.7), ceiling=pl.lit(None, pl.Float64))


def ragged(seed=3, questions=12, sources=(RAW, RIDGE)):
    """Scores with question effects, up to 5 groups per question and a tenth of the cells missing."""
    rng = np.random.default_rng(seed)
    cells = [(f"q{q}", f"class={d}", source) for source in sources for q in range(questions) for d in range(1 + q % 5)]
    effect = {key: rng.normal(0, 0.1) for key in sorted({(q, source) for q, _, source in cells})}
    there = [cell for cell in cells if rng.random() > 0.1]
    values = [float(np.clip(0.7 + effect[q, source] + rng.normal(0, 0.05), 0, 1)) for q, _, source in there]
    return scores([(*cell, value) for cell, value in zip(there, values, strict=True)])


def wide(aligned, source=RIDGE, versus=RAW):
    keys = ["question", "demographic"]
    left = aligned.filter(source=source)
    return left.join(aligned.filter(source=versus), on=keys, how="inner").sort(keys)


def test_two_by_three_by_hand():
    raw = [
        ("a", "all", 0.5),
        ("a", "sex=F", 0.6),
        ("b", "all", 0.7),
        ("b", "sex=F", 0.8),
        ("c", "all", 0.4),
        ("c", "sex=F", 0.4),
    ]
    gain = [0.1, 0.3, 0.0, 0.2, 0.2, 0.4]
    rows = [(q, d, RAW, x) for q, d, x in raw]
    rows += [(q, d, RIDGE, x + g) for (q, d, x), g in zip(raw, gain, strict=True)]
    tests = compare(scores(rows), seed=1, overlap="keep")
    Tests.validate(tests)
    assert tests["method"].to_list() == ["paired t", "cluster-robust t"]
    assert tests["estimate"].to_list() == pytest.approx([0.2, 0.2])
    # Residual sums per question are 0, -0.2 and 0.2, hence 3/2 x 0.08 / 36.
    assert tests["std_error"][1] == pytest.approx((1.5 * 0.08 / 36) ** 0.5)
    assert tests["n"].to_list() == [6, 6]
    assert tests["n_clusters"].to_list() == [None, 3]
    assert tests["family"].unique().to_list() == ["raw-calibrated (1 comparison)"]


@pytest.mark.parametrize("conf", [0.9, 0.95])
def test_agrees_with_scipy_and_statsmodels(conf):
    aligned = ragged()
    cells = wide(aligned)
    paired, clustered = compare(aligned, conf=conf, method=("paired t", "cluster-robust t (CR1)")).to_dicts()

    theirs = stats.ttest_rel(cells["alignment"], cells["alignment_right"])
    interval = theirs.confidence_interval(conf)
    assert paired["statistic"] == pytest.approx(theirs.statistic, rel=1e-10)
    assert paired["p_value"] == pytest.approx(theirs.pvalue, rel=1e-10)
    assert (paired["conf_low"], paired["conf_high"]) == pytest.approx((interval.low, interval.high), rel=1e-10)

    groups = cells["question"].rank("dense")
    difference = (cells["alignment"] - cells["alignment_right"]).to_numpy()
    fit = sm.OLS(difference, np.ones(len(cells))).fit(
        cov_type="cluster", cov_kwds={"groups": groups.to_numpy()}, use_t=True
    )
    assert clustered["estimate"] == pytest.approx(fit.params[0], rel=1e-10)
    assert clustered["std_error"] == pytest.approx(fit.bse[0], rel=1e-10)
    assert clustered["p_value"] == pytest.approx(fit.pvalues[0], rel=1e-10)
    assert (clustered["conf_low"], clustered["conf_high"]) == pytest.approx(tuple(fit.conf_int(1 - conf)[0]), rel=1e-10)
    assert clustered["n_clusters"] == cells["question"].n_unique()


def triple(raw, few_shot, calibrated):
    """Scores of a triple from an array each, shape (questions, groups)."""
    names = ("m|logprob|sd|standard", "m|logprob|sd|few_shot", "m|logprob|sd|standard|ridge")
    return scores(
        [
            (f"q{q}", f"class={g}", name, float(value))
            for name, table in zip(names, (raw, few_shot, calibrated), strict=True)
            for (q, g), value in np.ndenumerate(table)
        ]
    )


def clustered_rows(tests):
    return tests.filter(pl.col("method").str.starts_with("cluster"))


def test_pairs_do_not_differ_where_the_omnibus_test_cannot_tell():
    rng = np.random.default_rng(0)
    raw = 0.6 + rng.normal(0, 0.01, (2, 5))
    tests = clustered_rows(anova(triple(raw, raw + 0.05 + rng.normal(0, 0.001, (2, 5)), raw + 0.1)))
    assert tests["p_value"].to_list()[0] is None  # two clusters do not tell three conditions apart
    assert tests["p_adjusted"].to_list() == [None] * 4


@pytest.mark.parametrize("equal", [("raw", "few_shot"), ("few_shot", "calibrated")])
def test_two_equal_conditions_leave_one_difference(equal):
    rng = np.random.default_rng(1)
    raw = 0.6 + rng.normal(0, 0.02, (8, 3))
    calibrated = raw + 0.05 + rng.normal(0, 0.02, (8, 3))
    few_shot = raw if equal[0] == "raw" else calibrated
    tests = clustered_rows(anova(triple(raw, few_shot, calibrated), adjust="none"))
    per_question = (calibrated - raw).mean(axis=1)
    theirs = stats.ttest_1samp(per_question, 0.0)
    assert tests["statistic"][0] == pytest.approx(theirs.statistic**2)
    assert tests["p_value"][0] == pytest.approx(theirs.pvalue)
    assert tests["p_adjusted"].drop_nulls().to_list() == pytest.approx([theirs.pvalue] * 3)


@pytest.mark.parametrize(
    ("gap", "claim", "p_value"),
    [(0.0, "equivalent", 0.0), (0.03, "equivalent", 0.0), (0.08, "equivalent", 1.0), (-0.08, "not worse", 1.0),
     (0.08, "not worse", 0.0)],
)  # fmt: skip
def test_sources_that_differ_by_the_same_everywhere(gap, claim, p_value):
    rows = [(q, "all", s, 0.5 + i / 10 + (gap if s == "a" else 0)) for i, q in enumerate("xyz") for s in "ab"]
    test = equivalence(scores(rows), margin=0.05, claim=claim, pair=[("a", "b")]).row(0, named=True)
    assert test["p_value"] == test["p_adjusted"] == p_value
    assert (test["conf_low"], test["conf_high"]) == pytest.approx((gap, gap))
    assert test["statistic"] is None
    alone = equivalence(scores(rows[:2]), margin=0.05, claim=claim, pair=[("a", "b")])
    assert alone["p_value"].to_list() == [None]  # one question says nothing of others


def test_counts_the_cells_it_loses():
    aligned = ragged()
    both = len(wide(aligned))
    tests = compare(aligned)
    assert tests["n"].to_list() == [both, both]
    assert tests["n_lost"].to_list() == [len(aligned) - 2 * both] * 2


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("raw-calibrated", [("m|logprob|base|standard|ridge", "m|logprob|base|standard")]),
        ("base-sd", [("m|logprob|sd|standard", "m|logprob|base|standard")]),
        ("standard-few_shot", [("m|logprob|base|few_shot", "m|logprob|base|standard")]),
        ("standard-cot", [("m|logprob|sd|cot", "m|logprob|sd|standard")]),
        (
            "question-mean",
            [
                (s, "question-mean")
                for s in sorted([RAW, RIDGE, "m|logprob|sd|standard", "m|logprob|base|few_shot", "m|logprob|sd|cot"])
            ],
        ),
        ([("question-mean", "uniform")], [("question-mean", "uniform")]),
    ],
)
def test_pairs_by_name(pair, expected):
    sources = (RAW, RIDGE, "m|logprob|sd|standard", "m|logprob|base|few_shot", "m|logprob|sd|cot", "question-mean")
    tests = compare(ragged(sources=sources), pair=pair, method="cluster-robust t")
    assert tests.select("source", "versus").rows() == expected


def test_baseline_is_the_column_of_the_same_cells():
    aligned = ragged()
    tests = compare(aligned, pair="baseline", method="paired t")
    means = aligned.group_by("source").agg(pl.col("alignment").mean() - 0.7).sort("source")
    assert tests["estimate"].to_list() == pytest.approx(means["alignment"].to_list())
    assert tests["n_lost"].to_list() == [0, 0]
    assert set(tests["versus"]) == {"uniform"}


def test_adjusts_over_the_declared_family():
    sources = (RAW, RIDGE, f"{RAW}|lasso", f"{RAW}|forest")
    plain = compare(ragged(sources=sources), adjust="none", method="paired t")["p_value"]
    bonferroni = compare(ragged(sources=sources), family="Table 1", method="paired t")
    assert bonferroni["p_adjusted"].to_list() == pytest.approx([min(1, 3 * p) for p in plain])
    assert set(bonferroni["family"]) == {"Table 1 (3 comparisons)"}
    bh = compare(ragged(sources=sources), adjust="bh", method="paired t")
    assert bh["p_adjusted"].to_list() == pytest.approx(stats.false_discovery_control(plain.to_numpy()).tolist())


def test_compares_within_groups():
    aligned = ragged().with_columns(dataset=pl.when(pl.col("question") < "q3").then(pl.lit("x")).otherwise(pl.lit("y")))
    tests = compare(aligned, by="dataset", method="cluster-robust t", adjust="none")
    alone = compare(aligned.filter(dataset="y"), method="cluster-robust t", adjust="none")
    assert tests["dataset"].to_list() == ["x", "y"]
    assert_frame_equal(tests.filter(dataset="y").drop("dataset", "family"), alone.drop("family"))


@pytest.mark.parametrize(
    "cells",
    [
        [("a", "all", 0.5, 0.6)],
        [("a", "all", 0.5, 0.6), ("b", "all", 0.3, 0.4), ("c", "all", 0.1, 0.2)],
        [("a", "all", 0.5, 0.5), ("b", "all", 0.3, 0.3)],
    ],
    ids=["one cell", "no spread", "no difference"],
)
def test_where_there_is_no_test_there_is_null(cells):
    rows = [(q, d, RAW, raw) for q, d, raw, _ in cells] + [(q, d, RIDGE, new) for q, d, _, new in cells]
    tests = compare(scores(rows), adjust="holm")
    Tests.validate(tests)
    nothing = ["statistic", "p_value", "p_adjusted", "conf_low", "conf_high"]
    assert tests.select(nothing).null_count().row(0) == (2, 2, 2, 2, 2)


def test_one_cluster_is_no_clustered_test():
    rows = [
        ("a", f"class={i}", s, x)
        for s, xs in ((RAW, (0.1, 0.3, 0.2)), (RIDGE, (0.3, 0.4, 0.6)))
        for i, x in enumerate(xs)
    ]
    paired, clustered = compare(scores(rows)).to_dicts()
    assert paired["p_value"] is not None
    assert clustered["std_error"] is None
    assert clustered["p_value"] is None


def test_lazy_in_lazy_out():
    aligned = ragged()
    lazy = compare(aligned.lazy())
    assert isinstance(lazy, pl.LazyFrame)
    assert_frame_equal(lazy.collect(), compare(aligned))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 15))
def test_row_order_and_direction(seed, questions):
    aligned = ragged(seed, questions)
    there = compare(aligned, pair=[(RIDGE, RAW)])
    shuffled = compare(aligned.sample(fraction=1, shuffle=True, seed=seed), pair=[(RIDGE, RAW)])
    assert_frame_equal(there, shuffled)
    back = compare(aligned, pair=[(RAW, RIDGE)])
    assert back["estimate"].to_list() == pytest.approx([-x for x in there["estimate"]])
    assert back["std_error"].to_list() == pytest.approx(there["std_error"].to_list(), rel=1e-9)


def test_refusals_say_what_to_do():
    aligned = ragged()
    with pytest.raises(FrameError, match="lacks 1 of its columns: alignment"):
        compare(aligned.drop("alignment"))
    with pytest.raises(FrameError, match=r"finds no two sources.*list the pairs"):
        compare(aligned, pair="base-sd")
    with pytest.raises(OptionError, match=r"Allowed: base-sd, baseline, raw-calibrated"):
        compare(aligned, pair="raw-calibratd")
    with pytest.raises(FrameError, match=r"1 sources that are not in the frame, e\.g\. 'gpt'"):
        compare(aligned, pair=[("gpt", RAW)])
    with pytest.raises(OptionError, match="adjust='fdr' is not known"):
        compare(aligned, adjust="fdr")
    with pytest.raises(OptionError, match="cluster='topic' is not known"):
        compare(aligned, cluster="topic")
    with pytest.raises(OptionError, match="conf=95"):
        compare(aligned, conf=95)
    apart = aligned.filter((pl.col("source") == RAW) == (pl.col("question") == "q1"))
    with pytest.raises(FrameError, match="1 comparisons have no cell in common"):
        compare(apart)
    with pytest.raises(FrameError, match="must be a Polars DataFrame"):
        compare([1, 2])


def test_intervals_of_each_source_are_comparisons_with_nothing():
    aligned = ragged().with_columns(baseline=pl.lit(0.0), dataset=pl.when(pl.col("question") < "q3").then(pl.lit("x")))
    for keywords in ({"method": "cluster-robust t"}, {"method": "sign-flip", "seed": 1}):
        tests = compare(aligned, pair="baseline", by="dataset", adjust="none", **keywords)
        alone = intervals(aligned, by="dataset", interval="plain", cells="own", **keywords)
        renamed = tests.rename({"estimate": "alignment", "n_lost": "left_out"})
        expected = renamed.with_columns(pl.col("conf_low", "conf_high").clip(0, 1)).select(alone.columns)
        assert_frame_equal(alone, expected)
    assert alone["dataset"].to_list() == [None, None, "x", "x"]


@pytest.fixture
def own():
    """Scores of one's own: the cell, `alignment` and nothing else."""
    return ragged().drop("baseline", "ceiling")


def test_scores_of_ones_own_need_the_cell_and_alignment_alone(own):
    aligned = ragged()
    for verb in (compare, intervals, minimum_detectable, lambda rows: equivalence(rows, margin=0.05)):
        assert_frame_equal(verb(own), verb(aligned))
    few_shot = own.filter(source=RAW).with_columns(source=pl.lit("m|logprob|base|few_shot"))
    assert anova(pl.concat([own, few_shot])).height == 2 * 4
    summary = summarize(own)
    assert_frame_equal(
        summary.select("source", "alignment", "n"), summarize(aligned).select("source", "alignment", "n")
    )
    assert summary.select("baseline", "ceiling", "skill").null_count().row(0) == (2, 2, 2)


def test_uniform_is_a_source_where_there_is_no_baseline(own):
    with pytest.raises(FrameError, match="2 comparisons have no cell in common.*column `baseline`"):
        compare(own, pair="baseline")
    uniform = own.filter(source=RAW).with_columns(source=pl.lit("uniform"), alignment=pl.lit(0.7))
    tests = compare(pl.concat([own, uniform]), pair="baseline", method="paired t")
    assert_frame_equal(
        tests.select("source", "estimate").filter(source=RAW),
        compare(ragged(), pair="baseline", method="paired t").select("source", "estimate").filter(source=RAW),
    )


def test_cells_without_a_baseline_are_lost_and_counted_and_leave_skill_alone():
    aligned = ragged()
    first = pl.int_range(pl.len()).over("source") == 0
    partly = aligned.with_columns(baseline=pl.when(~first).then("baseline"))
    tests = compare(partly, pair="baseline", method="paired t")
    whole = compare(partly.filter(pl.col("baseline").is_not_null()), pair="baseline", method="paired t")
    assert_frame_equal(tests.drop("n_lost"), whole.drop("n_lost"))
    assert tests["n_lost"].to_list() == [1, 1]
    known = summarize(partly.filter(pl.col("baseline").is_not_null()))
    assert_frame_equal(summarize(partly).select("source", "skill"), known.select("source", "skill"))


def test_the_same_rows_give_the_same_digits():
    rng = np.random.default_rng(1)
    questions = pl.DataFrame({"question": [f"q{i}" for i in range(200)]})
    groups = pl.DataFrame({"demographic": [f"age={i}" for i in range(8)]})
    cells = questions.join(groups, how="cross").join(pl.DataFrame({"source": [f"m{i}" for i in range(6)]}), how="cross")
    aligned = cells.with_columns(alignment=pl.Series(rng.uniform(0.5, 1, len(cells))), baseline=pl.lit(0.7))
    runs = [compare(aligned, pair="baseline", seed=1) for _ in range(6)]
    assert all(run.equals(runs[0]) for run in runs)
