"""The chat template of a model: a question goes in, the text that opens the model's turn comes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opinionframe.errors import OptionError

_THOUGHT = re.compile(
    r"</?\w{0,9}:?think(?:ing)?>|\[/?THINK\]|\u25c1/?think\u25b7|_of_thought\|>|_THINKING\|>|<\|channel\|>",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"(?:</\w{0,9}:?think(?:ing)?>|\[/THINK\]|\u25c1/think\u25b7|<\|end_of_thought\|>|<\|END_THINKING\|>)\s*$",
    re.IGNORECASE,
)


def opened_turn(tokenizer: Any, text: str, template: Mapping[str, Any]) -> str:
    """`text` as a user's turn, the model's turn opened, with the options of `template`."""
    turns = [{"role": "user", "content": text}]
    spelled: str = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, **template)
    return spelled


def thinks(tokenizer: Any, template: Mapping[str, Any]) -> bool:
    """Whether the model may write a thought: its template knows thoughts, and the opened turn does not close one."""
    if not _THOUGHT.search(_source(tokenizer)):
        return False
    return not _CLOSED.search(opened_turn(tokenizer, "?", template))


def has_thought(text: str) -> bool:
    """Whether `text` holds marks of a thought or of channels."""
    return bool(_THOUGHT.search(text))


def refuse_unknown(tokenizer: Any, template: Mapping[str, Any], name: str) -> None:
    """Refuse options that the model's chat template does not read, and would pass over in silence.

    Raises: OptionError.
    """
    if unknown := [option for option in template if option not in _source(tokenizer)]:
        what = "has no chat template" if not _source(tokenizer) else "has a chat template that does not read them"
        raise OptionError(f"template= gives {', '.join(unknown)}, but {name} {what}. Leave them out.")


def _source(tokenizer: Any) -> str:
    """The text of the chat template, of all where there are several."""
    source = tokenizer.chat_template
    return "\n".join(source.values()) if isinstance(source, dict) else source or ""
