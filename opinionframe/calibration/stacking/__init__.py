"""Several sources of the same cells as one: their mixture, its members and its weights."""
