"""A model of a user's own, in a few lines: asked in Python, recorded in a journal, and named in a study file."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

import opinionframe as of
from opinionframe.elicitation import Reply
from opinionframe.elicitation.models import registry
from opinionframe.errors import OptionError, StudyError
from opinionframe.schemas import borders
from opinionframe.study import plan_study, run_study
from opinionframe.study.models import load_model, model_name
from opinionframe.study.settings import Study, parse_study


class Middling:
    """Prefers the middle of the scale, the more the larger `pull` is."""

    revision = "1"

    def __init__(self, *, name="middling", pull=1.0):
        self.name, self.parameters = name, {"pull": pull}
        self.asked = 0

    def answer(self, requests):
        for request in requests:
            self.asked += 1
            places = range(len(request.labels))
            weights = [1 / (1 + self.parameters["pull"] * abs(2 * place + 1 - len(places))) for place in places]
            likeliest = request.labels[weights.index(max(weights))]
            yield Reply(request, likeliest, tuple(0.9 * weight / sum(weights) for weight in weights))


STUDY = """
[survey]
name = "gss2018"
demographics = ["sex", "all"]
questions = ["natspac", "nataid", "nateduc"]

[calibrate]
method = ["ridge"]
folds = 3
"""


def study(text: str, output: Path) -> Study:
    return parse_study(STUDY + text, "study.toml").model_copy(update={"output": output})


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, registry.ModelKind]:
    """The package's own kinds; those of a test end with it."""
    shipped = {name: registry._KINDS[name] for name in registry.SHIPPED}
    monkeypatch.setattr(registry, "_KINDS", shipped)
    return shipped


def test_it_is_asked_recorded_and_counted_like_any_other(tmp_path):
    survey, model = of.load("gss2018"), Middling(pull=2.0)
    human = survey.opinions.filter(pl.col("demographic").is_in(["all", "sex=Female"]), question="natspac")
    prompts = of.prompts(human, survey.codebook)
    answers = of.ask(prompts, model, seed=1, journal=tmp_path)
    assert answers.select("model", "status").unique().rows() == [("middling", "answered")]
    assert answers["probs"].to_list() == [pytest.approx([1 / 7, 5 / 7, 1 / 7])] * 3
    # The base prompt and the one for everybody have one text, so two texts were asked.
    assert model.asked == 2
    plan = of.dry_run(prompts, model=model, journal=tmp_path, seed=1)
    assert plan["calls"].to_list() == [0, 0]
    opinions = of.elicit(human, survey.codebook, model, journal=tmp_path, seed=1)
    assert model.asked == 2
    mine = opinions.filter(source="middling|logprob|sd|standard", demographic="sex=Female")
    assert mine["prob"].to_list() == pytest.approx([1 / 7, 5 / 7, 1 / 7])
    assert mine["nonresponse"].unique().to_list() == [pytest.approx(0.1)]
    # Another parameter is another model to the journal.
    assert of.dry_run(prompts, model=Middling(pull=3.0), journal=tmp_path, seed=1)["calls"].sum() == 2


def test_registered_it_runs_in_a_study_file(tmp_path):
    of.register_model("middling", Middling)
    own = study("[[model]]\nkind = 'middling'\npull = 2.0\nprices = [1.0, 2.0]\n", tmp_path / "out")
    assert plan_study(own)["model"].unique().to_list() == ["middling"]
    report = run_study(own)
    assert "middling|logprob|sd|standard" in set(report.summary["source"])
    rows = pl.read_parquet(tmp_path / "out" / "data" / "opinions.parquet")
    mine = rows.filter(source="middling|logprob|base|standard", question="nataid", demographic="all")
    assert mine["prob"].to_list() == pytest.approx([1 / 7, 5 / 7, 1 / 7])
    manifest = json.loads((tmp_path / "out" / "data" / "manifest.json").read_text())
    assert manifest["models"] == [{"name": "middling", "revision": "1"}]
    table = manifest["study"]["model"][0]
    assert (table["kind"], table["pull"]) == ("middling", 2.0)
    # What the manifest says is a study again.
    assert Study.model_validate(manifest["study"]) == own


def test_a_dry_run_loads_no_weights_and_asks_no_server(tmp_path, monkeypatch):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "answers-1.jsonl").write_text("")

    def refuse(*_args, **_keywords):
        raise AssertionError

    monkeypatch.setattr("opinionframe.elicitation.models.local.local_model.load", refuse)
    hub = "[[model]]\nkind = 'local'\nname = 'HuggingFaceTB/SmolLM2-360M-Instruct'\n"
    down = "[[model]]\nkind = 'api'\nname = 'm'\nbase_url = 'http://127.0.0.1:9/v1'\nkey_env = 'NO_SUCH_KEY'\n"
    plan = plan_study(study(hub + down + down.replace("key_env = 'NO_SUCH_KEY'", ""), tmp_path))
    assert plan["on_record"].sum() == 0


def test_asking_checks_neither_opinions_nor_codebook_again(tmp_path, monkeypatch):
    from opinionframe.study.asking import elicited
    from opinionframe.study.progress import silent
    from opinionframe.study.survey import study_survey

    own = study("[[model]]\nkind = 'fake'\n[[model]]\nkind = 'fake'\nname = 'other'\n", tmp_path)
    survey = study_survey(own.survey[0])
    models = [(settings, load_model(settings, own.seed)) for settings in own.model]

    def refuse(*_args):
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(borders, "opinions_border", refuse)
        patch.setattr(borders, "codebook_border", refuse)
        opinions = elicited(own, survey, models, silent).opinions
    in_python = survey.opinions
    for _, model in models:
        in_python = of.elicit(in_python, survey.codebook, model, seed=own.seed)
    assert (
        opinions.sort("source", "question", "demographic", "choice")
        .drop("prob")
        .equals(in_python.sort("source", "question", "demographic", "choice").drop("prob"))
    )
    assert opinions["source"].n_unique() == 5


