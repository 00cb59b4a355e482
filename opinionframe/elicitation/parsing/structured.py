"""Shares in nested JSON: text goes in; options with their values, or values in order, come out."""

from __future__ import annotations

import json
import re
from typing import Any

from opinionframe.elicitation.parsing.option_names import OptionNames

_COMMENTS = re.compile(r"//[^\n\"]*$|/\*[^*]{0,400}\*/", re.MULTILINE)
_NAMING = frozenset({"option", "choice", "label", "answer", "response", "name", "text", "id", "index", "key", "place"})
"""Fields that say which option a record is about."""
_OTHERWISE = re.compile(r"not|example|sort|rank|order|template|format", re.IGNORECASE)
"""Names of fields whose list is no answer, or not in the order of the options."""
_DEEPEST = 4

Named = list[tuple[str, Any]]


def nested_shares(text: str, names: OptionNames) -> Named | list[Any] | None:
    """The options with their values, or a value for each option in order, in the JSON of `text`.

    Records (`[{"option": "Yes", "share": 60}, …]`), pairs (`[["Yes", 60], …]`), options with one value each in a list
    or mapping (`{"Yes": {"share": 60}, …}`), and any of these, or a list of values, as the only one within other
    fields. None for anything else, or for two of them.
    """
    start = min((place for place in (text.find("["), text.find("{")) if place >= 0), default=-1)
    body = text[start : max(text.rfind("]"), text.rfind("}")) + 1] if start >= 0 else ""
    for spelling in (body, _COMMENTS.sub("", body)):
        try:
            value = json.loads(spelling, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            continue
        return _shares(value, names, _DEEPEST)
    return None


def _shares(value: Any, names: OptionNames, depth: int) -> Named | list[Any] | None:
    if isinstance(value, list):
        is_row = len(value) == len(names) and all(_is_number(item) for item in value)
        return value if is_row else _all_named([_record(item, names) for item in value], names)
    if not isinstance(value, dict) or not depth:
        return None
    if value and all(names.readings(key) for key in value):
        return _all_named([(key, _only(inner)) for key, inner in value.items()], names)
    inside = [(key, inner) for key, inner in value.items() if isinstance(inner, dict | list)]
    if len(inside) != 1 or _OTHERWISE.search(inside[0][0]):
        return None
    return _shares(inside[0][1], names, depth - 1)


def _all_named(pairs: list[tuple[str, Any] | None], names: OptionNames) -> Named | None:
    named = [pair for pair in pairs if pair is not None and pair[1] is not None]
    return named if len(named) == len(pairs) == len(names) else None


def _record(item: Any, names: OptionNames) -> tuple[str, Any] | None:
    """Which option a record is about, and its only other number."""
    if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and _is_number(item[1]):
        return item[0], item[1]
    if not isinstance(item, dict):
        return None
    naming = [str(inner) for key, inner in item.items() if key.lower() in _NAMING and isinstance(inner, str | int)]
    values = [inner for key, inner in item.items() if key.lower() not in _NAMING and _is_number(inner)]
    options = {frozenset(names.readings(name)) for name in naming}
    return (naming[0], values[0]) if len(options) == 1 and len(values) == 1 else None


def _only(inner: Any) -> Any:
    """The number itself, or the only one within a list or mapping."""
    items = inner if isinstance(inner, list) else list(inner.values()) if isinstance(inner, dict) else [inner]
    return items[0] if len(items) == 1 and _is_number(items[0]) else None


def _is_number(value: Any) -> bool:
    is_text = isinstance(value, str) and bool(re.fullmatch(r"\s{0,3}\d{1,9}(?:\.\d{1,20})? ?%?\s{0,3}", value))
    return is_text or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)
