"""How a study tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and out of how much."""


def silent(_what: str, _done: int, _total: int) -> None:
    """No progress is shown."""
