"""The one option a text picks: by place, by label, by letter, or in prose that states one answer and no other."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.option_names import OptionNames
from opinionframe.elicitation.parsing.outcome import Reading, has_refusal, picked, unparsable
from opinionframe.elicitation.parsing.statement import is_withdrawn, statements

_BOXED = re.compile(
    r"\$?\\boxed\{(?:\\text\{)?(?P<boxed>[^{}\n]{1,200})\}?\}\$?|<answer>\s{0,9}(?P<tagged>[^<>\n]{1,200}?)\s{0,9}</answer>",
    re.IGNORECASE,
)
_OUT_OF = re.compile(r"(?P<number>\d{1,3}) out of (?P<total>\d{1,3})")
_ALONE = re.compile(r"[^\w%+\-$]*(\d{1,3})[^\w%]*")
_OPENING = re.compile(r"\W{0,12}(\d{1,3}),? (?:because|since)\b(?P<reason>[^.\n]*)")

OFF_SCALE = -1
"""A number that is neither a place nor a label."""
BOTH = -2
"""A number that is the place of one option and the label of another."""


def read_pick(text: str, names: OptionNames) -> Reading:
    """The one option that `text` picks. Two different answers, or a place off the scale, are no answer."""
    tidy = re.sub(r"[^\S\n]+", " ", text.replace("’", "'")).strip()  # noqa: RUF001 - models write both
    if boxed := {(match["boxed"] or match["tagged"]).strip() for match in _BOXED.finditer(tidy)}:
        return _boxed(boxed, _BOXED.sub(" ", tidy), names)
    whole = _named(tidy, names)
    if whole is not None:
        return _checked(whole, names)
    lines = [line for line in tidy.splitlines() if line.strip()]
    named = [_named(line, names) for line in lines]
    indices = {index for index in named if index is not None}
    if len(indices) > 1:
        return unparsable("several answers")
    if indices and named[0] is not None:
        index = indices.pop()
        return (
            unparsable("an answer taken back")
            if is_withdrawn("\n".join(lines[1:]), index, names)
            else _checked(index, names)
        )
    if has_refusal(tidy):
        return unparsable("a refusal, or an answer within one")
    return _opening(tidy, names) or _prose(tidy, names)


def _checked(index: int, names: OptionNames) -> Reading:
    if index == BOTH:
        return unparsable("a number that is the place of one option and the label of another")
    if not 0 <= index < len(names):
        return unparsable(f"a number outside [1,{len(names)}]")
    return picked(index, len(names))


def _index(spelling: str, names: OptionNames) -> int:
    """The option (from 0) that a number, letter or label names, or why there is none."""
    found = names.readings(spelling)
    if not found:
        return OFF_SCALE
    return found.pop() if len(found) == 1 else BOTH


def _named(text: str, names: OptionNames) -> int | None:
    """The option that a line names and nothing else: `2`, `2. About right`, `(B)`, `3 out of 5`. Off the scale too."""
    if number := _ALONE.fullmatch(text):
        return _index(number[1], names)
    if re.match(r"\W{0,12}[-+$]\s?\d", text):
        return names.by_label(text)
    share = _OUT_OF.fullmatch(text.strip(" .*_"))
    if share and int(share["total"]) == len(names):
        return _index(share["number"], names)
    listed = re.search(r"[\[{]", text) and "," in text
    found = set() if listed and names.by_label(text) is None else names.readings(text)
    return None if not found else found.pop() if len(found) == 1 else BOTH


def _boxed(contents: set[str], rest: str, names: OptionNames) -> Reading:
    """The option in a box or between answer tags, unless the text names another."""
    indices = {_named(content, names) for content in contents}
    said = {index for line in rest.splitlines() if (index := _named(line, names)) is not None}
    index = indices.pop()
    if indices or index is None or said - {index}:
        return unparsable("several answers" if index is not None else f"no single answer in [1,{len(names)}]")
    prose = statements(rest, names)
    if prose is None or prose - {index} or is_withdrawn(rest, index, names):
        return unparsable("several answers")
    return _checked(index, names)


def _opening(text: str, names: OptionNames) -> Reading | None:
    """`2, because most people do`."""
    opening = _OPENING.match(text)
    if opening is None:
        return None
    index = _index(opening[1], names)
    if is_withdrawn(text[opening.end(1) :], index, names):
        return unparsable("an answer taken back")
    return _checked(index, names)


def _prose(text: str, names: OptionNames) -> Reading:
    indices = statements(text, names)
    if indices is None:
        return unparsable("a negated, conditional or withdrawn answer, or a number that counts something")
    if len(indices) != 1:
        return unparsable("several answers" if indices else f"no single answer in [1,{len(names)}]")
    return _checked(indices.pop(), names)
