"""Running sums over drawn values: sums per value go in; sums of all values before each place, and of all, come out."""

from dataclasses import dataclass

import numpy as np

from opinionframe.calibration.methods.forests.drawn_values import DrawnValues, Places
from opinionframe.calibration.methods.forests.step_functions import Floats


@dataclass(frozen=True)
class RunningSums:
    """Sums of the values before each place, over all trees, of shape (values + 1,), and the way back from rows.

    Attributes:
        weight: Of the draws.
        total: Of the centred targets.
        rows: Of the distinct rows.
        value_of_row: The place of the value of each distinct row, shape (rows,).
    """

    weight: Floats
    total: Floats
    rows: Places
    value_of_row: Places


def running_sums(drawn: DrawnValues) -> RunningSums:
    """The running sums of what was drawn."""
    weight, total, rows = (np.append(0, np.cumsum(each)) for each in (drawn.weight, drawn.total, drawn.rows))
    return RunningSums(weight, total, rows, np.repeat(np.arange(len(drawn.rows)), drawn.rows))
