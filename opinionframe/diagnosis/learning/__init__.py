"""Learning curves: which labels a draw sees, what it predicts from them, and how that scores."""
