"""Fits that share work between folds, and between pairs of folds: each is that of the rows that are left."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from world import SHARP, WISE

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.cells import cells
from opinionframe.calibration.methods.dirichlet import fit_dirichlet, predict_dirichlet
from opinionframe.calibration.methods.registry import calibrator_of
from opinionframe.calibration.supervision import Plan, row_numbers, supervise, with_folds

EXACT = 1e-10


@pytest.fixture(scope="module")
def folded(world):
    """Two sources in four folds, some cells without a label, rows in no order."""
    plan = Plan(folds=4, seed=1)
    rows = world.opinions.filter(world.opinions["source"].is_in(["human", SHARP, WISE]))
    supervision = with_folds(supervise(rows.sample(fraction=1, shuffle=True, seed=5), world.codebook, plan), plan)
    asked = world.llm["question"].unique().sort()
    unlabelled = supervision.rows["question"].is_in(asked.head(2).implode())
    target = supervision.rows["target"].set(unlabelled, None)
    return replace(supervision, rows=supervision.rows.with_columns(target=target))


@pytest.mark.parametrize("method", ["power", "dirichlet", "cumulative", "kriging", "no-model"])
def test_every_fold_is_predicted_as_by_a_fit_of_its_own(method, folded):
    """`fit` and `predict` see the rows of the other folds, and no other."""
    calibrator = calibrator_of(method)
    together = calibrator.crossfit(folded, 1)
    alone = Calibrator.crossfit(calibrator, folded, 1)
    number = row_numbers(together, alone)
    assert (number >= 0).all()
    np.testing.assert_allclose(together["prob"], alone["prob"].to_numpy()[number], atol=EXACT)


@pytest.mark.parametrize("method", ["power", "dirichlet", "cumulative", "kriging", "no-model"])
@pytest.mark.parametrize("only", [None, 2])
def test_pairs_of_folds_are_predicted_as_by_a_cross_fit_with_them_joined(method, only, folded):
    """One pair and two folds that rest, then two pairs; where one fold is asked for, it is predicted alone."""
    calibrator, schedule = calibrator_of(method), [[(2, 0)], [(0, 1), (2, 3)]]
    part = replace(folded, only=only)
    for once, anew in zip(
        calibrator.crossfit_rounds(part, schedule, 1),
        Calibrator.crossfit_rounds(calibrator, part, schedule, 1),
        strict=True,
    ):
        np.testing.assert_allclose(once, anew, atol=EXACT)
        assert np.isnan(once).any() == (only is not None)


def test_dirichlet_coefficients_are_those_of_scipy(folded):
    """Without fold 1: the least cross-entropy, weighed by trust, plus half the squared way from (1, 0, 0)."""
    rows = folded.rows.filter(source=WISE).drop_nulls("target")
    table = cells(rows, folded.codebook)
    fold = np.zeros(len(table.trust), dtype=np.int64)
    fold[table.place[:, 0]] = rows["fold"].to_numpy()
    kept = table.part(fold != 1)

    def loss(b):
        shares = predict_dirichlet(kept, dict(zip(("log_share", "place", "place_squared"), b, strict=True)))
        terms = np.where(kept.inside, kept.target * np.log(np.maximum(shares, 1e-300)), 0.0)
        return -(kept.trust @ terms.sum(axis=1)) + ((b - [1, 0, 0]) ** 2).sum() / 2

    found = minimize(loss, [1.0, 0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    every, without = fit_dirichlet(table, fold, [(), (1,)])
    assert list(without.values()) == pytest.approx(found.x, abs=1e-5)
    assert list(every.values()) != pytest.approx(found.x, abs=1e-3)
