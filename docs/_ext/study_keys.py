"""The directive `study-keys`: every key of a section of the study file, made from the settings that read it.

    ```{study-keys} elicit
    ```

Its argument is the name of the section, or `study` for the keys above all sections. `` {key}`elicit.orders` `` links
to one.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

from docstrings import linked
from docutils import nodes
from in_words import in_words, leaves, one_of
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from opinionframe.calibration.folds import SPLITS
from opinionframe.calibration.methods.registry import calibrators
from opinionframe.divergence import BY_SCALE
from opinionframe.elicitation.models.registry import SHIPPED as KINDS
from opinionframe.elicitation.models.registry import STUDY_KEYS, model_kind
from opinionframe.inference.adjustment import ADJUSTMENTS
from opinionframe.inference.pairs import NAMED
from opinionframe.schemas.vocabulary import METRICS
from opinionframe.study.settings import Study

ALLOWED = {
    "study.metric": ((BY_SCALE, *METRICS), ""),
    "model.kind": (KINDS, ", or one that `of.register_model` has added"),
    "model.device": (("auto", "cpu", "mps", "cuda"), ", or one of several, such as `cuda:1`"),
    "calibrate.method": (calibrators()["name"].to_list(), ", or one that `of.register_calibrator` has added"),
    "calibrate.split": (tuple(SPLITS), ", or a column of folds"),
    "compare.pair": (NAMED, ", or the name of a baseline"),
    "compare.adjust": (ADJUSTMENTS, ""),
}
"""Values that are checked where they are used, not by the type of a key, and what else may stand there."""

GATHERED = {"model.own"}
"""No keys of a file: where the settings keep those that only a registered kind takes."""


def sections() -> dict[str, type[BaseModel]]:
    """The settings of each section, by its name in a file; `study` has the keys above all sections."""
    found: dict[str, type[BaseModel]] = {"study": Study}
    for name, field in Study.model_fields.items():
        found.update((name, leaf) for leaf in leaves(field.annotation) if _is_section(leaf))
    return found


def keys(section: str) -> dict[str, FieldInfo]:
    """The keys of a section that hold values."""
    fields = sections()[section].model_fields
    inner = set(sections()) if section == "study" else set()
    return {name: field for name, field in fields.items() if name not in inner and f"{section}.{name}" not in GATHERED}


def meanings(section: str) -> dict[str, str]:
    """What each key of a section means, as the docstring of its settings says it."""
    text = inspect.getdoc(sections()[section]) or ""
    _, _, listed = text.partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", listed, flags=re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in entries}


class StudyKeys(SphinxDirective):
    """The keys of the section that is its argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """An entry for each key."""
        section = self.arguments[0]
        for source in (inspect.getfile(sections()[section]), __file__):
            self.env.note_dependency(source)
        words = meanings(section)
        if missing := sorted(set(keys(section)) - set(words)):
            raise self.error(f"{sections()[section].__name__} does not say what {', '.join(missing)} mean.")
        lines = [line for name, field in keys(section).items() for line in _entry(section, name, field, words[name])]
        return self.parse_text_to_nodes("\n".join(("``````{eval-rst}", *lines, "``````")))


def facts(section: str, name: str, field: FieldInfo) -> str:
    """The values of a key, its default, and which kinds of model take it."""
    parts = [_values(section, name, field), _default(field)]
    if section == "model" and name not in STUDY_KEYS:
        parts.append("of " + " and ".join(f"`{kind}`" for kind in KINDS if model_kind(kind).takes(name)))
    return "; ".join(parts)


def _entry(section: str, name: str, field: FieldInfo, meaning: str) -> Iterator[str]:
    """A key in reST."""
    yield from (f".. studykey:: {section}.{name}", "", f"   {linked(meaning)}", "")
    yield from ("   .. container:: facts", "", f"      {facts(section, name, field)}.", "")


def _values(section: str, name: str, field: FieldInfo) -> str:
    """The values that a key takes, in words."""
    allowed, more = ALLOWED.get(f"{section}.{name}", ((), ""))
    if not allowed:
        return in_words(field.annotation, field.metadata)
    several = "list, each " if get_origin(field.annotation) is list else ""
    return f"{several}{one_of(allowed)}{linked(more)}"


def _default(field: FieldInfo) -> str:
    """A default as a file would write it."""
    value = field.get_default(call_default_factory=True)
    if value is None or value in ({}, []):
        return "none by default"
    if isinstance(value, Path):
        value = str(value)
    return f"default `{json.dumps(value, ensure_ascii=False)}`"


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _named(_env: Any, path: str, signature: addnodes.desc_signature) -> str:
    """Shows a key by its own name, since its section stands above."""
    signature += addnodes.desc_name(text=path.rpartition(".")[2])
    return path


def setup(app: Any) -> dict[str, bool]:
    """Registers the directive, and keys as what can be linked to and searched for."""
    app.add_object_type("studykey", "key", objname="key of a study file", parse_node=_named)
    app.add_directive("study-keys", StudyKeys)
    return {"parallel_read_safe": True}
