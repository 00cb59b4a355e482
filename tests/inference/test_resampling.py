"""Bootstrap, sign flips and max-T: against enumeration, loops over resampled cells, and each other."""

import itertools
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.errors import OptionError
from opinionframe.inference import compare

A, B = "a", "b"


def frame(differences, source=A, versus=B):
    """Alignment rows of two sources from (question, demographic, difference)."""
    rows = [(q, d, s, 0.5 + (x if s == source else 0.0)) for q, d, x in differences for s in (source, versus)]
    cells = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
    return cells.with_columns(baseline=pl.lit(0.5), ceiling=pl.lit(None, pl.Float64))


def clustered(seed, sizes, mean=0.03):
    rng = np.random.default_rng(seed)
    effect = rng.normal(mean, 0.08, len(sizes))
    return [
        (f"q{q}", f"class={d}", effect[q] + rng.normal(0, 0.04)) for q, size in enumerate(sizes) for d in range(size)
    ]


def one(tests):
    assert len(tests) == 1
    return tests.row(0, named=True)


def test_sign_flips_enumerate_small_sets():
    sizes = (3, 1, 2, 4, 2, 5, 3, 2)
    differences = clustered(1, sizes)
    ours = one(compare(frame(differences), pair=[(A, B)], method="sign-flip", adjust="none", conf=0.9, seed=1))
    sums = np.array([sum(x for q, _, x in differences if q == f"q{i}") for i in range(len(sizes))])

    def p_value(shift):
        moved = sums - shift * np.array(sizes)
        flips = np.array(list(itertools.product((1, -1), repeat=len(sizes))))
        return np.mean(np.abs(flips @ moved) >= abs(moved.sum()) - 1e-12)

    assert ours["p_value"] == pytest.approx(p_value(0.0))
    for bound, inward in ((ours["conf_low"], 1e-9), (ours["conf_high"], -1e-9)):
        assert p_value(bound + inward) > 0.1
        assert p_value(bound - inward) <= 0.1


def test_too_few_clusters_for_an_interval():
    ours = one(compare(frame(clustered(2, (2, 2, 2, 2))), pair=[(A, B)], method="sign-flip", seed=1))
    assert ours["p_value"] >= 1 / 8
    assert (ours["conf_low"], ours["conf_high"]) == (None, None)


def test_bootstrap_is_the_loop_over_resampled_cells():
    sizes = (3, 1, 2, 4, 2, 5, 3, 2, 3, 4)
    differences = clustered(3, sizes)
    ours = one(compare(frame(differences), pair=[(A, B)], method="cluster bootstrap", draws=400, seed=7))
    groups = [np.array([x for q, _, x in differences if q == f"q{i}"]) for i in range(len(sizes))]
    drawn = np.random.default_rng(7).integers(0, len(sizes), (400, len(sizes)))

    def mean_and_error(chosen):
        cells = np.concatenate(chosen)
        residual = sum((group - cells.mean()).sum() ** 2 for group in chosen)
        return cells.mean(), np.sqrt(len(chosen) / (len(chosen) - 1) * residual) / len(cells)

    mean, error = mean_and_error(groups)
    draws = np.array([mean_and_error([groups[i] for i in row]) for row in drawn])
    ratios = np.abs(draws[:, 0] - mean) / draws[:, 1]
    assert ours["std_error"] == pytest.approx(error, rel=1e-10)
    assert ours["p_value"] == pytest.approx((1 + (ratios >= mean / error).sum()) / 401)
    half = np.quantile(ratios, 0.95, method="higher") * error
    assert (ours["conf_low"], ours["conf_high"]) == pytest.approx((mean - half, mean + half), rel=1e-9)


@pytest.mark.parametrize(("questions", "conf"), [(3, 0.95), (4, 0.99), (5, 0.998)])
def test_bootstrap_of_few_questions_gives_no_interval(questions, conf):
    """Draws of one question alone, a ninth of all with three questions, have no spread to studentise by."""
    rows = [(q, d, x) for seed in range(20) for q, d, x in clustered(seed, [10] * questions)]
    for start in range(0, len(rows), 10 * questions):
        ours = one(
            compare(
                frame(rows[start : start + 10 * questions]),
                pair=[(A, B)],
                method="cluster bootstrap",
                conf=conf,
                adjust="none",
                draws=2_000,
                seed=1,
            )
        )
        assert (ours["conf_low"], ours["conf_high"]) == (None, None)
        assert ours["p_value"] > 0.8 / questions ** (questions - 1)  # the share of such draws
        assert 0 < ours["std_error"] < 0.2


def test_bootstrap_intervals_lie_on_the_scale():
    ours = one(compare(frame(clustered(1, [10] * 6)), pair=[(A, B)], method="cluster bootstrap", seed=1))
    assert ours["conf_high"] - ours["conf_low"] < 0.5


