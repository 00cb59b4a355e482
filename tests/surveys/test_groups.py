"""Groups: what a class is called, where it stands and how it is said, from respondents, words, readers and presets."""

import warnings

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.surveys.entry import entry
from opinionframe.surveys.groups import entry_groups

DEGREES = ["Less than HS", "HS", "Some college", "BA"]
PEOPLE = pl.DataFrame(
    {
        "degree": pl.Series(["BA", "HS", None, "HS"], dtype=pl.Enum(DEGREES)),
        "female": [1, 0, 1, 0],
        "income": ["$10,000 or more", "Under $5,000", "$5,000 to $9,999", "Under $5,000"],
        "wave": ["W10", "W9", "W26", "W9"],
        "size": [10, 2, 9, 2],
        "vote": [True, False, None, True],
    }
)
WOMEN = {"classes": [1, 0], "labels": ["Women", "Men"], "phrases": ["a woman", "you are a man."]}


def classes(groups: pl.DataFrame, attribute: str) -> list[str]:
    return groups.filter(attribute=attribute).sort("place")["class"].to_list()


def test_respondents_give_classes_in_their_natural_order() -> None:
    groups = of.groups(PEOPLE, ["degree", "income & wave", "size", "vote"])
    assert classes(groups, "degree") == DEGREES
    assert classes(groups, "income") == ["Under $5,000", "$5,000 to $9,999", "$10,000 or more"]
    assert classes(groups, "wave") == ["W9", "W10", "W26"]
    assert classes(groups, "size") == ["2", "9", "10"]
    assert classes(groups, "vote") == ["false", "true"]
    assert (groups["label"] == groups["class"]).all()
    assert groups.equals(of.groups(PEOPLE.reverse().lazy(), ["vote", "wave", "size", "income", "degree"]))


def test_a_categorical_keeps_the_order_of_its_codes() -> None:
    order = pl.Series(["zeta of old", "alpha of old", "mid of old"], dtype=pl.Categorical)
    people = pl.DataFrame({"rank": order.reverse(), "band": pl.Series(["30+", "9-29", "0-8"], dtype=pl.Categorical)})
    assert classes(of.groups(people, "band"), "band") == ["0-8", "9-29", "30+"]
    assert classes(of.groups(people, "rank"), "rank") == ["zeta of old", "alpha of old", "mid of old"]


def test_words_name_order_and_say_classes() -> None:
    groups = of.groups(PEOPLE, ["female", "degree"], words={"female": WOMEN})
    said = groups.filter(attribute="female").select("class", "label", "place", "phrase").rows()
    assert said == [("1", "Women", 1, "you are a woman"), ("0", "Men", 2, "you are a man")]
    assert classes(groups, "degree") == DEGREES
    alone = of.groups(
        {"female": WOMEN, "vote": ["Left", "Right"], "kids": {"classes": [0, 1], "phrase": "your {label}"}}
    )
    assert classes(alone, "vote") == ["Left", "Right"]
    assert alone.filter(attribute="kids")["phrase"].to_list() == ["your 0", "your 1"]
    assert alone.filter(attribute="vote")["phrase"].to_list() == [None, None]


def test_classes_without_words_stand_where_an_enum_has_them_else_last() -> None:
    words = {"degree": {"classes": ["BA"], "labels": ["Bachelor"]}, "wave": ["W26"]}
    groups = of.groups(PEOPLE, ["degree", "wave"], words=words)
    assert groups.filter(attribute="degree")["label"].to_list() == [*DEGREES[:3], "Bachelor"]
    assert classes(groups, "wave") == ["W26", "W9", "W10"]


