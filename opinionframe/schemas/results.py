"""The frames of results: one schema for means of scores, one for comparisons."""

import dataframely as dy

from opinionframe.schemas.frames import Schema
from opinionframe.schemas.laws import RowLaws
from opinionframe.schemas.row_rules import TESTS


class Summary(Schema):
    """One row per group of Alignment rows, the grouping columns first: means and spreads of scores in [0, 1].

    `skill` is (alignment - baseline) / (1 - baseline): 0 knows nothing beyond uniform, 1 is perfect. `metric` names the
    distance of the scores, null where it is not known. `left_out` counts the cells that are not in the mean, because
    other sources lack them, and `estimand` says what the mean is over.
    """

    alignment = dy.Float64()
    std_dev = dy.Float64(nullable=True)
    baseline = dy.Float64(nullable=True)
    ceiling = dy.Float64(nullable=True)
    skill = dy.Float64(nullable=True)
    n = dy.UInt32()
    n_questions = dy.UInt32()
    left_out = dy.UInt32()
    metric = dy.String(nullable=True)
    estimand = dy.String()


class Tests(Schema):
    """One row per comparison and method: mean difference `source` minus `versus` and its uncertainty.

    `family` names the comparisons that `p_adjusted` corrects for, `adjust` the correction, `metric` the distance of the
    scores, null where it is not known. P-values are in [0, 1], null where there is no test.
    """

    laws = RowLaws(TESTS)

    pair = dy.String()
    source = dy.String()
    versus = dy.String()
    method = dy.String()
    estimate = dy.Float64()
    std_error = dy.Float64(nullable=True)
    statistic = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True)
    p_adjusted = dy.Float64(nullable=True)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    n = dy.UInt32()
    n_clusters = dy.UInt32(nullable=True)
    family = dy.String()
    adjust = dy.String()
    metric = dy.String(nullable=True)
