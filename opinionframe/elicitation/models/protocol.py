"""What a model must be to be asked: requests go in, replies come out as they arrive."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np

Mode = Literal["score", "pick", "write"]
"""`score`: the probability of each label. `pick`: one sampled label. `write`: free text."""


@dataclass(frozen=True)
class Request:
    """One question to a model: a text, what kind of answer, and which of its draws.

    `labels` are the spellings an answer may have (`1`..`K`); `seed` and `draw` fix the random draw.
    """

    text: str
    mode: Mode
    labels: tuple[str, ...]
    draw: int = 0
    temperature: float = 1.0
    max_tokens: int = 1
    stop: tuple[str, ...] = ()
    seed: int = 0

    @property
    def prompt_hash(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def settings(self) -> dict[str, object]:
        """Everything but text and draw that can change the answer; a score has no randomness to name."""
        settings = {name: value for name, value in asdict(self).items() if name not in ("text", "draw")}
        if self.mode == "score":
            return {"mode": self.mode, "labels": list(self.labels)}
        return {**settings, "labels": list(self.labels), "stop": list(self.stop)}

    def key(self, model: Model) -> str:
        """What identifies the answer for ever: model, revision, prompt hash, parameters and draw."""
        parts = [model.name, model.revision, dict(model.parameters), self.prompt_hash, self.settings(), self.draw]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def uniforms(request: Request) -> Iterator[float]:
    """Uniform numbers in [0, 1), fixed by seed, text and draw alone, so that a draw is the same in any batch."""
    seeds = [request.seed, request.draw, int(request.prompt_hash[:16], 16)]
    random = np.random.default_rng(seeds)
    while True:
        yield random.random()


@dataclass(frozen=True)
class Reply:
    """What a model answered: raw text, and for a score the probability mass of each label, in [0, 1].

    `error` says why there is no answer; such a reply is asked again the next time.
    """

    request: Request
    raw: str | None = None
    masses: tuple[float, ...] | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float | None = None
    error: str | None = None


@runtime_checkable
class Model(Protocol):
    """A respondent: local, behind an API, or fake.

    `name` is the model's part of a source; `revision` pins what answered (a file hash, a commit);
    `parameters` are further settings that change answers. None of them may hold a secret.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - documented by the class

    @property
    def revision(self) -> str: ...  # noqa: D102 - documented by the class

    @property
    def parameters(self) -> Mapping[str, str | int | float | None]: ...  # noqa: D102 - documented by the class

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply per request, in any order, each as soon as it is there."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far an elicitation is: answers had (on record or new), asked anew, wanted, and seconds since the start.

    `tokens_in` and `tokens_out` are those of the answers asked anew, for a running cost.
    """

    done: int
    asked: int
    total: int
    seconds: float
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    @property
    def rate(self) -> float:
        """Answers a second, of those asked anew; 0 before the first."""
        return self.asked / self.seconds if self.seconds > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds to go at this rate; None before the first answer."""
        return (self.total - self.done) / self.rate if self.rate else None

    def cost(self, prices: tuple[float, float]) -> float:
        """What was spent, at these prices of a million tokens in and out."""
        return (self.tokens_in * prices[0] + self.tokens_out * prices[1]) / 1e6