def test_words_without_classes_are_of_every_class() -> None:
    words = {
        "degree": {"phrase": "your highest degree is {label}", "name": "schooling"},
        "income": {"name": "earnings"},
    }
    groups = of.groups(PEOPLE, ["degree", "income"], words=words)
    assert classes(groups, "degree") == DEGREES
    assert groups.filter(attribute="degree")["phrase"].to_list() == [f"your highest degree is {d}" for d in DEGREES]
    assert set(groups.filter(attribute="income")["name"]) == {"earnings"}
    assert groups.filter(attribute="income")["phrase"][0] == "your earnings is Under $5,000"
    labelled = of.groups(PEOPLE, ["female"], words={"female": WOMEN})
    anew = of.groups(labelled, words={"female": {"phrase": "you would tick {label}"}})
    assert anew.select("class", "label", "phrase").rows() == [
        ("1", "Women", "you would tick Women"),
        ("0", "Men", "you would tick Men"),
    ]
    for words in ({"females": {"name": "sex"}}, {"female": {"phrase": "your sex is {label}"}}):
        with pytest.raises(FrameError, match="has no classes"):
            of.groups(PEOPLE, ["female"], words=words)


def test_a_csv_and_a_frame_are_words_too(tmp_path) -> None:
    frame = pl.DataFrame(
        {"attribute": ["hh", "hh"], "class": ["1", "2"], "label": ["Alone", "Not alone"], "mine": [7, 8]}
    )
    named = frame.with_columns(name=pl.lit("household"), place=pl.Series([2, 1]))
    named.write_csv(tmp_path / "groups.csv")
    from_file = of.groups(str(tmp_path / "groups.csv"))
    assert from_file.equals(of.groups(named))
    assert from_file["mine"].to_list() == [8, 7]
    assert from_file["phrase"].to_list() == ["your household is Not alone", "your household is Alone"]
    of.schemas.Groups.validate(from_file)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"female": {"classes": [1, 0], "label": ["a", "b"]}}, "1 unknown keys, e.g. 'label'"),
        ({"female": {"classes": [1, 0], "labels": ["a"]}}, "2 classes, 1 labels"),
        ({"female": {"classes": "10"}}, "is no list"),
        ({"female": {"phrase": "a {label}"}}, "no classes"),
        ({"femal": [1, 0]}, "1 attributes that by does not, e.g. 'femal'"),
        ({"female": ["1", "male"]}, "1 classes of female that nobody has, e.g. 'male', and none of 1"),
        ({"female": {"classes": [1, 0], "labels": ["a", "a"]}}, "each class has a label of its own"),
        (3, "a mapping, a frame or the path"),
    ],
)
def test_words_that_do_not_fit_are_refused(words, says) -> None:
    with pytest.raises(FrameError, match=says):
        of.groups(PEOPLE, ["female"], words=words)


def test_a_misuse_is_refused() -> None:
    with pytest.raises(FrameError, match="2 columns are missing: attribute, class.*with by="):
        of.groups(PEOPLE)
    with pytest.raises(OptionError, match="by=3 is no name"):
        of.groups(PEOPLE, 3)
    with pytest.raises(FrameError, match="no class is given"):
        of.groups({})
    with pytest.raises(OptionError, match="columns of respondents"):
        of.groups({"a": ["b"]}, ["a"])
    with pytest.raises(FrameError, match="1 columns of by are not there, e.g. 'sex'"):
        of.groups(PEOPLE, "sex")


def test_groups_are_said_anew_by_words() -> None:
    gss = of.load("gss2018").groups
    named = {
        "sex": {"classes": ["Male", "Female"], "phrases": ["a man", "a woman"]},
        "degree": {"classes": ["Graduate"]},
    }
    anew = of.groups(gss, words=named)
    assert anew.filter(attribute="sex")["phrase"].to_list() == ["you are a man", "you are a woman"]
    assert classes(anew, "degree") == classes(gss, "degree")
    untouched = ~pl.col("attribute").is_in(["sex", "degree"])
    assert anew.filter(untouched).equals(gss.filter(untouched))
    with pytest.raises(FrameError, match="1 classes of sex that nobody has, e.g. 'Man'"):
        of.groups(gss, words={"sex": ["Man", "Female"]})
    with pytest.raises(FrameError, match="1 attributes that nobody is grouped by, e.g. 'sexe'"):
        of.groups(gss, words={"sexe": ["Male"]})


