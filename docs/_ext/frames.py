"""The directive `frames`: schemas with their columns, what these mean, and the laws that a frame is held to.

```{frames}
Opinions
Codebook
```
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from docstrings import linked
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from opinionframe import schemas
from opinionframe.exporting.meanings import MEANINGS
from opinionframe.schemas.laws import AlignmentLaws, OpinionsLaws
from opinionframe.schemas.rules import ALIGNMENT, OPINIONS, Rule


class Frames(SphinxDirective):
    """The schemas that are its content, by name."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """An entry for each schema."""
        names = " ".join(self.content).split()
        for source in (*(inspect.getfile(getattr(schemas, name)) for name in names), __file__):
            self.env.note_dependency(source)
        lines = [line for name in names for line in _entry(name, getattr(schemas, name))]
        text = "\n".join(("``````{eval-rst}", ".. py:currentmodule:: opinionframe.schemas", "", *lines, "``````"))
        return self.parse_text_to_nodes(text)


def laws(schema: Any) -> tuple[str, Sequence[Rule]]:
    """What the laws of a schema are about, in words, and the laws."""
    if isinstance(schema.laws, OpinionsLaws):
        return "Cells are refused that", OPINIONS
    if isinstance(schema.laws, AlignmentLaws):
        return "Cells are refused that", ALIGNMENT
    return "Laws", schema.laws.rules


def _entry(name: str, schema: Any) -> Iterator[str]:
    """A schema in reST."""
    yield from (f".. py:class:: {name}", "")
    yield from (f"   {linked(line)}".rstrip() for line in inspect.cleandoc(schema.__doc__).splitlines())
    yield from ("", "   .. list-table::", "      :widths: auto", "      :header-rows: 1", "      :class: names", "")
    yield from ("      * - Column", "        - Type", "        - Holds")
    for column, kind in schema.columns().items():
        null = " or null" if kind.nullable else ""
        key = " (key)" if kind.primary_key else ""
        yield from (f"      * - ``{column}``", f"        - {kind.dtype}{null}{key}", f"        - {_literal(column)}")
    about, rules = laws(schema)
    if rules:
        yield from ("", f"   {about}", "")
        yield from (f"   - {_plain(rule.reason)}. {_plain(rule.remedy)}" for rule in rules)
    yield ""


def _literal(column: str) -> str:
    """What a column holds."""
    return _plain(MEANINGS[column])


def _plain(text: str) -> str:
    """A message as reST that reads alike: what stands between backquotes is code, and nothing else has a meaning."""
    parts = text.replace("*", "\\*").replace("|", "\\|").split("`")
    return "".join(f"``{part.strip()}``" if place % 2 else part for place, part in enumerate(parts))


def setup(app: Any) -> dict[str, bool]:
    """Registers the directive."""
    app.add_directive("frames", Frames)
    return {"parallel_read_safe": True}
