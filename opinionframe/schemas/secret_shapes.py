"""What looks like a key, token or password: names and values go in; where one stands comes out.

Keys of most vendors are known by how they begin. A key that is only digits and letters a to f (Together) is spelled
as a hash is, and is known by the name that it stands under alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(
    r"(?i)(api[-_ ]?key|(access|private|subscription|secret|signing|encryption)[-_ ]?key|secret|passw|passphrase|"
    r"credential|authorization|bearer|cookie|"
    r"(?<!bos)(?<!eos)(?<!pad)(?<!unk)(?<!sep)(?<!cls)(?<!mask)"  # a tokenizer's
    r"(^|[-_.])(auth|access|refresh|session|id)?[-_]?token$)"
)
_VALUE = re.compile(
    r"\bsk-(?!learn\b)[A-Za-z0-9_-]{12,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek
    r"|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}"  # Google
    r"|\b(?:hf|gsk|fw|r8|pplx|nvapi|xai|csk|tgp|ghp|gho|ghu|ghs|ghr|github_pat|glpat)(?:_v1)?[-_](?=\w*[\dA-Z])"
    r"[A-Za-z0-9_-]{12,}"  # Hugging Face, Groq, Fireworks, Replicate, Perplexity, NVIDIA, xAI, Cerebras, Together, git
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # Amazon
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"  # JSON web tokens
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
    r"|(?i:\bbearer\s+[^\s\"'<>]{12,}|\bbasic\s+(?=[^\s\"'<>]*[\d+/=])[^\s\"'<>]{12,})"
    r"|://[^/\s:@]*:[^/\s@]+@"  # a password in an address
    r"|(?i:[?&](?:api[-_]?key|key|token|access[-_]token|auth|sig|signature)=)[^&\s\"'$]{8,}"
    r"|(?i:\b(?:api[-_]?key|access[-_]?token|auth[-_]?token|secret[-_]?key|password)[\"']?\s{0,3}[:=]\s{0,3}[\"'])[^\"'\s]{8,}"
    # Mistral: 32 digits and letters of both cases, as no hash is written
    r"|(?<![\w+/=-])(?=[A-Za-z]*\d)(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{32}(?![\w+/=-])"
)
HIDDEN = "***"


def secret_parts(path: str) -> list[str]:
    """The parts of an address's path that look like a key or token.

    >>> secret_parts("/gateway/sk-0123456789abcdef/v1")
    ['sk-0123456789abcdef']
    """
    return [part for part in path.split("/") if _VALUE.search(part)]


def secret_place(value: Any, place: str = "") -> str | None:
    """Where in nested mappings and lists a secret stands, as `model.0.api_key`; None where there is none.

    >>> secret_place({"model": [{"url": "https://me:word@host"}]})
    'model.0.url'
    >>> secret_place({"sha256": 64 * "0", "key_env": "MY_KEY", "max_tokens": 5, "eos_token": "</s>"}) is None
    True
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            name = str(key)
            if _VALUE.search(name):
                return f"{place}{HIDDEN}"
            if inner and _NAME.search(name):
                return f"{place}{name}"
            if found := secret_place(inner, f"{place}{name}."):
                return found
        return None
    if isinstance(value, list | tuple | set | frozenset):
        return next(filter(None, (secret_place(inner, f"{place}{i}.") for i, inner in enumerate(value))), None)
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return (place.rstrip(".") or "text") if isinstance(text, str) and _VALUE.search(text) else None
