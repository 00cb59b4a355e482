import re
from pathlib import Path
from typing import ClassVar, get_args

import polars as pl
import pytest

import opinionframe as of
from opinionframe.elicitation import Request
from opinionframe.elicitation.models import registry
from opinionframe.errors import StudyError
from opinionframe.study import demo_study, plan_study, read_study, run_study, shipped_study
from opinionframe.study.model_settings import ModelSettings
from opinionframe.study.models import load_model
from opinionframe.study.settings import Study, SurveySettings, parse_study


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[survey]\nnane = 'gss2018'", "survey.nane: no such key"),
        ("[[survey]]\nname = 'gss2018'\n[[survey]]\nnane = 'gss2018'", "survey[1].nane: no such key"),
        ("survey = []", "survey: value should have at least 1 item"),
        ("[calibrate]\nfolds = 1", "calibrate.folds: input should be greater than or equal to 2"),
        ("[elicit]\nprompt = ['bass']", "elicit.prompt[0]: input should be 'base' or 'sd'"),
        ("[[model]]\nkind = 'remote'", "model[0].kind: input should be"),
        ("prompt = ['sd']", "prompt: no such key (it is one of [elicit])"),
        ("elicitation = ['logprob']", "elicitation: no such key (it is one of [elicit] and [[model]] and [paper])"),
        ("[calibrate]\nseed = 2", "calibrate.seed: no such key (it stands above the first table)"),
        ("[[elicit]]\nprompt = ['sd']", "elicit: it is one table. Write [elicit] once, and its keys below"),
        ("[model]\nkind = 'fake'", "model: it may be there several times. Write [[model]], and the keys of one below"),
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
    assert demo_study().survey[0].name == "gss2018"


def test_the_example_shows_every_key():
    tables = {"": set(Study.model_fields), "[[model]]": set(ModelSettings.model_fields) - {"own"}}
    tables["[survey]"] = set(SurveySettings.model_fields)
    tables[""].discard("survey")
    for name, field in Study.model_fields.items():
        sections = [kind for kind in (field.annotation, *get_args(field.annotation)) if hasattr(kind, "model_fields")]
        if sections and name not in ("survey", "model"):
            tables[f"[{name}]"] = set(sections[0].model_fields)
            tables[""].discard(name)
    tables[""].discard("model")
    table, shown = "", {name: set() for name in tables}
    for line in shipped_study("demo").splitlines():
        heading = line.removeprefix("# ").split("  ")[0]
        table = heading if heading in tables and heading else table
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


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("max_tokens = 0", "max_tokens=0 is no number of tokens"),
        ("max_tokens = 'many'", "max_tokens='many' is no number of tokens"),
        ("max_tokens = {logprob = 5}", "max_tokens='logprob' is not known. Allowed: paraphrase, self_random"),
    ],
)
@pytest.mark.parametrize(
    ("table", "key"), [("[[model]]\nkind = 'fake'", r"model\[0\]\.max_tokens"), ("[elicit]", r"elicit\.max_tokens")]
)
def test_a_ceiling_that_is_none_is_named(table, key, line, says):
    with pytest.raises(StudyError, match=f"{key}: {re.escape(says)}"):
        parse_study(f"{table}\n{line}", "study.toml")


class Ceilings(of.FakeModel):
    """Notes what ceilings it is asked with."""

    asked: ClassVar[dict[str, set[int]]] = {}

    def answer(self, requests):
        for request in requests:
            self.asked.setdefault(f"{self.name} {request.mode}", set()).add(request.max_tokens)
            yield from super().answer([request])


def test_ceilings_are_the_models_then_the_studys(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))
    of.register_model("noted", lambda *, name="noted", seed: Ceilings(seed=seed, name=name))
    text = """
    survey.demographics = ["all"]
    calibrate.folds = 3
    [[model]]
    kind = "noted"
    [[model]]
    kind = "noted"
    name = "own"
    max_tokens = {verbalized = 9}
    [[model]]
    kind = "noted"
    name = "one"
    max_tokens = 7
    [elicit]
    elicitation = ["self_random", "verbalized"]
    prompt = ["base"]
    max_tokens = {self_random = 20, verbalized = 30}
    """
    study = parse_study(text, "study.toml").model_copy(update={"output": tmp_path})
    run_study(study)
    assert Ceilings.asked == {
        "noted pick": {20}, "noted write": {30}, "own pick": {20}, "own write": {9}, "one pick": {7}, "one write": {7},
    }  # fmt: skip
    # The plan knows them too, and finds the answers on record.
    assert plan_study(study).select(pl.col("calls", "on_record").sum()).row(0) == (0, 3 * (18 * 5 + 18 * 3))
    fresh = plan_study(study.model_copy(update={"output": tmp_path / "fresh"}))
    highest = fresh.filter(elicitation="verbalized").select("model", pl.col("tokens_out_high") / pl.col("calls"))
    assert dict(highest.iter_rows()) == {"noted": 30, "own": 9, "one": 7}


def test_thoughts_are_switched_off_by_one_key():
    [server] = parse_study("[[model]]\nkind = 'api'\nname = 'm'\nserver = 'vLLM'\nthinking = false", "s").model
    model = load_model(server, seed=1)
    request = Request("tea?", "pick", ("1", "2"), max_tokens=64)
    assert model._body(request)["extra_body"]["chat_template_kwargs"] == {"enable_thinking": False}
    assert (model.thinks, model.parameters["thinking"]) == (False, "False")
    [local] = parse_study("[[model]]\nthinking = false\ntemplate = {lang = 'en'}\ndtype = 'float32'", "s").model
    assert load_model(local, seed=1).parameters == {
        "dtype": "float32",
        "template": '{"enable_thinking": false, "lang": "en"}',
    }


def test_without_a_journal_the_plan_knows_who_does_not_think(tmp_path):
    text = "survey.demographics = ['all']\nelicit.elicitation = ['self_random']\nelicit.prompt = ['base']\n"
    api = "[[model]]\nkind = 'api'\nname = '{}'\nbase_url = 'http://127.0.0.1:9/v1'\nthinking = {}\n"
    study = parse_study(text + api.format("m", "false") + api.format("n", "true"), "s")
    plan = plan_study(study.model_copy(update={"output": tmp_path}))
    assert (plan["tokens_out_high"] / plan["calls"]).to_list() == [64, 64 + 2048]
