"""Fields of a request that a user leaves out or adds: they go in as given and come out checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opinionframe.elicitation.models.server.sampler import SETTINGS
from opinionframe.errors import OptionError, examples
from opinionframe.schemas.secret_shapes import secret_place

_CAN_BE_LEFT_OUT = {"temperature", "seed", "stop", *(name for settings in SETTINGS.values() for name in settings)}
_NOT_EXTRA = {
    "messages": "the prompt",
    "model": "the model",
    "stream": "how an answer comes",
    "n": "one draw a request",
}
"""What `extra` may not say otherwise, and what it decides."""


def checked_names(leave_out: Sequence[str], limit: str) -> tuple[str, ...]:
    """`leave_out` in order. Raises: OptionError, for what cannot be left out."""
    names = (leave_out,) if isinstance(leave_out, str) else tuple(sorted(set(leave_out)))
    allowed = {*_CAN_BE_LEFT_OUT, limit}
    if wrong := [(name,) for name in names if name not in allowed]:
        raise OptionError(
            f"leave_out: {len(wrong)} are no parameters that can be left out, e.g. {examples(wrong)}. "
            f"Allowed: {', '.join(sorted(allowed))}."
        )
    return names


def checked_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    """`extra`, which is put on record as it is. Raises: OptionError, where it decides what is asked, or is a key."""
    if wrong := [name for name in extra if name in _NOT_EXTRA]:
        decided = ", ".join(f"{name} ({_NOT_EXTRA[name]})" for name in wrong)
        raise OptionError(f"extra gives {decided}, which is not its to say. Leave it out.")
    if place := secret_place(extra):
        raise OptionError(
            f"extra[{place!r}] looks like a key or token, and extra is put on record. "
            "Give the key of a server as api_key=… or key_env=…."
        )
    return dict(extra)
