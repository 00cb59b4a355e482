"""Answers of many tokens: prompts and requests go in, texts written together come out."""

from __future__ import annotations

from opinionframe.elicitation.models.local.cache_name import cache_name
from opinionframe.elicitation.models.local.forward import Forward, LocalPrompt
from opinionframe.elicitation.models.local.roomy_cache import roomy
from opinionframe.elicitation.models.local.template import has_thought
from opinionframe.elicitation.models.protocol import Reply, Request, uniforms

TAIL_TOKENS = 16
"""Where a stop string can end: this many last tokens."""
CROWDED = 0.8
"""Finished rows are dropped when fewer than this share of a batch still writes; each drop copies the cache."""


def write(forward: Forward, prompts: list[LocalPrompt]) -> list[Reply]:
    """Replies to all requests. A prompt is read once for all its draws.

    Each row stops at its own end token, stop string or length, and leaves the batch.
    """
    import torch

    rows = [prompt.tokens for prompt in prompts]
    which = [i for i, prompt in enumerate(prompts) for _ in prompt.requests]
    texts = [_Text(request, forward) for prompt in prompts for request in prompt.requests]
    with torch.inference_mode():
        batch = _Batch(forward, rows, which)
        writing = texts
        while True:
            tokens = batch.draw(writing)
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

    def __init__(self, request: Request, forward: Forward) -> None:
        self.request = request
        self.done = False
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
        elif len(self._tokens) >= self.request.max_tokens:
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
        tail = self._forward.tokenizer.decode(self._tokens[-TAIL_TOKENS:])
        return any(stop in tail for stop in self.request.stop)


class _Batch:
    """The cache and next-token logits of the rows being written."""

    def __init__(self, forward: Forward, rows: list[list[int]], which: list[int]) -> None:
        self._forward = forward
        ids, mask, positions = forward.left_padded(rows)
        out = forward.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=1, use_cache=True
        )
        self._cache, self._logits = roomy(getattr(out, cache_name())), out.logits[:, -1]
        self._mask, self._position = mask, positions[:, -1:]
        self.keep(which)

    def keep(self, index: list[int]) -> None:
        """The rows at `index`, which may repeat."""
        import torch

        rows = torch.tensor(index, device=self._logits.device)
        self._cache.batch_select_indices(rows)
        self._logits, self._mask, self._position = self._logits[rows], self._mask[rows], self._position[rows]

    def draw(self, texts: list[_Text]) -> list[int]:
        """A token per row from softmax(logits / temperature), the likeliest where the temperature is 0."""
        import torch

        heat = torch.tensor([text.request.temperature for text in texts], device=self._logits.device)[:, None]
        warm = torch.where(heat > 0, heat, torch.ones_like(heat))
        steps = (self._logits.float() / warm).softmax(-1).double().cumsum(-1)
        level = torch.tensor([[text.uniform()] for text in texts], dtype=torch.float64, device=steps.device)
        drawn = torch.searchsorted(steps, level * steps[:, -1:], right=True).clamp(max=steps.shape[1] - 1)
        tokens: list[int] = torch.where(heat > 0, drawn, self._logits.argmax(-1, keepdim=True))[:, 0].tolist()
        return tokens

    def feed(self, tokens: list[int]) -> None:
        """Reads one more token per row."""
        import torch

        self._position = self._position + 1
        self._mask = torch.cat([self._mask, torch.ones_like(self._position)], dim=1)
        out = self._forward.model(
            input_ids=torch.tensor(tokens, device=self._mask.device)[:, None],
            attention_mask=self._mask,
            position_ids=self._position,
            use_cache=True,
            **{cache_name(): self._cache},
        )
        self._logits, self._cache = out.logits[:, -1], getattr(out, cache_name())
