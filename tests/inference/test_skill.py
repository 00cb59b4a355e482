"""Skill and its interval: by hand, against a search over ratios, and where there is no room to tell."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from opinionframe.inference.skill import skills


def cells(gain, room):
    """One row per cell from arrays (questions, groups)."""
    rows = [("m", f"q{q}", float(gain[q, g]), float(room[q, g])) for q, g in np.ndindex(gain.shape)]
    return pl.DataFrame(rows, schema=["source", "question", "gain", "room"], orient="row")


def test_the_interval_holds_the_ratios_that_a_test_does_not_reject():
    rng = np.random.default_rng(1)
    room = 0.1 + rng.normal(0, 0.03, (12, 1)) + rng.normal(0, 0.01, (12, 4))
    gain = 0.6 * room + rng.normal(0, 0.02, (12, 1))
    skill, low, high = skills(cells(gain, room), ["source"]).select(pl.exclude("source")).row(0)
    assert skill == pytest.approx(gain.mean() / room.mean())
    for bound in (low, high):
        p = stats.ttest_1samp((gain - bound * room).mean(axis=1), 0.0).pvalue
        assert p == pytest.approx(0.05, abs=1e-9)
    assert low < skill < high


def test_no_room_no_skill():
    rng = np.random.default_rng(2)
    room = rng.normal(0.002, 0.03, (10, 5))
    for none in (room, -np.abs(room)):
        assert skills(cells(room, none), ["source"]).select(pl.exclude("source")).row(0) == (None, None, None)
    alone = cells(np.full((1, 5), 0.1), np.full((1, 5), 0.2))
    assert skills(alone, ["source"]).select(pl.exclude("source")).row(0) == (None, None, None)
