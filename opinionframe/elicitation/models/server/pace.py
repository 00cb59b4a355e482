"""How fast a server may be asked: requests and tokens per minute as limits, waiting as the result."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """Spaces requests evenly so that neither limit per minute is passed; no limit where it is None."""

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._each = 60 / requests_per_minute if requests_per_minute else 0.0
        self._token = 60 / tokens_per_minute if tokens_per_minute else 0.0
        self._free = 0.0

    async def wait(self, tokens: int) -> None:
        """Returns when a request of about this many tokens may be sent."""
        start = max(self._free, time.monotonic())
        self._free = start + max(self._each, tokens * self._token)
        await asyncio.sleep(max(0.0, start - time.monotonic()))
