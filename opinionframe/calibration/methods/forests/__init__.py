"""Forests on one feature: labelled shares go in; step functions of the elicited probability come out."""
