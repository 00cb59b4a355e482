"""How far the mean ceiling over all samples lies from what the truth scores, by exact enumeration. Writes ceiling.md.

Run: python reports/inference/ceiling.py (seconds). Beside it stands the least error that any estimate from the share of
a cell's own sample can have over all population shares, by linear programming.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from opinionframe.alignment.perfect_model import expected_error

Floats = NDArray[np.float64]

SIZES = (5, 6, 7, 9, 10, 11, 13, 20, 50, 200)
LARGEST_BOUND = 50
"""Beyond, the linear program is badly scaled, and the error is below 0.1 anyway."""

SHAPES = {f"flat {k}": [1 / k] * k for k in range(2, 7)} | {
    ".5 .3 .15 .05": [0.5, 0.3, 0.15, 0.05],
    ".8 .15 .05": [0.8, 0.15, 0.05],
    ".93 .04 .02 .01": [0.93, 0.04, 0.02, 0.01],
}
BINARY = np.sin(np.linspace(0, np.pi / 4, 400)) ** 2

NOTES = """\
Every sample of n people from a population is enumerated; the entry is the mean estimated error of a perfect model less
the exact one, in points of alignment: positive where the ceiling is too low. `two choices` is the worst population
share of a yes-no question, `bound` the worst that any estimate from the sample's share has there that is never negative
and takes an answer that nobody gives for no error.

Three ways were tried for small samples. The least worst error (the bound's own estimate) is a quarter to a third lower
for the worst yes-no question and, with five to nine people, higher for most of these scales, so that means over
questions would not gain. Letting answers that nobody gives count brings the bound at five people to 1.6 and gives
errors to choices that do not exist.
A prior from all cells of the frame recovers a truth that all cells share; elsewhere even endless cells of n people tell
n moments of the shares and no more, to which the same bound applies, and a cell's ceiling would depend on its company.
"""


def chances(n: int, share: Floats) -> Floats:
    """Binomial probabilities, shape (shares, n + 1)."""
    return np.asarray(stats.binom.pmf(np.arange(n + 1)[None], n, share[:, None]))


def exact(n: int, share: Floats) -> Floats:
    """The expected error of a perfect model at each population share."""
    return np.asarray((chances(n, share) * np.abs(np.arange(n + 1) / n - share[:, None])).sum(axis=1))


def missed(n: int, share: Floats) -> Floats:
    """The mean estimate over all samples less the exact error, at each population share, in points."""
    estimates = expected_error(np.arange(n + 1) / n, np.full(n + 1, float(n)))
    return np.asarray(100 * (chances(n, share) @ estimates - exact(n, share)))


def bound(n: int) -> float:
    """The least worst error over all population shares, in points."""
    count = np.arange(n + 1)
    folded = np.zeros((len(BINARY), n // 2 + 1))
    np.add.at(folded.T, np.minimum(count, n - count), chances(n, BINARY).T)
    unknown, slack = folded[:, 1:], -np.ones((len(BINARY), 1))
    rows = np.vstack([np.hstack([unknown, slack]), np.hstack([-unknown, slack])])
    target = exact(n, BINARY)
    cost = np.append(np.zeros(unknown.shape[1]), 1.0)
    return 100 * float(optimize.linprog(cost, rows, np.concatenate([target, -target]), method="highs").fun)


def line(n: int) -> str:
    """The row of one size."""
    least = f"{bound(n):.2f}" if n <= LARGEST_BOUND else ""
    shapes = (missed(n, np.cumsum(shares)[:-1]).mean() for shares in SHAPES.values())
    cells = [str(n), f"{np.abs(missed(n, BINARY)).max():.2f}", least, *(f"{value:+.2f}" for value in shapes)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    header = ["people", "two choices", "bound", *SHAPES]
    table = [f"| {' | '.join(header)} |", f"|{'---:|' * len(header)}", *(line(n) for n in SIZES)]
    text = "\n".join(["# The ceiling against exact enumeration", "", *table, "", NOTES])
    (Path(__file__).parent / "ceiling.md").write_text(text)
