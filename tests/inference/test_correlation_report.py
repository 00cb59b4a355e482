"""The stored coverage of intervals of correlations is near 95%, and its script still makes it so in small."""

from pathlib import Path

import polars as pl
import pytest
from script import loaded

HERE = Path(__file__).parents[2] / "reports" / "inference"
pytestmark = pytest.mark.skipif(not HERE.exists(), reason="reports are not part of the source distribution")


def script():
    return loaded(HERE / "correlation.py")


def test_what_is_kept_covers_everywhere_and_the_others_fall_short_somewhere():
    stored = pl.read_csv(HERE / "correlation.csv")
    assert stored["questions"].unique().sort().to_list() == [12, 24, 60]
    assert (stored["jackknife"] > 0.93).all()
    assert (stored["jackknife"] < 0.985).all()
    assert stored["first_order"].min() < 0.9
    assert stored.filter(world="knows nearly all")["fisher_z"].max() < 0.93
    text = (HERE / "correlation.md").read_text(encoding="utf-8")
    assert text == script().written(stored, 2000)


def test_the_script_in_small():
    row = script().measured("unequal questions", 24, 120)
    assert row["jackknife"] > row["first_order"]
    assert row["studies"] + row["no_interval"] == 120
