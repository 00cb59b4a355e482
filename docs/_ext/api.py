"""The directive `api`: public names with a line each, and below that what each one's docstring says.

```{api} opinionframe
align
summarize
```
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Api(SphinxDirective):
    """Public names of the module that is its argument, one a line."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """A table of the names, and the documentation of each."""
        module = self.arguments[0]
        values = {name: getattr(import_module(module), name) for name in " ".join(self.content).split()}
        text = "\n".join(("``````{eval-rst}", *_listed(module, values), *_documented(module, values), "``````"))
        return self.parse_text_to_nodes(text)


def _listed(module: str, values: dict[str, Any]) -> Iterator[str]:
    """A table of names and first sentences, in reST."""
    yield from (".. list-table::", "   :widths: auto", "   :class: names", "")
    for name, value in values.items():
        role = "class" if inspect.isclass(value) else "func"
        yield f"   * - :py:{role}:`{name} <{module}.{name}>`"
        yield f"     - {first_paragraph(value)}"


def _documented(module: str, values: dict[str, Any]) -> Iterator[str]:
    """A directive of autodoc for each name."""
    for name, value in values.items():
        if not inspect.isclass(value):
            yield from ("", f".. autofunction:: {module}.{name}")
        elif issubclass(value, BaseException):
            yield from ("", f".. autoexception:: {module}.{name}")
        else:
            yield from ("", f".. autoclass:: {module}.{name}", "   :members:")


def first_paragraph(value: Any) -> str:
    """The first paragraph of a docstring, in one line; backquotes as reST has them."""
    paragraph = (inspect.getdoc(value) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


def setup(app: Any) -> dict[str, bool]:
    """Registers the directive."""
    app.add_directive("api", Api)
    return {"parallel_read_safe": True}
