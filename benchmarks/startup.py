"""Fresh interpreters: `import opinionframe` beside `import polars`, and the command's help."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from timing import Row, side_by_side

HELP = "import sys; from opinionframe.cli import main; sys.argv = ['opinionframe', '--help']; main()"
"""What the installed script does."""


def run(*, tiny: bool = False) -> list[Row]:
    """Wall time of whole processes."""
    routes = {
        "import polars": partial(_python, "import polars"),
        "import opinionframe": partial(_python, "import opinionframe"),
        "opinionframe --help": partial(_python, HELP),
        "python alone": partial(_python, "pass"),
    }
    return side_by_side("start-up", "a process", routes, rounds=1 if tiny else 9)


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
