"""What a model must be to be asked: requests go in, replies come out as they arrive, and both are checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from opinionframe.errors import ModelError, OptionError
from opinionframe.schemas.source import SEPARATOR

THINKING_SWITCH = "enable_thinking"
"""What most chat templates call the option that switches thoughts on and off."""
OFF_OPTIONS = "first token"
"""Why a text ended of which one token was drawn and no option stood there: however long an answer may be."""
Mode = Literal["score", "pick", "write"]
"""`score`: the probability of each label. `pick`: one sampled label. `write`: free text."""
_MOST = 1 + 1e-6
"""Rounding of a softmax."""
_MOST_TOKENS = 2**32 - 1
"""What a column of counts holds."""


@dataclass(frozen=True)
class Request:
    """One question to a model.

    Attributes:
        text: The whole prompt.
        mode: The kind of answer: `score`, `pick` or `write`.
        labels: The spellings an answer may have, `1`..`K`.
        draw: Which of the draws of the same text this is, from 0.
        temperature: Of sampling; 0 picks the likeliest token.
        max_tokens: The most an answer may have.
        stop: Strings that end an answer.
        seed: With text and draw, fixes the random draw.

    >>> Request("Do you like tea?", "score", ("1", "2")).settings()
    {'mode': 'score', 'labels': ['1', '2']}
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
        if self.mode == "score":
            return {"mode": self.mode, "labels": list(self.labels)}
        settings = {name: value for name, value in vars(self).items() if name not in ("text", "draw")}
        return {**settings, "labels": list(self.labels), "stop": list(self.stop)}

    def key(self, model: Model) -> str:
        """What identifies the answer for ever: model, revision, prompt hash, parameters and draw."""
        return next(self.keys(model))

    def keys(self, model: Model) -> Iterator[str]:
        """The key of an answer, then others under which an equal one may be on record."""
        for parameters in parameters_for(model, self):
            parts = [model.name, model.revision, dict(parameters), self.prompt_hash, self.settings(), self.draw]
            yield hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def uniforms(request: Request) -> Iterator[float]:
    """Uniform numbers in [0, 1), fixed by seed, text and draw alone, so that a draw is the same in any batch."""
    seeds = [request.seed, request.draw, int(request.prompt_hash[:16], 16)]
    random = np.random.default_rng(seeds)
    while True:
        yield random.random()


@dataclass(frozen=True)
class Reply:
    """What a model answered to one request.

    Attributes:
        request: The request itself, as the model was given it.
        raw: The text of the answer; for a score, of the likeliest token.
        masses: For a score, the probability of each of the request's labels, in [0, 1]; together 1 at most.
        tokens_in: Tokens read, of all times that it was asked.
        tokens_out: Tokens written, likewise.
        seconds: Wall time.
        error: Why there is no answer; such a request is asked again the next time.
        finish: Why the text ended: `stop` by itself, `length` at the ceiling of tokens, `content_filter`, `first
            token` where one token was drawn and is no option, or a server's own word; None where it is not known.

    >>> request = Request("Do you like tea?", "score", ("1", "2"))
    >>> Reply(request, raw="1", masses=(0.6, 0.3)).error is None
    True
    """

    request: Request
    raw: str | None = None
    masses: tuple[float, ...] | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float | None = None
    error: str | None = None
    finish: str | None = None


