"""Intervals hold what is possible: logits by hand and by scipy, coverage of skewed scores, few and extreme ones."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

import opinionframe as of
from opinionframe.errors import OptionError

METHODS = ("paired t", "cluster-robust t", "cluster-robust t (CR1)", "cluster bootstrap", "sign-flip")


def scored(table, groups=1):
    """Alignment rows of a source for each row of `table`, shape (sources, questions)."""
    rows = [
        (f"q{q}", f"g={g}", f"s{s}", float(value)) for (s, q), value in np.ndenumerate(table) for g in range(groups)
    ]
    return pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")


def test_a_logit_interval_by_hand():
    scores = np.array([[0.9, 0.8, 0.98, 0.96]])
    ours = of.intervals(scored(scores)).row(0, named=True)
    mean, error = scores.mean(), scores.std(ddof=1) / 2
    half = stats.t.ppf(0.975, 3) * error / (mean * (1 - mean))
    ends = special.expit(special.logit(mean) + np.array([-half, half]))
    assert (ours["conf_low"], ours["conf_high"]) == pytest.approx(tuple(ends))
    assert ours["std_error"] == pytest.approx(error)
    plain = of.intervals(scored(scores), interval="plain").row(0, named=True)
    assert (plain["conf_low"], plain["conf_high"]) == pytest.approx((mean - stats.t.ppf(0.975, 3) * error, 1.0))


@pytest.mark.parametrize("questions", [4, 8, 20])
def test_logit_intervals_of_skewed_scores_cover_where_plain_ones_fall_short(questions):
    rng = np.random.default_rng(questions)
    aligned = scored(np.clip(1 - np.abs(rng.normal(0, 0.06, (2_000, questions))), 0, 1))
    truth = 1 - 0.06 * np.sqrt(2 / np.pi)
    covers = (pl.col("conf_low") <= truth) & (pl.col("conf_high") >= truth)
    share = {way: of.intervals(aligned, interval=way).select(covers.mean()).item() for way in ("logit", "plain")}
    assert 0.935 <= share["logit"] <= 0.965
    assert share["plain"] < share["logit"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.sampled_from(METHODS), st.sampled_from(["logit", "plain"]))
def test_no_interval_leaves_what_is_possible(scores, method, interval):
    aligned = pl.concat([scored(np.array([scores, scores[::-1]]), groups=2), scored(np.zeros((1, len(scores))))])
    aligned = aligned.unique(["question", "demographic", "source"], maintain_order=True)
    keep = {"method": method, "draws": 50, "seed": 1}
    means = of.intervals(aligned, interval=interval, **keep).drop_nulls("conf_low")
    assert ((means["conf_low"] >= 0) & (means["conf_high"] <= 1)).all()
    assert (means["conf_low"] <= means["alignment"] + 1e-9).all()
    assert (means["alignment"] <= means["conf_high"] + 1e-9).all()
    tests = of.compare(aligned, pair=[("s0", "s1")], **keep).drop_nulls("conf_low")
    assert ((tests["conf_low"] >= -1) & (tests["conf_high"] <= 1)).all()


def test_differences_are_cut_off_at_what_is_possible_and_keep_their_tests():
    aligned = scored(np.array([[1.0, 0.9], [0.1, 0.3]]))
    test = of.compare(aligned, pair=[("s0", "s1")], method="paired t").row(0, named=True)
    theirs = stats.ttest_1samp([0.9, 0.6], 0.0)
    assert theirs.confidence_interval().high > 1
    assert (test["conf_low"], test["conf_high"]) == pytest.approx((-1.0, 1.0))
    assert test["p_value"] == pytest.approx(theirs.pvalue)
    same = of.equivalence(aligned, margin=0.5, pair=[("s0", "s1")])
    assert same["conf_high"].item() == 1.0


def test_a_mean_at_the_end_of_the_scale_has_the_interval_that_its_spread_gives():
    flat = of.intervals(scored(np.array([[1.0, 1.0, 1.0]])))
    assert flat.select("conf_low", "conf_high").row(0) == (None, None)
    fitted = scored(np.array([[1.0, 1.0, 1.0]])).with_columns(
        source=pl.lit("m|logprob|base|standard|ridge"), fit_influence=0.02
    )
    row = of.intervals(fitted).row(0, named=True)
    assert (row["conf_low"] < 1, row["conf_high"]) == (True, 1.0)


def test_an_unknown_interval_is_refused():
    with pytest.raises(OptionError, match="interval='wald' is not known. Allowed: logit, plain"):
        of.intervals(scored(np.array([[0.5, 0.6]])), interval="wald")
