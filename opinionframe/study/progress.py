"""How a study tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called with what is being done, how much of it is done, out of how much, and what else is known: rate, cost."""

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        """Shows it."""


def silent(what: str, done: int, total: int, note: str = "") -> None:
    """No progress is shown."""
