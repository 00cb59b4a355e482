"""`[paper]` in a study file: what it refuses before anything is asked, and what it makes of a part of the study."""

from dataclasses import replace

import polars as pl
import pytest
from paper_study import STUDY, register, write_surveys

import opinionframe as of
from opinionframe.errors import StudyError
from opinionframe.study import plan_study, run_study, shipped_study
from opinionframe.study.paper_experiments import experiments
from opinionframe.study.paper_labels import labelled
from opinionframe.study.progress import silent
from opinionframe.study.settings import parse_study
from opinionframe.study.survey import asked_survey

PART = """
output = "{folder}/out"
[survey]
name = "gss2018"
demographics = ["sex", "race"]
questions = ["natspac", "nataid", "natenvir", "natheal", "natcity", "natcrime"]
[[model]]
kind = "fake"
label = "Fake"
[elicit]
elicitation = ["verbalized"]
prompt = ["base"]
[calibrate]
method = ["linear"]
folds = 3
[paper]
learning = false
few = 0
"""


def test_the_shipped_study_is_the_paper_s():
    study = parse_study(shipped_study("paper"), "paper.toml")
    models = of.paper.models()
    assert [model.label for model in study.model] == models["name"].to_list()
    with_logprob = [model.label for model in study.model if "logprob" in (model.elicitation or [])]
    assert with_logprob == models.filter("logprob")["name"].to_list()
    assert [survey.reader for survey in study.survey] == ["wgm", "opinionqa", "wvs"]
    assert not any("all" in survey.demographics for survey in study.survey)
    assert (study.elicit.parser, study.calibrate.split, study.calibrate.method) == ("paper", "row", ["paper"])
    assert study.paper.sizes[-1] == 1200
    asked_otherwise = {model.label: model.variant for model in study.model if model.variant}
    assert sorted(asked_otherwise) == sorted(study.paper.main)
    keys = {model.base_url: model.key_env for model in study.model if model.kind == "api"}
    assert keys == {
        "https://api.anthropic.com/v1/": "ANTHROPIC_API_KEY",
        "https://api.mistral.ai/v1": "MISTRAL_API_KEY",
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("few = 0", "few = 5\nshown = 11", "paper.shown: 11 of paper.draws = 10 samples"),
        ("few = 0", "few = 100", "paper.few: .* fewer than n=100 cells"),
        ("few = 0", 'main = ["fake"]', "paper.main: 1 are no label or name of a model, e.g. 'fake'"),
        ("few = 0", 'stages = ["Fake", "Fake"]', "paper.stages: 1 names stand there more than once"),
        ("folds = 3", 'folds = 3\nvariant = ["cot"]', "calibrate.variant: 'cot' is not known. Allowed: standard"),
        ('"race"]', '"race"]\nfeatured = "age"', "survey.featured: .'age'. not in the survey"),
        ("[paper]\nlearning = false\nfew = 0", "", "model.label: only .paper. reads it"),
        ("[[model]]", '[[model]]\nkind = "fake"\nname = "a"\nlabel = "Fake"\n[[model]]', "model.label: 1 names"),
        ('label = "Fake"', 'label = "Average"', "model.label: 'Average' is empty, or what tables call a row"),
        ('label = "Fake"', 'label = " "', "model.label: ' ' is empty"),
        (
            'label = "Fake"',
            'label = "A B"\n[[model]]\nkind = "fake"\nname = "a"\nlabel = "A\\nB"',
            "model.label: 1 names stand for several models, as printed, e.g. 'A B'",
        ),
        ("few = 0", 'elicitation = "logprob"', "paper.elicitation: no model is asked by 'logprob'. Asked are: verbal"),
        ("few = 0", "fewer = 0", "paper.fewer: no such key"),
        ('label = "Fake"', 'label = "a|b"', r"model\[0\].label"),
        ('name = "gss2018"', 'reader = "wgm"\npath = "none.csv"', "survey.path: .*none.csv"),
        ('name = "gss2018"', 'reader = "wgm"', "survey: give either name, or .*; found reader"),
    ],
)
def test_what_contradicts_is_refused_before_it_is_asked(tmp_path, old, new, says):
    text = PART.format(folder=tmp_path)
    assert old in text
    with pytest.raises(StudyError, match=says):
        plan_study(parse_study(text.replace(old, new), "study.toml"))


