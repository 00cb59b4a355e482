"""Prediction regions: calibrated opinions go in; where the truth of a group that nobody asked lies comes out."""

from opinionframe.estimation.regions.prediction_regions import prediction_regions

__all__ = ["prediction_regions"]
