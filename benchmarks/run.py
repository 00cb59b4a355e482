"""Measures the package beside what would be used instead, and writes reports/benchmarks.md and .csv.

python benchmarks/run.py               measures everything
python benchmarks/run.py align elicit  measures these, and keeps the other lines of the report
python benchmarks/run.py scale --full  measures the sizes of large studies, which takes half an hour
python benchmarks/run.py --tiny        runs everything once on next to nothing, prints it and writes nothing

A benchmark is a module beside this one with `run(tiny=False)`, which returns rows of `timing.row`, none where it cannot
be run. The lines of `gpu` come from another machine, which they name.
"""

from __future__ import annotations

import importlib
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import polars as pl

NAMES = ("align", "stream", "startup", "study", "calibrate", "methods", "scale", "bootstrap", "elicit", "gpu")
PACKAGES = (
    "polars",
    "numpy",
    "scipy",
    "scikit-learn",
    "duckdb",
    "pyspark",
    "popfidelity",
    "torch",
    "transformers",
    "lm-eval",
)
MODULES = {"scikit-learn": "sklearn", "lm-eval": "lm_eval"}
"""What packages are imported as where that is not their name."""
REPORT = Path(__file__).parents[1] / "reports" / "benchmarks"
SHOWN = ("benchmark", "size", "route", "seconds", "range", "beside", "their_seconds", "their_range", "ratio",
         "ratio_range", "aim", "met", "rounds", "load", "note")  # fmt: skip
HEAD = """# Speed, side by side

`python benchmarks/run.py` writes this table. Every round runs each route once, one after the other; seconds are
medians of the rounds, and `ratio` is the median over rounds of the time of `beside` divided by the time of `route`
(above 1, `route` is faster; ranges are over rounds). `load` is the machine's load average at the end: above {cores}
it was shared with other work, so seconds are long and ratios are what to read. `aim` is the ratio that was aimed
at, or the seconds of `route`, `met` whether the median reached it. Scaled routes ran over a part, and seconds are of
the processor, where the note says so. The lines of `gpu` are of the machine that their notes name.

{machine}

"""
READING = """
## Beside what was aimed at

- `align` was to be 150 times as fast as the loop over scipy. With keys stored as Categorical it is from 2.2 million
  cells on, and nearly at 220,500; with text as keys it is 90 to 125 times as fast. On another machine, whose scipy
  took a sixth longer, it was 108 to 165 times; side by side, the code of that day takes 0.112 s for 220,500 cells and
  today's 0.108 (medians of 42 runs each, in turns).
- It was to take at most five times as long as a numpy kernel that finds its arrays arranged and checks nothing. At 22
  million cells it does, and with Categorical keys it takes 5.2 times as long at 2.2 million. Below that it does not:
  telling cells apart by three text keys takes a third of its time, and a plan's fixed cost, mostly checking the
  codebook, a tenth.
  Reading the rows and sorting them into the kernel's arrays takes longer than `align` does with every check.
  It stays so: a group_by on one packed key (a 64-bit hash of the three, with their texts and a second hash against
  collisions beside it) takes 1.4 times the processor time of that on three texts, and making texts Categorical within
  the plan 1.2 times that of `align`, since Parquet's dictionaries are read as text. Files whose keys are Categorical
  take 0.8 times as much (220,500 cells, medians of 7 to 9 interleaved rounds).
- 40 times popfidelity's route from frames is exceeded.
- 100 million rows were to need less than 4 GB and at most 12 times the time of 10 million. They do so in a file
  sorted by question, demographic and source that says so (`pl.scan_parquet(…).set_sorted("question", "demographic",
  "source")`), in several files that each hold their human rows, aligned one after the other, and in one file in no
  declared order whose sources are aligned in four parts, as docs/guides/large.md shows. All at once, such a file has
  to hold every cell, and needs more.
- Elicitation is ahead of both the loop and lm-evaluation-harness in all four methods; 1.5 times the harness's speed is
  missed for paraphrases, which share little and are read once by both. In float32 what one pass answers reaches 56% of
  the machine's matrix rate (75% was aimed at), writing at length, a token at a time, a third (50%). Two thirds of the
  time of reading are matrix products, the rest goes element by element: products of gates, rotations, norms, attention.
  While writing 144 answers together half are products, a quarter is attention over the tokens before, which memory
  bounds; more rows at once make the products quicker, so that batches go as far as a quarter of the free memory.
- bfloat16, which `dtype="auto"` takes where it is faster, answers 2.6 to 2.8 times as many prompts a second where one
  pass does, 1.7 times as many at length. The share of the matrix rate falls by that, since this processor multiplies
  bfloat16 six times as fast and does everything else as before: of reading 44% are products, of writing 36%. 8-bit
  integers could save half of these at most, and are not built. Label probabilities of the two precisions differ by a
  total variation of 0.005 on average and 0.02 at most (96 scores). Reading beginnings once while writing, as is done
  for answers of one token, gained 5%, and is not built either.
- The demo's study, from answers on record to its report, was to take 4 seconds. By the clock what comes after asking
  does; the whole process takes 5.4 of the processor: calibrating takes 1.4, diagnosing 1.1, writing 1.7, half a second
  of it the start of what draws the figures; imports, some within these, 1.4. The 2,600 queries that it makes take 1.4
  together, spread over all verbs.
- At the largest sizes every stage of a study takes about as many times longer as it has more rows; the report needs
  most memory, 7 GB for 16 million rows. The processor was shared with tests or other work. DuckDB and Spark score as
  Polars does, to the last digit of a sum.
- `stack` takes longer than least squares without checks, which leave out cells that a member lacks.
- On a GPU what one pass answers was to reach half of the matrix rate. A model of 8 billion parameters does, but for
  label probabilities (47%); smaller ones wait for Python to start their kernels (1 billion: 16 to 30%, 135 million: 4
  to 6%). lm-evaluation-harness is 1.5 to 9.7 times as slow, but for paraphrases at 1 billion parameters (1.45) and 8
  (1.49), and for answers at length at 8 billion, where we are slower (0.72, between 0.56 and 1.3 by rounds); why is
  not known yet. The answers at length of 135 million parameters were not measured with the others. vLLM and SGLang
  could not be had there.
"""


