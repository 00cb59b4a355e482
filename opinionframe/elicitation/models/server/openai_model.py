"""A model behind an OpenAI-compatible server: requests go in, replies come out as they arrive, many at once."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.elicitation.models.server.loop_thread import Arrivals, LoopThread
from opinionframe.elicitation.models.server.pace import Pace
from opinionframe.elicitation.models.server.reply import read_completion
from opinionframe.elicitation.models.server.retry import NoChoiceError, persistent
from opinionframe.errors import MissingPackageError, ModelError, OptionError
from opinionframe.schemas.source import SEPARATOR

TOP_LOGPROBS = 20
"""OpenAI's most; other servers take more."""
SEED_BITS = 0x7FFFFFFF


class OpenAIModel:
    """A chat model behind any OpenAI-compatible URL: OpenAI, vLLM, SGLang, llama.cpp, or another vendor's endpoint.

    Every draw is a request of its own, so a server that ignores `n` cannot spoil one; one that sends no
    log-probabilities where they are asked stops with an explanation. Nothing is sent until it is asked.

    Args:
        model: The server's name for the model.
        base_url: Where the server is, such as "http://localhost:8000/v1"; OpenAI's if None.
        api_key: The key, else OPENAI_API_KEY; it never reaches the journal. A server of your own needs none.
        concurrency: The most requests in flight.
        requests_per_minute: Paces the requests; no limit if None.
        tokens_per_minute: Paces the tokens, estimated from the texts; no limit if None.
        timeout: Seconds until a request is given up.
        retries: How often a transport error, 429 or 5xx is tried again, with jitter and as the server says; what an
            answer says never is.
        top_logprobs: How many of the likeliest tokens are asked for; a label outside them counts as 0.
        limit: What the server calls the ceiling on an answer's tokens; some want `max_completion_tokens`.
        send_seed: Whether sampled requests carry a seed, which some servers refuse.
        extra: Goes into each request's body, and into the journal.
        revision: Pins what answered, such as a dated version; `model` if None.
        name: The model's part of the source; the last part of `model` if None.

    Raises: OptionError.

    >>> OpenAIModel("meta-llama/Llama-3.1-8B-Instruct", base_url="http://localhost:8000/v1").name
    'Llama-3.1-8B-Instruct'
    """

    def __init__(  # noqa: PLR0913 - a server has that many limits, each a keyword
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        concurrency: int = 16,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        timeout: float = 120.0,
        retries: int = 6,
        top_logprobs: int = TOP_LOGPROBS,
        limit: str = "max_tokens",
        send_seed: bool = True,
        extra: Mapping[str, Any] | None = None,
        revision: str | None = None,
        name: str | None = None,
    ) -> None:
        if concurrency < 1 or retries < 0 or timeout <= 0:
            raise OptionError("concurrency must be 1 or more, retries 0 or more, timeout above 0 seconds.")
        self.name = (name or model.rsplit("/", 1)[-1]).replace(SEPARATOR, "-")
        self.revision = revision or model
        self.parameters: Mapping[str, str | int | float | None] = {"top_logprobs": top_logprobs} | (
            {"extra": json.dumps(dict(extra), sort_keys=True)} if extra else {}
        )
        self._model, self._base_url, self._top = model, base_url, top_logprobs
        self._limit, self._send_seed = limit, send_seed
        self._key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
        self._concurrency, self._timeout, self._retries = concurrency, timeout, retries
        self._pace = (requests_per_minute, tokens_per_minute)
        self._extra = dict(extra or {})

    def __repr__(self) -> str:
        return f"OpenAIModel({self._model!r}, base_url={self._base_url!r})"

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply per request, as they arrive. Closing the iterator, or Ctrl-C, cancels what is in flight."""
        if not requests:
            return
        arrived: Arrivals = queue.SimpleQueue()
        thread = LoopThread(self.ask_all(requests, arrived), arrived)
        thread.start()
        try:
            while (item := arrived.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            thread.stop()

    async def ask_all(self, requests: Sequence[Request], arrived: Arrivals) -> None:
        """Asks `requests` with bounded concurrency and puts each reply into `arrived`."""
        pace, remaining = Pace(*self._pace), iter(requests)
        async with self._client() as client:

            async def work() -> None:
                for request in remaining:
                    arrived.put(await self._ask(client, request, pace))

            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self._concurrency, len(requests))):
                    workers.create_task(work())

    def _client(self) -> Any:
        try:
            from openai import AsyncOpenAI
        except ImportError as error:
            raise MissingPackageError("API models need openai: pip install 'opinionframe[api]'.") from error
        if self._key is None:
            raise ModelError(
                f"{self.name} needs a key: set OPENAI_API_KEY, or give api_key=… (or base_url=… of your server)."
            )
        # Retries are ours, so that they are counted once and depend on nothing in the content.
        return AsyncOpenAI(api_key=self._key, base_url=self._base_url, timeout=self._timeout, max_retries=0)

    async def _ask(self, client: Any, request: Request, pace: Pace) -> Reply:
        import openai

        where = f"{self._model} at {self._base_url or 'api.openai.com'}"
        start = time.perf_counter()

        async def send() -> Any:
            await pace.wait(len(request.text) // 3 + request.max_tokens)
            completion = await client.chat.completions.create(**self._body(request))
            if not getattr(completion, "choices", None) or completion.choices[0].message is None:
                raise NoChoiceError("the server sent no choice")
            return completion

        try:
            completion = await persistent(send, retries=self._retries, where=where)
        except (openai.OpenAIError, json.JSONDecodeError, NoChoiceError) as error:
            return Reply(request, error=self._without_key(f"{type(error).__name__}: {error}"[:500]))
        return replace(read_completion(completion, request, where), seconds=time.perf_counter() - start)

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "user", "content": request.text}],
            "temperature": request.temperature,
            self._limit: request.max_tokens,
            "extra_body": self._extra,
        }
        if request.mode == "score":
            return {**body, "logprobs": True, "top_logprobs": self._top}
        seed = (request.seed * 1_000_003 + request.draw + int(request.prompt_hash[:8], 16)) & SEED_BITS
        seeded = {"seed": seed} if self._send_seed else {}
        return {**body, **seeded, **({"stop": list(request.stop)} if request.stop else {})}

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key and self._key != "none" else text
