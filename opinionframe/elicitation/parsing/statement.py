"""Sentences that state an answer: prose goes in, the options that it states come out."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.option_names import OptionNames

_PLACE = r"\d{1,3}(?![\d%]|[.,/]\d|\s*(?:or|to|and|-|\u2013|/|,)\s*\d)"
_LETTER = r"(?-i:[A-Z])(?=\W*$|[.)\n])"
_OPTION = (
    r"[\s\W]{{0,12}}(?:it(?:'s| is)\s+)?(?:option\s+|number\s+|index\s+|choice\s+)?\W{{0,3}}(?P<option>{option})(?!\w)"
)
_IT_IS = (
    r"(?:\b(?:answer|response|choice|selection|index|opinion|view|(?:selected|chosen|preferred) option)\b"
    r"(?P<between>[^.\n:=]{{0,60}}?)(?:\bis\b|\bwould be\b|[:=])|"
    r"\b(?:ans|antwort|réponse|respuesta|risposta|resposta|ответ|答案|回答|الجواب|الإجابة) ?:)" + _OPTION
)
_I_CHOOSE = (
    r"\b(?:i|we|they|people|person)\b(?:'d|'ll)?(?P<between>[^.\n]{{0,30}}?)\b(?:choose|chose|select|selected|pick|"
    r"picked|respond with|answer with|answer|say|go with|go for|opt for)\b" + _OPTION
)
_NEGATION = re.compile(r"\b(?:not|never|neither|nor|cannot|without)\b|n't\b", re.IGNORECASE)
_IF = re.compile(
    r"\b(?:if|unless|depend(?:s|ing)|assuming|supposing|used to|in case|in the event|provided)\b", re.IGNORECASE
)
_OTHERS = re.compile(r"\b(?:some|many|few|other|certain)\s+(?:people|person)\b[^.\n]{0,60}$", re.IGNORECASE)
"""What some people say is nobody's answer."""
_IDIOM = re.compile(
    r"\bif (?:(?:i|we|you) )?(?:had to|have to|must|were (?:forced|asked) to|were to|"
    r"am (?:forced|asked) to|asked|forced|pressed)\b",
    re.IGNORECASE,
)
"""A wish to answer, not a condition of the answer."""
_AFTER_PLACE = re.compile(
    r"\s*(?:$|[^\w\s]|\n|because\b|since\b|as\b|which\b|for\b|from\b|in\b|on\b|to (?:the|this)\b|"
    r"(?P<total>out of (?P<of>\d{1,3})(?!\s*\w|\d))|if\b|unless\b|but\b|though\b|although\b|and\b|or\b)",
    re.IGNORECASE,
)
"""What may follow a place; a noun makes it a count: `2 answers`, `3 words`."""
_WITHDRAWN = re.compile(
    r"\b(?:edit(?=:)|no,? wait|wait,? no|scratch that|strike that|on second thoughts?|"
    r"chang(?:e|ed|ing) my (?:mind|answer)|"
    r"correct(?:ion|ing myself)|let me (?:correct|change|revise|reconsider)|i take that back|my mistake)\b",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"\b(?:wait|actually|sorry|rather|i mean|i meant|instead|no|hmm|but|however|although|though|make (?:it|that))\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"[\s\W]{0,6}(?:(?:it's|it is|option|the answer is|i'd say|i would say)\s+)?(\d{1,3}|(?-i:[A-Z]))(?!\w)",
    re.IGNORECASE,
)
_OR = re.compile(r"\W{0,6}or\W{1,3}(?:maybe |perhaps |possibly )?(\d{1,3}|(?-i:[A-Z]))(?!\w)", re.IGNORECASE)
_COUNTED = re.compile(r"\s*(?!(?:is|would|could|might|may|seems?|too|also|works|as|then|instead)\b)\w", re.IGNORECASE)
"""A noun, which makes a number before it a count."""
_NOT_THE_ANSWER = re.compile(
    r"\b(?:no|(?:least|worst|wrong|incorrect|last|second|third|other|another|alternative|opposite|previous|original|"
    r"initial)(?:\s+\w{1,12}){0,2})\s+$",
    re.IGNORECASE,
)
"""What makes an `answer` that follows another than the one that is given."""
_ASIDE = re.compile(
    r"\b(?:though|although|but|while|whereas|many|some|others|few|nobody|no one|he|she|could|might|almost|nearly|"
    r"hesitat\w*|barely|hardly|rarely|seldom|sometimes|often|usually|tempted|avoid|reject\w*)\b",
    re.IGNORECASE,
)
"""What makes a verb somebody else's, or less than a choice."""
_SIGN_BEFORE = re.compile(r"(?:[+~≈<>≤≥±^/×$€£¥]\s?|[-\u2013])$")
_GOES_ON = re.compile(
    r"\s{0,3}(?:[%‰°€£$¢+±^×~∼〜]|[-\u2013](?:[A-Za-z]|\s{0,3}$)|(?:through|thru)\b|"
    r"[^\w\n]{1,6}(?:\d{1,3}(?!\d|\s?%)|(?-i:[A-Z])(?=\W*$|[.)]))|\W{1,6}(?:\d{1,3}|(?-i:[A-Z]))\W{0,6}$|"
    r"[\s\W]{0,6}\bor\b|(?:for|if)\b[^.\n]{0,60}\b(?:and|but)\s+\d{1,3}\s+(?:for|if)\b)",
    re.IGNORECASE,
)
"""What makes a place part of an amount, a range or a choice between two."""
_AFTER_WORD = re.compile(
    r"\s*(?:$|[^\w\s]|\n|(?:because|since|as|which|for|from|in|on|with|due|given|about|when|at|by|and|"
    r"to (?:the|this))\b)",
    re.IGNORECASE,
)
"""What may follow a label of one word; another word makes it a phrase: `no more`, `good enough`."""
_NUMBER_SIGN = re.compile(r"\. ?\d{1,3}(?!\d)")
"""What makes `No` the sign of a number: `No. 1`."""
_TO_DO = re.compile(r"\s+to\s+(?!the\b|this\b)", re.IGNORECASE)
SENTENCE = 400
"""Characters after an answer in which its sentence ends, or is not one."""


