"""The blend: kriging, power, ridge and what is free go in; their mixture, weighted on held-out questions, comes out."""
