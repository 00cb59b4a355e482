"""Who is asking what: processes that share a journal say which requests they are at, and leave those of others.

Beside the answers of a journal lie, while it is in use, `asking.lock`, which is held while requests are shared out,
and for each run a file of the keys that it is asking and a lock that it holds as long as it lives. The lock of a
process that was killed is free, so that its requests are anybody's again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

KEY_BYTES = 65
"""A key in hexadecimal digits, and the end of its line."""
POLL_SECONDS, LONGEST_WAIT = 0.005, 60.0
"""Requests are shared out in milliseconds; who holds the lock for so long was stopped, and is not waited for."""


class Claims:
    """The requests that this run is asking, and those that others are; a context manager that lets go of its own.

    Where files cannot be locked nothing is shared out, and a request may be asked by two runs at once.

    Args:
        folder: Of the journal.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"asking-{secrets.token_hex(8)}"
        self._life: Any = None
        self._rivals: dict[str, set[bytes]] = {}
        self._can_lock = self._heeds_others = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    @contextmanager
    def sharing_out(self) -> Iterator[None]:
        """Holds the lock of the journal: what others are asking is known, and stays as it is meanwhile."""
        shared = self._acquired(self._folder / "asking.lock", wait=True)
        try:
            if shared is not None:
                self._look()
            yield
        finally:
            if shared is not None:
                shared.release()

    def is_taken(self, key: str) -> bool:
        """Whether another run that is alive is asking this."""
        return self._heeds_others and any(bytes.fromhex(key) in keys for keys in self._rivals.values())

    def ignore_others(self) -> None:
        """From now on nothing is taken by others: they have been silent for too long."""
        self._heeds_others = False

    def take(self, keys: Sequence[str]) -> None:
        """Says that this run is asking these; while sharing out."""
        if not keys or not self._can_lock:
            return
        with suppress(OSError):
            if self._life is None:
                self._life = self._acquired(self._path(self._name, "lock"), wait=False)
            with self._path(self._name, "keys").open("a") as file:
                file.write("".join(f"{key}\n" for key in keys))

    def let_go(self) -> None:
        """Says that this run is asking nothing more."""
        if self._life is None:
            return
        with self.sharing_out():
            self._life.release()
            self._life = None
            self._remove(self._name)

    def _look(self) -> None:
        """Reads what others are asking, and clears away what the dead were."""
        names = {path.stem for path in self._folder.glob("asking-*.keys")} - {self._name}
        self._rivals = {name: keys for name, keys in self._rivals.items() if name in names}
        for name in names:
            if (life := self._acquired(self._path(name, "lock"), wait=False)) is not None:
                life.release()
                self._rivals.pop(name, None)
                self._remove(name)
                continue
            keys = self._rivals.setdefault(name, set())
            with suppress(OSError), self._path(name, "keys").open("rb") as file:
                file.seek(KEY_BYTES * len(keys))
                keys.update(bytes.fromhex(line.decode()) for line in file.read().split())

    def _acquired(self, path: Path, *, wait: bool) -> Any:
        """The lock of a file, held; None where another holds it, or where there are no locks."""
        from filelock import FileLock, Timeout

        if not self._can_lock:
            return None
        lock = FileLock(path, thread_local=False, timeout=LONGEST_WAIT if wait else 0, poll_interval=POLL_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            return None
        except (OSError, NotImplementedError):
            self._can_lock = False
            return None
        return lock

    def _remove(self, name: str) -> None:
        for ending in ("keys", "lock"):
            with suppress(OSError):
                self._path(name, ending).unlink(missing_ok=True)

    def _path(self, name: str, ending: str) -> Path:
        return self._folder / f"{name}.{ending}"
