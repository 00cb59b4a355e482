"""The calibrators, a file each."""
