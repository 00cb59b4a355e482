"""A model behind an OpenAI-compatible server: requests go in, replies come out as they arrive, many at once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from opinionframe.elicitation.models.protocol import THINKING_SWITCH, Reply, Request
from opinionframe.elicitation.models.server.arrivals import Arrivals
from opinionframe.elicitation.models.server.client import client_of
from opinionframe.elicitation.models.server.dispatch import Dispatch
from opinionframe.elicitation.models.server.keyed_address import KeyedAddress
from opinionframe.elicitation.models.server.loop_thread import LoopThread
from opinionframe.elicitation.models.server.pace import Pace
from opinionframe.elicitation.models.server.refusals import Refusals, kind_of, words
from opinionframe.elicitation.models.server.reply import read_completion, read_json, summed_tokens, tokens_of
from opinionframe.elicitation.models.server.request_fields import checked_extra, checked_names
from opinionframe.elicitation.models.server.retry import NoChoiceError, NoScoreError, RefusedError, persistent
from opinionframe.elicitation.models.server.sampler import (
    SETTINGS,
    ServerWarning,
    Setting,
    kind_of_server,
    score_grammar,
    untold,
)
from opinionframe.errors import OptionError, check_option, warn_user
from opinionframe.schemas.card import card
from opinionframe.schemas.source import SEPARATOR

TOP_LOGPROBS = 20
"""OpenAI's most; other servers take more."""
CHARACTERS_PER_TOKEN = 3
"""Few, so that no limit is passed."""
SEED_BITS = 0x7FFFFFFF
SILENT_SECONDS = 30.0
"""How long a server that nobody answers at is not asked again what it is."""

Parameters = Mapping[str, str | int | float | None]


