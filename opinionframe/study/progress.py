"""The progress of a study: what a function that shows it is called with, and one that shows nothing."""

from typing import Protocol


class Progress(Protocol):
    """A function that shows how far a study is."""

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        """Shows that `done` of `total` units of the step `what` are done; `note` says more: rate, cost.

        With a `total` of 0, `what` is a sentence to be shown once.
        """


def silent(what: str, done: int, total: int, note: str = "") -> None:
    """Shows no progress."""
