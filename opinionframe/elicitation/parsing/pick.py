"""The one option a text picks: by place, by label, by letter, or in prose that states one answer and no other."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.option_names import NO_ANSWER, OptionNames
from opinionframe.elicitation.parsing.outcome import Reading, has_refusal, picked, unparsable
from opinionframe.elicitation.parsing.statement import is_withdrawn, opening_label, statements

_BOXED = re.compile(
    r"\$?\\(?:boxed|fbox)\{(?:\\text\{)?(?P<boxed>[^{}\n]{1,200})\}?\}\$?|"
    r"<(?P<tag>answer|final_?answer|response)>\s{0,9}(?P<tagged>[^<>\n]{1,200}?)\s{0,9}</(?P=tag)>",
    re.IGNORECASE,
)
_OUT_OF = re.compile(r"(?P<number>\d{1,3}) out of (?P<total>\d{1,3})")
_SIGNS = rf"%‰/@&°+±^×=~≈<>≤≥$€£¥¢{NO_ANSWER}"
_ALONE = re.compile(rf"[^\w\-\u2013\u2014{_SIGNS}]*(\d{{1,3}})(?:\.0)?[^\w?{_SIGNS}]*")
"""A number that nothing makes an amount, a bound, a doubt or a denial."""
_SIGNED = re.compile(rf"\W{{0,12}}[-\u2013+±~≈<>≤≥$€£¥{NO_ANSWER}]\s?\d|\W{{0,12}}(?<!\.)\.\d")
_UNTICKED = re.compile(rf"\s*(?:[-*+]\s+)?(?:\[\s?\]|[{NO_ANSWER}])\s")
_TICK = re.compile(r"\s*(?:[-*+]\s+)?(?:\[[xX]\]|[\u2611\u2705\u2714])\s+")
_HEADING = re.compile(r"\W{0,12}(?:(?:my|the|final) ){0,2}(?:answer|response|choice)\W{0,12}", re.IGNORECASE)
_DENIED = re.compile(r"(?:\bnot|n't|\bnever|\bexcept|\banything but)\W{0,6}$", re.IGNORECASE)
_OPENING = re.compile(r"\W{0,12}(\d{1,3}),? (?:because|since)\b(?P<reason>[^.\n]*)")

OFF_SCALE = -1
"""A number that is neither a place nor a label."""
BOTH = -2
"""A number that is the place of one option and the label of another."""


def read_pick(text: str, names: OptionNames) -> Reading:
    """The one option that `text` picks. Two different answers, or a place off the scale, are no answer."""
    tidy = _ticked(re.sub(r"[^\S\n]+", " ", text.replace("’", "'")).strip())
    if boxes := list(_BOXED.finditer(tidy)):
        return _boxed(boxes, tidy, names)
    whole = _named(tidy, names)
    if whole is not None:
        return _checked(whole, names)
    lines = [line for line in tidy.splitlines() if line.strip() and not _HEADING.fullmatch(line)]
    named = [_named(line, names) for line in lines]
    if len(lines) > len(names) and named[: len(names)] == list(range(len(names))):
        # The options as the prompt lists them; the answer comes after.
        lines, named = lines[len(names) :], named[len(names) :]
        tidy = "\n".join(lines)
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


def _ticked(text: str) -> str:
    """`text` without the lines of boxes that are not ticked, and without the ticks of the others."""
    lines = text.splitlines()
    return "\n".join(_TICK.sub("", line) for line in lines if not _UNTICKED.match(line)) if lines else text


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
    if _SIGNED.match(text):
        return names.by_label(text)
    if number := _ALONE.fullmatch(text):
        return _index(number[1], names)
    share = _OUT_OF.fullmatch(text.strip(" .*_"))
    if share and int(share["total"]) == len(names):
        return _index(share["number"], names)
    listed = re.search(r"[\[{]", text) and "," in text
    found = set() if listed and names.by_label(text) is None else names.readings(text)
    return None if not found else found.pop() if len(found) == 1 else BOTH


def _boxed(boxes: list[re.Match[str]], text: str, names: OptionNames) -> Reading:
    """The option in a box or between answer tags, unless the text denies it or names another."""
    if any(_DENIED.search(text, max(0, box.start() - 20), box.start()) for box in boxes):
        return unparsable("an answer that is denied")
    contents, rest = {(box["boxed"] or box["tagged"]).strip() for box in boxes}, _BOXED.sub(" ", text)
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
    if len(indices) == 1 and opening_label(text, names) - indices:
        return unparsable("several answers")
    if len(indices) != 1:
        return unparsable("several answers" if indices else f"no single answer in [1,{len(names)}]")
    return _checked(indices.pop(), names)
