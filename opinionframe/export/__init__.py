"""Frames leave as files, with what a reader needs to trust them."""

from opinionframe.export.explain import Explanation, explain
from opinionframe.export.folder import export

__all__ = ["Explanation", "explain", "export"]
