"""A stand-in for a model: answers computed from a hash of the text, for tests and documentation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.schemas.card import card


class FakeModel:
    """A stand-in for a model, whose answers are drawn from a hash of the text: the same seed gives the same answers.

    Neither order nor batch changes them. It knows nothing about anybody; use it to try a study out before a real
    model is paid for.

    Args:
        seed: Fixes the answers; it is the model's revision.
        name: The model's part of the source.

    >>> model = FakeModel(seed=1)
    >>> [reply] = model.answer([Request("Do you like tea?", "score", ("1", "2"))])
    >>> round(sum(reply.masses), 6)
    1.0
    """

    thinks, streams = False, True

    def __init__(self, *, seed: int, name: str = "fake") -> None:
        self.name = name
        self.revision = f"seed-{seed}"
        self.parameters: Mapping[str, str | int | float | None] = {}
        self._seed = seed

    def __repr__(self) -> str:
        return f"FakeModel(seed={self._seed}, name={self.name!r})"

    def _repr_html_(self) -> str:
        return card("FakeModel", self.name, {"Seed": self._seed, "Answers": "drawn at random; it knows nothing"})

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply per request, in order: Dirichlet shares for a score, a draw from them, or a list of percentages."""
        for request in requests:
            shares = self._shares(request)
            yield Reply(
                request=request,
                raw=self._raw(request, shares),
                masses=tuple(shares.tolist()) if request.mode == "score" else None,
                tokens_in=len(request.text.split()),
                tokens_out=1,
                seconds=0.0,
                finish="stop",
            )

    def _shares(self, request: Request) -> np.ndarray:
        return self._random(request.text).dirichlet(np.ones(len(request.labels)))

    def _raw(self, request: Request, shares: np.ndarray) -> str:
        if request.mode == "score":
            return request.labels[int(shares.argmax())]
        answer = self._percentages(shares) if "percentages" in request.text else self._pick(request, shares)
        return f"<ANS_START>{answer}</ANS_END>" if request.stop else answer

    def _percentages(self, shares: np.ndarray) -> str:
        return "[" + ", ".join(f"{100 * share:.1f}" for share in shares) + "]"

    def _pick(self, request: Request, shares: np.ndarray) -> str:
        draw = self._random(f"{request.text}|{request.seed}|{request.draw}")
        return request.labels[int(draw.choice(len(shares), p=shares))]

    def _random(self, text: str) -> np.random.Generator:
        digest = hashlib.sha256(f"{self._seed}|{text}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))
