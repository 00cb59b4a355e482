"""The type of a setting in words: `list[Literal["base", "sd"]]` goes in, "list of `base` or `sd`" comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}


def in_words(kind: Any, limits: Iterable[Any] = ()) -> str:
    """What values a type has, and pydantic's `limits` on them."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is None:
        return PLAIN[kind] + _limits(limits)
    if origin is Annotated:
        return in_words(parts[0], [*limits, *_flat(parts[1:])])
    if origin is Literal:
        return one_of(parts)
    if origin in (Union, UnionType):
        return " or ".join(in_words(part, limits) for part in parts if part is not NoneType)
    if origin is dict:
        return "table" if parts[1] is Any else f"table of names, each with {in_words(parts[1])}"
    count = f" of {len(parts)}" if origin is tuple else ""
    return f"list{count}, each {in_words(parts[0])}"


def one_of(values: Iterable[object]) -> str:
    """Allowed values, `or` before the last."""
    *most, last = (f"`{value}`" for value in values)
    return f"{', '.join(most)} or {last}" if most else last


def leaves(kind: Any) -> Iterator[Any]:
    """The plain types that a type is made of."""
    parts = get_args(kind)[:1] if get_origin(kind) is Annotated else get_args(kind)
    if not parts or get_origin(kind) is Literal:
        yield kind
    for part in () if get_origin(kind) is Literal else parts:
        yield from leaves(part)


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """Limits, those inside pydantic's Field too."""
    for each in metadata:
        yield from getattr(each, "metadata", [each])


def _limits(metadata: Iterable[Any]) -> str:
    """What a number has to be at least."""
    named = {"ge": ", {} or more", "gt": " above {}"}
    return "".join(
        words.format(getattr(each, name))
        for each in metadata
        for name, words in named.items()
        if getattr(each, name, None) is not None
    )
