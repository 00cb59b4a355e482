"""Prompts say groups in words: phrases, labels and names of Groups, and a warning where there is none of them."""

import re
import warnings

import polars as pl
import pytest

import opinionframe as of
from opinionframe.surveys.entry import entry
from opinionframe.surveys.groups import entry_groups

BOOK = of.codebook({"q": {"text": "Should tea be free?", "labels": ["Yes", "No"]}})
OPINIONQA = {
    "age": ["18-29", "30-49", "50-64", "65+"],
    "education": [
        "Less than high school",
        "High school graduate",
        "Some college, no degree",
        "Associate's degree",
        "College graduate/some postgrad",
        "Postgraduate",
    ],
    "ideology": ["Very conservative", "Conservative", "Moderate", "Liberal", "Very liberal"],
    "income": ["Less than $30,000", "$30,000-$50,000", "$50,000-$75,000", "$75,000-$100,000", "$100,000 or more"],
    "marital status": ["Married", "Living with a partner", "Divorced", "Separated", "Widowed", "Never been married"],
    "party": ["Republican", "Democrat", "Independent", "Other"],
    "race": ["White", "Black", "Asian", "Hispanic", "Other"],
    "region": ["Northeast", "Midwest", "South", "West"],
    "religion": [
        "Protestant",
        "Roman Catholic",
        "Mormon",
        "Orthodox",
        "Jewish",
        "Muslim",
        "Buddhist",
        "Hindu",
        "Atheist",
        "Agnostic",
        "Other",
        "Nothing in particular",
    ],
    "sex": ["Male", "Female"],
}
"""Classes of Pew's waves, which their metadata.csv lists."""
METHODS = ["logprob", "paraphrase", "verbalized"]
GROUPS = of.groups(
    {
        "female": {"classes": [1, 0], "labels": ["Women", "Men"], "phrases": ["a woman", "a man"]},
        "pid": {"classes": ["L"], "phrases": ["your party is Labour"]},
        "kids": {"classes": ["1"], "phrases": ["you live with your children"]},
        "hisp": {"classes": ["2"], "labels": ["Cuban"], "name": "Hispanic origin"},
    }
)


def human(demographics: list[str]) -> pl.DataFrame:
    rows = [("q", group, choice, "human", 0.5) for group in demographics for choice in (1, 2)]
    return pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")


def begins(demographic: str, groups: pl.DataFrame | None = GROUPS, **options: object) -> dict[str, str]:
    """What each template says before the question."""
    rows = of.prompts(human([demographic]), BOOK, elicitation=METHODS, prompt="sd", groups=groups, **options)
    keys = rows["template"].str.replace(".*/", "")
    texts = [re.split(r" Question:| Would you| would respond| respond to|, respond", text)[0] for text in rows["text"]]
    return dict(zip(keys, texts, strict=True))


def test_a_phrase_reads_in_every_template() -> None:
    assert begins("female=1") == {
        "logprob": "Imagine you are a woman.",
        "paraphrase-1": "Imagine you are a woman.",
        "paraphrase-2": "How would a person who would say “I am a woman”",
        "paraphrase-3": "Person: a woman",
        "paraphrase-4": "Below you will be asked to provide a short description of your background and then answer "
        "some questions. Description: I am a woman",
        "paraphrase-5": "Answer the following question as if you are a woman.",
        "verbalized": "What percentage of people who would say “I am a woman”",
    }


def test_phrases_names_and_labels_meet_in_an_intersection() -> None:
    said = begins("pid=L & kids=1 & hisp=2")
    assert said["logprob"] == (
        "Imagine your party is Labour and you live with your children and your Hispanic origin is Cuban."
    )
    assert said["verbalized"] == (
        "What percentage of people whose party is Labour and who would say “I live with my children” and "
        "whose Hispanic origin is Cuban"
    )
    assert said["paraphrase-3"] == "Person: “My party is Labour”, “I live with my children”, Hispanic origin Cuban"
    assert said["paraphrase-4"].endswith("I live with my children and my Hispanic origin is Cuban")
    assert "your background and Hispanic origin and then" in said["paraphrase-4"]


def test_presets_word_prompts_as_the_paper_does() -> None:
    survey = of.load("gss2018")
    plain = of.prompts(survey.opinions, survey.codebook, elicitation=METHODS, prompt="sd")
    assert plain.equals(
        of.prompts(survey.opinions, survey.codebook, elicitation=METHODS, prompt="sd", groups=survey.groups)
    )
    assert plain.filter(demographic="sex=Female")["text"].str.starts_with("Imagine your sex is Female.").any()


