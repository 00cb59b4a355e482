"""The stored coverage is what is promised, or said to fail, and its script still makes it so in small."""

import re
from pathlib import Path

import polars as pl
import pytest
from script import loaded

HERE = Path(__file__).parents[2] / "reports" / "inference"
pytestmark = pytest.mark.skipif(not HERE.exists(), reason="reports are not part of the source distribution")

FIRST = "cluster-robust t, new questions for these groups"
BOTH = "cluster-robust t, new questions and new groups"


def script():
    return loaded(HERE / "coverage.py")


@pytest.fixture(scope="module")
def stored():
    return pl.read_csv(HERE / "coverage.csv")


def rows(stored, world, interval):
    chosen = stored.filter(world=world, interval=interval)
    assert len(chosen) >= 2
    return chosen


@pytest.mark.parametrize(
    ("world", "interval"),
    [
        ("plain", FIRST),
        ("random groups", BOTH),
        ("means near 1", "logit"),
        ("20 sources at once", "max-T"),
        ("overlapping people", "people counted once"),
        ("overlapping people", "half-sample replicates"),
    ],
)
def test_what_is_promised_holds(stored, world, interval):
    chosen = rows(stored, world, interval)
    near = 2 * pl.col("covers_error")
    assert chosen.select(((pl.col("covers") + near >= 0.935) & (pl.col("covers") - near <= 0.965)).all()).item()
    assert set(chosen["verdict"].fill_null("")) == {""}


@pytest.mark.parametrize(
    ("world", "interval"),
    [
        ("random groups", FIRST),
        ("20 sources at once", "one by one"),
    ],
)
def test_the_wrong_interval_is_said_to_fail(stored, world, interval):
    assert rows(stored, world, interval)["verdict"].str.contains("short").all()


def test_the_report_says_what_the_table_does(stored):
    text = (HERE / "coverage.md").read_text(encoding="utf-8")
    failing = stored.filter(pl.col("verdict").str.contains("short|rejects"))
    assert f"{len(failing)} of {len(stored)} rows fail." in text
    assert len(re.findall(r"^\| .*\*\*.*\*\* \|$", text, re.MULTILINE)) == len(failing)


def test_the_script_in_small():
    report = script()
    both, alone = (
        [row for row in report.tested("random groups", 24, 300, 99) if row["interval"] == name]
        for name in (BOTH, FIRST)
    )
    assert both[0]["covers"] > 0.9 > alone[0]["covers"]
    assert "short" in alone[0]["verdict"]
    logit, plain = report.near_one(5, 1_000)
    assert logit["covers"] > plain["covers"]
    assert report.verdict(0.99, None, [0.001, None]) == "wide"
    assert report.verdict(0.95, 0.1, [0.01, 0.01]) == "rejects too often"
    table = pl.DataFrame([*both, *alone, logit, plain], infer_schema_length=None)
    assert "| random groups | 24 |" in report.report(table)
