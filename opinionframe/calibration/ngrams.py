"""How often texts have n-grams of characters: texts go in; a sparse matrix of counts comes out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

_SPACES = re.compile(r"\s+")


def gram_counts(texts: Sequence[str], shortest: int, longest: int) -> sparse.csr_array:
    """How often each of Q texts has each n-gram that some of them has, n from `shortest` to `longest`, shape (Q, V).

    N-grams are of characters in lower case, within words that begin and end in a space; a shorter word is one itself.
    These are the n-grams of scikit-learn's `char_wb`, without its import, which takes a second.

    >>> gram_counts(["Tea, tea", "a"], 3, 3).toarray().astype(int).tolist()
    [[2, 2, 1, 1, 1, 0], [0, 0, 0, 0, 0, 1]]
    """
    from scipy import sparse

    columns: dict[str, int] = {}
    counts = [
        Counter(columns.setdefault(gram, len(columns)) for gram in _grams(text.lower(), shortest, longest))
        for text in texts
    ]
    ordered = [sorted(each.items()) for each in counts]
    pairs = np.array([pair for each in ordered for pair in each], dtype=np.int64).reshape(-1, 2)
    ends = np.cumsum([0, *map(len, ordered)])
    return sparse.csr_array((pairs[:, 1].astype(np.float64), pairs[:, 0], ends), shape=(len(texts), len(columns)))


def _grams(text: str, shortest: int, longest: int) -> Iterator[str]:
    for word in _SPACES.sub(" ", text).split():
        padded = f" {word} "
        for n in range(shortest, longest + 1):
            yield from (padded[start : start + n] for start in range(max(len(padded) - n, 0) + 1))
            if n >= len(padded):
                break
