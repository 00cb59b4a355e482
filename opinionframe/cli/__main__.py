"""`python -m opinionframe.cli`."""

from opinionframe.cli import app

app(prog_name="opinionframe")