def test_a_part_of_the_study_makes_what_it_can_and_says_why_not(tmp_path):
    run_study(parse_study(PART.format(folder=tmp_path), "study.toml"))
    listed = pl.read_csv(tmp_path / "out/paper/paper.csv")
    made = listed.filter("made")["item"].to_list()
    assert made == ["Table 1", "Table 7", "Table 8", "Table 13", "Table 14", "Table 17", "Figure 2", "Claims"]
    why = dict(listed.filter(~pl.col("made")).select("item", "why").rows())
    assert why["Table 2"] == "No model was asked with variant 'cot'."
    assert why["Table 3"] == "No survey names the attribute of its groups in `featured`."
    assert why["Table 6"] == "No log-probabilities were asked."
    assert why["Table 9"] == "The study has 1 survey, and this would be another's."
    assert why["Table 11"] == "The study has one dataset, which leaves none to learn from."
    assert why["Table 15"] == "No sd prompt was asked."
    assert why["Figure 3"] == "The study leaves out learning curves (paper.learning)."
    assert why["Figure 4"] == "The study names no stages of training (paper.stages)."
    (tmp_path / "out/paper/table-2.html").write_text("of an earlier study")
    run_study(parse_study(PART.format(folder=tmp_path), "study.toml"))
    assert not (tmp_path / "out/paper/table-2.html").exists()
    without = PART.replace('label = "Fake"\n', "").partition("[paper]")[0]
    run_study(parse_study(without.format(folder=tmp_path), "study.toml"))
    assert not (tmp_path / "out/paper").exists()
    assert (tmp_path / "out/alignment.html").exists()


def test_another_wording_and_everybody_alone_make_what_they_can(tmp_path):
    text = PART.format(folder=tmp_path).replace('["sex", "race"]', '["all"]')
    text = text.replace('prompt = ["base"]', 'prompt = ["base"]\nwording = "question_first"')
    run_study(parse_study(text.replace("few = 0", 'few = 0\nstages = ["Fake"]'), "study.toml"))
    listed = pl.read_csv(tmp_path / "out/paper/paper.csv").filter("made")["item"].to_list()
    assert {"Table 1", "Table 7", "Figure 4"} <= set(listed)
    assert "Fake+question_first" in (tmp_path / "out/paper/figure-4.svg").read_text(encoding="utf-8")
    page = (tmp_path / "out/paper/table-1.html").read_text(encoding="utf-8")
    assert "Fake+question_first" in page
    assert "no group is of one attribute, so that everybody or intersections" in page
    assert "are left out" not in page


def test_settings_that_cannot_be_calibrated_are_counted_in_every_dataset(tmp_path):
    """One model answers all of two datasets, another a cell of each, a third one dataset alone."""
    study = parse_study(PART.format(folder=tmp_path).replace("few = 0", "few = 2\ndraws = 1\nshown = 1"), "study.toml")
    survey = asked_survey(study.survey)
    of_question = pl.when(pl.col("question") < "natd").then(pl.lit("A")).otherwise(pl.lit("B"))
    survey = replace(survey, codebook=survey.codebook.with_columns(of_question.alias("dataset")))
    opinions = survey.opinions
    for name in ("all", "few", "one"):
        opinions = of.elicit(opinions, survey.codebook, of.FakeModel(seed=1, name=name), prompt=["base"], seed=1)
    is_few, is_one = (pl.col("source").str.starts_with(f"{name}|") for name in ("few", "one"))
    one_each = pl.col("question").is_in(["nataid", "natheal"]) & (pl.col("demographic") == "sex=Female")
    opinions = opinions.filter(~is_few | one_each, ~is_one | (pl.col("question") > "natd"))
    labels = {"all": "All", "few": "Few", "one": "One"}
    made = experiments(study, study.paper, survey, opinions, labels, silent)
    assert made.failures["few"].startswith("2 settings could not be calibrated so, e.g. Few|logprob|base|standard: it ")
    assert made.failures["out_of_domain"] == (
        "1 setting could not be calibrated so, e.g. One|logprob|base|standard: it was read in one dataset alone, which "
        "leaves none to learn from."
    )


def test_labels_follow_the_name_that_answers_have_and_stay_apart_where_one_begins_with_another():
    labels = {"m+rl": "SFT+RL", "m": "SFT", "n": "SFT+DPO"}
    ways = ["m", "m+rl", "m+short", "m+rl+short", "n+short", "m2"]
    frame = pl.DataFrame({"source": [*(f"{way}|logprob|base|standard" for way in ways), "uniform", "m"]})
    assert labelled(frame, labels)["source"].str.split("|").list.first().to_list() == [
        "SFT",
        "SFT+RL",
        "SFT+short",
        "SFT+RL+short",
        "SFT+DPO+short",
        "m2",
        "uniform",
        "m",
    ]


@pytest.mark.slow
def test_the_paper_s_calibrator_makes_every_table(tmp_path, monkeypatch):
    """As the miniature, with the choice among lines and forests that the paper makes, which takes minutes."""
    monkeypatch.chdir(tmp_path)
    register()
    write_surveys(tmp_path)
    run_study(parse_study(STUDY.replace('["linear"]', '["paper"]'), "study.toml"))
    assert pl.read_csv(tmp_path / "out/paper/paper.csv")["made"].all()
