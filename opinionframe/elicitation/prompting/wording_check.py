"""What a wording has to be: its content goes in, merged over the paper's; nothing, or a refusal, comes out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from opinionframe.errors import OptionError
from opinionframe.schemas.frames import ELICITATIONS, VARIANTS
from opinionframe.schemas.group_words import PLACEHOLDER

GROUP_FIELDS = frozenset({"your", "whose", "person", "attributes", "am"})
"""Placeholders that say the group."""
ASK_FIELDS = frozenset({"q", "choices", "l", "slots"}) | GROUP_FIELDS
PARTS = {"standard": {"ask"}, "cot": {"ask"}, "few_shot": {"examples", "task"}}
"""What a variant's frame cannot do without."""
SECTIONS = ("name", "choices", "respond", "end", "methods", "variants", "fragments", "attributes", "names")
TABLES = ("methods", "fragments", "attributes")
"""Sections whose entries are tables themselves."""
UNIT_FIELDS = frozenset({"att", "c"})


def check_wording(data: Mapping[str, Any], path: Path) -> None:
    """Refuse a wording that would leave the question, the group or its examples out, or that nobody reads.

    Raises: OptionError.
    """
    _known(path, "sections", data, SECTIONS)
    tables = [(name, data[name]) for name in SECTIONS[1:]]
    tables += [(f"{name}.{key}", each) for name in TABLES for key, each in _entries(data[name])]
    if wrong := [name for name, each in tables if not isinstance(each, Mapping)]:
        raise OptionError(f"wording file {path}: {wrong[0]} is no table. Write [{wrong[0]}], and its keys below.")
    _known(path, "[methods] or [variants]", [*data["methods"], *data["variants"]], (*ELICITATIONS, *VARIANTS))
    _known(path, "[fragments]", data["fragments"], sorted(GROUP_FIELDS))
    for method, asks in data["methods"].items():
        for prompt in ("base", "sd"):
            _check_asks(path, method, prompt, asks)
        if len(asks["base"]) != len(asks["sd"]):
            raise OptionError(
                f"wording file {path}: {method} has {len(asks['base'])} base and {len(asks['sd'])} sd templates. Give "
                "as many of each: they are asked in pairs."
            )
    for variant, frame in data["variants"].items():
        _has(path, f"the variant {variant}", frame, PARTS[variant])
    for where, unit in _units(data):
        if unknown := set(PLACEHOLDER.findall(unit)) - UNIT_FIELDS:
            _refuse_placeholder(path, unknown, f"{unit!r} of {where}", UNIT_FIELDS)


def _entries(section: Any) -> Iterator[tuple[str, Any]]:
    yield from section.items() if isinstance(section, Mapping) else ()


def _check_asks(path: Path, method: str, prompt: str, asks: Mapping[str, Any]) -> None:
    templates = asks[prompt]
    if not (isinstance(templates, list) and templates and all(isinstance(each, str) for each in templates)):
        raise OptionError(f'wording file {path}: {prompt} of {method} is no list of texts. Write {prompt} = ["…"].')
    for template in templates:
        fields = set(PLACEHOLDER.findall(template))
        if unknown := fields - ASK_FIELDS:
            _refuse_placeholder(path, unknown, repr(template), ASK_FIELDS)
        _has(path, f"{template!r} ({prompt} of {method})", template, {"q"})
        if prompt == "sd" and not fields & GROUP_FIELDS:
            groups = ", ".join(f"{{{name}}}" for name in sorted(GROUP_FIELDS))
            raise OptionError(f"wording file {path}: {template!r} (sd of {method}) says no group. Add one of {groups}.")


def _known(path: Path, where: str, names: Collection[str], allowed: Collection[str]) -> None:
    if unknown := [name for name in names if name not in allowed]:
        raise OptionError(
            f"wording file {path} names {', '.join(sorted(unknown))} in {where}. Known: {', '.join(allowed)}."
        )


def _has(path: Path, where: str, template: str, needed: Collection[str]) -> None:
    if lacking := sorted(set(needed) - set(PLACEHOLDER.findall(template))):
        names = ", ".join(f"{{{name}}}" for name in lacking)
        raise OptionError(f"wording file {path}: {where} lacks {names}, so that prompts would leave it out. Add it.")


def _refuse_placeholder(path: Path, unknown: Collection[str], where: str, known: Collection[str]) -> None:
    names = ", ".join(sorted(unknown))
    raise OptionError(
        f"wording file {path}: unknown placeholder {names} in {where}. Known: {', '.join(sorted(known))}."
    )


def _units(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text that says an attribute and a class, and where it stands."""
    for fragment, rule in data["fragments"].items():
        yield f"[fragments.{fragment}]", rule["unit"]
    for attribute, rule in data["attributes"].items():
        own = [rule, *(each for each in rule.get("classes", {}).values() if isinstance(each, Mapping))]
        for said in own:
            yield from ((f"[attributes.{attribute}]", said[name]) for name in GROUP_FIELDS if name in said)
