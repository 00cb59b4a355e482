"""`opinionframe doctor`: what is there, what is missing, and no secret."""

import json

from typer.testing import CliRunner

from opinionframe.cli import app
from opinionframe.cli import doctor as module


def doctor(*arguments, **environment):
    return CliRunner().invoke(app, ["doctor", *arguments], env=environment)


def test_it_asks_a_survey_and_says_what_is_there():
    ran = doctor("--format", "json", OPENAI_API_KEY="sk-never-to-be-seen", MY_API_KEY="hidden-too", HF_TOKEN="")
    assert ran.exit_code == 0, ran.stderr
    parts = {row["part"]: row for row in json.loads(ran.stdout)}
    assert parts["elicitation"]["detail"] == "18 of 18 answers of a stand-in for a model scored"
    assert parts["OPENAI_API_KEY"]["state"] == parts["MY_API_KEY"]["state"] == "ok"
    assert parts["HF_TOKEN"]["state"] == "missing"
    assert "sk-never" not in ran.stdout + ran.stderr
    assert "hidden" not in ran.stdout + ran.stderr


def test_what_is_missing_is_named_with_what_brings_it():
    ran = doctor("--format", "json", PATH="/nowhere")
    parts = {row["part"]: row for row in json.loads(ran.stdout)}
    assert (parts["LaTeX"]["state"], parts["LaTeX"]["remedy"]) == ("missing", "install TeX Live")
    assert parts["browser"]["detail"].startswith("none of chromium")


def test_an_extra_that_lacks_a_package_has_its_command(monkeypatch):
    monkeypatch.setattr(module, "_version", lambda name: "" if name == "openai" else "9999")
    lines = {part: line for part, *line in module._extras()}
    assert lines["extra api"] == ["missing", "lacks openai>=2.0", "pip install 'opinionframe[api]'"]
    assert lines["extra hub"][0] == "ok"
