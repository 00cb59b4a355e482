"""Learning curves: Opinions go in; scores by the number of labels that a calibrator sees come out."""
