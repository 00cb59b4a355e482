"""How to cite a study's sources: a survey goes in; BibTeX of survey, method and package comes out."""

import re

from opinionframe.surveys import Survey

PACKAGE = """@software{opinionframe,
  title   = {opinionframe},
  author  = {{The opinionframe developers}},
  version = {VERSION},
  note    = {Apache-2.0}
}"""

METHOD = """@unpublished{kambhatla_supervision,
  title  = {Improving the Distributional Alignment of {LLMs} using Supervision},
  author = {Kambhatla, G. and Gautam, S. and Zhang, A. and Liu, A. and Srinivasan, R. and Li, J. J. and Lease, M.},
  note   = {Metric, prompts and calibration by supervision}
}"""

SPECIAL = str.maketrans({character: f"\\{character}" for character in "&%$#_"})
"""What BibTeX would read otherwise."""

SPELLED = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def citations(survey: Survey, version: str) -> list[tuple[str, str]]:
    """What each entry is of, and the entry; `version` is the package's."""
    package = PACKAGE.replace("VERSION", version)
    return [("The survey", _survey(survey)), ("The metric and the method", METHOD), ("The package", package)]


def _survey(survey: Survey) -> str:
    """The survey's own citation as a note, since its parts are not told apart.

    >>> import opinionframe as of
    >>> print(_survey(of.load("gss2018")).splitlines()[0])
    @misc{gss2018,
    """
    key = re.sub(r"[^A-Za-z0-9]+", "", survey.name) or "survey"
    fields = {"title": f"{{{_escaped(survey.title)}}}", "note": _escaped(survey.citation), "url": survey.url}
    lines = [f"  {name} = {{{' '.join(text.split())}}}" for name, text in fields.items() if text]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def _escaped(text: str) -> str:
    """Text in which braces, backslashes and signs stand for themselves."""
    return "".join(SPELLED.get(letter, letter) for letter in text).translate(SPECIAL)