@runtime_checkable
class Model(Protocol):
    """What any object must have to be asked: three properties and one method; no base class is needed.

    Attributes:
        name: The model's part of a source, without `|`.
        revision: Pins what answered: a file's hash, a commit, a dated version.
        parameters: Further settings that change answers.

    All three are written to the journal and are part of its keys, so none may hold a secret. A model that never writes
    a thought before its answer may say so by an attribute `thinks = False`: its answers then get lower ceilings. One
    whose `answer` takes requests from first to last as it gets to them may say `streams = True`: processes that share
    a journal then share the work, while a model that is given a list has all of it to itself.

    >>> class Undecided:
    ...     name, revision, parameters = "undecided", "1", {}
    ...     def answer(self, requests):
    ...         for request in requests:
    ...             yield Reply(request, masses=tuple(1 / len(request.labels) for _ in request.labels))
    >>> isinstance(Undecided(), Model)
    True
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


def parameters_for(model: Model, request: Request) -> Sequence[Mapping[str, str | int | float | None]]:
    """The parameters on record with the answer to `request`, then others under which an equal one may be.

    A model whose parameters do not all touch every request has a method `parameters_for(request)`.
    """
    by_request = getattr(model, "parameters_for", None)
    return by_request(request) if callable(by_request) else (model.parameters,)


def check_model(model: Model) -> None:
    """Refuse what cannot be asked, and a name that would break the source.

    Raises: OptionError.
    """
    if isinstance(model, type):
        raise OptionError(f"model is the class {model.__name__}. Give an object of it, as {model.__name__}(…).")
    if not callable(getattr(model, "answer", None)):
        raise OptionError(
            f"model must be a model, such as of.LocalModel(…) or of.OpenAIModel(…), not {type(model).__name__}."
        )
    _refuse_attribute(model, "name", str)
    if SEPARATOR in model.name:
        raise OptionError(f"Model name {model.name!r} contains '|', which separates the parts of a source. Give name=…")


def check_recorded(model: Model) -> None:
    """Refuse a model whose answers could not be put on record. What it has to load for that, it loads here.

    Raises: OptionError.
    """
    _refuse_attribute(model, "revision", str)
    _refuse_attribute(model, "parameters", Mapping)


def _refuse_attribute(model: Model, attribute: str, kind: type) -> None:
    """Raises an OptionError where an attribute of a model is not what a record needs."""
    if not isinstance(value := getattr(model, attribute, None), kind):
        what = "text" if kind is str else "a mapping"
        raise OptionError(f"A model's {attribute} must be {what}, not {value!r}: answers are recorded under it.")


def whole_text(text: str) -> str:
    """`text` without halves of characters, which JSON can spell and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(name: str, text: object) -> str | None:
    if text is not None and not isinstance(text, str):
        raise ModelError(f"A model's {name} must be text or None, not {text!r}.")
    return None if text is None else whole_text(text)


def _count(name: str, count: object) -> int | None:
    if count is None:
        return None
    if not hasattr(count, "__index__") or not 0 <= index(count) <= _MOST_TOKENS:
        raise ModelError(f"A model's {name} must be a count or None, not {count!r}.")
    return index(count)


def checked_reply(reply: Reply) -> Reply:
    """A reply that can be put on record: texts, counts, and masses that are probabilities of its request's labels.

    Raises: ModelError.
    """
    if not isinstance(reply, Reply):
        raise ModelError(f"A model must yield a Reply for each request, not {type(reply).__name__}.")
    texts = {name: _text(name, getattr(reply, name)) for name in ("raw", "finish", "error")}
    counts = {name: _count(name, getattr(reply, name)) for name in ("tokens_in", "tokens_out")}
    reply = replace(reply, **texts, **counts)  # type: ignore[arg-type]  # by name
    if reply.masses is None:
        return reply
    request = reply.request
    if request.mode != "score":
        raise ModelError(
            f"A model that was asked to {request.mode} gave probabilities, which are the answer where mode is 'score'. "
            "Reply with a raw text, or with an error where the model cannot."
        )
    try:
        masses = tuple(float(mass) for mass in reply.masses)
    except (TypeError, ValueError) as error:
        raise ModelError(f"A model must give probabilities as numbers, not {reply.masses!r}.") from error
    # Written so that NaN fails it.
    if not (len(masses) == len(request.labels) and min(masses) >= 0 and sum(masses) <= _MOST):
        raise ModelError(
            f"A model must give {len(request.labels)} probabilities, 0 or more and 1 together at most, not {masses}: "
            "one for each of the request's labels."
        )
    return replace(reply, masses=masses)


@dataclass(frozen=True)
class Progress:
    """How far an elicitation is.

    Attributes:
        done: Answers there are, on record or new.
        asked: Answers asked anew.
        total: Answers there will be.
        seconds: Since the start.
        failed: Answers asked anew that did not come.
        tokens_in: Tokens read for the answers asked anew.
        tokens_out: Tokens written for them.

    >>> progress = Progress(done=30, asked=20, total=50, seconds=10.0)
    >>> progress.rate, progress.remaining
    (2.0, 10.0)
    """

    done: int
    asked: int
    total: int
    seconds: float
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def after(self, reply: Reply, seconds: float) -> Progress:
        """The progress once `reply` has come, `seconds` after the start."""
        return replace(
            self,
            done=self.done + 1,
            asked=self.asked + 1,
            seconds=seconds,
            failed=self.failed + (reply.error is not None),
            tokens_in=self.tokens_in + (reply.tokens_in or 0),
            tokens_out=self.tokens_out + (reply.tokens_out or 0),
        )

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
