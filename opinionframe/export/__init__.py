"""Frames leave as files, with what a reader needs to trust them."""

from opinionframe.export.explain import Explanation, explain
from opinionframe.export.folder import export
from opinionframe.export.foreign import from_popfidelity, from_wide

__all__ = ["Explanation", "explain", "export", "from_popfidelity", "from_wide"]
