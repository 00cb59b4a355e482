"""A study whose answers are on record, from these to its report, beside the imports that it needs: processor time.

It is the demo's, asked of a stand-in for a model, whose answers are in the journal before anything is measured. The
whole is the command `opinionframe run`, its stages are those of `run_study`; what comes after asking is also taken by
the clock, which is what a user waits for, on as many cores as there are. SQLAlchemy and IPython, which dataframely
and great_tables load where they find them, are hidden: a plain installation has neither.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import ROUNDS, Row, row

from opinionframe.study import shipped_study

WHOLE, IMPORTS, AFTER = "from answers to report", "its imports alone", "after asking, by the clock"
NOTE = "processor time of a process"

PLAIN = """
import json, sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
sys.modules |= dict.fromkeys(("sqlalchemy", "IPython"))
"""
COMMAND = """
from opinionframe.cli import main
sys.argv = ["opinionframe", "run", "study.toml"]
main()
"""
STAGES = """
from opinionframe.study import read_study, run_study
begun = {"before asking": (0.0, 0.0)}
now = lambda: (time.process_time(), time.perf_counter())
def tell(what, done, total, note=""):
    if total:
        begun.setdefault(what.split()[0], now())
run_study(read_study(Path("study.toml")), tell)
told = {"begun": begun, "end": now(), "modules": [name for name, module in sys.modules.items() if module]}
Path("told.json").write_text(json.dumps(told))
"""
LOADED = """
import importlib
for name in json.loads(Path("told.json").read_text())["modules"]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
"""


def run(*, tiny: bool = False) -> list[Row]:
    """The whole study and its stages; tiny: two attributes, once."""
    text = shipped_study("demo").replace('kind = "local"', 'kind = "fake"', 1)
    if tiny:
        text = text.replace("\n[survey]\n", '\n[survey]\ndemographics = ["all", "sex"]\n', 1)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "study.toml").write_text(text, encoding="utf-8")
        _processor_time(STAGES, folder)  # asks, and fills the journal
        rounds = [_round(Path(folder)) for _ in range(1 if tiny else ROUNDS)]
    size = "the demo's, two attributes" if tiny else "the demo's, 2 calibrators, 846 cells"
    whole = [float(each[WHOLE]) for each in rounds]
    lines = [row("study", size, WHOLE, IMPORTS, whole, [each[IMPORTS] for each in rounds])]
    stages = [name for name in rounds[0] if name not in (WHOLE, IMPORTS)]
    lines += [row("study", size, name, WHOLE, [each[name] for each in rounds], whole) for name in stages]
    return [line | {"note": "" if line["route"] == AFTER else NOTE} for line in lines]


def _round(folder: Path) -> dict[str, float]:
    """Seconds of the whole, of its imports, and of each stage from its first word to that of the next."""
    whole = _processor_time(COMMAND, str(folder))
    _processor_time(STAGES, str(folder))
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    ends = [*list(told["begun"].values())[1:], told["end"]]
    stages = {name: end[0] - start[0] for (name, start), end in zip(told["begun"].items(), ends, strict=True)}
    after = told["end"][1] - told["begun"]["calibrating"][1]
    return {WHOLE: whole, IMPORTS: _processor_time(LOADED, str(folder)), **stages, AFTER: after}


def _processor_time(code: str, folder: str) -> float:
    """Seconds that a process of its own, and those that it starts, keep the processor busy."""
    package = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_code = [sys.executable, "-c", PLAIN + code]
    subprocess.run(
        run_code, cwd=folder, check=True, env=os.environ | {"PYTHONPATH": package}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
