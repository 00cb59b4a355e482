"""Tests and intervals on alignment: what enters is the Alignment frame, what leaves is the Tests frame."""

from opinionframe.inference.compare import compare

__all__ = ["compare"]
