"""What verbs of diagnosis say of nominal questions, and of both scales: each metric in rows of its own."""

import numpy as np
import polars as pl
import pytest

import opinionframe as of

SOURCE = "m|logprob|sd|standard"
GROUPS = ("all", "sex=F", "sex=M")


@pytest.fixture(scope="module")
def codebook() -> pl.DataFrame:
    """Six votes among three parties and six items of four choices."""
    votes = {f"vote{i}": {"text": f"Vote {i}?", "labels": ["A", "B", "C"], "scale": "nominal"} for i in range(6)}
    items = {f"item{i}": {"text": f"Item {i}?", "labels": ["Low", "Mid", "High", "Top"]} for i in range(6)}
    return of.codebook(votes | items)


@pytest.fixture(scope="module")
def opinions(codebook) -> pl.DataFrame:
    """A model whose answers are those of people, too sharp."""
    rng = np.random.default_rng(11)
    rows = codebook.select("question", "choice")
    human = pl.concat(
        rows.with_columns(
            demographic=pl.lit(group), source=pl.lit("human"), prob=pl.Series(rng.gamma(1.5, size=len(rows)))
        )
        for group in GROUPS
    )
    model = human.with_columns(source=pl.lit(SOURCE), prob=pl.col("prob").pow(3))
    share = pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source")
    n_eff = pl.when(pl.col("source") == "human").then(80.0)
    return pl.concat([human, model]).with_columns(share, n_eff=n_eff)


def mean_over_groups(scores: pl.DataFrame) -> list[float]:
    """The mean score by each metric, without `all`, whose people the groups hold."""
    groups = scores.filter(pl.col("demographic") != "all")
    return groups.group_by("metric").agg(pl.col("alignment").mean()).sort("metric")["alignment"].to_list()


def test_a_diagnosis_of_both_scales_has_a_row_for_each(opinions, codebook):
    found = of.diagnose(opinions, codebook, folds=4, seed=1)
    assert found["metric"].to_list() == ["total_variation", "wasserstein"]
    assert found["raw"].to_list() == pytest.approx(mean_over_groups(of.align(opinions, codebook)))
    votes = found.row(0, named=True)
    assert votes["alignment"] > votes["raw"] + 0.1 > votes["no_model"]
    assert votes["over_placebo_conf_low"] > 0
    assert votes["skill"] > 0.5
    one = of.diagnose(opinions, codebook, folds=4, seed=1, metric="total_variation")
    assert one["metric"].to_list() == ["total_variation"]


def test_a_diagnosis_of_votes_alone(opinions, codebook):
    votes = opinions.filter(pl.col("question").str.starts_with("vote"))
    found = of.diagnose(votes, codebook, folds=3, seed=1).row(0, named=True)
    assert found["metric"] == "total_variation"
    assert found["alignment"] > found["raw"]


@pytest.mark.parametrize("metric", ["hellinger", "by scale"])
def test_without_a_ceiling_all_is_said_but_the_skill(opinions, codebook, metric):
    """Hellinger has no known ceiling, and people whose number is not known have none by any metric."""
    people = opinions if metric == "hellinger" else opinions.drop("n_eff")
    found = of.diagnose(people, codebook, method="ridge", folds=4, seed=1, metric=metric)
    assert found["metric"].to_list() == (["hellinger"] if metric == "hellinger" else ["total_variation", "wasserstein"])
    assert found["raw"].to_list() == pytest.approx(mean_over_groups(of.align(people, codebook, metric=metric)))
    assert found.select("ceiling", "skill", "skill_conf_low").null_count().sum_horizontal().sum() == 3 * found.height
    assert found["verdict"].null_count() == 0


def test_people_of_unknown_number_leave_the_skill_to_the_others(opinions, codebook):
    """Cells without a ceiling count in every column but this one."""
    unknown = pl.col("demographic") == "sex=M"
    partly = opinions.with_columns(n_eff=pl.when(~unknown).then("n_eff"))
    found, whole = (of.diagnose(rows, codebook, method="ridge", folds=4, seed=1) for rows in (partly, opinions))
    assert found["alignment"].to_list() == pytest.approx(whole["alignment"].to_list(), abs=1e-12)
    assert found["skill"].null_count() == 0
    assert found["skill"].to_list() != whole["skill"].to_list()


@pytest.mark.parametrize("method", ["linear", "default"])
def test_a_learning_curve_has_a_row_for_each_metric(opinions, codebook, method):
    curve = of.learning_curve(opinions, codebook, method=method, sizes=[4, 12], draws=3, seed=1)
    assert curve["metric"].unique().sort().to_list() == ["total_variation", "wasserstein"]
    assert not curve.select("method", "n_train", "metric").is_duplicated().any()
    nominal = curve.filter(method="mean-of-labels", metric="total_variation")
    uniform = curve.filter(method="uniform", metric="total_variation")
    assert nominal["alignment"].to_list() == pytest.approx(uniform["alignment"].to_list())
    draws = of.learning_curve(opinions, codebook, method=method, sizes=[12], draws=3, each_draw=True, seed=1)
    mean = draws.filter(method=method, metric="wasserstein")["alignment"].mean()
    assert curve.filter(method=method, metric="wasserstein", n_train=12)["alignment"].item() == pytest.approx(mean)


def test_an_audit_of_a_split_has_a_row_for_each_metric(opinions, codebook):
    both = of.audit_split(opinions, codebook, split="row", folds=3, seed=1)
    assert both["metric"].to_list() == ["total_variation", "wasserstein"]
    assert both["cells"].to_list() == [18, 18]
    one = of.audit_split(opinions, codebook, split="row", folds=3, seed=1, metric="total_variation")
    assert one.select("metric", "cells").rows() == [("total_variation", 36)]
