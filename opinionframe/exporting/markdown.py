"""Foreign text in Markdown: a name, title or address goes in; what shows it and does nothing else comes out."""

from __future__ import annotations

import re
from html import escape

_ACTIVE = re.compile(r"([\\`*\[\]|~])|(?<!\w)_|_(?!\w)")
_OPENING = re.compile(r"^([#>+-]|\d+[.)])")


def inline(text: str) -> str:
    r"""`text` in a line of its own: no markup, link, tag, heading or cell of a table begins in it.

    >>> inline("<b>|x|\n[a](javascript:f())")
    '&lt;b&gt;\\|x\\| \\[a\\](javascript:f())'
    """
    line = escape(" ".join(text.split()), quote=False)
    marked = _ACTIVE.sub(lambda match: f"\\{match[0]}", line)
    return _OPENING.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", marked)


def code(text: str) -> str:
    r"""`text` as code, also within a table.

    >>> code("a`b|c")
    '``a`b\\|c``'
    """
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (_longest_run(line) + 1)
    edge = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def block(text: str, language: str) -> str:
    """`text` as a block of code that nothing in it ends."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def link(url: str) -> str:
    """An address of the web as a link; anything else as text."""
    return f"<{url}>" if re.fullmatch(r"https?://[^\s<>\\`]+", url) else inline(url)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