class OpenAIModel:
    """A chat model behind any OpenAI-compatible URL: OpenAI, vLLM, SGLang, llama.cpp, or another vendor's endpoint.

    Draws and scores are those of the model's own distribution: every request says top_p = 1, and a server of one's
    own, which is asked what it is, is also told to leave top_k, min_p and penalties off. Every draw is a request of
    its own, so a server that ignores `n` cannot spoil one; one that sends no log-probabilities where they are asked
    stops with an explanation. A few equal refusals stop the run with the server's words. Nothing is sent until it
    is asked.

    Args:
        model: The server's name for the model.
        base_url: Where the server is, such as "http://localhost:8000/v1"; OpenAI's if None. Part of the journal's
            key, so it must hold no password; what looks like a key in its path is shown and written as `***`.
        api_key: The key; it reaches no journal and no pickle. OPENAI_API_KEY if None, which goes to OpenAI's address
            alone. A server of your own needs none.
        key_env: The environment variable that holds the key of another address.
        server: What the server is, where it cannot say: `llama.cpp`, `vLLM`, `SGLang`, `transformers`
            (`transformers serve`, which gives no log-probabilities and obeys seeds where concurrency is 1), `own` (one
            of the first three) or `vendor` (told nothing but top_p). Asked if None.
        concurrency: The most requests in flight.
        requests_per_minute: Paces the requests; no limit if None.
        tokens_per_minute: Paces the tokens: those of the texts, estimated, and of answers, as many as they had so
            far; no limit if None.
        timeout: Seconds until a request is given up, from its start to the end of its answer.
        retries: How often a transport error, 429 or 5xx is tried again, with jitter and as the server says; what an
            answer says never is.
        top_logprobs: How many of the likeliest tokens are asked for a score; a label outside them counts as 0. A score
            that comes without any is asked again three times.
        limit: What the server calls the ceiling on an answer's tokens; some want `max_completion_tokens`.
        send_seed: Whether sampled requests carry a seed, which some servers refuse.
        leave_out: Parameters that this model refuses and is not sent, such as `temperature` and `top_p` of
            reasoning models. The record says so.
        thinking: Whether the model writes a thought before its answer. False: answers get lower ceilings of tokens.
            Either way llama.cpp, vLLM and SGLang pass it to the chat template as `enable_thinking`; another vendor's
            own switch goes into `extra`. None: as the server has it.
        extra: Goes into each request's body, and into the journal; it wins over what would be sent otherwise.
        revision: Pins what answered, such as a dated version; `model` if None.
        name: The model's part of the source; the last part of `model` if None.

    Raises: OptionError.

    >>> OpenAIModel("meta-llama/Llama-3.1-8B-Instruct", base_url="http://localhost:8000/v1").name
    'Llama-3.1-8B-Instruct'
    """

    streams = True

    def __init__(  # noqa: PLR0913 - a server has that many limits, each a keyword
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        key_env: str | None = None,
        server: str | None = None,
        concurrency: int = 16,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        timeout: float = 120.0,
        retries: int = 6,
        top_logprobs: int = TOP_LOGPROBS,
        limit: str = "max_tokens",
        send_seed: bool = True,
        leave_out: Sequence[str] = (),
        thinking: bool | None = None,
        extra: Mapping[str, Any] | None = None,
        revision: str | None = None,
        name: str | None = None,
    ) -> None:
        if concurrency < 1 or retries < 0 or timeout <= 0:
            raise OptionError("concurrency must be 1 or more, retries 0 or more, timeout above 0 seconds.")
        if server is not None:
            check_option("server", server, SETTINGS)
        self.name = (name or model.rsplit("/", 1)[-1]).replace(SEPARATOR, "-")
        self.revision = revision or model
        self._to = KeyedAddress(base_url, api_key, key_env)
        self._model, self._base_url, self._top = model, base_url, top_logprobs
        self._limit, self._send_seed = limit, send_seed
        self._server, self._ask_again_at, self._is_untold = server, 0.0, False
        self._concurrency, self._timeout, self._retries = concurrency, timeout, retries
        self._pace = (requests_per_minute, tokens_per_minute)
        self._left_out = checked_names(leave_out, limit)
        self._extra = checked_extra(extra or {})
        self.thinks, self._thinking = thinking is not False, thinking

    def __repr__(self) -> str:
        return f"OpenAIModel({self._model!r}, base_url={None if self._base_url is None else self._to.shown!r})"

    def _repr_html_(self) -> str:
        thoughts = {None: "as the server has it", True: "yes", False: "no"}[self._thinking]
        facts = {"Model": self._model, "Address": self._to.shown, "Revision": self.revision, "Thinks": thoughts}
        return card("OpenAIModel", self.name, facts)

    @property
    def parameters(self) -> Parameters:
        """The server's address and what it is told beside a request's own settings. May ask it what it is."""
        return self._parameters(self._kinds()[0])

    def parameters_for(self, request: Request) -> Sequence[Parameters]:
        """What is on record with the answer to `request`, then other spellings under which an equal one may be.

        These are: what is sent to other kinds of server, where nobody answers at the address; and records of before
        0.2.0, which name neither address nor sampler, where now is sent what was sent then.
        """
        top: dict[str, int] = {"top_logprobs": self._top} if request.mode == "score" else {}
        parameters: list[Parameters] = [{**self._parameters(kind), **top} for kind in self._kinds()]
        is_as_before = (
            self._thinking is None
            and not self._settings(self._kinds()[0])
            and set(self._left_out) <= {name for settings in SETTINGS.values() for name in settings}
        )
        before: list[Parameters] = [{"top_logprobs": self._top, **self._recorded_extra()}] if is_as_before else []
        return [*parameters, *before]

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply per request, as they arrive.

        Ctrl-C, or an error that ends the run, sends nothing more and gives what is under way a moment to arrive.
        Closing the iterator cancels it.
        """
        if not requests:
            return
        self._settle_server()
        arrived = Arrivals()
        dispatch = Dispatch(Refusals(self._where, self._to.mask.message), arrived, self._concurrency)
        thread = LoopThread(self._ask_all(requests, dispatch), arrived)
        thread.start()
        try:
            for arrival in arrived.remaining():
                if isinstance(arrival, Exception):
                    raise arrival
                yield arrival
        except KeyboardInterrupt:
            thread.call(dispatch.stop)
            yield from (arrival for arrival in arrived.remaining() if isinstance(arrival, Reply))
            raise
        finally:
            thread.stop()

    @property
    def _where(self) -> str:
        return f"{self._model} at {self._to.shown}"

    @property
    def _recorded_address(self) -> str:
        return self._to.shown

    def _kinds(self) -> list[str]:
        """What the server is; where nobody answers, all that it may be."""
        if self._server is None and time.monotonic() >= self._ask_again_at:
            self._server = kind_of_server(self._to.address, self._to.key)
            self._is_untold = self._server in ("own", "vendor") and not self._to.address.is_openai
            self._ask_again_at = time.monotonic() + SILENT_SECONDS
        return list(SETTINGS) if self._server is None else [self._server]

    def _settle_server(self) -> None:
        """Decides what the server is told before anything is sent, and warns where that is a guess."""
        self._ask_again_at = 0.0
        self._kinds()
        if self._server is None:
            self._server, self._is_untold = ("own" if self._to.address.is_own else "vendor"), True
        if self._is_untold:
            self._is_untold = False
            warn_user(untold(self._server, self._where), ServerWarning)

    def _settings(self, kind: str) -> dict[str, Setting]:
        """What the server is told of its sampler."""
        skipped = {*self._left_out, *self._extra}
        return {name: value for name, value in SETTINGS[kind].items() if name not in skipped}

    def _parameters(self, kind: str) -> Parameters:
        left_out = {"left_out": ", ".join(self._left_out)} if self._left_out else {}
        switch = {"thinking": str(self._thinking)} if self._switch(kind) else {}
        return {
            "address": self._recorded_address,
            **self._settings(kind),
            **left_out,
            **switch,
            **self._recorded_extra(),
        }

    def _switch(self, kind: str) -> dict[str, Any]:
        """What a server that passes options on to the chat template is told of thoughts."""
        is_passed_on = self._thinking is not None and kind != "vendor"
        return {"chat_template_kwargs": {THINKING_SWITCH: self._thinking}} if is_passed_on else {}

    def _recorded_extra(self) -> dict[str, str]:
        return {"extra": json.dumps(self._extra, sort_keys=True)} if self._extra else {}

    async def _ask_all(self, requests: Sequence[Request], dispatch: Dispatch) -> None:
        async with client_of(self._to.address, self._to.key, self.name, self._timeout) as client:
            await dispatch.run(requests, partial(self._ask, client, Pace(*self._pace), dispatch))

    async def _ask(self, client: Any, pace: Pace, dispatch: Dispatch, request: Request) -> Reply:
        import openai

        start = time.perf_counter()
        body = self._body(request)
        counts: list[tuple[int | None, int | None]] = []

        async def send() -> Reply:
            counted = await pace.wait(len(request.text) // CHARACTERS_PER_TOKEN, request.max_tokens)
            with dispatch.under_way():
                async with asyncio.timeout(self._timeout):
                    response = await client.chat.completions.with_raw_response.create(**body)
            completion = read_json(self._to.mask.content(response.content))
            counts.append(tokens_of(completion))
            pace.settle(counted, *counts[-1])
            return read_completion(completion, request)

        try:
            reply = await persistent(send, retries=self._retries, is_stopping=lambda: dispatch.is_stopping)
            dispatch.refusals.answered(kind_of(request))
        except TimeoutError:
            return Reply(request, error=f"no whole answer within timeout={self._timeout:g} seconds")
        except (openai.OpenAIError, NoChoiceError, NoScoreError, RefusedError) as error:
            failure = error
        else:
            # What had no score in it was paid for too.
            reply = replace(reply, **summed_tokens(counts), seconds=time.perf_counter() - start)
            return self._to.mask.reply(reply)
        # Outside of `except`: what is raised here must not carry the server's error, which may repeat the key.
        if isinstance(failure, openai.APIStatusError | RefusedError):
            dispatch.refusals.refused(kind_of(request), failure)
            said = words(failure, self._to.mask.message)
            return Reply(request, error=f"the server answered {failure.status_code}: {said}")
        if isinstance(failure, NoScoreError):
            return Reply(request, error=dispatch.refusals.unscored(kind_of(request), failure))
        return Reply(request, error=self._to.mask.message(f"{type(failure).__name__}: {failure}")[:500])

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {"temperature": request.temperature, self._limit: request.max_tokens}
        if request.mode == "score":
            body |= {"logprobs": True, "top_logprobs": self._top}
            body |= score_grammar(str(self._server), request.labels, self._extra)
        elif self._send_seed:
            body["seed"] = (request.seed * 1_000_003 + request.draw + int(request.prompt_hash[:8], 16)) & SEED_BITS
        if request.mode != "score" and request.stop:
            body["stop"] = list(request.stop)
        kept = {name: value for name, value in body.items() if name not in self._left_out}
        return {
            "model": self._model,
            "messages": [{"role": "user", "content": request.text}],
            # What the client does not know by name goes into the body as it is.
            "extra_body": {
                **kept,
                **self._settings(str(self._server)),
                **self._switch(str(self._server)),
                **self._extra,
            },
        }
