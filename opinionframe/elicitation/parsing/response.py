"""What one answer says: raw text goes in, a `Reading` comes out.

The grammar is versioned: a change of it is a change of results.
"""

from __future__ import annotations

import re
from typing import Literal

from opinionframe.elicitation.parsing.outcome import Reading, has_refusal, unparsable
from opinionframe.elicitation.parsing.pick import read_pick
from opinionframe.elicitation.parsing.shares import read_sequence, read_shares
from opinionframe.errors import check_option

PARSER_VERSION = 1

Expected = Literal["pick", "shares", "sequence"]
READERS = {"pick": read_pick, "shares": read_shares, "sequence": read_sequence}
_FINAL = re.compile(r"<\s*ANS_START\s*>(.*?)<\s*/?\s*ANS_END\s*>", re.DOTALL | re.IGNORECASE)
_CUT = re.compile(r"<\s*ANS_START\s*>((?:(?!<).)*)$", re.DOTALL | re.IGNORECASE)


def read_response(raw: str | None, options: list[str], expect: Expected, *, final: bool = False) -> Reading:
    """What one answer says, read without evaluating or guessing.

    Args:
        raw: The text of the answer; None reads as an empty one.
        options: The labels as the prompt listed them; one may be a refusal (`Refused`).
        expect: What was asked for: `pick` one option (by index, letter or label), `shares` of all of them (a list,
            or pairs by index, letter or label; percentages or fractions), or a `sequence` of letters to be counted.
        final: Whether only what stands between <ANS_START> and </ANS_END> is read.

    Returns: status `answered`, `refused` or `unparsable`; shares that sum to 1; what they summed to; why not.
    Raises: OptionError.

    >>> read_response("I would choose 2 (no).", ["yes", "no"], "pick").probs
    [0.0, 1.0]
    >>> read_response("{'A': '60%', 'B': '30%'}", ["yes", "no"], "shares").raw_sum
    0.9
    >>> read_response("1 or 2", ["yes", "no"], "pick").status
    'unparsable'
    """
    check_option("expect", expect, READERS)
    text = raw or ""
    if final:
        endings = _FINAL.findall(text) or _CUT.findall(text)
        if not endings:
            return _or_refused(text, unparsable("no final answer between <ANS_START> and </ANS_END>"))
        text = endings[-1]
    return _or_refused(raw or "", READERS[expect](text, options))


def read_answer(raw: str | None, elicitation: str, variant: str, options: list[str]) -> Reading:
    """What the answer to one prompt of this elicitation and variant says."""
    expect: Expected = "shares" if elicitation == "verbalized" else "pick"
    return read_response(raw, options, expect, final=variant == "cot")


def _or_refused(raw: str, reading: Reading) -> Reading:
    """`reading`, or a refusal where an unreadable text declines."""
    if reading.status == "unparsable" and has_refusal(raw):
        return Reading("refused", reason="the model declined")
    return reading