def test_gss_2018_has_the_order_of_its_questionnaire() -> None:
    survey = of.load("gss2018")
    assert set(survey.groups["attribute"]) == set(survey.demographics)
    keys = pl.format("{}={}", "attribute", "class")
    assert set(survey.groups.select(keys).to_series()) == set(survey.opinions["demographic"]) - {"all"}
    assert classes(survey.groups, "ideology")[:4] == ["Extremely liberal", "Liberal", "Slightly liberal", "Moderate"]
    assert classes(survey.groups, "income")[0] == "Under $25,000"
    assert survey.groups["phrase"].null_count() == 0


def test_readers_fill_groups_from_their_presets(wgm, wvs, oqa) -> None:
    surveys = [of.read_wgm(wgm([{"Q1": 1}])), of.read_wvs(wvs([{"Q27": 1}]))]
    surveys.append(of.read_opinionqa(oqa([{"SAFECRIME": "Very safe"}])))
    for survey in surveys:
        assert set(survey.groups["attribute"]) == set(survey.demographics)
        assert survey.groups["phrase"].null_count() == 0
        of.schemas.Groups.validate(survey.groups)
    assert classes(surveys[0].groups, "income quintile")[::4] == ["Poorest 20%", "Top 20%"]
    assert classes(surveys[1].groups, "education")[0] == "Early childhood"
    assert classes(surveys[2].groups, "ideology") == ["Very conservative", "Conservative", "Moderate"]
    assert classes(surveys[2].groups, "race") == ["White", "Black", "Asian", "Hispanic", "Other"]


def test_a_labelled_file_gives_labels_in_the_order_of_their_codes(tmp_path) -> None:
    pyreadstat = pytest.importorskip("pyreadstat")
    people = pl.DataFrame({"tax": [1, 2, 2], "educ": [3, 1, 9]})
    labels = {"tax": {1: "Low", 2: "High"}, "educ": {1: "Primary", 2: "Middle", 3: "Advanced", 9: "Refused"}}
    pyreadstat.write_sav(people, str(tmp_path / "panel.sav"), variable_value_labels=labels)
    survey = of.read_labelled(tmp_path / "panel.sav", ["tax"], ["educ"], not_asked={"educ": [9]})
    assert classes(survey.groups, "educ") == ["Primary", "Middle", "Advanced"]
    assert classes(of.groups(survey.microdata, "educ"), "educ") == ["Advanced", "Primary"]


def test_a_survey_of_ones_own_fills_what_it_was_not_given(opinions, codebook) -> None:
    asked = opinions.with_columns(demographic=pl.lit("age=65+"))
    mine = of.Survey("mine", "Mine", asked, codebook, ("age",))
    assert mine.groups.filter(attribute="age")["phrase"].to_list() == ["your age is 65+"]


def test_classes_of_the_counts_are_those_of_the_entry() -> None:
    for name in ("gss2018", "wgm2018", "wvs7"):
        groups = entry_groups(entry(name))
        assert groups.group_by("attribute").agg(pl.col("place").max() == pl.len())["place"].all()


METHODS = ["logprob", "paraphrase", "verbalized"]
COLUMNS = (
    r"_|AgeCategories|EMP_2010|X003R|Q\d|POLIDEOLOGY|CREGION|RELIG\b|MARITAL|polviews|wrkstat|rincom16|partyid|educ\b"
)


def labelled(folder) -> of.Survey:
    """A Survey of a labelled file, its column said in words."""
    pyreadstat = pytest.importorskip("pyreadstat")
    people = pl.DataFrame({"tax": [1, 2, 2], "educ": [3, 1, 2]})
    labels = {"tax": {1: "Low", 2: "High"}, "educ": {1: "Primary", 2: "Middle", 3: "Advanced"}}
    pyreadstat.write_sav(people, str(folder / "panel.sav"), variable_value_labels=labels)
    survey = of.read_labelled(folder / "panel.sav", {"tax": "Are taxes low or high?"}, ["educ"])
    words = {"educ": {"classes": ["Primary", "Middle", "Advanced"], "name": "schooling"}}
    return of.Survey(**{**vars(survey), "groups": of.groups(survey.groups, words=words)})


