"""Kriging, the default: human answers to other questions and a model's answers go in, predicted shares come out."""
