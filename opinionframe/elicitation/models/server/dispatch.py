"""Requests under way at one server: many at once, a few until the first answer, none new once the run stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.elicitation.models.server.refusals import FEW, Refusals, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opinionframe.elicitation.models.server.arrivals import Arrivals

GRACE_SECONDS = 10.0
"""How long answers that are under way when a run stops are awaited: they are paid for."""


class Dispatch:
    """Sends requests with bounded concurrency and hands on each reply.

    Args:
        refusals: Those of this run.
        arrived: Where replies go.
        concurrency: The most requests under way.
    """

    def __init__(
        self,
        refusals: Refusals,
        arrived: Arrivals,
        concurrency: int,
    ) -> None:
        self.refusals, self._arrived, self._concurrency = refusals, arrived, concurrency
        self._workers: set[asyncio.Task[None]] = set()
        self._under_way: set[asyncio.Task[None] | None] = set()
        self._first = asyncio.Condition()
        self._starting: dict[Hashable, int] = {}
        self._error: Exception | None = None
        self.is_stopping = False

    async def run(self, requests: Sequence[Request], ask: Callable[[Request], Awaitable[Reply]]) -> None:
        """Asks all of them; `ask` wraps in `under_way` what the server is at work on.

        Raises: the first error, once what was under way has come or had its time.
        """
        remaining = iter(requests)

        async def work() -> None:
            for request in remaining:
                if self.is_stopping:
                    return
                await self._answer(request, ask)

        self._workers = {asyncio.create_task(work()) for _ in range(min(self._concurrency, len(requests)))}
        try:
            ends = await asyncio.gather(*self._workers, return_exceptions=True)
        finally:
            for worker in self._workers:
                worker.cancel()
        # Taking the next request can fail too.
        self._error = self._error or next((end for end in ends if isinstance(end, Exception)), None)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Sends nothing more, and gives what is under way a moment. Called in the loop's thread."""
        if self.is_stopping:
            return
        self.is_stopping = True
        for worker in self._workers - self._under_way:
            if worker is not asyncio.current_task():
                worker.cancel()
        asyncio.get_running_loop().call_later(GRACE_SECONDS, self._give_up)

    def under_way(self) -> AbstractContextManager[None]:
        """Marks that the server is at work on the current request, so that a stop waits for it."""
        return self._marked(asyncio.current_task())

    @contextmanager
    def _marked(self, task: asyncio.Task[None] | None) -> Iterator[None]:
        self._under_way.add(task)
        try:
            yield
        finally:
            self._under_way.discard(task)

    def _give_up(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _answer(self, request: Request, ask: Callable[[Request], Awaitable[Reply]]) -> None:
        kind = kind_of(request)
        is_starting = await self._turn(kind)
        if self.is_stopping:
            return
        try:
            self._arrived.put(await ask(request))
        except Exception as error:  # noqa: BLE001 - raised again by `run`, after what else is under way
            self._error = self._error or error
            self.stop()
        finally:
            if is_starting:
                async with self._first:
                    self._starting[kind] -= 1
                    self._first.notify_all()

    async def _turn(self, kind: Hashable) -> bool:
        """Waits until a request of this kind may go: at most FEW until one is answered. Whether it is one of those."""
        async with self._first:
            await self._first.wait_for(lambda: self.refusals.has_answered(kind) or self._starting.get(kind, 0) < FEW)
            if self.refusals.has_answered(kind):
                return False
            self._starting[kind] = self._starting.get(kind, 0) + 1
            return True
