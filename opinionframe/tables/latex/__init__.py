"""LaTeX of tables: the text of a table goes in; code that compiles and stays within its width and page comes out."""

from opinionframe.tables.latex.code import document, fragment
from opinionframe.tables.latex.sheet import Column, Sheet, levels
from opinionframe.tables.latex.targets import COLUMN, PAGE, Style, Target, target

__all__ = ["COLUMN", "PAGE", "Column", "Sheet", "Style", "Target", "document", "fragment", "levels", "target"]
