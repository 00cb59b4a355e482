"""Replies on their way from the thread that asks to the one that takes them."""

from __future__ import annotations

import queue
from collections.abc import Iterator

from opinionframe.elicitation.models.protocol import Reply

Arrival = Reply | Exception
"""A reply, or the error that ended the run."""


class Arrivals:
    """Replies as they come; one that was not taken whole is there again, whatever interrupts the taking.

    >>> arrivals = Arrivals()
    >>> arrivals.put(ValueError("no"))
    >>> arrivals.end()
    >>> list(arrivals.remaining())
    [ValueError('no')]
    """

    def __init__(self) -> None:
        self._all: list[Arrival | None] = []
        self._n_taken = 0
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()

    def put(self, arrival: Arrival) -> None:
        """Adds one more."""
        self._add(arrival)

    def end(self) -> None:
        """Says that no more will come."""
        self._add(None)

    def remaining(self) -> Iterator[Arrival]:
        """Those that were not taken yet, each as soon as it is there."""
        while (arrival := self._next()) is not None:
            yield arrival
            self._n_taken += 1

    def _add(self, arrival: Arrival | None) -> None:
        self._all.append(arrival)
        self._news.put(None)

    def _next(self) -> Arrival | None:
        # An interrupt can swallow the news, but not what they are about.
        while self._n_taken == len(self._all):
            self._news.get()
        return self._all[self._n_taken]
