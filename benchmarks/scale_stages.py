"""The stages of a large study, each in a process of its own: python benchmarks/scale_stages.py STAGE FOLDER.

A stage reads what `scale_inputs` and earlier ones left in the folder, and prints its seconds of processor time, those
of its children included, and its peak of memory in GB, as JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import polars as pl
from timing import peak

import opinionframe as of

METHODS = ("default", "kriging", "no-model", "power", "dirichlet", "cumulative", "linear", "ridge", "lasso")
GROWN = ("forest", "paper")
"""The methods that grow trees, which take a hundred times as long and are calibrated without refits."""

SEED = 1
APPENDED = 20
"""Of so many answers on record, each of two processes appends one."""


def calibrate(folder: Path) -> None:
    """Every method but those that grow trees, with the influence of their fits."""
    opinions, book = _study(folder)
    of.calibrate(opinions, book, method=METHODS, seed=SEED).write_parquet(folder / "calibrated.parquet")


def grown(folder: Path) -> None:
    """The methods that grow trees, without refits."""
    of.calibrate(*_study(folder), method=GROWN, refits=False, seed=SEED)


def align(folder: Path) -> None:
    """Scores of every cell of what was calibrated, baselines included."""
    book = pl.read_parquet(folder / "codebook.parquet")
    rows = pl.scan_parquet(folder / "calibrated.parquet")
    rows.pipe(of.baselines, book).pipe(of.align, book).sink_parquet(folder / "aligned.parquet")


def compare(folder: Path) -> None:
    """Every calibrated source against its raw one, cluster-robust."""
    aligned = pl.read_parquet(folder / "aligned.parquet")
    of.compare(aligned, method="cluster-robust t", seed=SEED).write_parquet(folder / "tests.parquet")


def tables(folder: Path) -> None:
    """The table of raw beside calibrated scores and that of tests, in HTML and LaTeX."""
    for name in ("aligned", "tests"):
        frame = pl.read_parquet(folder / f"{name}.parquet")
        table = of.tables.alignment(frame) if name == "aligned" else of.tables.tests(frame)
        (folder / f"{name}.html").write_text(table.as_html(), encoding="utf-8")
        (folder / f"{name}.tex").write_text(table.as_latex(), encoding="utf-8")


def report(folder: Path) -> None:
    """The report's folder, with its page, tables, figures and tidy files."""
    rows, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("calibrated", "codebook"))
    survey = of.Survey("made", "A made study", rows.filter(source="human"), book, ("class",))
    of.report(folder / "report", rows, survey, split="question", folds=10, seed=SEED)


def parse(folder: Path) -> None:
    """Answers read anew from their texts."""
    answers, prompts, _ = _answers(folder)
    if len(of.parse(answers, prompts)) != len(answers):
        sys.exit("Answers were lost.")


def to_opinions(folder: Path) -> None:
    """Answers as Opinions."""
    of.to_opinions(*_answers(folder)).write_parquet(folder / "rows.parquet")


def opened(folder: Path) -> None:
    """A journal opened."""
    if len(of.Journal(folder / "journal")) != _lines(folder):
        sys.exit("Answers were lost.")


def appended(folder: Path) -> None:
    """A journal opened and appended to by two processes at once."""
    before = _lines(folder)
    number = before // APPENDED
    code = "import sys, scale_inputs; from pathlib import Path; "
    code += "scale_inputs.append(Path(sys.argv[1]), *map(int, sys.argv[2:]))"
    starts = (1 + before, 1 + before + number)
    calls = [[sys.executable, "-c", code, str(folder), str(start), str(number)] for start in starts]
    processes = [subprocess.Popen(call, cwd=Path(__file__).parent) for call in calls]
    if any(process.wait() for process in processes):
        sys.exit("A process failed.")
    journal = of.Journal(folder / "journal")
    if (len(journal), journal.doubles) != (before + 2 * number, 0):
        sys.exit(f"{before} answers and {number} from each of two processes are {len(journal)} on record.")


def _study(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    opinions, book = (pl.read_parquet(folder / f"{name}.parquet") for name in ("opinions", "codebook"))
    return opinions, book


def _answers(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    answers, prompts, book = (
        pl.read_parquet(folder / f"{name}.parquet") for name in ("answers", "prompts", "codebook")
    )
    return answers, prompts, book


def _lines(folder: Path) -> int:
    """The answers that were put on record in a journal."""
    count = 0
    for path in (folder / "journal").glob("answers-*.jsonl"):
        with path.open("rb") as file:
            count += sum(1 for _ in file)
    return count


STAGES = {
    each.__name__: each
    for each in (calibrate, grown, align, compare, tables, report, parse, to_opinions, opened, appended)
}


def main(stage: str, folder: Path) -> None:
    """Runs one stage and prints what it took."""
    STAGES[stage](folder)
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = sum(each.ru_utime + each.ru_stime for each in (own, children))
    print(json.dumps([seconds, max(peak(), children.ru_maxrss * 1024 / 1e9)]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
