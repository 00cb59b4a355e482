"""How fast a server may be asked: requests and tokens per minute as limits, waiting as the result."""

from __future__ import annotations

import asyncio
import math
import time

FEW_ANSWERS = 8
"""Answers whose length says how long others will be."""


class Pace:
    """Spaces requests evenly so that neither limit per minute is passed; no limit where it is None."""

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._each = 60 / requests_per_minute if requests_per_minute else 0.0
        self._token = 60 / tokens_per_minute if tokens_per_minute else 0.0
        self._free = 0.0
        self._written = self._n_answers = 0

    async def wait(self, tokens_in: int, ceiling: int) -> int:
        """Returns when a request of about `tokens_in` tokens may be sent: how many it is counted as.

        Its answer counts as the mean of those that came, and as its `ceiling` until there are some.
        """
        written = self._written / self._n_answers if self._n_answers >= FEW_ANSWERS else ceiling
        tokens = tokens_in + min(ceiling, math.ceil(written))
        start = max(self._free, time.monotonic())
        self._free = start + self._seconds(tokens)
        await asyncio.sleep(max(0.0, start - time.monotonic()))
        return tokens

    def settle(self, counted: int, tokens_in: int | None, tokens_out: int | None) -> None:
        """Corrects what a request was counted as by what the server says that it took, where it does."""
        if tokens_in is None or tokens_out is None:
            return
        self._written += tokens_out
        self._n_answers += 1
        self._free += self._seconds(tokens_in + tokens_out) - self._seconds(counted)

    def _seconds(self, tokens: int) -> float:
        return max(self._each, tokens * self._token)
