"""The blend: its weights against another minimiser and by hand, and what it is for: no loss where one member is bad."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.optimize import minimize
from scipy.special import softmax
from world import CUBED, PARROT, SHARP, WISE

import opinionframe as of
from opinionframe.calibration.methods.blend.weights import NEAR, pulled_mixture
from opinionframe.calibration.methods.cellwise import Cellwise
from opinionframe.calibration.methods.kriging.kriging import Kriging
from opinionframe.calibration.methods.lines import Lines

FREE = ["no-model", "power", "ridge"]
MEMBERS = ["kriging", "dirichlet", "power", "no-model", "ridge"]
CHOICE = ["question", "demographic", "choice"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("strength", [0.0, 5.0, 200.0])
def test_weights_are_those_of_scipy(seed, strength):
    """The same sum of errors and relative entropy, smooth near zero, written out and minimised over logits."""
    rng = np.random.default_rng(seed)
    x, y, weight = rng.random((40, 4)), rng.random(40), rng.random(40)
    centre = rng.dirichlet(np.full(4, 2.0))

    def error(away):
        size = np.abs(away)
        return np.average(np.where(size < NEAR, size**2 / (2 * NEAR) + NEAR / 2, size), weights=weight)

    def objective(logits):
        w = softmax(logits)
        return strength * error(x @ w - y) / min(error(member - y) for member in x.T) + (w * np.log(w / centre)).sum()

    found = pulled_mixture(x, y, weight, centre, strength)
    other = minimize(objective, np.log(centre), options={"gtol": 1e-7})
    assert objective(np.log(found)) <= other.fun + 1e-5
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, softmax(other.x), atol=0.03)


def test_weights_by_hand():
    """One member is right and the other 0.5 off; both would err by less than NEAR, were the first's error not NEAR / 2.

    At weight w of the other the error is 0.5 w beyond w = 0.04 and flat at zero; the scale is the first's, NEAR / 2 =
    0.01. With strength s the weight is where 50 s = log((1 - w) / w): the odds fall by a factor of exp(50 s).
    """
    x, y, even = np.array([[0.2, 0.7]]), np.array([0.2]), np.array([0.5, 0.5])
    for strength in (0.0, 0.01, 0.05):
        odds = np.exp(50 * strength)
        found = pulled_mixture(x, y, np.ones(1), even, strength)
        assert found == pytest.approx([odds / (1 + odds), 1 / (1 + odds)], abs=1e-5)


def test_questions_move_weights_from_where_they_are_pulled_to():
    """Two members say 0.2 and 0.6 at one threshold, 0.9 and 0.1 at the other; people a quarter of the way from one."""
    x = np.array([[0.2, 0.6], [0.9, 0.1]])
    y, even = x @ [0.25, 0.75], np.array([0.5, 0.5])
    first = [pulled_mixture(x, y, np.ones(2), even, strength)[0] for strength in (0.0, 0.2, 1e4)]
    assert first[0] == pytest.approx(0.5)
    assert 0.25 < first[1] < 0.5
    assert first[2] == pytest.approx(0.25, abs=0.01)


def test_a_threshold_counts_as_often_as_its_weight_says():
    x, y, even = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([0.0, 1.0]), np.array([0.5, 0.5])
    first = [pulled_mixture(x, y, np.array([weight, 1.0]), even, 5.0)[0] for weight in (0.5, 1.0, 2.0)]
    assert first[0] < first[1] < first[2]
    assert first[1] == pytest.approx(0.5)


@pytest.mark.parametrize("questions", [24, pytest.param(None, marks=pytest.mark.slow)])
def test_no_source_falls_far_below_what_is_free(world, questions):
    """Raw, uniform and the simple calibrators, source by source, with all labelled questions and with two dozen."""
    asked = world.llm["question"].unique().sort()
    among = pl.col("question").is_in((asked.sample(questions, seed=3) if questions else asked).implode())
    sources = pl.col("source").is_in(["human", PARROT, SHARP, CUBED, WISE])
    rows, book = world.opinions.filter(among, sources), world.codebook.filter(among)
    calibrated = of.calibrate(rows, book, method=["blend", "kriging", *FREE], refits=False, seed=1)
    aligned = of.align(calibrated, book)
    score = dict(aligned.group_by("source").agg(pl.col("alignment").mean()).rows())
    uniform = dict(aligned.group_by("source").agg(pl.col("baseline").mean()).rows())
    raw = [source for source in score if source.count("|") == 3]
    best = {s: max(score[s], uniform[s], *(score[f"{s}|{name}"] for name in FREE)) for s in raw}
    over, of_kriging = ([score[f"{s}|{name}"] - best[s] for s in raw] for name in ("blend", "kriging"))
    assert len(over) == 4
    assert min(over) > max(-0.015, min(of_kriging) / 2)
    assert np.mean(over) > np.mean(of_kriging)


def test_too_few_labelled_questions_to_weigh_by_keep_the_fixed_weights(world):
    asked = world.llm["question"].unique().sort().head(3)
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]), pl.col("question").is_in(asked.implode()))
    book = world.codebook.filter(pl.col("question").is_in(asked.implode()))
    calibrated = of.calibrate(rows, book, method=["blend", *MEMBERS], folds=3, refits=False, seed=1)
    shares = _mixed_by_fixed_weights(calibrated, WISE)
    np.testing.assert_allclose(shares["blend"], shares["mixed"], atol=1e-12)


def _mixed_by_fixed_weights(calibrated, source):
    """One row per choice with the shares of every member of the blend, and `mixed`, their mean by the fixed weights."""
    shares = calibrated.filter(pl.col("source").str.starts_with(source)).pivot("source", index=CHOICE, values="prob")
    shares = shares.rename(lambda name: name.removeprefix(f"{source}|"))
    weights = {"kriging": 0.25, "dirichlet": 0.15, "power": 0.1, "no-model": 0.1, "ridge": 0.05, source: 0.3}
    uniform = 0.05 / pl.len().over("question", "demographic")
    return shares.with_columns(
        mixed=pl.sum_horizontal(pl.col(name) * weight for name, weight in weights.items()) + uniform
    )


def test_weights_and_intervals_share_the_fits_without_pairs(world, monkeypatch):
    """Nine rounds of pairs for ten folds and one of single folds, once per member."""
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]))
    made = []
    once = Cellwise.crossfit_rounds

    def counted(self, supervision, rounds, seed):
        made.append((self.name, [len(pairs) for pairs in rounds]))
        return once(self, supervision, rounds, seed)

    monkeypatch.setattr(Cellwise, "crossfit_rounds", counted)
    twice = of.calibrate(rows, world.codebook, method="blend", seed=1)
    assert sorted(made) == [(name, rounds) for name in ("dirichlet", "power") for rounds in ([0], [5] * 9)]
    assert twice.filter(source=f"{WISE}|blend")["fit_influence"].null_count() == 0


@pytest.mark.parametrize("methods", [["power", "kriging", "blend", "dirichlet"], ["blend", "no-model", "ridge"]])
def test_members_beside_their_blend_are_not_fitted_again(world, monkeypatch, methods):
    """Their intervals come from its rounds, in the order of the methods; each has the values that it has alone."""
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE, SHARP]))
    alone = {method: of.calibrate(rows, world.codebook, method=method, seed=1) for method in methods}
    made = []
    for kind in (Cellwise, Kriging, Lines):
        once = kind.crossfit_rounds

        def counted(self, supervision, rounds, seed, once=once):
            schedule = [list(pairs) for pairs in rounds]
            made.append((self.name, [len(pairs) for pairs in schedule]))
            return once(self, supervision, schedule, seed)

        monkeypatch.setattr(kind, "crossfit_rounds", counted)
    beside = of.calibrate(rows, world.codebook, method=methods, seed=1)
    members = ("dirichlet", "kriging", "no-model", "power", "ridge")
    assert sorted(name for name, rounds in made if rounds == [5] * 9) == sorted(members)
    order = [
        source.rsplit("|", 1)[1] for source in beside["source"].unique(maintain_order=True) if "|standard|" in source
    ]
    assert list(dict.fromkeys(order)) == methods
    for method, frame in alone.items():
        own = pl.col("source").str.ends_with(f"|{method}")
        assert_frame_equal(beside.filter(own), frame.filter(own), abs_tol=1e-12)


def test_weights_do_not_depend_on_how_many_groups_are_taken_at_a_time(world, monkeypatch):
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE, SHARP, CUBED]))
    at_once = of.calibrate(rows, world.codebook, method="blend", seed=1)
    for block in (1, 1_000):
        monkeypatch.setattr("opinionframe.calibration.methods.blend.blend.BLOCK", block)
        assert_frame_equal(of.calibrate(rows, world.codebook, method="blend", seed=1), at_once, abs_tol=1e-12)


def test_a_kept_fit_holds_weights_that_sum_to_one(world):
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]))
    learnt = of.fit(rows, world.codebook, method="blend", seed=1)
    weights = learnt.parameters.filter(pl.col("name").str.starts_with("weight of "))
    assert set(weights["name"]) == {
        f"weight of {m}" for m in ("kriging", "dirichlet", "power", "ridge", "no-model", "raw", "uniform")
    }
    assert weights["value"].sum() == pytest.approx(1)
    assert weights["value"].min() >= 0


def test_a_fit_of_kriging_alone_is_refused_by_the_blend_that_bears_its_name(world):
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]))
    learnt = of.fit(rows, world.codebook, method="kriging", seed=1)
    renamed = replace(learnt, method="blend")
    with pytest.raises(of.errors.FrameError, match=r"no weights of a blend.*method='kriging'"):
        of.apply(rows, world.codebook, renamed)


def test_a_fit_to_a_single_question_keeps_the_fixed_weights(world):
    question = world.llm["question"].sort()[0]
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE]), pl.col("question") == question)
    learnt = of.fit(rows, world.codebook, seed=1)
    weights = learnt.parameters.filter(pl.col("name").str.starts_with("weight of ")).select("name", "value")
    assert dict(weights.rows()) == {
        "weight of kriging": 0.25,
        "weight of dirichlet": 0.15,
        "weight of power": 0.1,
        "weight of no-model": 0.1,
        "weight of ridge": 0.05,
        "weight of raw": 0.3,
        "weight of uniform": 0.05,
    }
    applied = of.apply(rows.filter(source=WISE), world.codebook, learnt).filter(source=f"{WISE}|default")
    sums = applied.group_by("demographic").agg(pl.col("prob").sum())["prob"]
    assert sums.to_list() == pytest.approx([1.0] * len(sums))


def test_a_fold_that_nobody_answered_is_weighed_by_all_labels(world):
    """Weights of its source are fitted to the answers of other folds, as those of a fit that is applied are."""
    asked = world.llm["question"].unique().sort().sample(26, seed=3)
    parts = pl.DataFrame({"question": asked, "part": ["new"] * 2 + [f"p{number % 4}" for number in range(24)]})
    is_new = pl.col("part") == "new"
    rows = world.opinions.filter(pl.col("source").is_in(["human", WISE, PARROT])).join(parts, on="question")
    rows, book = rows.filter(~is_new | (pl.col("source") != "human")), world.codebook.join(parts, on="question")
    book = book.drop("part")
    calibrated = of.calibrate(rows, book, method=["blend", *MEMBERS], split="part", refits=False, seed=1)
    learnt = of.fit(rows.filter(~is_new).drop("part"), book, method="blend", seed=1)
    applied = of.apply(rows.filter(is_new).drop("part"), book, learnt)
    for source in (WISE, PARROT):
        by_fold, at_once = (
            frame.filter(source=f"{source}|blend").join(rows.filter(is_new), on=CHOICE, how="semi").sort(CHOICE)["prob"]
            for frame in (calibrated, applied)
        )
        fixed = _mixed_by_fixed_weights(calibrated.join(rows.filter(is_new), on=CHOICE, how="semi"), source)
        assert (by_fold - at_once).abs().mean() < (by_fold - fixed.sort(CHOICE)["mixed"]).abs().mean() / 3
