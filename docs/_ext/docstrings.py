"""What a docstring of this package says, as Sphinx reads it: short sections as fields, `of.align` as a link."""

import re
from typing import Any

FIELD = re.compile(r"(Returns|Raises|Reference|References|Example):(?: (?=\S)|$)")
"""The head of a section. One that goes on in its own line, with its further lines indented, is unknown to napoleon."""

HEAD = re.compile(r"[\s\w]*:\s*$")
"""The head of a section as napoleon knows it."""

VERB = re.compile(r"(?<!`)`of\.(\w[\w.]*)(\(.*?\))?`(?!`)")
BEFORE_NAPOLEON = 400


def reworded(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """Rewrites the `lines` of one docstring in place."""
    read: list[str] = []
    for line in lines:
        head = FIELD.match(line)
        if head and line != "Raises:":  # that one, with a line for each error, is napoleon's own
            if read and read[-1] and not read[-1].startswith((" ", ":")):
                read.append("")
            read.append(f":{head[1]}: {line[head.end() :]}".rstrip())
        elif read and read[-1].startswith((" ", ":")) and line and not line.startswith(" ") and not HEAD.match(line):
            read += ["", line]
        else:
            read.append(line)
    lines[:] = [linked(line) for line in read]


def linked(text: str) -> str:
    """`text` with its public names as links."""
    return VERB.sub(_link, text)


def _link(verb: re.Match[str]) -> str:
    """A link to a public name, shown as it is called."""
    call = verb[2] or ""
    return f":py:obj:`of.{verb[1]}{call} <opinionframe.{verb[1]}>`"


def setup(app: Any) -> dict[str, bool]:
    """Has docstrings read before napoleon does."""
    app.connect("autodoc-process-docstring", reworded, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True}