def main(arguments: list[str]) -> None:
    """Measures what is named, prints a line per comparison and, unless `--tiny`, writes the report."""
    sys.path.insert(0, str(Path(__file__).parent))
    tiny, options = "--tiny" in arguments, {"full": True} if "--full" in arguments else {}
    names = [name for name in arguments if name not in ("--tiny", "--full")]
    if unknown := set(names) - set(NAMES):
        sys.exit(f"Unknown: {sorted(unknown)}. There are: {', '.join(NAMES)}, --tiny, and --full for scale.")
    if options and names != ["scale"]:
        sys.exit("--full is for scale alone: python benchmarks/run.py scale --full")
    aims, summary = importlib.import_module("aims"), importlib.import_module("summary")
    for name in names or NAMES:
        module = " ".join([name, *(["--full"] if options else [])])
        rows = importlib.import_module(name).run(tiny=tiny, **options)
        if not rows:
            print(f"\n{name}\n  not measured on this machine; the report keeps the lines that it has")
            continue
        fresh = _table(module, rows)
        print(summary.printed(aims.judged(fresh, () if tiny else aims.AIMS)), flush=True)
        if not tiny:
            _keep(fresh)


def _table(module: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    table = pl.DataFrame([{"module": module} | row for row in rows], infer_schema_length=None)
    return table.with_columns(pl.col(pl.Float64).round_sig_figs(4))


def _keep(fresh: pl.DataFrame) -> None:
    path = REPORT.with_suffix(".csv")
    if path.exists():
        kept = pl.read_csv(path, schema=fresh.schema).filter(~pl.col("module").is_in(fresh["module"].implode()))
        fresh = pl.concat([kept, fresh])
    order = {name: place for place, name in enumerate(NAMES)}
    name = pl.col("module").str.split(" ").list.first()
    table = fresh.sort(name.replace_strict(order, return_dtype=pl.Int8), "module", maintain_order=True)
    table.write_csv(path)
    judged = importlib.import_module("aims").judged(table)
    REPORT.with_suffix(".md").write_text(_markdown(judged), encoding="utf-8")


def _markdown(table: pl.DataFrame) -> str:
    import os

    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES if find_spec(MODULES.get(name, name)))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}."
    lines = [" | ".join(SHOWN).join("||"), "|".join("---" for _ in SHOWN).join("||")]
    lines += [" | ".join("" if v is None else str(v) for v in row).join("||") for row in table.select(SHOWN).rows()]
    return HEAD.format(cores=os.cpu_count(), machine=machine) + "\n".join([*lines, READING])


if __name__ == "__main__":
    main(sys.argv[1:])
