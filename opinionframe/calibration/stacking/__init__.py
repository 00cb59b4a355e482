"""Stacking: several sources of the same cells go in, their mixture and its weights come out."""
