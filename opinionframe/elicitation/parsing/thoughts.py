"""What a model says after it has thought: raw text goes in, the text of the answer comes out."""

from __future__ import annotations

import re

_NAMES = (
    r"(?:\w{1,9}:)?(?:(?:inner[_ -])?(?:think|thinking|thought|thoughts|monologue)(?:[_ -]process)?|reason|reasoning|"
    r"analysis|reflection|scratch[_ -]?pad|chain[_ -]of[_ -]thought)"
)
_TAG = re.compile(
    rf"<\s{{0,3}}(?P<closes>/)?\s{{0,3}}{_NAMES}\s{{0,3}}>|\[(?P<closes_square>/)?think\]|◁(?P<closes_kimi>/)?think▷"
    r"|<\|(?:begin|(?P<ends>end))_of_thought\|>|<\|(?:start|(?P<ends_thinking>end))_thinking\|>",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|>\s{0,3}(?P<name>\w{0,30})[^<]{0,200}<\|message\|>")
_CHANNEL_MARK = "<|channel|>"
_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_BARE_CHANNELS = ("analysis", "assistantfinal")
"""How channels read where a server prints the marks without their brackets: `analysis…assistantfinal2`."""
_OPENING = re.compile(r"(?i)\s*(?:<s>|<bos>|<\|(?:assistant|begin_of_text|startoftext|start_(?:response|text))\|>\s*)")
_CLOSING = re.compile(r"</s>|<eos>|<end_of_turn>|<pad>|\[/INST\]|<[|｜][a-zA-Z_▁]{1,30}[|｜]>")


def after_thought(raw: str) -> str | None:
    r"""What `raw` says after its last thought, without the marks of a turn; None where it ends inside a thought.

    A thought is what stands before the last closing tag (`</think>`, also where the opening one is part of the
    prompt), and whatever a model writes to another channel than its final one. An empty thought is no thought.

    >>> after_thought("<think>Perhaps 1?</think>\n\n3</s>")
    '3'
    >>> after_thought("<think>Perhaps 1") is None
    True
    """
    final = _final_channel(raw)
    if final is None:
        return None
    kept, tags = 0, list(_TAG.finditer(final))
    is_open = False
    for place, tag in enumerate(tags):
        if _closes(tag):
            is_open = False
            opening = tags[place - 1] if place and not _closes(tags[place - 1]) else None
            if opening is None or final[opening.end() : tag.start()].strip():
                kept = tag.end()
        else:
            is_open = True
    return None if is_open else _without_turn(_TAG.sub("", final[kept:]) if tags else final)


def is_empty(raw: str) -> bool:
    r"""Whether `raw` holds nothing but the marks of turns and empty thoughts.

    >>> is_empty("<think>\n</think><|im_end|>"), is_empty("<think>Well</think>")
    (True, False)
    """
    return not _CLOSING.sub("", _TAG.sub("", raw)).strip()


def _closes(tag: re.Match[str]) -> bool:
    return tag.lastgroup is not None


def _final_channel(raw: str) -> str | None:
    """The text of the last channel where it is the final one; the whole text where there are no channels."""
    if _CHANNEL_MARK in raw:
        channels = list(_CHANNEL.finditer(raw))
        if not channels or channels[-1]["name"] != "final" or _CHANNEL_MARK in raw[channels[-1].end() :]:
            return None
        return _END.split(raw[channels[-1].end() :], maxsplit=1)[0]
    thought, final = _BARE_CHANNELS
    bare = raw.lstrip()
    if final in bare and bare.startswith((thought, final)):
        return bare.rpartition(final)[2]
    return None if re.match(rf"{thought}[A-Z]", bare) else raw


def _without_turn(text: str) -> str:
    """`text` without the tokens that open and close a turn; those inside it stay."""
    opening = _OPENING.match(text)
    inner = text[opening.end() :] if opening else text
    closing = _CLOSING.search(inner)
    if closing and not _CLOSING.sub("", inner[closing.start() :]).strip():
        inner = inner[: closing.start()]
    return inner.strip()
