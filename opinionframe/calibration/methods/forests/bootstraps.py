"""Bootstrap samples of a forest: a number of rows and a seed go in; how often each tree draws each row comes out."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=2)
def bootstrap_counts(rows: int, trees: int, seed: int) -> NDArray[np.int16]:
    """How often each tree of a scikit-learn forest with this seed draws each row, shape (trees, rows).

    The forest's generator seeds one for each tree, which draws the rows; nothing else enters, so that forests of any
    leaf size share the samples.

    >>> bootstrap_counts(4, 2, 1).sum(axis=1).tolist()
    [4, 4]
    """
    # scikit-learn draws from the legacy generator, whose stream NumPy has promised to keep.
    forest = np.random.RandomState(seed)
    seeds = [forest.randint(np.iinfo(np.int32).max) for _ in range(trees)]
    drawn = (np.random.RandomState(each).randint(0, rows, rows) for each in seeds)
    return np.array([np.bincount(each, minlength=rows) for each in drawn], dtype=np.int16)
