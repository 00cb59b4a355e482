"""What a member would have said where it has no answer, by hand and against a regression on dummies."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression

from opinionframe.calibration.stacking.filled import filled

GROUPS = ("sex=Female", "sex=Male", "age=18-29")


def frame(**members: list[float | None]) -> pl.DataFrame:
    """One question of two choices, three groups; the share of the first choice by member."""
    cells = [
        {"question": "q", "demographic": group, "choice": choice}
        | {
            name: None if first[i] is None else (first[i] if choice == 1 else 1 - first[i])
            for name, first in members.items()
        }
        for i, group in enumerate(GROUPS)
        for choice in (1, 2)
    ]
    return pl.DataFrame(cells, schema_overrides=dict.fromkeys(members, pl.Float64))


def first(table: pl.DataFrame, member: str) -> list[float]:
    return table.filter(choice=1)[member].to_list()


def test_a_member_keeps_its_distance_to_the_others():
    """`b` is .2 and .3 above `a` where both answered, so .25 above it where it did not."""
    table = filled(frame(a=[0.2, 0.3, 0.5], b=[0.4, 0.6, None]), ["a", "b"])
    assert first(table, "a") == [0.2, 0.3, 0.5]
    assert first(table, "b") == pytest.approx([0.4, 0.6, 0.75], abs=1e-6)
    assert table.filter(choice=2)["b"].to_list() == pytest.approx([0.6, 0.4, 0.25], abs=1e-6)


def test_what_is_filled_is_a_distribution():
    table = filled(frame(a=[0.5, 0.5, 0.9], b=[0.9, 0.9, None]), ["a", "b"])
    assert first(table, "b")[2] == 1.0
    assert table.filter(choice=2)["b"].to_list()[2] == 0.0


def test_a_member_that_was_not_asked_the_question_stays_unknown():
    table = filled(frame(a=[0.2, 0.3, 0.5], b=[None] * 3), ["a", "b"])
    assert table["b"].null_count() == 6


def test_several_gaps_against_a_regression_on_dummies():
    rng = np.random.default_rng(3)
    values = 0.3 + 0.4 * rng.random((3, 4))
    gaps = np.zeros_like(values, dtype=bool)
    gaps[0, 1] = gaps[1, 3] = gaps[2, 0] = True
    members = {name: [None if gaps[i, m] else float(values[i, m]) for i in range(3)] for m, name in enumerate("abcd")}
    table = filled(frame(**members), list("abcd"))
    group, member = np.indices(values.shape)
    dummies = np.concatenate([np.eye(3)[group[~gaps]], np.eye(4)[member[~gaps]]], axis=1)
    fit = LinearRegression(fit_intercept=False).fit(dummies, values[~gaps])
    expected = fit.predict(np.concatenate([np.eye(3)[group[gaps]], np.eye(4)[member[gaps]]], axis=1))
    got = np.array([first(table, name) for name in "abcd"]).T
    assert got[gaps] == pytest.approx(expected, abs=1e-6)
    assert (got[~gaps] == values[~gaps]).all()


def test_a_chain_of_members_is_filled_exactly():
    """Each of ten members shares one group with the next alone: the first is known in the last group through all."""
    mean, departure = np.linspace(0.3, 0.6, 11), np.linspace(-0.1, 0.1, 10)
    names = [f"m{number}" for number in range(10)]
    truth = mean[:, None] + departure
    cells = [
        {"question": "q", "demographic": f"age={group:02}", "choice": choice}
        | {name: abs(choice - 1 - truth[group, m]) if group in (m, m + 1) else None for m, name in enumerate(names)}
        for group in range(11)
        for choice in (1, 2)
    ]
    table = filled(pl.DataFrame(cells, schema_overrides=dict.fromkeys(names, pl.Float64)), names)
    assert table.filter(choice=1).select(names).to_numpy() == pytest.approx(truth, abs=1e-9)


def test_members_that_nothing_links_are_taken_to_agree():
    table = filled(frame(a=[0.2, None, None], b=[None, 0.6, 0.8]), ["a", "b"])
    assert first(table, "a") == pytest.approx([0.2, 0.6, 0.8])
    assert first(table, "b") == pytest.approx([0.2, 0.6, 0.8])