def statements(text: str, names: OptionNames) -> set[int] | None:
    """The options (from 0) that sentences such as `I would say 2` state; none where it states none.

    -1 stands for a number off the scale, -2 for one that is the place of one option and the label of another. None
    where an answer is negated, conditional or taken back, or counts something.
    """
    spelled = (option.strip() for option in names.options if not re.fullmatch(r"\d{1,3}|[A-Za-z]", option.strip()))
    labels = sorted((re.escape(label) for label in spelled if label), key=len, reverse=True)
    spellings = "|".join([*labels, _PLACE, _LETTER])
    indices: set[int] = set()
    stated_at = len(text)
    for shape in (_IT_IS, _I_CHOOSE):
        for match in re.finditer(shape.format(option=spellings), text, re.IGNORECASE):
            found = names.readings(match["option"])
            index = -1 if not found else found.pop() if len(found) == 1 else -2
            if not _is_plain(text, match, index, names):
                return None
            after = _sentence(text[match.end() : match.end() + SENTENCE])
            indices |= {index} | _named_after(after, names)
            stated_at = min(stated_at, match.end())
            if len(indices) > 1:
                return indices
    return None if any(is_withdrawn(text[stated_at:], index, names) for index in indices) else indices


def is_withdrawn(rest: str, index: int, names: OptionNames) -> bool:
    """Whether what follows an answer takes it back: `No wait, B`, `but 3`."""
    if _WITHDRAWN.search(rest):
        return True
    if (other := _OR.match(rest)) and names.readings(other[1]) - {index}:
        return True
    for turn in _TURN.finditer(rest):
        after = _sentence(rest[turn.end() : turn.end() + SENTENCE])
        option = _OTHER.match(after)
        others = names.readings(option[1]) if option and not _COUNTED.match(after[option.end() :]) else set()
        if (others | opening_label(after, names)) - {index}:
            return True
    return False


