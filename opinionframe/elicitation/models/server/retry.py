"""When a server is asked once more: on transport errors, 429 and 5xx, never for what an answer says."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

from opinionframe.errors import ModelError


class NoChoiceError(Exception):
    """The server sent JSON that is no completion: a fault of the line, whatever was asked."""


FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
REFUSED = {
    401: "the key is not accepted",
    403: "this key may not use this model",
    404: "there is no such model or path",
}


async def persistent(send: Callable[[], Awaitable[Any]], *, retries: int, where: str) -> Any:
    """What `send` returns, tried up to `retries` more times.

    Raises: ModelError, where asking again cannot help (401, 403, 404); the last error, where it did not.
    """
    import openai

    for attempt in range(retries + 1):
        try:
            return await send()
        except openai.APIStatusError as error:
            if error.status_code in REFUSED:
                reason = REFUSED[error.status_code]
                raise ModelError(
                    f"{where} answered {error.status_code}: {reason}. Check model, base_url and api_key."
                ) from None
            if attempt == retries or (error.status_code != 429 and error.status_code < 500):
                raise
            wait = _retry_after(error) or _backoff(attempt)
        except (openai.APIConnectionError, openai.APIResponseValidationError, json.JSONDecodeError, NoChoiceError):
            if attempt == retries:
                raise
            wait = _backoff(attempt)
        await asyncio.sleep(wait)
    raise AssertionError


def _backoff(attempt: int) -> float:
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries in time, no secret
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt) * jitter


def _retry_after(error: Any) -> float | None:
    """Seconds that the server asked to wait, with jitter on top so that not everybody returns at once."""
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(max(seconds, 0.0), 2 * LONGEST_WAIT) + random.uniform(0, 0.5)  # noqa: S311 - as above
