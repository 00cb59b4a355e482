"""The report on prediction regions says what its tables hold, and these what is promised of regions."""

import importlib
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from script import importable

import opinionframe as of

FOLDER = Path(__file__).parents[2] / "reports" / "calibration"
TABLES = ("regions.csv", "regions_held_out.csv", "regions_splits.csv")


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch):
    importable(FOLDER, monkeypatch)
    return importlib.import_module("regions")


def test_the_text_is_made_of_its_tables(regions, monkeypatch, tmp_path) -> None:
    for name in TABLES:
        shutil.copy(FOLDER / name, tmp_path)
    monkeypatch.setattr(regions, "HERE", tmp_path)
    regions.write_text()
    assert (tmp_path / "regions.md").read_text(encoding="utf-8") == (FOLDER / "regions.md").read_text(encoding="utf-8")


def test_nine_in_ten_truths_are_held(regions) -> None:
    worlds, by_unit, splits = (pl.read_csv(FOLDER / name).filter(conf=0.9) for name in TABLES)
    for name in ("within", "limits"):
        for table in (worlds, by_unit, splits):
            assert table[name].is_between(88, 93).all()
    assert (worlds["guaranteed"] >= 90).all()
    assert set(worlds["unit"]) == {"question", "topic"}
    assert set(worlds["units"]) >= set(regions.UNITS)


def test_a_world_is_what_the_report_says_of_it(regions) -> None:
    made = regions.world(np.random.default_rng(1), 20, 50, topics=True, heavy=False)
    shares = made["truth"].group_by("question", "demographic").agg(pl.col("truth").sum(), k=pl.len())
    assert shares["truth"].to_numpy() == pytest.approx(1)
    assert set(shares["k"]) == set(regions.CHOICES)
    assert made["codebook"]["topic"].n_unique() == 20
    row = regions.trial(made, topics=True).row(by_predicate=pl.col("conf") == 0.9, named=True)
    assert 80 < row["within"] < 97
    assert row["sample"] > row["within"]


def test_the_verb_states_the_coverage_of_its_report() -> None:
    worlds, by_unit, _ = (pl.read_csv(FOLDER / name).filter(conf=0.9) for name in TABLES)
    said = " ".join(str(of.prediction_regions.__doc__).split())
    row = by_unit.row(by_predicate=(pl.col("unit") == "topic") & (pl.col("n") == "all"), named=True)
    assert f"and {row['least']:.0f} to {row['largest']:.0f}% of the cells of a source" in said
    shares = worlds.select(pl.concat_list("within", "limits").explode())["within"]
    low, high = (int(part) for part in said.partition("at 0.9 between ")[2].partition("%")[0].split(" and "))
    assert int(shares.min()) == low
    assert round(shares.max()) == high
