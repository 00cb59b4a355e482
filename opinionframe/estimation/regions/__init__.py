"""Prediction regions: calibrated opinions go in; where the truth of a group that nobody asked lies comes out."""

from opinionframe.estimation.regions.prediction_regions import prediction_regions
from opinionframe.estimation.regions.shown_regions import shown_regions, what_they_hold

__all__ = ["prediction_regions", "shown_regions", "what_they_hold"]
