"""Writes people.csv: an invented sample with strata, units and five kinds of replicate weights. Run once.

Two waves share it: half of each stratum's units have a weight of the second wave, `w_b`, and answers to `fear`.
"""

from pathlib import Path

import numpy as np
import polars as pl
from scipy.linalg import hadamard

STRATA, UNITS, PER_UNIT = 4, 2, 6
FAY = 0.3


def people() -> pl.DataFrame:
    """One row per respondent."""
    rng = np.random.default_rng(7)
    stratum = np.repeat(np.arange(STRATA), UNITS * PER_UNIT)
    unit = np.tile(np.repeat(np.arange(UNITS), PER_UNIT), STRATA)
    n = len(stratum)
    weight = np.round(rng.uniform(0.5, 3.0, n), 3)
    weight[5] = 0.0
    second = np.isin(np.arange(n) % PER_UNIT, (0, 2, 3))
    frame = {
        "stratum": stratum + 1,
        "unit": stratum * UNITS + unit + 1,
        "sex": rng.choice(["F", "M"], n),
        "trust": rng.choice([0, 1, 2, 3], n, p=[0.1, 0.2, 0.4, 0.3]),
        "fear": [int(value) if asked else None for value, asked in zip(rng.choice([1, 2], n), second, strict=True)],
        "w": weight,
        "w_b": [round(float(w) * 1.7 + 0.1, 3) if asked else None for w, asked in zip(weight, second, strict=True)],
    }
    first = unit == 0
    for r, signs in enumerate(hadamard(8)[:, 1 : STRATA + 1], 1):
        kept = np.where(signs[stratum] > 0, first, ~first)
        frame[f"brr{r}"] = weight * 2 * kept
        frame[f"fay{r}"] = weight * np.where(kept, 2 - FAY, FAY)
    units = STRATA * UNITS
    first_alone = np.minimum(stratum, 1)  # strata of 2 and of 6 units, so that their jackknife factors differ
    for r in range(units):
        own, size = first_alone == min(r // UNITS, 1), (UNITS, units - UNITS)[min(r // UNITS, 1)]
        dropped = stratum * UNITS + unit == r
        frame[f"jkn{r + 1}"] = weight * np.where(dropped, 0, np.where(own, size / (size - 1), 1))
        frame[f"jk1_{r + 1}"] = weight * np.where(dropped, 0, units / (units - 1))
    for r in range(1, 7):
        draws = np.concatenate([rng.multinomial(UNITS, [1 / UNITS] * UNITS) for _ in range(STRATA)])
        frame[f"boot{r}"] = weight * draws[stratum * UNITS + unit]
    return pl.DataFrame(frame)


if __name__ == "__main__":
    people().write_csv(Path(__file__).parent / "people.csv")
