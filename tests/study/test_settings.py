import re
from pathlib import Path

import pytest

from opinionframe.errors import StudyError
from opinionframe.study import demo_study, read_study, shipped_study
from opinionframe.study.model_settings import ModelSettings
from opinionframe.study.models import load_model
from opinionframe.study.settings import Study, parse_study


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[survey]\nnane = 'gss2018'", "survey.nane: no such key"),
        ("[calibrate]\nfolds = 1", "calibrate.folds: input should be greater than or equal to 2"),
        ("[elicit]\nprompt = ['bass']", "elicit.prompt[0]: input should be 'base' or 'sd'"),
        ("[[model]]\nkind = 'remote'", "model[0].kind: input should be"),
        ("model = []", "model: list should have at least 1 item"),
        ("[calibrate]\nmethod = []", "has 1 wrong key:"),
        ("seed = ", "is not TOML"),
    ],
)
def test_a_wrong_key_is_named(tmp_path, text, says):
    with pytest.raises(StudyError) as refused:
        read_study(write(tmp_path, text))
    assert says in str(refused.value)


def test_every_wrong_key_is_named_at_once(tmp_path):
    with pytest.raises(StudyError, match="2 wrong keys") as refused:
        read_study(write(tmp_path, "sed = 1\n[calibrate]\nmethods = []"))
    assert "sed: no such key" in str(refused.value)
    assert "calibrate.methods: no such key" in str(refused.value)


def test_a_missing_file_is_an_error_of_ours(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        read_study(tmp_path / "none.toml")


def test_a_file_that_is_no_text_is_an_error_of_ours(tmp_path):
    (tmp_path / "study.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(StudyError, match="not text in UTF-8"):
        read_study(tmp_path / "study.toml")


def test_the_demo_is_a_valid_study():
    assert demo_study().survey.name == "gss2018"


def test_the_example_shows_every_key():
    tables = {"": set(Study.model_fields), "[[model]]": set(ModelSettings.model_fields) - {"own"}}
    for name, field in Study.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            tables[f"[{name}]"] = set(field.annotation.model_fields)
            tables[""].discard(name)
    tables[""].discard("model")
    table, shown = "", {name: set() for name in tables}
    for line in shipped_study("demo").splitlines():
        table = line if line in tables and line else table
        if key := re.match(r"(?:# )?([a-z_]+) = ", line):
            shown[table].add(key.group(1))
    assert shown == tables


def test_a_study_says_what_a_model_behind_a_server_needs():
    text = """
    [[model]]
    kind = "api"
    name = "gpt-5"
    limit = "max_completion_tokens"
    extra = {reasoning_effort = "low"}
    send_seed = false
    leave_out = ["temperature", "top_p"]
    top_logprobs = 5
    timeout = 600
    retries = 2
    server = "vendor"
    """
    [settings] = parse_study(text, "study.toml").model
    model = load_model(settings, seed=1)
    assert (model._limit, model._send_seed, model._top) == ("max_completion_tokens", False, 5)
    assert (model._timeout, model._retries) == (600, 2)
    assert model.parameters == {
        "address": "https://api.openai.com/v1",
        "left_out": "temperature, top_p",
        "extra": '{"reasoning_effort": "low"}',
    }


@pytest.mark.parametrize(
    "wrong", ["timeout = 0", "retries = -1", "top_logprobs = 0", "leave_out = 'top_p'", "extra = 1"]
)
def test_a_wrong_value_for_a_server_is_named(wrong):
    with pytest.raises(StudyError, match=rf"model\[0\]\.{wrong.split()[0]}: "):
        parse_study(f"[[model]]\nkind = 'api'\nname = 'm'\n{wrong}", "study.toml")
