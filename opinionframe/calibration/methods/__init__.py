"""The calibrators, a file each: labelled answer distributions go in, calibrated ones come out."""
