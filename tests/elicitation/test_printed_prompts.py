"""The paper's printed prompts beside ours: every template, and every class of its Table 13 in every template.

`docs/paper_prompts.toml` lists what differs and why, `docs/paper_classes.csv` how each class is said.
"""

import tomllib
import warnings
from pathlib import Path

import polars as pl
import pytest

import opinionframe as of
from opinionframe.elicitation.requests import DRAWS, TEMPERATURE
from opinionframe.surveys.entry import entry
from opinionframe.surveys.groups import entry_groups

DOCS = Path(__file__).parents[2] / "docs"
PRINTED = tomllib.loads((DOCS / "paper_prompts.toml").read_text(encoding="utf-8"))
CLASSES = pl.read_csv(DOCS / "paper_classes.csv", infer_schema=False)
METHODS = ["logprob", "self_random", "paraphrase", "verbalized"]
LABELS = ["agree", "neither", "disagree"]
CHOICES, QUESTION = "['agree', 'neither', 'disagree']", "Is tea good?"
BOOK = of.codebook({"q": {"text": QUESTION, "labels": LABELS}})
NAMES = {"ideology": "political ideology", "party": "political party", "region": "US region"}
"""What Table 13 calls attributes of OpinionQA."""

PIECES = {
    "your": "your {att} is {c}",
    "whose": "whose {att} is {c}",
    "person": "{c} {att}",
    "attributes": "{att}",
    "am": "I am {c}",
}
"""How the templates of Table 15 say a group."""


def human(demographics: list[str]) -> pl.DataFrame:
    rows = [("q", group, choice, "human", 1 / 3) for group in demographics for choice in (1, 2, 3)]
    return pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")


def rendered(demographics: list[str], groups: pl.DataFrame | None = None, **options: object) -> dict[str, str]:
    """The text of every prompt, by group and template, such as `sd verbalized`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", of.GroupWordsWarning)  # of Other, which Table 10 has and the reader does not
        rows = of.prompts(human(demographics), BOOK, elicitation=METHODS, groups=groups, **options)
    keys = rows.select(
        pl.concat_str(pl.lit("q|"), pl.col("demographic").fill_null("-"), separator=""),
        pl.concat_str("prompt", pl.col("template").str.replace(".*/", ""), separator=" "),
    )
    return {f"{group[2:]}|{template}": text for (group, template), text in zip(keys.rows(), rows["text"], strict=True)}


def filled(template: str, pieces: dict[str, str]) -> str:
    """A printed template with a question, its choices and a group."""
    text = template
    for name, printed in PIECES.items():
        if name != "attributes":
            text = text.replace(printed, pieces[name])
    text = text.replace("description of your {att}", f"description of your {pieces['attributes']}")
    return text.replace("{q}", QUESTION).replace("{choices}", CHOICES).replace("{l}", "3")


def deviated(text: str, names: list[str]) -> str:
    """The text with what is said to differ; each has to be in it."""
    changes = {"slots": ("[, , , ,]", "[, ,]"), "answer": (" {answer}", "")}
    assert set(changes) == set(PRINTED["deviation"])
    for name in names:
        printed, ours = changes[name]
        assert printed in text
        text = text.replace(printed, ours)
    return text


def survey_groups(name: str) -> pl.DataFrame | None:
    return None if name == "opinionqa" else entry_groups(entry(name))


def as_printed(survey: str, demographic: str) -> dict[str, str]:
    attribute, _, label = demographic.partition("=")
    name = NAMES.get(attribute, attribute) if survey == "opinionqa" else attribute
    return {piece: text.replace("{att}", name).replace("{c}", label) for piece, text in PIECES.items()}


def test_all_templates_are_compared() -> None:
    assert len(PRINTED["template"]) == 16
    assert {each["ours"] for each in PRINTED["template"]} == {key.split("|")[1] for key in rendered(["sex=Female"])}
    used = {name for each in PRINTED["template"] for name in each.get("differs", [])}
    assert used == set(PRINTED["deviation"])


@pytest.mark.parametrize("template", PRINTED["template"], ids=lambda each: each["ours"])
def test_a_template_is_the_printed_one_but_for_what_is_listed(template) -> None:
    texts = rendered(["sex=Female"])
    group = "-" if template["table"] == 14 else "sex=Female"
    want = deviated(filled(template["printed"], as_printed("wgm2018", "sex=Female")), template.get("differs", []))
    assert texts[f"{group}|{template['ours']}"] == want


def test_variants_are_the_printed_ones() -> None:
    wording = of.read_wording("paper").data["variants"]
    assert {each["ours"]: each["printed"] for each in PRINTED["variant"]} == {
        name: wording[name] for name in ("few_shot", "cot")
    }


@pytest.mark.parametrize("survey", CLASSES["survey"].unique(maintain_order=True).to_list())
def test_every_class_is_said_as_it_is_stored_in_every_template(survey) -> None:
    """All of the survey's classes in the eight templates of Table 15, and nothing else differs from print."""
    stored = CLASSES.filter(survey=survey)
    texts = rendered(stored["demographic"].to_list(), survey_groups(survey), prompt="sd")
    assert len(texts) == 8 * len(stored)
    templates = [each for each in PRINTED["template"] if each["table"] == 15]
    for row in stored.rows(named=True):
        for template in templates:
            want = deviated(filled(template["printed"], row), template.get("differs", []))
            assert texts[f"{row['demographic']}|{template['ours']}"] == want


def test_table_13_and_the_other_classes_of_table_10_are_stored() -> None:
    """Table 13 lists 39, 52 and 51 classes; ours of OpinionQA have `Living with a partner` too, WVS two of Table 10."""
    counts = dict(CLASSES.group_by("survey").len().rows())
    assert counts == {"wgm2018": 39, "opinionqa": 53, "wvs7": 53}
    others = CLASSES.filter(pl.col("demographic").is_in(["employment status=Other", "religion=Other"]), survey="wvs7")
    assert others.height == 2
    for survey in ("wgm2018", "wvs7"):
        groups = survey_groups(survey).select(pl.format("{}={}", "attribute", "class")).to_series()
        assert set(groups) <= set(CLASSES.filter(survey=survey)["demographic"])


def test_every_way_in_which_a_group_is_said_otherwise_has_a_reason() -> None:
    differing: dict[tuple[str, str], set[str]] = {}
    for row in CLASSES.rows(named=True):
        printed = as_printed(row["survey"], row["demographic"])
        pieces = {piece for piece in PIECES if row[piece] != printed[piece]}
        if pieces:
            differing.setdefault((row["survey"], row["demographic"].partition("=")[0]), set()).update(pieces)
    listed = {
        (survey, each["attribute"]): set(each["pieces"]) for each in PRINTED["group"] for survey in each["surveys"]
    }
    assert differing == listed
    assert all(each["reason"] for each in PRINTED["group"])


def test_what_was_chosen_is_what_is_done() -> None:
    chosen = {each["what"]: each["ours"] for each in PRINTED["choice"]}
    for elicitation, temperature in TEMPERATURE.items():
        assert chosen[f"temperature of {elicitation}"] == temperature
    for elicitation in ("self_random", "verbalized", "paraphrase"):
        assert chosen[f"draws of {elicitation}"] == DRAWS[elicitation]
