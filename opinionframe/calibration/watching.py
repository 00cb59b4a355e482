"""How far a calibration is: groups that are cross-fitted go in; a callback is told how many are done, of how many."""

from collections.abc import Callable
from dataclasses import replace

from opinionframe.calibration.fit_influence import Refittable
from opinionframe.calibration.folds import rounds
from opinionframe.calibration.supervision import Supervision

OnProgress = Callable[[int, int], None]
"""Called with how many fits are done, and how many there are."""


class Watch:
    """The fits of a calibration as they are done.

    A fit is one setting (what shares a fit: a source, in each dataset) by one method; with refits, once more for each
    round of pairs of folds. Methods that fit all settings at once are told of when they are through.
    """

    def __init__(self, progress: OnProgress | None) -> None:
        self._progress = progress
        self._done = self._through = self._per_method = self._total = 0

    def watched(self, folded: Supervision) -> Supervision:
        """`folded`, whose groups tell of themselves."""
        return replace(folded, told=self._tell) if self._progress else folded

    def begin(self, folded: Supervision, fits: Refittable | None, methods: int) -> None:
        """Counts what is to be done."""
        again = 0
        if fits is not None:
            passes = len(rounds(sorted(fits.supervision.rows["fold"].unique())))
            again = fits.supervision.rows["group"].n_unique() * passes
        self._per_method = folded.rows["group"].n_unique() + again
        self._total = self._per_method * methods
        self._report(0)

    def next_method(self) -> None:
        """All fits of a method are done."""
        self._through += 1
        self._report(self._through * self._per_method)

    def _tell(self) -> None:
        # Splits that are cross-fitted fold by fold tell of a group more than once.
        self._report(min(self._done + 1, (self._through + 1) * self._per_method))

    def _report(self, done: int) -> None:
        self._done = done
        if self._progress:
            self._progress(done, self._total)
