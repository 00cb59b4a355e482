"""Estimates: opinions of a model and a sample of people go in; estimates of groups with intervals come out."""

from opinionframe.estimation.poststratify import poststratify
from opinionframe.estimation.rectify import rectify

__all__ = ["poststratify", "rectify"]
