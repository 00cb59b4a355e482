"""Answers of many tokens: prompts and requests go in, texts written together come out."""

from __future__ import annotations

from typing import Any

from opinionframe.elicitation.models.local.abilities import can_write_together
from opinionframe.elicitation.models.local.drawing import at_levels
from opinionframe.elicitation.models.local.forward import Forward, LocalPrompt, exact
from opinionframe.elicitation.models.local.template import has_thought
from opinionframe.elicitation.models.local.written_rows import CachedRows, RereadRows
from opinionframe.elicitation.models.protocol import Reply, Request, uniforms

TAIL_TOKENS = 16
"""Where a stop string is looked for: this many last tokens, more for a long one."""
CROWDED = 0.8
"""Finished rows are dropped when fewer than this share of a batch still writes; each drop copies the cache."""
COLDEST = 1e-30
"""Logits over less than this are no numbers any more; at this temperature the likeliest token is drawn already."""


def write(forward: Forward, prompts: list[LocalPrompt]) -> list[Reply]:
    """Replies to all requests. A prompt is read once for all its draws.

    Each row stops at its own end token, stop string or length, and leaves the batch.
    """
    import torch

    rows = [prompt.tokens for prompt in prompts]
    which = [i for i, prompt in enumerate(prompts) for _ in prompt.requests]
    texts = [_Text(request, forward, len(prompt.tokens)) for prompt in prompts for request in prompt.requests]
    with torch.inference_mode():
        batch = (CachedRows if can_write_together(forward) else RereadRows)(forward, rows, which)
        writing = texts
        while True:
            tokens = _drawn(batch.logits, writing)
            for text, token in zip(writing, tokens, strict=True):
                text.take(token)
            going = [i for i, text in enumerate(writing) if not text.done]
            if not going:
                break
            if len(going) < CROWDED * len(writing):
                batch.keep(going)
                writing, tokens = [writing[i] for i in going], [tokens[i] for i in going]
            batch.feed(tokens)
    return [text.reply(len(rows[i])) for text, i in zip(texts, which, strict=True)]


class _Text:
    """One answer as it is written."""

    def __init__(self, request: Request, forward: Forward, tokens_in: int) -> None:
        self.request = request
        self.done = False
        # The last token that is written need not be read.
        self._most = min(request.max_tokens, forward.window - tokens_in + 1)
        self._finish: str | None = None
        self._forward = forward
        self._tokens: list[int] = []
        self._uniforms = uniforms(request)

    def uniform(self) -> float:
        return next(self._uniforms)

    def take(self, token: int) -> None:
        if self.done:
            return
        if token in self._forward.end_tokens:
            self._end("stop")
            return
        self._tokens.append(token)
        if self._stops():
            self._end("stop")
        elif len(self._tokens) >= self._most:
            self._end("length")

    def _end(self, reason: str) -> None:
        self.done, self._finish = True, reason

    def reply(self, tokens_in: int) -> Reply:
        whole = self._forward.tokenizer.decode(self._tokens)
        # Some models mark their thoughts by special tokens, without which thought and answer run together.
        raw = whole if has_thought(whole) else self._forward.tokenizer.decode(self._tokens, skip_special_tokens=True)
        return Reply(self.request, raw, None, tokens_in, len(self._tokens), finish=self._finish)

    def _stops(self) -> bool:
        if not self.request.stop:
            return False
        # A token spells one byte at least.
        longest = max(len(stop.encode()) for stop in self.request.stop)
        tail = self._forward.tokenizer.decode(self._tokens[-max(TAIL_TOKENS, longest + 1) :])
        return any(stop in tail for stop in self.request.stop)


def _drawn(logits: Any, texts: list[_Text]) -> list[int]:
    """A token per row from softmax(logits / temperature), the likeliest where the temperature is 0."""
    import torch

    logits = exact(logits)
    heats = [text.request.temperature for text in texts]
    warm = [i for i, heat in enumerate(heats) if heat > 0]
    tokens: list[int] = logits.argmax(-1).tolist() if len(warm) < len(texts) else [0] * len(texts)
    if warm:
        warmed = logits[warm] if len(warm) < len(texts) else logits
        heat = torch.tensor([max(heats[i], COLDEST) for i in warm], device=logits.device)[:, None]
        level = torch.tensor([[texts[i].uniform()] for i in warm], dtype=torch.float64, device=logits.device)
        drawn = at_levels((warmed.float() / heat).softmax(-1), level)[:, 0].tolist()
        for i, token in zip(warm, drawn, strict=True):
            tokens[i] = token
    return tokens
