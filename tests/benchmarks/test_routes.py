"""What the benchmarks compare gives the same numbers, on a small file."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from script import importable

import opinionframe as of

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    """A function that imports a benchmark by its name."""
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks do not lie beside the tests")
    importable(BENCHMARKS, monkeypatch)
    return import_module


@pytest.mark.parametrize("writer", ["write", "write_by_cell"])
def test_synthetic_files_are_opinions(benchmark, writer, tmp_path):
    synthetic = benchmark("synthetic")
    rows = getattr(synthetic, writer)(tmp_path / "rows.parquet", 2, seed=1)
    frame = pl.read_parquet(tmp_path / "rows.parquet")
    assert len(frame) == rows
    aligned = of.align(frame, synthetic.codebook(1))
    assert aligned.group_by("source").len()["len"].to_list() == [synthetic.CELLS] * 2


def test_the_routes_of_align_agree(benchmark, tmp_path):
    for package in ("duckdb", "pandas", "popfidelity"):
        pytest.importorskip(package)
    synthetic, align = benchmark("synthetic"), benchmark("align")
    path, book = tmp_path / "rows.parquet", synthetic.codebook(1)
    synthetic.write(path, 2, seed=1)
    own = align.own(path, book).sort("source")
    expected = own["alignment"].to_numpy()
    np.testing.assert_allclose(align.kernel(*align.arranged(path, book)), expected, atol=1e-12)
    for route in (align.popfidelity_frames, align.scipy_loop):
        found = route(path, book)
        np.testing.assert_allclose([found[source] for source in own["source"]], expected, atol=1e-12)


def test_a_peak_is_that_of_the_process_alone(benchmark):
    benchmark("timing")
    held = np.ones(50_000_000)  # 0.4 GB, which getrusage would hand on to what is started
    code = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import timing; print(timing.peak())"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert 0.005 < float(told) < 0.1 < held.nbytes / 1e9
