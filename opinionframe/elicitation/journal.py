"""The journal: every answer on disk as it arrives, so that a killed run resumes and asks nothing twice.

A folder of JSON-lines files, one per writing process: processes share a journal without sharing a
file, which holds on network disks too. A record is one `write` of one line; a line torn by a kill is
skipped on reading. Keys and tokens of an API never enter: a record holds what `Reply` and `Request` hold.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from opinionframe.elicitation.key_places import KeyPlaces
from opinionframe.elicitation.models.protocol import Model, Reply, Request, parameters_for
from opinionframe.elicitation.parsing.response import is_whole
from opinionframe.elicitation.record_lines import VERSION
from opinionframe.elicitation.records import Records, ceiling
from opinionframe.errors import OptionError
from opinionframe.schemas.card import card, counted

SYNC_SECONDS = 0.5
"""A record survives the process at once, and the machine after this long at most."""


class Journal:
    """The answers kept in `folder`; a context manager that closes its own file.

    Processes that run at the same time share it: what one puts on record the others find, and what one is asking
    they leave to it (`opinionframe.elicitation.claims`). `len` counts the answers on record.

    Args:
        folder: Made if it is not there. Several processes may share it.

    Raises: OptionError, where the folder cannot be made, or has answers of a later version, which would be asked for
        again otherwise.

    >>> import tempfile
    >>> import opinionframe as of
    >>> survey, model = of.load("gss2018"), of.FakeModel(seed=1)
    >>> prompts = of.prompts(survey.opinions, survey.codebook, prompt="base")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Journal(folder) as journal:
    ...         answers = of.ask(prompts, model, seed=1, journal=journal)
    ...         len(journal), journal.doubles
    ...     of.dry_run(prompts, model=model, journal=folder, seed=1).select("calls", "on_record").row(0)
    (18, 0)
    (0, 18)
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OptionError(f"journal={str(folder)!r} is not a folder that can be made: {error}.") from error
        self._path = self.folder
        self._file: int | None = None
        self._owner = os.getpid()
        self._is_torn = False
        self._lock = threading.RLock()
        self._sync: threading.Timer | None = None
        self._index = Records(self.folder)
        self._index.refresh()
        if self._index.n_later:
            raise OptionError(
                f"journal={str(folder)!r} has {self._index.n_later} answers of a later version of opinionframe, which "
                "this one cannot read and would ask for again. Update the package, or name another folder."
            )

    def __repr__(self) -> str:
        return f"Journal({str(self.folder)!r}: {counted(len(self), 'answer')})"

    def _repr_html_(self) -> str:
        return card("Journal", str(self.folder), {"Answers": f"{len(self):,}", "Asked twice": self.doubles or None})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        with self._lock:
            return len(self._records)

    def __bool__(self) -> bool:
        return True

    @property
    def doubles(self) -> int:
        """Answers beyond the first of their request, which was asked by two processes at once. The first one holds."""
        with self._lock:
            return self._index.by_key.doubles

    @property
    def _records(self) -> KeyPlaces:
        return self._index.by_key

    def refresh(self) -> int:
        """Reads what was put on record since, by any process; the number of lines read in all."""
        with self._lock:
            self._index.refresh()
            return self._index.n_read

    def has(self, key: str) -> bool:
        """Whether there is an answer under this very key."""
        with self._lock:
            return bytes.fromhex(key) in self._records

    def find(self, request: Request, model: Model) -> Reply | None:
        """The answer on record, or None. Of two with the same key, the first that was read.

        A whole answer is found whatever its ceiling of tokens was. One that is empty, cut off or withheld is found
        unless this request allows more tokens: then it is to be asked again.
        """
        records = self._under_any_ceiling(request, model)
        whole = [record for record in records if record["masses"] is not None or _is_whole(record)]
        spent = [record for record in records if ceiling(record) >= request.max_tokens]
        return next((_reply(request, record) for record in (*whole, *spent)), None)

    def write(self, reply: Reply, model: Model) -> None:
        """Puts an answer on record; a failure is not an answer and is left out."""
        if reply.error is not None:
            return
        record = _record(reply, model)
        line = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
        with self._lock:
            path, file = self._open()
            self._append(file, line)
            self._index.add(path, os.fstat(file).st_size, line, record)

    def close(self) -> None:
        """Flushes to disk and closes this process's file."""
        if self._sync is not None:
            self._sync.cancel()
        self._flush()
        with self._lock:
            self._index.close()
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _under_any_ceiling(self, request: Request, model: Model) -> list[dict[str, Any]]:
        """The records of `request`: under its own ceiling of tokens, then under others, from the lowest."""
        with self._lock:
            others = sorted(self._index.ceilings - {request.max_tokens}) if request.mode != "score" else []
            requests = (request, *(replace(request, max_tokens=other) for other in others))
            records = (self._index.find(key) for request in requests for key in request.keys(model))
            return [record for record in records if record is not None]

    def _append(self, file: int, line: bytes) -> None:
        # What was torn by a full disk ends there: the next record begins on a line of its own.
        begun = b"\n" if self._is_torn else b""
        try:
            n_bytes = os.write(file, begun + line)
        except OSError as error:
            raise OptionError(f"journal {self.folder} cannot be written: {error}. Make room, and run again.") from error
        self._is_torn = n_bytes < len(begun + line)
        if self._is_torn:
            raise OptionError(f"journal {self.folder} is full. Make room, and run again; no whole record is lost.")
        if self._sync is None:
            self._sync = threading.Timer(SYNC_SECONDS, self._flush)
            self._sync.daemon = True
            self._sync.start()

    def _flush(self) -> None:
        with self._lock:
            self._sync = None
            # Answers go on being written meanwhile.
            file = None if self._file is None else os.dup(self._file)
        if file is not None:
            os.fsync(file)
            os.close(file)

    def _open(self) -> tuple[Path, int]:
        if self._file is None or self._owner != os.getpid():
            # A process that was forked off writes a file of its own.
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
            self._path = self.folder / f"answers-{stamp}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
            as_bytes = getattr(os, "O_BINARY", 0)
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | as_bytes, 0o644)
            self._owner, self._is_torn = os.getpid(), False
        return self._path, self._file


def opened(journal: str | Path | Journal | None) -> Journal | nullcontext[Journal | None]:
    """A context manager of the journal: a folder is opened and closed again, an open Journal stays open."""
    if isinstance(journal, Journal):
        return nullcontext(journal)
    return nullcontext(None) if journal is None else Journal(journal)


def folder_of(journal: str | Path | Journal | None) -> Path | None:
    """Where the answers are kept, if they are."""
    if isinstance(journal, Journal):
        return journal.folder
    return None if journal is None else Path(journal)


def _record(reply: Reply, model: Model) -> dict[str, Any]:
    request = reply.request
    return {
        "version": VERSION,
        "key": request.key(model),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "model": model.name,
        "revision": model.revision,
        "parameters": {**parameters_for(model, request)[0], **request.settings()},
        "prompt": request.prompt_hash,
        "draw": request.draw,
        "raw": reply.raw,
        "masses": reply.masses,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "seconds": reply.seconds,
        "finish": reply.finish,
    }


def _is_whole(record: dict[str, Any]) -> bool:
    return is_whole(record["raw"], record.get("finish"))


def _reply(request: Request, record: dict[str, Any]) -> Reply:
    masses = record["masses"]
    return Reply(
        request=request,
        raw=record["raw"],
        masses=None if masses is None else tuple(masses),
        tokens_in=record["tokens_in"],
        tokens_out=record["tokens_out"],
        seconds=record["seconds"],
        finish=record.get("finish"),
    )
