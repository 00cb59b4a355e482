"""Estimates: opinions of a model and a sample of people go in; estimates of groups with intervals come out."""

from opinionframe.estimation.allocate import allocate
from opinionframe.estimation.poststratify import poststratify
from opinionframe.estimation.rectify import rectify
from opinionframe.estimation.regions import prediction_regions
from opinionframe.estimation.sample_size import sample_size

__all__ = ["allocate", "poststratify", "prediction_regions", "rectify", "sample_size"]
