"""A calibrator of one's own: an object goes in, one whose fits and predictions are checked comes out.

The package's own calibrators are trusted. What another returns is measured against what it was given: one finite
probability for every row, and parameters that can be kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.saved import PARAMETERS, Calibration
from opinionframe.calibration.supervision import Pair, Supervision
from opinionframe.errors import FrameError, examples
from opinionframe.schemas.keys import ROW

LABELS = ("target", "n_eff", "fold")
"""What a fit may see and a prediction may not."""


class OwnCalibrator(Calibrator):
    """A Calibrator, checked, of an object with a `name` and `crossfit`, or with `fit` and `predict`."""

    def __init__(self, calibrator: Any) -> None:
        self.own = calibrator
        self.name = calibrator.name
        self.title = getattr(calibrator, "title", "") or calibrator.name
        for ability in ("needs_people", "needs_order", "fits_at_once"):
            setattr(self, ability, bool(getattr(calibrator, ability, False)))

    @property
    def keeps_parameters(self) -> bool:
        """Whether it can fit and predict."""
        return {"fit", "predict"} <= abilities(self.own)

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """Its parameters in the columns and types that a saved calibration has.

        Raises: FrameError where they are no such frame.
        """
        parameters = _frame(self.own.fit(supervision, seed), [*PARAMETERS], f"{self.name}.fit(…)")
        typed = parameters.select(pl.col(name).cast(dtype, strict=False) for name, dtype in PARAMETERS.items())
        if broken := typed.filter(pl.any_horizontal(pl.col("group", "name", "value").is_null())).height:
            raise FrameError(
                f"{self.name}.fit(…) returned {broken} of {typed.height} parameters without a group, name or number. "
                "Give every group of rows its parameters: group, name, at (null for a scalar) and value."
            )
        return typed

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with the `prob` that it predicts, from everything but their human answers.

        Raises: FrameError where it does not predict every row once.
        """
        shown = rows.drop(LABELS, strict=False)
        return self._checked(self.own.predict(shown, codebook, calibration), rows, f"{self.name}.predict(…)")

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted, by its own cross-fitting where it has one, else fold by fold.

        Raises: FrameError where it does not predict every row once.
        """
        if "crossfit" not in abilities(self.own):
            return super().crossfit(supervision, seed)  # type: ignore[return-value]  # of frames, not plans
        every = replace(supervision, only=None)
        return self._checked(self.own.crossfit(every, seed), supervision.rows, f"{self.name}.crossfit(…)")

    def crossfit_rounds(
        self, supervision: Supervision, rounds: Iterable[Iterable[Pair]], seed: int
    ) -> Iterator[NDArray[np.float64]]:
        """The values of its own rounds where it has them, else those of its cross-fitting.

        Raises: FrameError where a round has no finite number for every row, or some are missing.
        """
        schedule = [list(pairs) for pairs in rounds]
        if "crossfit_rounds" not in abilities(self.own):
            yield from super().crossfit_rounds(supervision, schedule, seed)
            return
        n_rounds = 0
        for n_rounds, returned in enumerate(self.own.crossfit_rounds(supervision, schedule, seed), start=1):
            if n_rounds > len(schedule):
                break
            values = np.asarray(returned, dtype=np.float64)
            if values.shape != (len(supervision.rows),) or not np.isfinite(values).all():
                raise FrameError(
                    f"{self.name}.crossfit_rounds(…) returned {np.isfinite(values).sum()} finite numbers of shape "
                    f"{values.shape} in round {n_rounds}. Give every one of {len(supervision.rows)} rows its prob."
                )
            yield values
        if n_rounds != len(schedule):
            raise FrameError(
                f"{self.name}.crossfit_rounds(…) made {n_rounds} rounds of {len(schedule)}. Make each once."
            )

    def _checked(self, returned: Any, rows: pl.DataFrame, said: str) -> pl.DataFrame:
        """`rows` with the `prob` of `returned`, in its order."""
        table = _frame(returned, [*ROW, "prob"], said)
        keys = (pl.col(key).cast(rows.schema[key], strict=False) for key in ROW)
        predicted = table.select(*keys, pl.col("prob").cast(pl.Float64, strict=False))
        others = predicted.join(rows, on=ROW, how="anti")
        missing = rows.select(ROW).join(predicted, on=ROW, how="anti")
        repeated = predicted.filter(pl.struct(ROW).is_duplicated())
        unusable = predicted.filter(~pl.col("prob").is_finite().fill_null(value=False))
        for broken, what in (
            (missing, "leaves out"),
            (others, "adds"),
            (repeated, "repeats"),
            (unusable, "gives no finite probability to"),
        ):
            if broken.height:
                raise FrameError(
                    f"{said} {what} {broken.height} of {rows.height} rows, e.g. "
                    f"{examples(broken.select(ROW).sort(ROW).rows())}. Return every row once, with a number as prob."
                )
        return predicted.join(rows.drop("prob"), on=ROW, how="left", maintain_order="left")


def abilities(candidate: object) -> set[str]:
    """Which of these verbs an object has beyond those that Calibrator only names."""
    return {
        verb
        for verb in _NAMED
        if callable(getattr(candidate, verb, None)) and getattr(type(candidate), verb, None) is not _NAMED[verb]
    }


def is_calibrator(candidate: object) -> bool:
    """Whether an object can calibrate: it has a `name`, and `crossfit` or both `fit` and `predict`."""
    verbs = abilities(candidate)
    return isinstance(getattr(candidate, "name", None), str) and (verbs >= {"crossfit"} or verbs >= {"fit", "predict"})


_NAMED = {verb: getattr(Calibrator, verb) for verb in ("fit", "predict", "crossfit", "crossfit_rounds")}


def _frame(returned: Any, columns: list[str], said: str) -> pl.DataFrame:
    """`returned` as a DataFrame that has `columns`."""
    if not isinstance(returned, pl.DataFrame | pl.LazyFrame):
        raise FrameError(f"{said} must return a Polars DataFrame or LazyFrame, not {type(returned).__name__}.")
    table = returned.lazy().collect()
    if missing := [name for name in columns if name not in table.columns]:
        raise FrameError(
            f"{said} returned a frame that lacks {len(missing)} columns: {', '.join(missing)}. "
            f"It has: {', '.join(table.columns) or 'none'}."
        )
    return table
