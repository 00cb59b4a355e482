"""The frames of estimation: known shares of groups in a population, and estimates with their uncertainty."""

import dataframely as dy

from opinionframe.schemas.frames import Schema
from opinionframe.schemas.laws import RowLaws
from opinionframe.schemas.row_rules import ESTIMATES, MARGINS


class Margins(Schema):
    """One row per group of a population with its `share`; the shares of an attribute, or intersection, sum to 1.

    An optional column `n` says on how many people the shares of a demographic's attribute rest, where they come from a
    sample themselves; without it they count as known exactly.
    """

    laws = RowLaws(MARGINS)

    demographic = dy.String(primary_key=True)
    share = dy.Float64()


class Estimates(Schema):
    """One row per choice of an estimated cell: Opinions whose `prob` is an estimate, with what is known of its error.

    `prob` is on the simplex, `estimate` the same before it was put there. `std_error` is the root of the mean squared
    error of a choice, null where nothing tells it; `conf_low` and `conf_high` its interval, in [0, 1]. A choice that
    nobody gave, or everybody, shows no error: it has that of its interval, as if half an answer more had been given for
    it and half against; and so has a mean that all agree on. Constant within a cell: `n` respondents; `n_eff`, the size
    of a simple random sample that is as precise; `gain`, that over the survey estimate's `n_eff`, null where nobody was
    asked; `mean` on the scale with `mean_error`, `mean_low` and `mean_high`, null for nominal questions; `method`.
    `tuning` is the weight of the predictions in the correction by known shares, `own_weight` that of the group's own
    respondents against the prediction, null where there is none.
    """

    laws = RowLaws(ESTIMATES)

    question = dy.String(primary_key=True)
    demographic = dy.String(primary_key=True)
    choice = dy.UInt8(primary_key=True)
    source = dy.String(primary_key=True)
    prob = dy.Float64()
    estimate = dy.Float64()
    std_error = dy.Float64(nullable=True)
    conf_low = dy.Float64(nullable=True)
    conf_high = dy.Float64(nullable=True)
    mean = dy.Float64(nullable=True)
    mean_error = dy.Float64(nullable=True)
    mean_low = dy.Float64(nullable=True)
    mean_high = dy.Float64(nullable=True)
    n = dy.UInt32()
    n_eff = dy.Float64(nullable=True)
    gain = dy.Float64(nullable=True)
    tuning = dy.Float64(nullable=True)
    own_weight = dy.Float64(nullable=True)
    method = dy.String()