def _is_plain(text: str, match: re.Match[str], index: int, names: OptionNames) -> bool:
    """Whether this sentence states its option without a condition, a negation or a noun that it counts."""
    before = re.split(r"[.\n]", text[max(0, match.start() - SENTENCE) : match.start("option")])[-1]
    after = text[match.end() : match.end() + SENTENCE]
    is_conditional = _IF.search(_IDIOM.sub("", before)) or _IF.search(_sentence(after))
    if (
        is_conditional
        or _NEGATION.search(match["between"] or "")
        or _OTHERS.search(text[max(0, match.start() - 12) : match.end()])
    ):
        return False
    if match["option"].lower() == "no" and _NUMBER_SIGN.match(after):
        return False
    if _is_anothers(text, match, names) or _is_question(after):
        return False
    if not _is_bare(text, match, after) and opening_label(after, names) != {index}:
        return False
    follows = _AFTER_PLACE.match(after)
    if match["option"].isdigit() and not follows and opening_label(after, names) != {index}:
        return False
    return not (match["option"].isdigit() and follows and follows["of"] and int(follows["of"]) != len(names))


def _is_question(after: str) -> bool:
    """Whether the sentence ends as a question."""
    end = re.search(r"[.!?\n]", after)
    return end is not None and end[0] == "?"


def _is_anothers(text: str, match: re.Match[str], names: OptionNames) -> bool:
    """Whether a sentence states another's answer, a wrong one or half of one.

    `The answer is not important` may negate `Important` where `Not important` is an option too.
    """
    negation, _, rest = match["option"].partition(" ")
    said = text[max(0, match.start("option") - 3) : match.start("option")]
    may_be_negated = negation == "not" and said == "is " and names.by_label(rest) is not None
    is_another = _NOT_THE_ANSWER.search(text, max(0, match.start() - 60), match.start())
    return may_be_negated or bool(is_another or _ASIDE.search(match["between"] or ""))


def _is_bare(text: str, match: re.Match[str], after: str) -> bool:
    """Whether an option stands for itself: no sign makes it an amount, no word a phrase."""
    option = match["option"]
    if len(option) == 1 or option.isdigit():
        signed = option.isdigit() and _SIGN_BEFORE.search(
            text, max(0, match.start("option") - 3), match.start("option")
        )
        return not signed and not _GOES_ON.match(after) and not re.match(r"[.)]\s*or\b", after, re.IGNORECASE)
    return not _TO_DO.match(after) and (" " in option or bool(_AFTER_WORD.match(after)))


def _sentence(rest: str) -> str:
    return re.split(r"[.\n]", rest, maxsplit=1)[0]


def opening_label(rest: str, names: OptionNames) -> set[int]:
    """The option whose label `rest` opens with."""
    opening = rest.lstrip(" ,;:'\"*(")[:SENTENCE]
    for i in sorted(range(len(names)), key=lambda i: len(names.options[i]), reverse=True):
        label = names.options[i].strip()
        if label and not label.isdigit() and re.match(rf"{re.escape(label)}(?!\w)", opening, re.IGNORECASE):
            return {i}
    return set()


def _named_after(sentence: str, names: OptionNames) -> set[int]:
    """The options named in the rest of a sentence, as in `2 (About right)` or `Too little or Too much`."""
    indices: set[int] = set()
    for i in sorted(range(len(names)), key=lambda i: len(names.options[i]), reverse=True):
        label = names.options[i].strip()
        shape = rf"(?<!\w){re.escape(label)}(?!\w)"
        if label and not label.isdigit() and re.search(shape, sentence, re.IGNORECASE):
            indices.add(i)
            sentence = re.sub(shape, " ", sentence, flags=re.IGNORECASE)
    return indices
