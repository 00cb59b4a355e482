"""Texts without a key: what a server says goes in; what may be printed and put on record comes out."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from opinionframe.elicitation.models.protocol import Reply
from opinionframe.elicitation.models.server.address import NO_KEY

HIDDEN = "***"
_BEGINNING = 8
"""So many characters of a key are enough to hide what follows them: a message may be cut within a key."""


class Mask:
    """Hides `keys` in texts.

    >>> mask = Mask("sk-canary-123456")
    >>> mask.message("bad key sk-canary-123456, or sk-canary-12"), mask.answer("My key is sk-canary-123456.")
    ('bad key ***, or ***', 'My key is ***.')
    """

    def __init__(self, *keys: str | None) -> None:
        secrets = [str(key) for key in keys if key not in (None, "", NO_KEY)]
        spellings = {*secrets, *(quote(secret, safe="") for secret in secrets)}
        beginnings = [f"{re.escape(text[:_BEGINNING])}[^\\s\"'<>,;]*" for text in spellings if len(text) > _BEGINNING]
        self._whole = sorted((text for text in spellings if len(text) >= _BEGINNING), key=len, reverse=True)
        shapes = [*map(re.escape, sorted(spellings, key=len, reverse=True)), *beginnings]
        self._shape = re.compile("|".join(shapes)) if shapes else None

    def message(self, text: str) -> str:
        """A message without the key and without what begins as it does."""
        return self._shape.sub(HIDDEN, text) if self._shape else text

    def answer(self, text: str) -> str:
        """An answer without the whole key; nothing else of it changes, and a key of a few letters stays."""
        for spelling in self._whole:
            text = text.replace(spelling, HIDDEN)
        return text

    def reply(self, reply: Reply) -> Reply:
        """`reply` without the key."""
        return replace(
            reply,
            raw=reply.raw if reply.raw is None else self.answer(reply.raw),
            error=reply.error if reply.error is None else self.message(reply.error),
            finish=reply.finish if reply.finish is None else self.message(reply.finish),
        )

    def content(self, content: bytes) -> bytes:
        """The bytes of a reply without the whole key."""
        for spelling in self._whole:
            content = content.replace(spelling.encode(), HIDDEN.encode())
        return content
