"""A thread with an event loop: a coroutine that queues replies goes in, and runs beside its caller until stopped."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Coroutine
from typing import Any

from opinionframe.elicitation.models.protocol import Reply

Arrivals = queue.SimpleQueue[Reply | BaseException | None]
"""Replies as they come, an error to be raised, and None at the end."""


class LoopThread(threading.Thread):
    """Runs an event loop beside the caller, so that replies can be taken one by one and the rest cancelled."""

    def __init__(self, work: Coroutine[Any, Any, None], arrived: Arrivals) -> None:
        super().__init__(daemon=True, name="opinionframe-api")
        self._loop = asyncio.new_event_loop()
        self._arrived = arrived
        self._task = self._loop.create_task(work)

    def run(self) -> None:
        """Works until done or stopped; an error goes into the queue, for the thread that asked."""
        try:
            self._loop.run_until_complete(self._task)
            self._arrived.put(None)
        except asyncio.CancelledError:
            self._arrived.put(None)
        except BaseExceptionGroup as group:
            self._arrived.put(group.exceptions[0])
        except Exception as error:  # noqa: BLE001 - raised again by the thread that asked
            self._arrived.put(error)
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def stop(self) -> None:
        """Cancels what is in flight and waits until the loop has ended."""
        if not self._loop.is_closed():
            # The loop may close meanwhile: then there is nothing left to cancel.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)
        self.join(timeout=10)
