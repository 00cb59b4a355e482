"""The frame of prediction regions."""

import dataframely as dy

from opinionframe.schemas.frames import Schema
from opinionframe.schemas.laws import RowLaws
from opinionframe.schemas.row_rules import REGIONS

POPULATION, SAMPLE = "population", "sample"


class Regions(Schema):
    """One row per choice of a predicted cell: Opinions with the limits of where the group's own distribution lies.

    `low` and `high` hold its shares at all choices at once. Constant within a cell: `radius`, within which its
    distance from the predicted one lies, in [0, 1]; `worth`, the respondents whose answers would lie as near, null at
    radius 0; `metric`, that of the distance; `n_units`, from whose errors the region is learnt; `conf`, the share of
    cells whose region holds; and what it `holds`: the distribution of the `population` or of a `sample`.
    """

    laws = RowLaws(REGIONS)

    question = dy.String(primary_key=True)
    demographic = dy.String(primary_key=True)
    choice = dy.UInt8(primary_key=True)
    source = dy.String(primary_key=True)
    prob = dy.Float64()
    low = dy.Float64()
    high = dy.Float64()
    radius = dy.Float64()
    worth = dy.Float64(nullable=True)
    metric = dy.String()
    n_units = dy.UInt32()
    conf = dy.Float64()
    holds = dy.String()
