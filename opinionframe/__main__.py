"""`python -m opinionframe`: the command, where its script is not on the path."""

from opinionframe.cli import app

app(prog_name="opinionframe")
