"""Time and peak memory of `align` from Parquet to group means of 10 and 100 million rows, in fresh processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from synthetic import write, write_by_cell
from timing import ROUNDS, Row, row

SEED = 1
FILES = 10
SORTED = ".set_sorted('question', 'demographic', 'source')"
PROCESS = """
import json, sys, time
import polars as pl, opinionframe as of
sys.path.insert(0, {here!r})
from synthetic import codebook
from timing import peak
start = time.perf_counter()
for path, part in [(path, part) for path in {paths!r} for part in range({parts})]:
    rows = pl.scan_parquet(path){declared}
    if {parts} > 1:
        in_part = pl.col("source").hash() % {parts} == part
        rows = rows.filter(in_part | (pl.col("source") == "human"))
    aligned = of.align(rows, codebook({seed}))
    means = aligned.group_by("source").agg(pl.col("alignment").mean()).collect(engine="streaming")
    assert means["alignment"].is_between(0.7, 0.8).all()
print(json.dumps([time.perf_counter() - start, peak()]))
"""


@dataclass(frozen=True)
class Extent:
    """How many sources the two files have, what these sizes are called, and how often each is read."""

    small: int
    large: int
    sizes: tuple[str, str]
    rounds: int


FULL = Extent(1_641, 16_420, ("10 million rows", "100 million rows"), ROUNDS)
TINY = Extent(2, 20, ("2 sources", "20 sources"), 1)


def run(*, tiny: bool = False) -> list[Row]:
    """Ten times the rows beside one: sorted by cell and declared so, in files of a tenth, and in any order."""
    extent = TINY if tiny else FULL
    with tempfile.TemporaryDirectory() as folder:
        return [_sorted(Path(folder), extent), _files(Path(folder), extent), *_unsorted(Path(folder), extent)]


def _sorted(folder: Path, extent: Extent) -> Row:
    paths = [folder / f"sorted-{sources}.parquet" for sources in (extent.small, extent.large)]
    for path, sources in zip(paths, (extent.small, extent.large), strict=True):
        write_by_cell(path, sources, SEED)
    line = _compared("one file, sorted by cell", extent, [paths[0]], [paths[1]], SORTED)
    for path in paths:
        path.unlink()
    return line


def _files(folder: Path, extent: Extent) -> Row:
    files = [folder / f"part-{number}.parquet" for number in range(FILES)]
    write(files[0], extent.small, SEED)
    for file in files[1:]:
        shutil.copy(files[0], file)
    return _compared(f"a file per {extent.sizes[0]}, each with its human rows", extent, files[:1], files)


def _unsorted(folder: Path, extent: Extent) -> list[Row]:
    path = folder / "any.parquet"
    write(path, extent.large, SEED)
    small = [folder / "part-0.parquet"]
    return [
        _compared("one file, in no declared order, its sources in 4 parts", extent, small, [path], parts=4),
        _compared("one file, in no declared order, at once", extent, small, [path]),
    ]


def _compared(
    name: str, extent: Extent, small: list[Path], large: list[Path], declared: str = "", parts: int = 1
) -> Row:
    runs = [(_process(small, declared, 1), _process(large, declared, parts)) for _ in range(extent.rounds)]
    seconds, peaks = ([[pair[i][j] for pair in runs] for i in (0, 1)] for j in (0, 1))
    line = row("stream", name, *extent.sizes, seconds[0], seconds[1])
    peak = " and ".join(f"{max(found):.2g}" for found in peaks)
    return line | {"note": f"peak {peak} GB; the ratio is how much longer the larger takes"}


def _process(paths: list[Path], declared: str, parts: int) -> tuple[float, float]:
    here = str(Path(__file__).parent)
    code = PROCESS.format(here=here, paths=[str(path) for path in paths], declared=declared, parts=parts, seed=SEED)
    seconds, peak = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    return seconds, peak
