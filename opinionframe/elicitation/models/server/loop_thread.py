"""A thread with an event loop: a coroutine goes in, and runs beside its caller until it ends or is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from opinionframe.elicitation.models.server.arrivals import Arrivals


class LoopThread(threading.Thread):
    """Runs an event loop beside the caller, so that replies can be taken one by one and the rest cancelled."""

    def __init__(self, work: Coroutine[Any, Any, None], arrived: Arrivals) -> None:
        super().__init__(daemon=True, name="opinionframe-api")
        self._loop = asyncio.new_event_loop()
        self._arrived = arrived
        self._task = self._loop.create_task(work)

    def run(self) -> None:
        """Works until done or stopped; an error arrives last, for the thread that asked."""
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - raised again by the thread that asked
            self._arrived.put(error)
        finally:
            self._arrived.end()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def call(self, function: Callable[[], None]) -> None:
        """Has `function` called in the loop, unless the loop has ended."""
        if not self._loop.is_closed():
            # The loop may close meanwhile: then there is nothing left to do.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function)

    def _cancel(self) -> None:
        self._task.cancel()

    def stop(self) -> None:
        """Cancels what is in flight and waits until the loop has ended."""
        self.call(self._cancel)
        self.join(timeout=10)
