"""Closed-form tests against values made by R (reference.R beside reference.csv) and by statsmodels, to 1e-10."""

from pathlib import Path

import polars as pl
import pytest
import statsmodels.api as sm

from opinionframe.errors import OptionError
from opinionframe.inference import anova, compare, equivalence, minimum_detectable

HERE = Path(__file__).parent / "reference"
SOURCES = {
    "raw": "m|logprob|base|standard",
    "few_shot": "m|logprob|base|few_shot",
    "ridge": "m|logprob|base|standard|ridge",
}
PRECISE = 1e-10


@pytest.fixture(scope="module")
def r():
    return dict(pl.read_csv(HERE / "reference.csv").rows())


@pytest.fixture(scope="module")
def wide():
    return pl.read_csv(HERE / "cells.csv")


@pytest.fixture(scope="module")
def aligned(wide):
    long = wide.unpivot(
        list(SOURCES), index=["question", "demographic"], variable_name="source", value_name="alignment"
    )
    return long.with_columns(
        pl.col("source").replace_strict(SOURCES), baseline=pl.lit(0.7), ceiling=pl.lit(None, pl.Float64)
    )


def row(tests, method):
    return tests.filter(method=method).row(0, named=True)


def test_t_tests(aligned, r):
    tests = compare(aligned, conf=0.9, method=["paired t", "cluster-robust t", "cluster-robust t (CR1)"])
    for method, name in (("paired t", "paired"), ("cluster-robust t", "cr2"), ("cluster-robust t (CR1)", "cr1")):
        ours = row(tests, method)
        theirs = {key.removeprefix(f"{name}."): value for key, value in r.items() if key.startswith(f"{name}.")}
        theirs.pop("df", None)
        assert {key: ours[key] for key in theirs} == pytest.approx(theirs, rel=PRECISE)


def test_two_ways(aligned, wide, r):
    """CR2 in both directions, which is the CR1 of R and statsmodels where all clusters have one size."""
    each_cell = aligned.with_columns(cell=pl.concat_str("question", "demographic"))
    ours, by_question, by_group, by_cell = (
        row(compare(each_cell, cluster=cluster), "cluster-robust t")["std_error"]
        for cluster in (["question", "demographic"], "question", "demographic", "cell")
    )
    assert by_question == pytest.approx(r["cr2.std_error"], rel=PRECISE)
    assert ours**2 == pytest.approx(by_question**2 + by_group**2 - by_cell**2, rel=PRECISE)

    full = wide.filter(pl.len().over("question") == pl.col("demographic").n_unique())
    keys = full.select("question", "demographic")
    balanced = row(
        compare(aligned.join(keys, on=["question", "demographic"], how="semi"), cluster=["question", "demographic"]),
        "cluster-robust t",
    )
    fit = sm.OLS((full["ridge"] - full["raw"]).to_numpy(), [1.0] * len(full))
    groups = keys.select(pl.all().rank("dense")).to_numpy()
    theirs = fit.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert balanced["std_error"] == pytest.approx(theirs.bse[0], rel=PRECISE)
    assert balanced["p_value"] == pytest.approx(theirs.pvalues[0], rel=PRECISE)


@pytest.mark.parametrize("adjust", ["bonferroni", "holm", "bh"])
def test_triples(aligned, wide, r, adjust):
    tests = anova(aligned, adjust=adjust)
    overall = row(tests, "repeated-measures ANOVA")
    assert overall["statistic"] == pytest.approx(r["anova.statistic"], rel=PRECISE)
    assert overall["p_value"] == pytest.approx(r["anova.p_value"], rel=PRECISE)
    assert (overall["source"], overall["versus"]) == (SOURCES["ridge"], SOURCES["raw"])

    post = {(x["source"], x["versus"]): x["p_adjusted"] for x in tests.filter(method="paired t").to_dicts()}
    order = [("few_shot", "raw"), ("ridge", "raw"), ("ridge", "few_shot")]
    expected = [max(r[f"post.{adjust}.{i}"], r["anova.p_value"]) for i in (1, 2, 3)]
    assert [post[SOURCES[a], SOURCES[b]] for a, b in order] == pytest.approx(expected, rel=PRECISE)


def test_hotelling_is_the_wald_test_of_least_squares(aligned, wide):
    ours = row(anova(aligned), "cluster-robust Hotelling")
    stacked = pl.concat(
        [wide.select("question", d=pl.col(s) - pl.col("raw"), which=pl.lit(s)) for s in ("few_shot", "ridge")]
    )
    design = stacked.select((pl.col("which") == s).cast(float).alias(s) for s in ("few_shot", "ridge")).to_numpy()
    groups = stacked["question"].rank("dense").to_numpy()
    fit = sm.OLS(stacked["d"].to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, use_t=True
    )
    g = wide["question"].n_unique()
    wald = float(fit.params @ sm.tools.tools.pinv_extended(fit.cov_params())[0] @ fit.params) * (g - 1) / g
    assert ours["statistic"] == pytest.approx(wald * (g - 2) / (2 * (g - 1)), rel=1e-9)


def test_equivalence(aligned, r):
    tests = equivalence(aligned, margin=0.12, method=["paired t", "cluster-robust t"])
    assert tests["p_value"].to_list() == pytest.approx([r["tost.p_value"], r["tost.cr2.p_value"]], rel=PRECISE)
    one_sided = equivalence(aligned, margin=0.02, claim="not worse", method="paired t")
    assert one_sided["p_value"].to_list() == pytest.approx([r["noninferior.p_value"]], rel=PRECISE)
    assert tests["conf_low"][1] == pytest.approx(r["cr2.conf_low"], rel=PRECISE)
    with pytest.raises(OptionError, match="margin=0"):
        equivalence(aligned, margin=0)


def test_detectable_difference(r):
    # Two cells per question, equal within a question: all variance is between, sd 0.1 exactly.
    differences = [0.1 * (2 / 3) ** 0.5 * x for x in (-1.5, -0.5, 0.0, 0.5, 1.5)]
    scale = 0.1 / pl.Series(differences).std()
    rows = [
        (f"q{i}", f"class={c}", source, 0.5 + (scale * d if source == "a" else 0.0))
        for i, d in enumerate(differences)
        for c in (1, 2)
        for source in ("a", "b")
    ]
    pilot = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row").with_columns(
        baseline=pl.lit(0.5), ceiling=pl.lit(1.0)
    )
    forty = minimum_detectable(pilot, questions=[40], pair=[("a", "b")])
    twelve = minimum_detectable(pilot, questions=[12], pair=[("a", "b")], power=0.9, conf=0.95, family=5)
    assert forty["detectable"][0] == pytest.approx(r["detectable.40"], rel=1e-8)
    assert twelve["detectable"][0] == pytest.approx(r["detectable.12"], rel=1e-8)
    assert minimum_detectable(pilot.lazy(), pair=[("a", "b")]).collect()["detectable"].is_sorted(descending=True)
