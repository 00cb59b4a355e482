"""Fresh interpreters: `import opinionframe` beside `import polars`, and the command's help."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from timing import Row, side_by_side


def run(*, tiny: bool = False) -> list[Row]:
    """Wall time of whole processes."""
    command = [str(Path(sys.executable).parent / "opinionframe"), "--help"]
    routes = {
        "import polars": partial(_python, "import polars"),
        "import opinionframe": partial(_python, "import opinionframe"),
        "opinionframe --help": partial(_quiet, command),
        "python alone": partial(_python, "pass"),
    }
    return side_by_side("start-up", "a process", routes, rounds=1 if tiny else 9)


def _python(code: str) -> None:
    _quiet([sys.executable, "-c", code])


def _quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
