"""What is still to be asked: requests and a journal go in, those come out that no process answered or is asking."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import overload

from opinionframe.elicitation.claims import Claims
from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.models.protocol import Model, Reply, Request

Found = Callable[[Reply], None]
"""Told of each answer that another process put on record."""

LONGEST_STRIDE = 1024
BRISK_SECONDS, SLOW_SECONDS = 0.05, 0.2
"""So many requests are claimed at a time that it takes this long until the next: few of a slow server, many of a
quick model, which would otherwise spend its time on locks."""
WAIT_SECONDS = 0.25
"""How often a run that has nothing left to ask looks for what others are asking."""
PATIENCE_SECONDS = 600.0
"""Once nothing has come from anybody for so long, what others are asking is asked here too."""


class Unasked(Sequence[Request]):
    """Requests that are claimed as they are taken; those that others answered or are asking are left out.

    Its length is that of all, those that will be left out included.

    Attributes:
        found: Those that others put on record meanwhile.
        left: Those that others were asking, by key.
    """

    def __init__(self, requests: Sequence[Request], model: Model, journal: Journal, claims: Claims) -> None:
        self._requests, self._model, self._journal, self._claims = requests, model, journal, claims
        self._taken: list[Request] = []
        self._n_seen, self._stride = 0, 1
        self._claimed_at: float | None = None
        self.found: list[Request] = []
        self.left: dict[str, Request] = {}

    def __len__(self) -> int:
        return len(self._requests)

    @overload
    def __getitem__(self, place: int) -> Request: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Request]: ...

    def __getitem__(self, place: int | slice) -> Request | Sequence[Request]:
        return self._requests[place]

    def __iter__(self) -> Iterator[Request]:
        place = 0
        while place < len(self._taken) or self._claim():
            if place < len(self._taken):
                yield self._taken[place]
                place += 1

    def _claim(self) -> bool:
        """Claims the next requests; whether there was one to look at."""
        if self._n_seen == len(self._requests):
            return False
        self._pace()
        keys: list[str] = []
        with self._claims.sharing_out():
            # Whoever let go of a request has put its answer on record before.
            self._journal.refresh()
            for request in self._requests[self._n_seen : self._n_seen + LONGEST_STRIDE]:
                if len(keys) == self._stride:
                    break
                self._n_seen += 1
                key = request.key(self._model)
                if self._journal.has(key):
                    self.found.append(request)
                elif self._claims.is_taken(key):
                    self.left[key] = request
                else:
                    keys.append(key)
                    self._taken.append(request)
            self._claims.take(keys)
        self._claimed_at = time.monotonic() if keys else None
        return True

    def _pace(self) -> None:
        if self._claimed_at is None:
            return
        seconds = time.monotonic() - self._claimed_at
        if seconds < BRISK_SECONDS:
            self._stride = min(2 * self._stride, LONGEST_STRIDE)
        elif seconds > SLOW_SECONDS:
            self._stride = max(self._stride // 2, 1)


def rounds(requests: Sequence[Request], model: Model, journal: Journal, found: Found) -> Generator[Sequence[Request]]:
    """What to ask now; then, once that is done, what others were asking and let go of, until nothing is open.

    A model with `streams = True` takes requests as it gets to them, so that processes share the work; any other is
    given a list, and what that holds is its own.
    """
    with Claims(journal.folder) as claims:
        while requests:
            unasked = Unasked(requests, model, journal, claims)
            asked = unasked if getattr(model, "streams", False) else list(unasked)
            if asked:
                yield asked
            claims.let_go()
            for request in unasked.found:
                _tell(request, model, journal, found)
            requests = _let_go_by_others(unasked.left, model, journal, claims, found)


def _let_go_by_others(
    left: dict[str, Request], model: Model, journal: Journal, claims: Claims, found: Found
) -> list[Request]:
    """Waits for what others are asking; those of it that nobody is asking any more and nobody answered."""
    last_news, n_read = time.monotonic(), -1
    while left:
        with claims.sharing_out():
            is_news = n_read != (n_read := journal.refresh())
            free = [key for key in left if not journal.has(key) and not claims.is_taken(key)]
        for key in [key for key in left if journal.has(key)]:
            _tell(left.pop(key), model, journal, found)
        if is_news:
            last_news = time.monotonic()
        if free:
            return [*left.values()]
        if time.monotonic() - last_news > PATIENCE_SECONDS:
            claims.ignore_others()
            return [*left.values()]
        if left:
            time.sleep(WAIT_SECONDS)
    return []


def _tell(request: Request, model: Model, journal: Journal, found: Found) -> None:
    reply = journal.find(request, model)
    if reply is not None:
        found(reply)
