"""The routes of one comparison: a way of answering, what it is timed on, and what a first run of it showed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import torch
from elicit_routes import Harness, Loop

import opinionframe as of
from opinionframe.elicitation.models.local.forward import Forward
from opinionframe.elicitation.models.protocol import Request

SEED = 1


@dataclass(frozen=True)
class Amount:
    """How many prompts of a study are asked, and how many of their answers the other routes give.

    `batch` is what a user would set in the harness, about as many prompts as we put into a batch.
    """

    prompts: int
    looped: int
    harnessed: int
    batch: int = 16


class Own:
    """The package's own route, in the form of the others."""

    def __init__(self, model: of.LocalModel) -> None:
        self.written = 0
        self._model = model

    def answer(self, requests: list[Request]) -> None:
        """Answers all requests, in batches."""
        self.written += sum(reply.tokens_out or 0 for reply in self._model.answer(requests))


@dataclass
class Route:
    """A way of answering and the requests it is timed on; `peak` is gigabytes of GPU memory, 0 without one."""

    name: str
    answerer: Own | Loop | Harness
    requests: list[Request]
    written: int = 0
    peak: float = 0.0

    def run(self) -> None:
        """Answers the requests, with the same draws each time."""
        torch.manual_seed(SEED)
        self.answerer.answer(self.requests)

    def try_out(self) -> None:
        """A first run, which also warms up: the tokens it wrote, and the memory it took at most."""
        cuda = torch.cuda.is_available()
        if cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        self.answerer.written = 0
        self.run()
        self.written = self.answerer.written
        self.peak = torch.cuda.max_memory_allocated() / 1e9 if cuda else 0.0


def routes(model: of.LocalModel, forward: Forward, requests: list[Request], amount: Amount) -> list[Route]:
    """Our own route first; the others over the first so many requests, which their names then say."""
    found = [
        Route("LocalModel, in batches", Own(model), requests),
        _part("transformers, one at a time", Loop(forward), requests, amount.looped),
    ]
    if find_spec("lm_eval"):
        harness = f"lm-evaluation-harness, batches of {amount.batch}"
        found.append(_part(harness, Harness(forward, amount.batch), requests, amount.harnessed))
    return found


def _part(name: str, answerer: Loop | Harness, requests: list[Request], many: int) -> Route:
    return Route(f"{name} (scaled)" if many < len(requests) else name, answerer, requests[:many])
