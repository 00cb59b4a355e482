"""The paper's calibrator: choice rows go in, shares by the best of four regressions on a development part come out."""