def test_no_prompt_of_five_surveys_has_the_name_of_a_column(wgm, wvs, oqa, tmp_path) -> None:
    people = [{"Q1": 1, "AgeCategories": 3}, {"Q1": 2, "Gender": 2, "EMP_2010": 1}]
    members = [{"Q27": 1, "X003R": 6, "Q263": 2}, {"Q27": 2, "Q270": 12, "Q289": 4}]
    panel = [{"SAFECRIME": "Very safe"}, {"SAFECRIME": "Not too safe", "POLIDEOLOGY": "Moderate", "RACE": "Other"}]
    surveys = [of.load("gss2018"), of.read_wgm(wgm(people)), of.read_wvs(wvs(members)), of.read_opinionqa(oqa(panel))]
    surveys.append(labelled(tmp_path))
    for survey in surveys:
        with warnings.catch_warnings():
            warnings.simplefilter("error", of.GroupWordsWarning)
            rows = of.prompts(
                survey.opinions, survey.codebook, elicitation=METHODS, prompt="sd", groups=survey.groups
            ).filter(pl.col("demographic") != "all")
        said = rows["text"].str.replace_all("Question: (?s:.*)|Would you respond with .*? to the|respond with .*", "")
        assert len(rows) > 0
        assert said.filter(said.str.contains(COLUMNS)).to_list() == [], survey.name
    assert "your schooling is Primary" in "".join(rows["text"])


def test_a_labelled_column_without_words_is_warned_of(tmp_path) -> None:
    survey = labelled(tmp_path)
    with pytest.warns(of.GroupWordsWarning, match=r"3 of 3 classes .* educ \(3 classes\)"):
        of.prompts(survey.opinions, survey.codebook, prompt="sd")


def written(folder, text: str, encoding: str = "utf-8") -> str:
    path = folder / "groups.csv"
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize(
    "text",
    [
        "attribute,class,label,phrase\nsex,F,Women,a woman\nsex,M,Men,a man\n",
        "\ufeffattribute;class;label;phrase\r\nsex;F;Women;a woman\r\nsex;M;Men;a man\r\n",
        "attribute\tclass\tlabel\tphrase\nsex\tF\tWomen\ta woman\nsex\tM\tMen\ta man",
        'Attribute , Class, Label, Phrase\nsex , F, "Women", a woman\n\n,,,\nsex, M, Men, A man.\n',
        "attribute,class,label,phrase,\nsex,F,Women,I am a woman.,\nsex,M,Men,Imagine you are a man,\n",
        "place,attribute,class,label,phrase\n,sex,M,Men,You are a man\n1,sex,F,Women,you are a woman\n",
    ],
)
def test_a_csv_is_read_as_people_write_it(tmp_path, text) -> None:
    groups = of.groups(written(tmp_path, text))
    said = groups.select("attribute", "class", "label", "place", "phrase").rows()
    assert said == [("sex", "F", "Women", 1, "you are a woman"), ("sex", "M", "Men", 2, "you are a man")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("attribute,class,phrase\nsex,F,a woman, who votes\n", r"cells in no named column in 1 lines, .*'line 2'"),
        ("attribute,class,lable\nsex,F,Women\n", r"1 columns look misspelt: 'lable' \(is it to be 'label'\?\)"),
        ("attribute,class\n,F\nsex,M\n", r"1 rows have no attribute or no class, e.g. \(None, 'F', None\)"),
        ("attribute,class,place\nsex,F,-1\nsex,M,1.5\n", "2 places are no whole numbers from 1"),
        ("attribute,class,place\nsex,F,first\n", "1 places are no whole numbers from 1"),
        ("attribute,class,name\nsex,F,gender\nsex,M,sex\n", "1 attributes have several names"),
        ("attribute,class,phrase\nsex,F,they are women\nsex,M,lives here\n", "2 phrases speak of others than `you`"),
        ('attribute,class\nsex,"F\n', "cannot be read as CSV"),
        ("", "is empty"),
    ],
)
def test_a_csv_that_says_something_else_is_refused(tmp_path, text, reason) -> None:
    with pytest.raises(FrameError, match=reason):
        of.groups(written(tmp_path, text))
    with pytest.raises(FrameError, match="cannot be read as CSV"):
        of.groups(written(tmp_path, "attribute,class\nsex,M\u00e4nner\n", "latin-1"))


