"""The stored simulation says what is promised, and its script still says so in small."""

from pathlib import Path

import polars as pl
import pytest
from script import loaded

HERE = Path(__file__).parents[2] / "reports" / "inference"
pytestmark = pytest.mark.skipif(not HERE.exists(), reason="reports are not part of the source distribution")

ORDINARY = ["normal", "weak", "unequal", "survey"]


def script():
    return loaded(HERE / "simulate.py")


def stored():
    return pl.read_csv(HERE / "simulation.csv")


def test_the_default_keeps_its_size_and_coverage_where_the_naive_test_does_not():
    ordinary = stored().filter(pl.col("world").is_in(ORDINARY), pl.col("studies") >= 10_000)
    for method in ("cluster-robust t", "cluster bootstrap", "sign-flip"):
        rows = ordinary.filter(method=method)
        assert sorted(rows["questions"].unique()) == [20, 40, 100]
        assert rows["rejects"].is_between(0.04, 0.06).all()
        assert rows["covers"].is_between(0.935, 0.965).all()
    naive = stored().filter(method="paired t")
    assert (naive["rejects"] > 0.1).all()


def test_stress_is_stored_as_it_is():
    rows = stored().filter(questions=20)
    skewed = dict(rows.filter(world="skewed").select("method", "rejects").rows())
    assert skewed["cluster bootstrap"] < skewed["cluster-robust t"]
    crossed = stored().filter(pl.col("method").str.ends_with("two-way"))
    assert crossed["rejects"].is_between(0.035, 0.06).all()


def test_power_and_ceiling():
    others = pl.read_csv(HERE / "others.csv")
    power = others.filter(pl.col("quantity").str.starts_with("power"))["share"]
    cover = others.filter(pl.col("quantity").str.starts_with("coverage"))["share"]
    assert power.is_between(0.78, 0.82).all()
    assert cover.is_between(0.935, 0.965).all()


def test_the_script_in_small():
    ours = dict(
        script().study("normal", questions=20, studies=500, draws=199, seed=1).select("method", "rejects").rows()
    )
    assert ours["paired t"] > 0.4
    assert 0.02 < ours["cluster-robust t"] < 0.08
