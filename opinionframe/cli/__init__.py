"""The command `opinionframe`: arguments go in; studies, their reports and what they say on a terminal come out."""

from opinionframe.cli.commands import app

__all__ = ["app"]
