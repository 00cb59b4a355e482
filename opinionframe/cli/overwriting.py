"""Files that a command would write over: its arguments go in; a refusal comes out before anything is read or asked."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from opinionframe.cli.consoles import refusals
from opinionframe.errors import OptionError

STREAM = "-"
"""Standard input, or output."""
OUTPUTS = ("output", "codebook_out", "groups_out")
WORDS = ("title", "note")
"""Texts that are no places, and may look like one."""


class Step(TyperCommand):
    """A command that is refused where it would lose a file."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command, unless its arguments are refused."""
        with refusals():
            refuse_overwriting(ctx.params)
        return super().invoke(ctx)


def refuse_overwriting(arguments: Mapping[str, Any]) -> None:
    """Refuses an output that is also an input, or another output. Raises: OptionError.

    >>> refuse_overwriting({"opinions": "a.csv", "output": "./a.csv"})
    Traceback (most recent call last):
        ...
    opinionframe.errors.OptionError: --output ./a.csv is the file of opinions too, and one would be lost. Name another.
    """
    places = {
        name: os.path.realpath(value)
        for name, value in arguments.items()
        if isinstance(value, str | Path) and str(value) != STREAM and name not in WORDS
    }
    for output in OUTPUTS:
        same = [name for name, place in places.items() if name != output and place == places.get(output)]
        if same:
            raise OptionError(
                f"--{_spelled(output)} {arguments[output]} is the file of {_spelled(same[0])} too, and one would be "
                "lost. Name another."
            )


def _spelled(name: str) -> str:
    return name.replace("_", "-")
