"""What one answer says: raw text goes in, a `Reading` comes out.

The grammar is versioned: a change of it is a change of results.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

from opinionframe.elicitation.parsing.option_names import OptionNames
from opinionframe.elicitation.parsing.outcome import Reading, cut_off, has_refusal, unparsable
from opinionframe.elicitation.parsing.paper_lists import read_list
from opinionframe.elicitation.parsing.pick import read_pick
from opinionframe.elicitation.parsing.shares import read_sequence, read_shares
from opinionframe.elicitation.parsing.spelling import respelled
from opinionframe.elicitation.parsing.thoughts import after_thought, is_empty
from opinionframe.errors import check_option

PARSER_VERSION = 3

PAPER = "paper"
PARSERS = ("strict", PAPER)
"""What is read as shares: what can be nothing else, or also any list of as many numbers, renormalised."""

Expected = Literal["pick", "shares", "sequence"]
READERS: dict[str, Callable[[str, OptionNames], Reading]] = {
    "pick": read_pick,
    "shares": read_shares,
    "sequence": read_sequence,
}
LONGEST = 50_000
"""Characters of an answer, without its thought, that are read: some 12,000 tokens. What is longer is none."""
CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "token_limit"})
"""Finish reasons of a text that ended at its ceiling of tokens, as servers spell them."""
FILTERED = frozenset({"content_filter", "content_filtered", "safety", "prohibited_content", "blocklist", "recitation"})
"""Finish reasons of a text that a filter withheld."""
OFF_OPTIONS = "first token"
"""The finish reason of a text of which one token was drawn, off the options."""
_NO_TEXT = {
    OFF_OPTIONS: unparsable("the one token that was drawn is no option"),
    **{
        reason: Reading("filtered", reason=f"a content filter withheld the answer (finish reason {reason!r})")
        for reason in FILTERED
    },
}
"""What is said by why a text ended, whatever the text is."""
_MARK = re.compile(r"<\s{0,3}/?\s{0,3}ANS_(?P<side>START|END)\s{0,3}>", re.IGNORECASE)


def read_response(
    raw: str | None,
    options: list[str],
    expect: Expected,
    *,
    final: bool = False,
    finish: str | None = None,
    by_place: bool = False,
    parser: str = "strict",
) -> Reading:
    """What one answer says, read without evaluating or guessing, in time linear in its length.

    What a model thinks (before `</think>`, or on another channel than the final one) is no answer. A number that is
    the place of one option and the label of another is read as neither, unless all keys of a mapping are the labels.
    An answer of more than 50,000 characters is not read.

    Args:
        raw: The text of the answer; None reads as an empty one.
        options: The labels as the prompt listed them; one may be a refusal (`Refused`).
        expect: What was asked for: `pick` one option (by index, letter or label), `shares` of all of them (a list,
            or pairs by index, letter or label; percentages, fractions, or counts with their total), or a `sequence`
            of letters to be counted.
        final: Whether only what stands between <ANS_START> and </ANS_END> is read.
        finish: Why the text ended, as a server says: `stop`, `length`, `content_filter`; None where it is not known.
        by_place: Whether the prompt numbered the options, so that a number is a place and never a label.
        parser: `strict`, or `paper`, which renormalises any list of as many non-negative numbers as there are options
            where the strict one finds no shares; its `reason` then says so.

    Returns: status `answered`, `refused`, `cut off`, `filtered` or `unparsable`; shares that sum to 1; what they
        summed to; why not.
    Raises: OptionError.

    >>> read_response("I would choose 2 (no).", ["yes", "no"], "pick").probs
    [0.0, 1.0]
    >>> read_response("{'A': '60%', 'B': '30%'}", ["yes", "no"], "shares").raw_sum
    0.9
    >>> read_response("1 or 2", ["yes", "no"], "pick").status
    'unparsable'
    >>> read_response("<think>Perhaps 1", ["yes", "no"], "pick").status
    'cut off'
    """
    check_option("expect", expect, READERS)
    check_option("parser", parser, PARSERS)
    reason = (finish or "").lower()
    if (no_text := _NO_TEXT.get(reason)) is not None:
        return no_text
    answer = after_thought(raw or "")
    if reason in CUT:
        return cut_off(_where_cut(raw or "", answer))
    if answer is None:
        return cut_off("the text ends inside its thought")
    if reason == "refusal":
        return Reading("refused", reason="the model declined")
    if not answer:
        return unparsable("the reply is empty" if is_empty(raw or "") else "nothing after the thought")
    return _read(answer, [respelled(option) for option in options], expect, parser, final=final, by_place=by_place)


def read_answer(
    raw: str | None,
    elicitation: str,
    variant: str,
    options: list[str],
    finish: str | None,
    *,
    by_place: bool,
    parser: str,
) -> Reading:
    """What the answer to one prompt of this elicitation and variant says."""
    expect: Expected = "shares" if elicitation == "verbalized" else "pick"
    return read_response(raw, options, expect, final=variant == "cot", finish=finish, by_place=by_place, parser=parser)


def is_whole(raw: str | None, finish: str | None) -> bool:
    """Whether a text can be what a model had to say: neither empty, nor cut off, nor withheld, nor all thought.

    One token that was drawn is whole whatever it is: no ceiling makes it another one.

    >>> is_whole("2", None), is_whole("2", "length"), is_whole("<think>Well", None), is_whole("", "stop")
    (True, False, False, False)
    """
    if finish == OFF_OPTIONS:
        return True
    return (finish or "").lower() not in CUT | FILTERED and bool(after_thought(raw or ""))


def _read(answer: str, options: list[str], expect: str, parser: str, *, final: bool, by_place: bool) -> Reading:
    """What the text after a thought says."""
    text = _final(answer) if final else answer
    if text is None:
        reading = unparsable("no final answer between <ANS_START> and </ANS_END>")
    elif len(text) > LONGEST:
        return unparsable(f"{len(text):,} characters are too many for an answer; {LONGEST:,} are read")
    else:
        reading = READERS[expect](respelled(text), OptionNames(tuple(options), by_place))
        if parser == PAPER and expect == "shares" and reading.status == "unparsable":
            renormalised = read_list(respelled(text), len(options))
            reading = renormalised if renormalised.status == "answered" else reading
    return _or_refused(answer[:LONGEST], reading)


def _where_cut(raw: str, answer: str | None) -> str:
    where = "inside its thought" if answer is None else "before an answer" if is_empty(raw) else "in mid-answer"
    return f"the ceiling of tokens ended the text {where}: raise max_tokens=…"


def _final(text: str) -> str | None:
    """What stands between the last marks, or after an opening one whose end was a stop string; None for no marks."""
    marks = list(_MARK.finditer(text))
    opens = [mark["side"].upper() == "START" for mark in marks]
    closed = [place for place, (now, then) in enumerate(pairwise(opens)) if now and not then]
    if closed:
        return text[marks[closed[-1]].end() : marks[closed[-1] + 1].start()]
    rest = text[marks[-1].end() :] if opens and opens[-1] else "<"
    return None if "<" in rest else rest


def _or_refused(text: str, reading: Reading) -> Reading:
    """`reading`, or a refusal where an unreadable text declines."""
    if reading.status == "unparsable" and has_refusal(text):
        return Reading("refused", reason="the model declined")
    return reading
