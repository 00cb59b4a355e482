"""Elicitation: asking language models survey questions, for nobody and for groups of people."""

from opinionframe.elicit.api import OpenAIModel
from opinionframe.elicit.api_server import LlamaServer
from opinionframe.elicit.ask import ask
from opinionframe.elicit.dry_run import dry_run
from opinionframe.elicit.elicit import CoverageWarning, elicit
from opinionframe.elicit.fake import FakeModel
from opinionframe.elicit.journal import Journal
from opinionframe.elicit.local import LocalModel
from opinionframe.elicit.model import Model, Progress, Reply, Request
from opinionframe.elicit.paper_models import paper_models
from opinionframe.elicit.parse import parse
from opinionframe.elicit.prompts import prompts
from opinionframe.elicit.reading import read_response
from opinionframe.elicit.readings import Reading
from opinionframe.elicit.score import coverage, score
from opinionframe.elicit.wording import Wording, read_wording

__all__ = [
    "CoverageWarning",
    "FakeModel",
    "Journal",
    "LlamaServer",
    "LocalModel",
    "Model",
    "OpenAIModel",
    "Progress",
    "Reading",
    "Reply",
    "Request",
    "Wording",
    "ask",
    "coverage",
    "dry_run",
    "elicit",
    "paper_models",
    "parse",
    "prompts",
    "read_response",
    "read_wording",
    "score",
]
