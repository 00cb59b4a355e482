"""A server's own sampler settings, switched off so that it draws from the model's own distribution.

Servers cut the tail of the distribution unless they are told not to (llama.cpp: top_k 40, top_p 0.95, min_p 0.05;
vLLM and SGLang: whatever the model's generation_config.json says; `transformers serve`: the likeliest text, whatever
the temperature), and each spells that in its own way.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opinionframe.elicitation.models.server.address import NO_KEY, Address
from opinionframe.errors import OpinionFrameWarning

Setting = str | int | float

TOP_P: dict[str, Setting] = {"top_p": 1}
_PENALTIES: dict[str, Setting] = {"presence_penalty": 0, "frequency_penalty": 0}
_FOR_WHOLE_VOCABULARY: dict[str, Setting] = {**TOP_P, "top_k": -1, "min_p": 0, "repetition_penalty": 1, **_PENALTIES}

_WHOLE_CONFIG = {
    "do_sample": True, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0, "repetition_penalty": 1.0, "no_repeat_ngram_size": 0,
}  # fmt: skip
"""What `transformers serve` takes its sampler from: without it a model draws nothing, its likeliest text always."""

SETTINGS: dict[str, dict[str, Setting]] = {
    "llama.cpp": {
        **TOP_P,
        "top_k": 0,
        "min_p": 0,
        "repeat_penalty": 1,
        **_PENALTIES,
        "typical_p": 1,
        "top_n_sigma": -1,
        "xtc_probability": 0,
        "dry_multiplier": 0,
        "dynatemp_range": 0,
        "mirostat": 0,
    },
    "vLLM": _FOR_WHOLE_VOCABULARY,
    "SGLang": _FOR_WHOLE_VOCABULARY,
    "transformers": {**TOP_P, "frequency_penalty": 0, "generation_config": json.dumps(_WHOLE_CONFIG)},
    "own": {**_FOR_WHOLE_VOCABULARY, "repeat_penalty": 1},
    "vendor": TOP_P,
}
"""What each kind of server is told. `own`: one of the first three that could not be asked which, so that all spellings
go out; -1 switches top_k off in each of them. `vendor`: others refuse what OpenAI's interface does not have."""

_SHAPES = {"grammar", "json_schema", "response_format"}
"""What shapes the text of an answer already; llama.cpp takes one of them."""


def score_grammar(kind: str, labels: Sequence[str], extra: Mapping[str, object]) -> dict[str, str]:
    """The grammar that has llama.cpp draw one of `labels` where it is asked for a score, unless `extra` has another.

    A score is read off the distribution as it is before grammar and draw, so that nothing of it changes. Without, the
    token that is drawn may be part of a character, and with such a one this server sends no log-probabilities. Labels
    beyond ASCII may begin with one, so that the grammar would draw it always: they have none.

    >>> score_grammar("llama.cpp", ("1", "2"), {})
    {'grammar': 'root ::= "1" | "2"'}
    >>> score_grammar("vLLM", ("1", "2"), {}), score_grammar("llama.cpp", ("é", "ß"), {})
    ({}, {})
    """
    if kind != "llama.cpp" or _SHAPES & set(extra) or not all(map(str.isascii, labels)):
        return {}
    return {"grammar": "root ::= " + " | ".join(json.dumps(label) for label in labels)}


_SECONDS = 5.0


class ServerWarning(OpinionFrameWarning):
    """A server did not say what it is, so its own sampler settings may shape answers."""


def _is_llama(said: Mapping[str, Any]) -> bool:
    return "default_generation_settings" in said


def _is_vllm(said: Mapping[str, Any]) -> bool:
    return set(said) == {"version"}


def _is_transformers(said: Mapping[str, Any]) -> bool:
    paths = said.get("paths")
    return isinstance(paths, dict) and {"/load_model", "/v1/chat/completions"} <= set(paths)


def _is_sglang(said: Mapping[str, Any]) -> bool:
    return "model_path" in said or "server_args" in said or "internal_states" in said


_QUESTIONS: tuple[tuple[str, str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("llama.cpp", "/props", _is_llama),
    ("SGLang", "/get_server_info", _is_sglang),
    ("vLLM", "/version", _is_vllm),
    ("transformers", "/openapi.json", _is_transformers),
)
"""Which server answers at which path, and how it is known by what it says."""


def kind_of_server(address: Address, key: str | None) -> str | None:
    """Which of SETTINGS the server at `address` takes, as it says itself; None where nobody answers.

    `own` and `vendor` stand for servers that do not say: on this machine or a private network, and elsewhere.
    """
    if address.is_openai:
        return "vendor"
    for kind, path, is_kind in _QUESTIONS:
        try:
            said = said_at(address.root + path, key)
        except OSError:
            return None
        if isinstance(said, dict) and is_kind(said):
            return kind
    return "own" if address.is_own else "vendor"


def untold(kind: str, where: str) -> str:
    """What a run says of a server that did not say what it is."""
    others = "top_k, min_p and penalties" if kind == "vendor" else "what else shapes its draws"
    return (
        f"{where} does not say which server it is. It is told {', '.join(SETTINGS[kind])}; {others} may be its own. "
        f"Name it with server=…: {', '.join(SETTINGS)}."
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the address that was given, and to no other that it points to."""

    def redirect_request(self, *_args: Any) -> None:
        return None


def said_at(url: str, key: str | None = None) -> object:
    """The JSON at `url`; None where there is none. Raises OSError where nobody answers."""
    headers = {} if key in (None, NO_KEY) else {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - Address admits http and https alone
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=_SECONDS) as response:
            return json.loads(response.read())
    except (urllib.error.HTTPError, ValueError):
        return None
