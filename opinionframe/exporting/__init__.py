"""Frames leave as files, with what a reader needs to trust them."""

from opinionframe.exporting.explain import Explanation, explain
from opinionframe.exporting.export import export
from opinionframe.exporting.foreign import from_popfidelity, from_wide

__all__ = ["Explanation", "explain", "export", "from_popfidelity", "from_wide"]
