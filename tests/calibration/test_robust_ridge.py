"""The ridge under absolute error: against a plain loop over inner folds and settings."""

from itertools import product

import numpy as np
import pytest

from opinionframe.calibration.methods.kriging.robust_ridge import (
    INNER,
    LIGHT,
    NEAR,
    PSEUDO,
    STEPS,
    Problem,
    robust_ridge,
)


def plain(problem: Problem, seed: int) -> np.ndarray:
    """One setting, one fold and one equation at a time."""

    def solved(x, y, w, penalty, target):
        gram = x.T @ np.diag(w) @ x
        ridge = np.diag(penalty * np.diag(gram) + 1e-9)
        return np.linalg.solve(gram + ridge, x.T @ (w * y) + ridge @ target)

    def penalty(pseudo, name):
        return np.array([LIGHT if human and name != "raw" else pseudo for human in problem.human])

    distinct = np.unique(problem.question)
    dealt = dict(zip(distinct, np.random.default_rng(seed).permutation(len(distinct)) % INNER, strict=True))
    fold = np.array([dealt[question] for question in problem.question])
    errors = {}
    for pseudo, name in product(PSEUDO, problem.targets):
        errors[pseudo, name] = 0.0
        for held in range(fold.max() + 1):
            out, kept = fold == held, fold != held
            questions = len(np.unique(problem.question[kept]))
            rows = problem.x[kept], problem.y[kept], problem.w[kept]
            b = solved(*rows, penalty(pseudo, name) / questions, problem.targets[name])
            errors[pseudo, name] += (problem.w[out] * np.abs(problem.y[out] - problem.x[out] @ b)).sum()
    pseudo, name = min(errors, key=errors.get)
    ridge = penalty(pseudo, name) / len(distinct)
    b = solved(problem.x, problem.y, problem.w, ridge, problem.targets[name])
    for _ in range(STEPS):
        near = np.maximum(np.abs(problem.y - problem.x @ b), NEAR)
        b = solved(problem.x, problem.y, problem.w / near, ridge, problem.targets[name])
    return b


@pytest.mark.parametrize("questions", [2, 7, 23])
@pytest.mark.parametrize("noise", [0.02, 0.5])
def test_coefficients_are_those_of_a_plain_loop(questions, noise):
    """Rows of a question do not stand together, and its number says nothing."""
    rng = np.random.default_rng(questions)
    x = rng.normal(size=(40 * questions, 4))
    question = rng.permutation(np.repeat(rng.choice(500, questions, replace=False), 40))
    problem = Problem(
        x=x,
        y=x @ np.array([0.8, 0.1, 0.0, -0.3]) + noise * rng.standard_t(3, len(x)) + 0.1 * (question % 3),
        w=rng.uniform(0.1, 1, len(x)),
        question=question,
        human=np.array([False, False, True, True]),
        targets={"baseline": np.zeros(4), "raw": np.array([1.0, 0, 0, 0])},
    )
    assert robust_ridge(problem, seed=3) == pytest.approx(plain(problem, seed=3), abs=1e-10)
