"""Why a list of shares in a text is not its answer: the list and what stands around it go in, a reason comes out."""

from __future__ import annotations

import re

from opinionframe.elicitation.parsing.option_names import OptionNames

_DENIED_BEFORE = re.compile(
    r"(?:\bnot|n't|\bnever|\brather than|\binstead of)\s(?:\w{1,12}\s){0,2}\W{0,3}$", re.IGNORECASE
)
_DENIED_AFTER = re.compile(
    r"\W{0,6}(?:(?:is|are|was|were|would be|seems?) (?:not|wrong|incorrect|false)|(?:is|are)n't)\b", re.IGNORECASE
)
_SHOWN = re.compile(
    r"(?:\be\.?g\.?|\b(?:for instance|examples?|placeholder|format (?:would|should|could|is))\b)[^\n\[{]{0,40}$",
    re.IGNORECASE,
)
"""What makes a list one of a form, not of an answer."""
_SORTED = re.compile(
    r"\b(?:sorted|ranked|descending|ascending|revers(?:e|ed|ing)|(?:most|highest|largest|least|lowest|smallest)"
    r"(?: \w{1,12}){0,2} to (?:the )?(?:most|highest|largest|least|lowest|smallest))\b",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\b(?:no,? wait|wait|hmm|better|rather|actually|sorry|instead|correction|on second thoughts?)\b", re.IGNORECASE
)
_NEAR = 80
"""Characters before and after a list that can say how it is meant."""
_BETWEEN = re.compile(r"(?:[\s,;/|&'\"()\[\]>*`.:\-\u2013\u2014]|\b(?:and|or|vs|then)\b){1,12}", re.IGNORECASE)


def doubt_of(text: str, start: int, end: int) -> str | None:
    """Why the shares in `text[start:end]` are not what it answers; None where nothing beside them speaks against it.

    They are denied (`not [20, 80]`), shown as an example, or said to be sorted, where no option is named in them.
    """
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after):
        return "a list of shares that is denied"
    if _SHOWN.search(before):
        return "a list of shares that is an example"
    if is_ordered(text[start:end]) and (_SORTED.search(before) or _SORTED.search(after)):
        return "a list of shares that is sorted"
    return None


def is_ordered(block: str) -> bool:
    """Whether the shares of a block belong to options by their order alone."""
    return not re.search(r"[:=]", block)


def is_revised(rest: str, numbers: re.Pattern[str], n_options: int) -> bool:
    """Whether what follows a list has another one without brackets: `Hmm, better 30, 30, 40`."""
    turn = _BETTER.search(rest)
    return turn is not None and len(numbers.findall(rest, turn.end(), turn.end() + 40 * n_options)) >= n_options


def in_another_order(text: str, names: OptionNames) -> bool:
    """Whether `text` lists all options, or all their letters, one after the other in another order than asked.

    Shares beside such a list may be in its order.
    """
    labels = sorted((re.escape(label) for label in names.options if label.strip()), key=len, reverse=True)
    by_label = re.compile(rf"(?<!\w)(?:{'|'.join(labels)})(?!\w)", re.IGNORECASE)
    last, first = (re.escape(names.options[place].strip()) for place in (-1, 0))
    if re.search(rf"\bfrom\W{{1,4}}{last}\W{{1,4}}to\W{{1,4}}{first}(?!\w)", text, re.IGNORECASE):
        return True
    asked = list(range(len(names)))
    for shape, is_label in ((by_label, True), (re.compile(r"(?<!\w)[A-Z](?!\w)"), False)):
        run: list[int | None] = []
        ends_at = -1
        for match in shape.finditer(text):
            joined = ends_at >= 0 and _BETWEEN.fullmatch(text, ends_at, min(match.start(), ends_at + 13)) is not None
            joined = joined and match.start() - ends_at <= 13
            index = names.by_label(match[0]) if is_label else names.place(match[0])
            run = [*run, index][-len(names) :] if joined else [index]
            ends_at = match.end()
            if len(run) == len(names) and run != asked and set(run) == set(asked):
                return True
    return False
