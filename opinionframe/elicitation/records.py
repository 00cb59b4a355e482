"""Where each answer of a journal stands: its files go in, read on as they grow, and records by key come out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opinionframe.elicitation.key_places import KeyPlaces
from opinionframe.elicitation.record_lines import VERSION, quick_entries

_NEEDED = {"key", "raw", "masses", "tokens_in", "tokens_out", "seconds"}
"""What makes a line a record; a later version may have more."""
_FILES = 1 << 20
"""More files than a journal has: a place is the byte at which a line begins, and the number of its file."""
PART_BYTES = 1 << 23
"""Files are read in parts of this size, so that a long one need not fit into memory."""

Entry = tuple[bytes, int | None]
"""The key of a record, and the ceiling of tokens of a text."""


class Records:
    """The records of all files in a folder, by key. Of a record, its place alone is kept in memory.

    Args:
        folder: Of the journal.
        is_quick: Whether lines that begin and end as this version writes them are taken for whole until they are read.

    Attributes:
        by_key: The place of the first record of each key.
        ceilings: The ceilings of tokens that texts on record had.
        n_read: Lines read so far; a larger number says that something was added.
        n_later: Lines among them that a later version of the package wrote, and this one cannot read.
    """

    def __init__(self, folder: Path, *, is_quick: bool = True) -> None:
        self._folder, self._is_quick = folder, is_quick
        self._open: tuple[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        self.by_key = KeyPlaces()
        self.ceilings: set[int] = set()
        self.n_read = self.n_later = 0
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._read_to: dict[str, int] = {}

    def refresh(self) -> None:
        """Reads what was added to any file since; a line that is still being written is left for later."""
        with os.scandir(self._folder) as entries:
            sizes = {
                entry.name: entry.stat().st_size
                for entry in entries
                if entry.name.startswith("answers-") and entry.name.endswith(".jsonl") and entry.is_file()
            }
        for name in sorted(sizes):
            number = self._number(name)
            if sizes[name] > self._read_to[name]:
                self._read_on(name, number)

    def add(self, path: Path, end: int, line: bytes, record: dict[str, Any]) -> None:
        """Notes a record that this process wrote as a `line` of its own file, which now has `end` bytes."""
        number = self._number(path.name)
        self._read_to[path.name] = end
        self._keep(_entry(record), (end - len(line)) * _FILES + number)

    def find(self, key: str) -> dict[str, Any] | None:
        """The record of a key, or None.

        Where none stands at its place, since the line is damaged or its file is gone, all lines are read anew, whole.
        """
        place = self.by_key.get(bytes.fromhex(key))
        if place is None or (record := self._at(place)) is not None:
            return None if place is None else record
        self._is_quick = False
        self.close()
        self._begin()
        self.refresh()
        place = self.by_key.get(bytes.fromhex(key))
        return None if place is None else self._at(place)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The first record of each key, file by file, in the order in which they stand there."""
        for place in sorted(self.by_key, key=lambda place: divmod(place, _FILES)[::-1]):
            yield self._at(place) or {}

    def _at(self, place: int) -> dict[str, Any] | None:
        byte, number = divmod(place, _FILES)
        try:
            file = self._file(self._names[number])
        except FileNotFoundError:
            return None
        file.seek(byte)
        return _record(file.readline())

    def close(self) -> None:
        """Closes the file that was read last."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _file(self, name: str) -> Any:
        if self._open is None or self._open[0] != name:
            self.close()
            self._open = (name, (self._folder / name).open("rb"))
        return self._open[1]

    def _number(self, name: str) -> int:
        if name not in self._read_to:
            self._read_to[name] = 0
            self._numbers[name] = len(self._names)
            self._names.append(name)
        return self._numbers[name]

    def _read_on(self, name: str, number: int) -> None:
        for byte, block in self._blocks(name):
            quick = quick_entries(block) if self._is_quick else None
            if quick is not None:
                self.n_read += len(quick.starts)
                self.ceilings |= quick.ceilings
                self.by_key.add_many(quick.keys, (byte + quick.starts) * _FILES + number)
                continue
            begins = byte
            for line in block.removesuffix(b"\n").split(b"\n"):
                self._read_line(line, begins * _FILES + number)
                begins += len(line) + 1

    def _read_line(self, line: bytes, place: int) -> None:
        self.n_read += 1
        if (entry := _entry(_record(line))) is not None:
            self._keep(entry, place)
        elif _is_later(line):
            self.n_later += 1

    def _blocks(self, name: str) -> Iterator[tuple[int, bytes]]:
        """New lines, many at a time, with the byte at which they begin; a last one without an end if it is whole."""
        torn = b""
        with (self._folder / name).open("rb") as file:
            byte = file.seek(self._read_to[name])
            while part := file.read(PART_BYTES):
                lines, end, rest = (torn + part).rpartition(b"\n")
                torn = rest
                if end:
                    yield byte, lines + end
                    byte += len(lines) + 1
                self._read_to[name] = byte
        if torn and _record(torn) is not None:
            yield byte, torn
            self._read_to[name] = byte + len(torn)

    def _keep(self, entry: Entry | None, place: int) -> None:
        if entry is None:
            return
        key, most_tokens = entry
        self.by_key.add(key, place)
        if most_tokens is not None:
            self.ceilings.add(most_tokens)


def ceiling(record: dict[str, Any]) -> int:
    """The most tokens that an answer on record could have."""
    return int((record.get("parameters") or {}).get("max_tokens", 1))


def _record(line: bytes) -> dict[str, Any] | None:
    """The record that a line is, or None."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    is_record = isinstance(record, dict) and record.get("version") == VERSION and record.keys() >= _NEEDED
    return record if is_record and isinstance(record.get("parameters") or {}, dict) else None


def _is_later(line: bytes) -> bool:
    """Whether a line is an answer that a later version put on record."""
    try:
        record = json.loads(line)
    except ValueError:
        return False
    version = record.get("version") if isinstance(record, dict) else None
    return isinstance(version, int) and version > VERSION and "key" in record


def _entry(record: dict[str, Any] | None) -> Entry | None:
    """The entry of a record; None where there is none, or its key is none of ours."""
    if record is None:
        return None
    try:
        key = bytes.fromhex(record["key"])
    except (TypeError, ValueError):
        return None
    return key, ceiling(record) if record["masses"] is None else None
