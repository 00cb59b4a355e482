"""When a server is asked once more: on errors of the line, 429, 5xx and scores that did not come, never for words."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from opinionframe.elicitation.models.server.refusals import is_out_of_quota


class NoChoiceError(Exception):
    """The server sent something that is no completion: a fault of the line, whatever was asked."""


class RefusedError(Exception):
    """The server refused a request in the body of an answer, as relays do that answer 200 whatever comes.

    Attributes:
        status_code: Of the refusal, 400 to 499.
        body: What the server sent.
    """

    def __init__(self, status_code: int, body: object) -> None:
        super().__init__(f"refused with {status_code}")
        self.status_code, self.body = status_code, body


class NoScoreError(Exception):
    """The server answered a score without the log-probabilities that were asked for."""


FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
SCORED_AGAIN = 3
"""How often a score that came without log-probabilities is asked again. llama.cpp sends none where the token that it
draws is part of a character: about one draw in a hundred of a small model, six in ten where a smiley is likeliest."""


async def persistent(send: Callable[[], Awaitable[Any]], *, retries: int, is_stopping: Callable[[], bool]) -> Any:
    """What `send` returns, tried up to `retries` more times, unless the run is stopping.

    A score that came without log-probabilities is asked again at once, SCORED_AGAIN times.

    Raises: the last error, where it did not help or could not.
    """
    import openai

    attempt = n_unscored = 0
    while True:
        try:
            return await send()
        except NoScoreError:
            n_unscored += 1
            if n_unscored > SCORED_AGAIN or is_stopping():
                raise
            continue
        except openai.APIStatusError as error:
            can_help = error.status_code >= 500 or (error.status_code == 429 and not is_out_of_quota(error))
            if attempt == retries or not can_help or is_stopping():
                raise
            wait = _retry_after(error) or _backoff(attempt)
        except (openai.APIConnectionError, NoChoiceError, TimeoutError):
            if attempt == retries or is_stopping():
                raise
            wait = _backoff(attempt)
        attempt += 1
        await asyncio.sleep(wait)


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
