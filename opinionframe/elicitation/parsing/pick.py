"""The one option a text picks: by index, by label, by letter, or in prose that states one answer and no other."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.outcome import Reading, has_refusal, option_index, picked, plain, unparsable

_INDEX = r"\d{1,3}(?![\d%]|[.,/]\d|\s*(?:or|to|and|-|/|,)\s*\d)"
_OPTION = r"[\s\W]*(?:option\s+|number\s+|index\s+|choice\s+)?\W{{0,3}}(?P<option>{option})(?!\w)"
_IT_IS = (
    r"\b(?:answer|response|choice|selection|index|opinion|view)\b(?P<between>[^.\n:=]{{0,60}}?)"
    r"(?:\bis\b|\bwould be\b|[:=])" + _OPTION
)
_I_CHOOSE = (
    r"\b(?:i|we|they|people|person)\b(?:'d|'ll)?(?P<between>[^.\n]{{0,30}}?)\b(?:choose|chose|select|selected|pick|"
    r"picked|respond with|answer with|answer|say|go with|opt for)\b" + _OPTION
)
_NEGATION = re.compile(r"\b(?:not|never|neither|nor|cannot|without)\b|n't\b", re.IGNORECASE)


def read_pick(text: str, options: list[str]) -> Reading:
    """The one option that `text` picks. Two different answers, or an index off the scale, are no answer."""
    whole = _line(text, options)
    if whole is not None:
        return _checked(whole, options)
    lines = [line for line in text.splitlines() if line.strip()]
    indices = {index for line in lines if (index := _line(line, options)) is not None}
    if len(indices) > 1:
        return unparsable("several answers")
    if indices and _line(lines[0], options) is not None:
        return _checked(indices.pop(), options)
    if has_refusal(text):
        return unparsable("a refusal, or an answer within one")
    if opening := re.match(r"\W*(\d{1,3}),? (?:because|since)\b", text):
        return _checked(int(opening[1]) - 1, options)
    return _prose(text, options)


def _checked(index: int, options: list[str]) -> Reading:
    if not 0 <= index < len(options):
        return unparsable(f"index {index + 1} is outside [1,{len(options)}]")
    return picked(index, len(options))


def _line(text: str, options: list[str]) -> int | None:
    """The option that a line names and nothing else: `2`, `2. About right`, `(B)`, `About right`. Off the scale too."""
    number = re.fullmatch(r"[^\w%+\-$]*(\d{1,3})[^\w%]*", text)
    if number:
        return int(number[1]) - 1
    if (named := option_index(text, options)) is not None and not re.search(r"[\[{].*,.*[\]}]", text):
        return named
    pair = re.fullmatch(r"[^\w%+\-$]*(\d{1,3}|[A-Za-z])\s*[.):=\-\u2013\u2014(\[,'\"*\s]+(.+)", text.strip(), re.DOTALL)
    if pair and plain(pair[2]) in (labels := [plain(option) for option in options]):
        index, label = option_index(pair[1], options), labels.index(plain(pair[2]))
        return label if index == label else None
    return None


def _prose(text: str, options: list[str]) -> Reading:
    straight = text.replace("’", "'")  # noqa: RUF001 - models write both
    labels = sorted(
        (re.escape(option.strip()) for option in options if not option.strip().isdigit()), key=len, reverse=True
    )
    spellings = "|".join([_INDEX, *labels, r"(?-i:[A-Z])(?=\W*$|[.)\n])"])
    indices: set[int] = set()
    for shape in (_IT_IS, _I_CHOOSE):
        for match in re.finditer(shape.format(option=spellings), straight, re.IGNORECASE):
            if _NEGATION.search(match["between"]):
                return unparsable("a negated answer")
            index = option_index(match["option"], options)
            indices.add(-1 if index is None else index)
            indices.update(_named_after(straight[match.end() :], options))
    if len(indices) != 1:
        return unparsable("several answers" if indices else f"no single answer in [1,{len(options)}]")
    return _checked(indices.pop(), options)


def _named_after(rest: str, options: list[str]) -> set[int]:
    """The options named in the rest of a sentence, as in `2 (About right)` or `Too little or Too much`."""
    sentence = re.split(r"[.\n]", rest, maxsplit=1)[0]
    indices: set[int] = set()
    for option in sorted(options, key=len, reverse=True):
        shape = rf"(?<!\w){re.escape(option.strip())}(?!\w)"
        if not option.strip().isdigit() and re.search(shape, sentence, re.IGNORECASE):
            indices.add(options.index(option))
            sentence = re.sub(shape, " ", sentence, flags=re.IGNORECASE)
    return indices