def test_the_shipped_kinds_stay(kinds):
    for kind in ("local", "api", "fake"):
        with pytest.raises(OptionError, match=f"kind='{kind}' comes with the package and stays. Register yours under"):
            of.register_model(kind, Middling)
    assert list(kinds) == ["local", "api", "fake"]
    of.register_model("middling", Middling)
    of.register_model("middling", lambda *, name="again": Middling(name=name))
    assert model_name(parse_study("[[model]]\nkind = 'middling'", "s").model[0]) == "again"


@pytest.mark.parametrize(
    ("kind", "maker", "says"),
    [
        ("mine", "gpt-4o", "maker must be callable, not str. Give the maker of kind='mine' as a class or function"),
        ("mine", lambda *, prices=None, own=1: None, "maker of kind='mine' takes prices, own, which in a [[model]]"),
        ("mine", dict.fromkeys, "maker takes 'iterable' by position alone"),
        ("", Middling, "kind='' must be a word"),
        (3, Middling, "kind=3 must be a word"),
    ],
)
def test_what_cannot_be_a_kind_is_refused(kind, maker, says):
    with pytest.raises(OptionError, match=re.escape(says)):
        of.register_model(kind, maker)


def test_keys_that_shipped_kinds_have_are_the_makers_own(tmp_path):
    def npu(*, name="npu", device="npu:0", concurrency=3):
        return Middling(name=f"{name} {device} {concurrency}")

    of.register_model("npu", npu)
    tables = "[[model]]\nkind = 'npu'\n[[model]]\nkind = 'npu'\nname = 'b'\ndevice = 'tpu'\nconcurrency = 0\n"
    own = study(tables, tmp_path)
    assert [load_model(settings, seed=1).name for settings in own.model] == ["npu npu:0 3", "b tpu 0"]
    again = Study.model_validate(own.model_dump(mode="json"))
    assert [load_model(settings, seed=1).name for settings in again.model] == ["npu npu:0 3", "b tpu 0"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("kind = 'remote'", "model[0].kind: input should be 'local', 'api', 'fake' or 'middling'"),
        ("kind = 3", "model[0].kind: input should be 'local', 'api', 'fake' or 'middling'"),
        ("kind = 'middling'\npul = 2.0", "model[0].pul: no such key"),
        ("kind = 'fake'\npull = 2.0", "model[0].pull: no such key"),
        ("kind = 'middling'\nseed = 2", "model[0].seed: no such key"),
        ("kind = 'middling'\nown = {pul = 2.0}", "model[0].pul: no such key"),
        ("kind = 'middling'\nbase_url = 'x'", "base_url: not a key of kind = 'middling', which takes: name, pull"),
        ("kind = 'middling'\npull = 'https://me:pw@host'", "model[0].own: an address in it holds a user name"),
        ("kind = 'local'\nbase_url = 'x'", "not a key of kind = 'local', which takes: name, revision, device"),
    ],
)
def test_a_wrong_key_is_named(table, says):
    of.register_model("middling", Middling)
    with pytest.raises(StudyError) as refused:
        parse_study(f"[[model]]\n{table}\n", "study.toml")
    assert says in str(refused.value)


def test_a_needed_key_is_asked_for_and_what_is_made_must_be_a_model(tmp_path):
    of.register_model("filed", lambda *, path: Middling(name=path))
    with pytest.raises(StudyError, match="model.path: needed for kind = 'filed'"):
        plan_study(study("[[model]]\nkind = 'filed'\n", tmp_path))
    [settings] = study("[[model]]\nkind = 'filed'\npath = 'a'\n", tmp_path).model
    assert (model_name(settings), load_model(settings, seed=1).name) == ("filed", "a")
    of.register_model("empty", lambda **_keys: "no model")
    [settings] = study("[[model]]\nkind = 'empty'\nanything = 1\n", tmp_path).model
    with pytest.raises(OptionError, match=r"such as of.LocalModel\(…\) or of.OpenAIModel\(…\), not str"):
        load_model(settings, seed=1)


def test_the_shipped_kinds_are_made_and_named_as_the_file_says(tmp_path):
    tables = """
    [[model]]
    kind = "fake"
    [[model]]
    kind = "fake"
    name = "other"
    [[model]]
    kind = "local"
    name = "HuggingFaceTB/SmolLM2-360M-Instruct"
    revision = "main"
    device = "cpu"
    [[model]]
    kind = "api"
    name = "Qwen/Qwen2.5-72B-Instruct"
    base_url = "http://127.0.0.1:9/v1"
    revision = "v1"
    concurrency = 4
    requests_per_minute = 60
    tokens_per_minute = 1000
    """
    settings = study(tables, tmp_path).model
    assert [model_name(table) for table in settings] == [
        "fake",
        "other",
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "Qwen/Qwen2.5-72B-Instruct",
    ]
    fake, other, local, server = (load_model(table, seed=7) for table in settings)
    assert (fake.name, fake.revision, other.name) == ("fake", "seed-7", "other")
    assert (local.name, local._files.revision, local._device) == ("SmolLM2-360M-Instruct", "main", "cpu")
    assert (server.name, server.revision, server._concurrency) == ("Qwen2.5-72B-Instruct", "v1", 4)
    assert server._pace == (60, 1000)
    assert model_name(parse_study("", "study.toml").model[0]) == "SmolLM2-135M-Instruct"
    with pytest.raises(StudyError, match="model.name: needed for kind = 'api', as the server spells it."):
        model_name(study("[[model]]\nkind = 'api'\n", tmp_path).model[0])
