"""The command `opinionframe`: arguments go in; studies, their reports and what they say on a terminal come out."""

import atexit
import gc

from opinionframe.cli.commands import app

__all__ = ["app", "main"]

OBJECTS = 50_000
"""How many objects may come before unreachable ones are looked for; Python's own 700 let this take a tenth of a run."""


def main() -> None:
    """Runs the command in a process that is its own and ends with it: at the end nothing is looked through any more."""
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)
    app(prog_name="opinionframe")
