"""Elicitation: asking language models survey questions, for nobody and for groups of people."""

from opinionframe.elicitation.ask import ask
from opinionframe.elicitation.dry_run import dry_run
from opinionframe.elicitation.elicit import elicit
from opinionframe.elicitation.extraction import ExtractionWarning, extraction
from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.models.fake import FakeModel
from opinionframe.elicitation.models.local.local_model import LocalModel
from opinionframe.elicitation.models.protocol import Model, Progress, Reply, Request
from opinionframe.elicitation.models.registry import register_model
from opinionframe.elicitation.models.server.llama_server import LlamaServer
from opinionframe.elicitation.models.server.openai_model import OpenAIModel
from opinionframe.elicitation.models.server.sampler import ServerWarning
from opinionframe.elicitation.parsing.outcome import Reading
from opinionframe.elicitation.parsing.parse import parse
from opinionframe.elicitation.parsing.response import read_response
from opinionframe.elicitation.prompting.prompts import GroupWordsWarning, NumberLabelsWarning, prompts
from opinionframe.elicitation.prompting.wording import Wording, read_wording
from opinionframe.elicitation.to_opinions import to_opinions

__all__ = [
    "ExtractionWarning",
    "FakeModel",
    "GroupWordsWarning",
    "Journal",
    "LlamaServer",
    "LocalModel",
    "Model",
    "NumberLabelsWarning",
    "OpenAIModel",
    "Progress",
    "Reading",
    "Reply",
    "Request",
    "ServerWarning",
    "Wording",
    "ask",
    "dry_run",
    "elicit",
    "extraction",
    "parse",
    "prompts",
    "read_response",
    "read_wording",
    "register_model",
    "to_opinions",
]
