"""Exporting: frames go out as files with their provenance, numbers are traced back, and foreign frames come in."""

from opinionframe.exporting.explain import Explanation, explain
from opinionframe.exporting.export import export
from opinionframe.exporting.foreign import from_popfidelity
from opinionframe.exporting.wide import from_wide, to_wide

__all__ = ["Explanation", "explain", "export", "from_popfidelity", "from_wide", "to_wide"]
