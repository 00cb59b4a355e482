"""Makes every report of this folder again, or checks that they are what their scripts make.

python reports/make.py                  makes them all
python reports/make.py --check          makes them elsewhere and compares; exits with 1 where they differ
python reports/make.py --simulations    makes those of SIMULATIONS too, which takes minutes

A report is a script beside this one with `make(folder)`, named in REPORTS.
"""

import importlib
import re
import runpy
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
REPORTS = ("gss2018", "published", "audit")
SIMULATIONS = (
    *("inference/coverage.py", "inference/correlation.py"),
    *("estimation/simulate.py", "estimation/allocation.py", "calibration/regions.py"),
)
"""Scripts that write beside themselves, and take minutes."""

LOOSE = (".svg", ".png", ".pdf")
"""Drawn with the fonts of the machine: checked to be there, not to be equal."""


def main(*, check: bool, simulations: bool = False) -> int:
    """Makes the reports, here or for comparison, and the `simulations` if asked to. Returns: the exit status."""
    for script in SIMULATIONS if simulations else ():
        sys.path.insert(0, str((HERE / script).parent))
        runpy.run_path(str(HERE / script), run_name="simulated")["main"]()
        print(f"{script}: run")
    sys.path.insert(0, str(HERE))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) if check else HERE
        for name in REPORTS:
            importlib.import_module(f"make_{name}").make(root / name)
            print(f"{name}: made")
        return compared(root) if check else 0


def compared(made: Path) -> int:
    """How the files in `made` differ from those here, printed. Returns: 1 where they do, else 0."""
    wrong = []
    for name in REPORTS:
        fresh, kept = files(made / name), files(HERE / name)
        wrong += [f"{name}/{path}: no longer made" for path in sorted(kept.keys() - fresh.keys())]
        wrong += [f"{name}/{path}: not kept" for path in sorted(fresh.keys() - kept.keys())]
        wrong += [f"{name}/{path}: differs" for path in sorted(fresh.keys() & kept.keys()) if fresh[path] != kept[path]]
    for line in wrong:
        print(line)
    print(
        "Run python reports/make.py and look at what changed." if wrong else "All reports are what their scripts make."
    )
    return 1 if wrong else 0


def files(folder: Path) -> dict[str, str]:
    """The comparable content of each file of a report."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "__pycache__")
    return {str(path.relative_to(folder)): content(path) for path in found}


def content(path: Path) -> str:
    """The text of a file, without the style sheet of an HTML page, which belongs to great-tables."""
    if path.suffix in LOOSE:
        return ""
    return re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:], simulations="--simulations" in sys.argv[1:]))