def test_two_way_bootstrap_is_wider_where_groups_matter():
    rng = np.random.default_rng(4)
    question, group = rng.normal(0.02, 0.03, 30), rng.normal(0, 0.08, 12)
    cells = frame(
        [(f"q{q}", f"class={d}", question[q] + group[d] + rng.normal(0, 0.02)) for q in range(30) for d in range(12)]
    )
    by_question = one(compare(cells, pair=[(A, B)], method="cluster bootstrap", seed=1))
    both = {
        m: one(compare(cells, pair=[(A, B)], method=m, cluster=["question", "demographic"], seed=1))
        for m in ("cluster bootstrap", "cluster-robust t")
    }
    assert both["cluster bootstrap"]["n_clusters"] == 12
    assert both["cluster bootstrap"]["std_error"] > 2 * by_question["std_error"]
    assert both["cluster bootstrap"]["std_error"] == pytest.approx(both["cluster-robust t"]["std_error"], rel=0.1)


def family(seed=5, sources=6, questions=8):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 0.05, questions)
    shift = [0.0, 0.0, 0.02, 0.05, 0.08, 0.0]
    rows = [
        (f"q{q}", "all", f"s{s}", 0.5 + shift[s] + shared[q] + rng.normal(0, 0.01))
        for s in range(sources)
        for q in range(questions)
    ]
    cells = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
    return cells.with_columns(baseline=pl.lit(0.5), ceiling=pl.lit(None, pl.Float64))


def test_max_t_steps_down_over_the_joint_flips():
    cells = family()
    ours = compare(cells, pair="baseline", method="sign-flip", adjust="max-t", seed=1).sort("source")
    differences = (
        cells.pivot("source", index="question", values="alignment").sort("question").drop("question").to_numpy() - 0.5
    )
    flips = np.array(list(itertools.product((1, -1), repeat=len(differences))))
    statistic = np.abs(flips @ differences) / np.sqrt((differences**2).sum(axis=0))
    order = np.argsort(-statistic[0])
    p, running = {}, 0.0
    for place, column in enumerate(order):
        largest = statistic[:, order[place:]].max(axis=1)
        running = max(running, float(np.mean(largest >= statistic[0, column] - 1e-12)))
        p[f"s{column}"] = running
    assert dict(ours.select("source", "p_adjusted").rows()) == pytest.approx(p)


def test_max_t_lies_between_no_correction_and_bonferroni():
    keep = {"pair": "baseline", "method": "sign-flip", "seed": 1}
    plain, joint, bonferroni = (
        compare(family(), adjust=a, **keep)["p_adjusted"] for a in ("none", "max-t", "bonferroni")
    )
    assert (joint >= plain).all()
    assert (joint <= bonferroni).all()


@pytest.mark.parametrize("method", ["cluster bootstrap", "sign-flip"])
def test_a_comparison_stands_alone(method):
    cells = family(questions=20)
    keep = {"method": method, "adjust": "none", "draws": 500, "seed": 3}
    together = compare(cells, pair="baseline", **keep).filter(source="s3")
    alone = compare(cells, pair=[("s3", "uniform")], **keep)
    assert_frame_equal(together.drop("pair", "family"), alone.drop("pair", "family"))
    other_seed = compare(cells, pair=[("s3", "uniform")], **(keep | {"seed": 4}))
    assert not alone.equals(other_seed)


SCRIPT = """
import numpy as np, polars as pl
from opinionframe.inference import compare
rng = np.random.default_rng(0)
keys = [(f"q{q}", f"class={d}", s) for s in "abcdefgh" for q in range(200) for d in range(5)]
cells = pl.DataFrame(keys, schema=["question", "demographic", "source"], orient="row")
cells = cells.with_columns(alignment=pl.Series(rng.random(len(keys))), baseline=pl.lit(0.5), ceiling=pl.lit(1.0))
for method in ("cluster bootstrap", "sign-flip"):
    for cluster in (["question"], ["question", "demographic"])[: 1 + (method != "sign-flip")]:
        tests = compare(cells, pair="baseline", method=method, cluster=cluster, adjust="holm", draws=999, seed=5)
        print(tests.select(pl.col("p_value", "p_adjusted", "conf_low", "conf_high").round(12)).rows())
"""


def test_threads_do_not_matter(monkeypatch):
    printed = set()
    for threads in ("1", "2"):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
            monkeypatch.setenv(name, threads)
        printed.add(subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, text=True).stdout)
    assert len(printed) == 1


def test_drawing_needs_a_seed_and_flips_one_way():
    cells = family()
    for keywords in ({"method": "sign-flip"}, {"method": "cluster bootstrap"}, {"adjust": "max-t"}):
        with pytest.raises(OptionError, match="pass seed=1"):
            compare(cells, pair="baseline", **keywords)
    with pytest.raises(OptionError, match="takes one cluster column"):
        compare(cells, pair="baseline", method="sign-flip", cluster=["question", "demographic"], seed=1)
    with pytest.raises(OptionError, match="has a name twice"):
        compare(cells, pair="baseline", cluster=["question", "question"])


@pytest.mark.parametrize("method", ["cluster bootstrap", "sign-flip", "cluster-robust t (CR1)"])
@pytest.mark.parametrize(
    "differences", [[0.1, 0.1, 0.1], [0.0, 0.0, 0.0], [0.1]], ids=["constant", "zero", "one cluster"]
)
def test_no_spread_no_test(method, differences):
    cells = frame([(f"q{i}", "all", x) for i, x in enumerate(differences)])
    test = one(compare(cells, pair=[(A, B)], method=method, seed=1))
    assert [test[name] for name in ("statistic", "p_value", "p_adjusted", "conf_low", "conf_high")] == [None] * 5
