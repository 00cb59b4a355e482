"""The benchmarks run on next to nothing, print a line per comparison, and judge ratios by their aims."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from script import importable

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks do not lie beside the tests")


@pytest.fixture
def module(monkeypatch):
    """A function that imports a module of the benchmarks."""
    importable(BENCHMARKS, monkeypatch)
    return import_module


def lines(module, *found):
    row = module("timing").row
    made = [row(*keys, mine, theirs) for *keys, mine, theirs in found]
    return pl.DataFrame(made, infer_schema_length=None)


def test_a_ratio_is_judged_by_its_aim(module):
    table = lines(
        module,
        ("align", "9 cells", "align, lazily", "scipy loop (scaled)", [1.0, 1.0], [150.0, 150.0]),
        ("align", "9 cells", "align, lazily", "DuckDB relation", [1.0], [3.0]),
        ("stream", "one file", "10 rows", "100 rows", [1.0], [12.5]),
        ("elicit", "logprob, 8 answers", "LocalModel, in batches", "matrix products of as many", [1.0], [0.6]),
        ("elicit", "verbalized, 8 answers", "LocalModel, in batches", "matrix products of as many", [1.0], [0.6]),
        ("study", "the demo's", "from answers to report", "its imports alone", [3.0, 3.9, 5.0], [1.0, 1.0, 1.0]),
    )
    judged = module("aims").judged(table)
    assert judged.select("aim", "met").rows() == [
        ("at least 150", "met"), ("", ""), ("at most 12", "missed"), ("at least 0.75", "missed"),
        ("at least 0.5", "met"), ("at most 4 s", "met"),
    ]  # fmt: skip


def test_a_line_says_ours_beside_ratio_aim_and_whether_it_was_met(module):
    found = ("align", "9 cells", "align, lazily", "scipy loop", [1.0, 2.0, 3.0], [100.0, 300.0, 600.0])
    judged = module("aims").judged(lines(module, found))
    assert module("summary").printed(judged).splitlines() == [
        "",
        "align",
        "  9 cells",
        "    align, lazily 2 s | scipy loop 300 s | ratio 150 (100 to 200), at least 150: met",
        "",
        "1 aims met, 0 missed, 0 lines not measured.",
    ]


def test_what_was_not_measured_says_so(module):
    note = "not measured: no GPU"
    line = {"benchmark": "elicit", "size": "1B shape", "route": None, "beside": None, "ratio": None, "note": note}
    text = module("summary").printed(module("aims").judged(pl.DataFrame([line])))
    assert note in text
    assert "1 lines not measured." in text


def test_every_kept_line_is_in_the_report_with_its_aim(module):
    kept = pl.read_csv(ROOT / "reports" / "benchmarks.csv")
    judged = module("aims").judged(kept)
    text = (ROOT / "reports" / "benchmarks.md").read_text(encoding="utf-8").split("|---|", 1)[1]
    assert set(judged["met"]) == {"met", "missed", "not measured", ""}
    assert text.count("| missed |") == (judged["met"] == "missed").sum()
    assert text.count("| met |") == (judged["met"] == "met").sum()


@pytest.mark.slow
def test_a_tiny_run_measures_every_benchmark_and_writes_nothing(module):
    report = ROOT / "reports" / "benchmarks.csv"
    before = report.read_bytes()
    run = [sys.executable, str(BENCHMARKS / "run.py"), "--tiny"]
    said = subprocess.run(run, check=True, capture_output=True, text=True, timeout=900).stdout
    for name in ("align", "stream", "start-up", "study", "calibrate", "methods", "scale", "bootstrap", "elicit"):
        assert f"\n{name}\n" in said
    assert said.count("ratio") > 20
    assert report.read_bytes() == before
