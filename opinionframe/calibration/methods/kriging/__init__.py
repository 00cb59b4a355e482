"""Kriging, the default calibrator: human answers to other questions, corrected by what the model says."""
