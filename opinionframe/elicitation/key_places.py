"""Where the record of each key stands: keys and places go in, the place of the first record of a key comes out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

KEY_BYTES = 32
"""Of a SHA-256, as four numbers of eight bytes."""

NEWEST = 1 << 16
"""So many keys are kept one by one before they are sorted in among the others."""

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


class KeyPlaces:
    """The place of the first record of each key, in sorted arrays of 40 bytes a key, the newest ones in a dictionary.

    >>> places = KeyPlaces()
    >>> places.add(bytes(32), 7), places.add(bytes(32), 9), places.get(bytes(32)), len(places), places.doubles
    (None, None, 7, 1, 1)
    """

    def __init__(self) -> None:
        self._doubles = 0
        self._unsorted: list[tuple[Bytes, Places]] = []
        self._columns = np.empty((4, 0), dtype=np.uint64)
        self._places = np.empty(0, dtype=np.int64)
        self._newest: dict[bytes, int] = {}

    @property
    def doubles(self) -> int:
        """Records beyond the first of their key."""
        self._sort()
        return self._doubles

    def __len__(self) -> int:
        self._sort()
        return len(self._places) + len(self._newest)

    def __contains__(self, key: bytes) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[int]:
        """The places, of all keys."""
        self._sort()
        yield from self._places.tolist()
        yield from self._newest.values()

    def get(self, key: bytes) -> int | None:
        """The place of the first record of a key, or None."""
        self._sort()
        if (place := self._newest.get(key)) is not None or len(key) != KEY_BYTES:
            return place
        first, *others = np.frombuffer(key, dtype=">u8").astype(np.uint64)
        row = int(np.searchsorted(self._columns[0], first))
        while row < len(self._places) and self._columns[0, row] == first:
            if all(self._columns[1:, row] == others):
                return int(self._places[row])
            row += 1
        return None

    def add(self, key: bytes, place: int) -> None:
        """Notes the place of a record; the first of a key stays."""
        if (known := self.get(key)) is not None:
            self._doubles += known != place
            return
        self._newest[key] = place
        if len(self._newest) >= NEWEST:
            self._age()

    def add_many(self, keys: Bytes, places: Places) -> None:
        """Notes the places (N,) of many records by their keys (N, 32), in the order in which they were written."""
        self._age()
        self._unsorted.append((keys, places))

    def _age(self) -> None:
        """Puts the newest keys among those that are to be sorted; of other lengths than 32 bytes they stay."""
        aged = {key: place for key, place in self._newest.items() if len(key) == KEY_BYTES}
        if aged:
            keys = np.frombuffer(b"".join(aged), dtype=np.uint8).reshape(-1, KEY_BYTES)
            self._unsorted.append((keys, np.array(list(aged.values()), dtype=np.int64)))
            self._newest = {key: place for key, place in self._newest.items() if key not in aged}

    def _sort(self) -> None:
        """Sorts by key, earlier records before later ones, and leaves the first of each key."""
        if not self._unsorted:
            return
        keys, places = (np.concatenate(parts) for parts in zip(*self._unsorted, strict=True))
        self._unsorted = []
        columns = np.concatenate([self._columns, keys.view(">u8").T.astype(np.uint64)], axis=1)
        places = np.concatenate([self._places, places])
        order = np.argsort(columns[0], kind="stable")
        first = columns[0, order]
        if (first[1:] == first[:-1]).any():
            order = np.lexsort(columns[::-1])  # stable too
            ordered = columns[:, order]
            is_first = np.append(True, (ordered[:, 1:] != ordered[:, :-1]).any(axis=0))
            self._doubles += int((~is_first).sum())
            order = order[is_first]
        self._columns, self._places = columns[:, order], places[order]