@pytest.mark.parametrize(
    ("phrase", "clause"),
    [
        ("An engineer", "you are an engineer"),
        ("German", "you are German"),
        ("From Norway", "you are from Norway"),
        ("have children", "you have children"),
        ("identify as a woman", "you identify as a woman"),
        ("My party is Labour.", "your party is Labour"),
        ("I'm proud of my children", "you are proud of your children"),
        ("Your party is {label}", "your party is Left"),
        ("someone who votes", "you are someone who votes"),
        ("Woman", "you are a woman"),
        ("No religion", "you have no religion"),
        ("no longer married", "you are no longer married"),
        ("Don't vote", "you don't vote"),
        ("\u201ca woman\u201d", "you are a woman"),
        ("Imagine being a woman.", "you are a woman"),
        ("women's rights activist", "you are women's rights activist"),
    ],
)
def test_a_phrase_becomes_a_clause_about_you(phrase, clause) -> None:
    groups = of.groups({"pid": {"classes": ["L"], "labels": ["Left"], "phrases": [phrase]}})
    assert groups["phrase"].to_list() == [clause]


def test_words_find_classes_by_their_number_and_keep_what_they_do_not_say(tmp_path) -> None:
    people = pl.DataFrame({"educ": [1.0, 2.0, None], "vote": [True, False, None]})
    text = "attribute,class,label,phrase,name\neduc,2,College,went to college,schooling\neduc,1,School,,\n"
    groups = of.groups(
        people, ["educ", "vote"], words=written(tmp_path, text + "vote,TRUE,Voters,,\nvote,FALSE,Others,,\n")
    )
    assert groups.filter(attribute="educ").select("class", "label", "phrase", "name").rows() == [
        ("2.0", "College", "you went to college", "schooling"),
        ("1.0", "School", "your schooling is School", "schooling"),
    ]
    assert groups.filter(attribute="vote").select("class", "label").rows() == [("true", "Voters"), ("false", "Others")]
    again = of.groups(groups, words={"educ": {"classes": [1], "labels": ["Primary"]}})
    assert again.filter(attribute="educ").select("class", "label", "phrase").rows() == [
        ("2.0", "College", "you went to college"),
        ("1.0", "Primary", "your schooling is Primary"),
    ]
    renamed = of.groups(groups, words={"educ": {"classes": [2], "labels": ["College"], "name": "education"}})
    assert renamed.filter(attribute="educ")["phrase"].to_list() == [
        "your education is College",
        "your education is School",
    ]


def test_groups_that_are_no_groups_are_refused_with_the_way_to_them(opinions, codebook) -> None:
    survey = of.Survey("mine", "Mine", opinions, codebook, ())
    for other in ({"sex": ["F"]}, "groups.csv", survey):
        with pytest.raises(FrameError, match=r"but (dict|str|Survey)\. Make one with of\.groups"):
            of.prompts(opinions, codebook, prompt="sd", groups=other)
    with pytest.raises(FrameError, match=r"'x' is List\(Int64\), which has no classes"):
        of.groups(pl.DataFrame({"x": [[1, 2]]}), ["x"])


def test_two_classes_of_one_phrase_are_refused() -> None:
    with pytest.raises(FrameError, match="2 classes share their phrase with another, .* 'you are a woman'"):
        of.groups({"sex": {"classes": ["F", "M", "X"], "phrases": ["a woman", "You are a woman.", None]}})
    of_two_surveys = of.groups({"religion": ["Jew", "Jewish"]})
    assert of.groups(of_two_surveys).equals(of_two_surveys)
    assert of_two_surveys["phrase"].n_unique() == 1