def test_what_can_only_be_said_by_a_column_or_code_is_counted() -> None:
    asked = human(
        ["all", "female=0", "female=1", "educ2=Some", "born_again=yes", "sex=F", "country=NO", "age=34", "sex=Male"]
    )
    with pytest.warns(of.GroupWordsWarning) as caught:
        of.elicit(asked, BOOK, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    [warning] = [each for each in caught if each.category is of.GroupWordsWarning]
    assert str(warning.message).startswith("6 of 8 classes have no words but a column's name or a code, in 5 columns:")
    assert "female (2 classes)" in str(warning.message)
    assert "of.groups" in str(warning.message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of.prompts(asked, BOOK, prompt="base")
        of.prompts(human(["female=0", "pid=L & hisp=2"]), BOOK, prompt="sd", groups=GROUPS)
        of.prompts(
            human(["country=Norway", "union member=Member", "Geschlecht=weiblich & größe=klein"]), BOOK, prompt="base"
        )


@pytest.mark.parametrize(
    ("demographic", "warns"),
    [
        ("hisp=Cuban", True), ("hinctnta=High", True), ("HHsize=Large", True), ("race4=Black", True),
        ("x y2=Low", True), ("Sex=Male", False), ("marital_status=Single", False), ("education=BA", False),
        ("household size=3", False), ("age=3", True), ("year of birth=1980", False), ("SEX=1", True),
        ("number of children=2", False), ("wave=1978", False), ("wave=2020-05", False), ("wave=3", True),
        ("wave=W26", True), ("year=2018", False), ("occupation=Farmer", False), ("race=White", False),
        ("union member=no", True), ("state=UK", False), ("nationality=DE", True), ("größe=klein", False),
    ],
)  # fmt: skip
def test_which_names_are_columns_and_which_classes_codes(demographic, warns) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        of.prompts(human([demographic]), BOOK, prompt="sd")
    assert [each.category for each in caught] == [of.GroupWordsWarning] * warns


def test_a_wording_of_ones_own_goes_before_phrases(tmp_path) -> None:
    own = tmp_path / "deutsch.toml"
    own.write_text('[methods.logprob]\nsd = ["Angenommen, {am}. {q}"]\n[attributes.female]\nam = "Sie sind {c}"\n')
    [text] = of.prompts(human(["female=1"]), BOOK, prompt="sd", groups=GROUPS, wording=own)["text"]
    assert text.startswith("Angenommen, Sie sind Women. Should")
    [text] = of.prompts(human(["pid=L"]), BOOK, prompt="sd", groups=GROUPS, wording=own)["text"]
    assert text.startswith("Angenommen, My party is Labour. Should")


def readers() -> dict[str, pl.DataFrame]:
    """The Groups of every survey that the package has presets for."""
    return {name: entry_groups(entry(name)) for name in ("gss2018", "wgm2018", "wvs7")} | {
        "opinionqa": of.groups(OPINIONQA)
    }


@pytest.mark.parametrize("name", list(readers()))
@pytest.mark.parametrize("with_groups", [True, False])
def test_every_class_of_every_reader_reads_as_english(name, with_groups) -> None:
    groups = readers()[name]
    demographics = groups.select(pl.format("{}={}", "attribute", "class")).to_series().to_list()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = of.prompts(
            human(demographics), BOOK, elicitation=METHODS, prompt="sd", groups=groups if with_groups else None
        )
    assert len(rows) == 7 * len(demographics)
    texts = rows["text"].str.replace(" Question:.*", "")
    wrong = r"_|years years|years age|I am \d+(?:$| persons)|status is (?:Born|Immigrant)|\ba the\b|is is|\d household"
    assert texts.filter(texts.str.contains(wrong)).to_list() == []
    assert texts.str.contains(
        r"Imagine (?:you|your)\b|as if you|person wh|people wh|Person: |Description: (?:I|My) "
    ).all()


@pytest.mark.parametrize(
    ("clause", "first"),
    [
        ("the party you vote for is Labour", "The party I vote for is Labour"),
        ("the language you speak at home is Sami", "The language I speak at home is Sami"),
        ("the people around you are rich", "The people around me are rich"),
        ("your children live with you", "My children live with me"),
        ("your job pays you, and you like it", "My job pays me, and I like it"),
        ("you left school at 16", "I left school at 16"),
        ("you weren't born here and you don't vote", "I was not born here and I don't vote"),
    ],
)
def test_a_clause_is_said_in_the_first_person(clause, first) -> None:
    groups = of.groups({"pid": {"classes": ["L"], "phrases": [clause]}})
    assert begins("pid=L", groups)["paraphrase-4"].endswith(f"Description: {first}")


@pytest.mark.parametrize(
    ("demographic", "said"),
    [
        ("GENDER=Female", "your gender is Female"),
        ("Age group=18-34", "your age group is 18-34"),
        ("Household Income=High", "your household income is High"),
        ("Hispanic origin=Cuban", "your Hispanic origin is Cuban"),
    ],
)
def test_common_nouns_lose_their_capitals(demographic, said) -> None:
    assert begins(demographic)["logprob"] == f"Imagine {said}."


def test_classes_that_groups_spell_otherwise_are_warned_of() -> None:
    groups = of.groups({"schooling level": {"classes": ["school", "college"], "phrases": ["a pupil", "a student"]}})
    asked = human(["schooling level=School", "schooling level=college", "age=30-40"])
    with pytest.warns(of.GroupWordsWarning, match=r"^1 class is not in groups, .* 'schooling level=School'"):
        of.prompts(asked, BOOK, prompt="sd", groups=groups)


def test_a_class_that_groups_lack_is_said_by_the_name_of_its_attribute() -> None:
    with pytest.warns(of.GroupWordsWarning, match="1 class is not in groups"):
        assert begins("hisp=Mexican")["logprob"] == "Imagine your Hispanic origin is Mexican."
