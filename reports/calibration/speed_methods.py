"""Processor time of each calibration method per million rows, beside other versions. Writes speed_methods.csv and .md.

OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 python reports/calibration/speed_methods.py [NAME=FOLDER …]

A FOLDER holds another version of the package (`git archive COMMIT opinionframe | tar x -C FOLDER`), printed as NAME.
Every run is a process of its own, and versions take turns. The answers are those of `speed.py`, of fewer sources.
"""

import inspect
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent
METHODS = ("kriging", "no-model", "power", "dirichlet", "ridge")
OWN = "this version"
LOOP = "scikit-learn loop, ridge"
ONCE = (LOOP, "paper")
"""What takes minutes, and is run once."""

SOURCES, RUNS, SEED = 9, 2, 1
ABOUT = """# Processor time of calibration methods

Seconds of processor time (`time.process_time`) per million elicited rows, medians of {runs} runs (`paper` and the loop
were run once), of one thread: {rows:,} synthetic rows of {sources} sources (100 questions, 20 groups), ten folds of
questions, without refits. Each run is a process of its own, versions take turns, and imports are not counted. The
machine was shared with other work, which slows processor time too: compare lines, not machines. The loop fits ridge
lines with scikit-learn, one for each source, fold, inner fold and penalty. *0.1.0*: its `default` was kriging alone;
*before*: the default of today, with its members fitted anew for every fold and pair of folds.

"""


def once(method: str, folder: Path) -> None:
    """Prints the processor time of one call on the study in `folder`, and how many rows were calibrated."""
    opinions, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("opinions", "codebook"))
    elicited = opinions.filter(pl.col("source") != "human")
    first = opinions.filter(pl.col("source").is_in(["human", elicited["source"][0]]))
    if method == LOOP:
        import speed

        speed.MODELS = {"ridge": speed.Ridge}
        rows, start = first.height - opinions.filter(source="human").height, time.process_time()
        speed.loop(opinions, book, [elicited["source"][0]])
    else:
        import opinionframe as of

        quick = {"refits": False} if "refits" in inspect.signature(of.calibrate).parameters else {}
        of.calibrate(first, book, method=method, folds=4, seed=SEED, **quick)  # imports what it needs
        rows, start = elicited.height, time.process_time()
        of.calibrate(opinions, book, method=method, seed=SEED, **quick)
    print(json.dumps({"seconds": time.process_time() - start, "rows": rows}))


def timed(method: str, root: Path | None, study: Path) -> dict[str, float]:
    """What `once` prints, by the package in `root` or by this one."""
    path = os.pathsep.join([str(root or HERE.parents[1]), str(HERE)])
    call = [sys.executable, __file__, "--once", method, str(study)]
    done = subprocess.run(  # noqa: S603  this script
        call, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]  # as it was printed


def write_study(folder: Path) -> None:
    """The answers of `speed.py`, of SOURCES sources."""
    import speed

    speed.SOURCES = SOURCES
    for name, frame in zip(("opinions", "codebook"), speed.study(SEED), strict=True):
        frame.write_parquet(folder / f"{name}.parquet")


def main(versions: dict[str, Path]) -> None:
    """All runs, to the files beside this script."""
    roots: dict[str, Path | None] = {**versions, OWN: None}
    plan = [("default", name) for name in roots] + [(method, OWN) for method in METHODS]
    rows = []
    with tempfile.TemporaryDirectory() as study:
        write_study(Path(study))
        for run in range(1, RUNS + 1):
            for method, name in plan + [(method, OWN) for method in ONCE] * (run == 1):
                rows.append({"method": method, "version": name, "run": run} | timed(method, roots[name], Path(study)))
                print(rows[-1], flush=True)
    table = pl.DataFrame(rows)
    table.with_columns(pl.col("seconds").round(3)).write_csv(HERE / "speed_methods.csv")
    (HERE / "speed_methods.md").write_text(written(table), encoding="utf-8")


def written(table: pl.DataFrame) -> str:
    """The page: one row per method and version."""
    most: int = table["rows"].max()  # type: ignore[assignment]  # of numbers
    per_million = (pl.col("seconds") / pl.col("rows") * 1e6).median().alias("seconds")
    means = table.group_by("method", "version", maintain_order=True).agg(per_million)
    lines = ["| method | version | processor seconds per million rows |", "| --- | --- | --- |"]
    lines += [f"| {method} | {version} | {seconds:,.0f} |" for method, version, seconds in means.rows()]
    return ABOUT.format(runs=RUNS, rows=most, sources=SOURCES) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        once(sys.argv[2], Path(sys.argv[3]))
    else:
        main({name: Path(folder).resolve() for name, folder in (each.split("=", 1) for each in sys.argv[1:])})
