"""Several surveys as one: keys, datasets, groups and terms, on the files of the readers' generators."""

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.surveys import read_opinionqa, read_wgm, read_wvs

KEY = ["question", "demographic", "choice"]


@pytest.fixture
def three(wgm, wvs, oqa):
    """A survey of each of the paper's readers."""
    world = read_wgm(wgm([{"Q1": 1, "Q11C": 2}, {"Q1": 2, "Q11C": 4, "Gender": 2}]))
    values = read_wvs(wvs([{"Q1": 1}, {"Q1": 2}]))
    return world, values, read_opinionqa(oqa([{}, {}]))


def town(labels=("Low", "High"), order=("18-29", "65+"), key="natspac", dataset="town", phrase=None):
    """A survey of one question by age."""
    book = of.codebook({key: {"text": f"{key}?", "labels": list(labels), "codes": [1, 2]}}, dataset=dataset)
    people = pl.DataFrame({"age": list(order), key: [1, 2, 1, 2][: len(order)]}).with_columns(
        pl.col("age").cast(pl.Enum(list(order)))
    )
    coded = people.pipe(of.recode, book)
    words = None if phrase is None else {"age": {"classes": list(order), "phrases": [phrase.format(c) for c in order]}}
    return of.Survey(
        "town",
        "Town panel",
        coded.pipe(of.reference, book, by=["age"]),
        book,
        ("age",),
        citation="Town (2026).",
        notes=("One village.",),
        groups=of.groups(coded, by=["age"], words=words),
    )


def test_every_row_of_every_survey_is_there_under_its_dataset(three):
    whole = of.combine(three)
    assert whole.opinions.height == sum(survey.opinions.height for survey in three)
    assert whole.codebook.height == sum(survey.codebook.height for survey in three)
    assert whole.codebook["dataset"].null_count() == 0
    datasets = whole.codebook.select("question", "dataset").unique()
    assert datasets["question"].is_unique().all()
    for survey in three:
        name = survey.codebook["dataset"].fill_null(survey.name)[0]
        part = datasets.filter(dataset=name)
        keys = part.select("question", before=pl.col("question").str.strip_prefix(f"{name}/"))
        rows = whole.opinions.join(keys, on="question").with_columns(question="before").select(survey.opinions.columns)
        assert_frame_equal(rows.sort(KEY), survey.opinions.sort(KEY))


def test_keys_change_only_where_they_clash(three):
    world, values, _ = three
    before = [set(survey.codebook["question"]) for survey in (world, values)]
    assert before[0] & before[1]
    after = set(of.combine([world, values]).codebook["question"])
    assert after & (before[0] | before[1]) == before[0] ^ before[1]
    assert len(after) == len(before[0]) + len(before[1])


def test_terms_notes_and_demographics_are_those_of_all(three):
    whole = of.combine(three)
    assert whole.name == " + ".join(survey.name for survey in three)
    for survey in three:
        assert f"{survey.name}: {survey.citation}" in whole.citation
        assert f"{survey.name}: {survey.licence}" in whole.licence
        assert {f"{survey.name}: {note}" for note in survey.notes} <= set(whole.notes)
        assert set(survey.demographics) <= set(whole.demographics)
        assert survey.groups.join(whole.groups, on=["attribute", "class", "phrase"], how="anti").is_empty()
    assert set(whole.missing["survey"]) <= {survey.name for survey in three}


def test_what_one_survey_forbids_is_forbidden(tmp_path, three):
    whole = of.combine([of.load("gss2018"), *three])
    with pytest.raises(OptionError, match="may not be passed on, and human rows are in opinions"):
        of.export(tmp_path, survey=whole, licence="cc-by-4.0", repo="me/it", opinions=whole.opinions)


def test_a_survey_without_datasets_is_called_by_its_name():
    whole = of.combine([of.load("gss2018"), town(dataset=None)])
    assert whole.codebook.filter(question="town/natspac")["dataset"].unique().to_list() == ["town"]
    assert "gss2018/natspac" in whole.opinions["question"].unique()
    assert "natspac" not in whole.opinions["question"].unique()
    assert "nataid" in whole.opinions["question"].unique()


def test_classes_stand_in_the_order_of_the_first_survey_and_further_ones_behind_what_they_follow():
    first = town(key="a", order=("18-29", "30-64", "65+"))
    second = replace(town(key="b", order=("Under 18", "65+", "80+", "30-64")), name="other")
    groups = of.combine([first, second]).groups
    assert groups["class"].to_list() == ["Under 18", "18-29", "30-64", "65+", "80+"]
    assert groups["place"].to_list() == [1, 2, 3, 4, 5]
    reverse = of.combine([second, first]).groups["class"].to_list()
    assert reverse == ["18-29", "Under 18", "65+", "80+", "30-64"]


def test_a_class_in_other_words_is_refused_unless_words_are_given():
    first = town(key="a", phrase="you are {} years old")
    second = replace(town(key="b", phrase="your age is {}"), name="other")
    with pytest.raises(FrameError, match=r"2 classes .*'18-29'.*you are 18-29 years old \(town\) / your age is 18-29"):
        of.combine([first, second])
    words = {"age": {"classes": ["18-29", "65+"], "phrases": ["you are young", "you are old"]}}
    assert of.combine([first, second], groups=words).groups["phrase"].to_list() == ["you are young", "you are old"]
    unsaid = replace(second, groups=second.groups.with_columns(phrase=pl.lit(None, pl.String)))
    assert of.combine([unsaid, first]).groups["phrase"].to_list() == first.groups["phrase"].to_list()


def test_what_cannot_be_told_apart_is_refused():
    gss = of.load("gss2018")
    with pytest.raises(OptionError, match="1 names stand for several surveys, e.g. 'gss2018'"):
        of.combine([gss, gss])
    with pytest.raises(FrameError, match="18 questions are in several of the surveys under one dataset"):
        of.combine([gss, replace(gss, name="again")])
    with pytest.raises(OptionError, match="at least two surveys; found 1"):
        of.combine([gss])
    with pytest.raises(OptionError, match="1 values that are no Survey, e.g. a str"):
        of.combine([gss, "wgm2018"])
    taken = replace(town(key="town/natspac", dataset="third"), name="third")
    with pytest.raises(FrameError, match="1 keys of questions would not be unique, e.g. 'town/natspac'"):
        of.combine([gss, town(), taken])


def test_columns_of_ones_own_travel_and_two_types_are_refused():
    gss, panel = of.load("gss2018"), town()
    waves = replace(panel, opinions=panel.opinions.with_columns(wave=pl.lit(2)))
    assert dict(of.combine([gss, waves]).opinions.group_by("wave").len().rows())[2] == panel.opinions.height
    other = replace(gss, opinions=gss.opinions.with_columns(wave=pl.lit("W2")))
    with pytest.raises(FrameError, match="opinions: the surveys have columns of one name and several types"):
        of.combine([other, waves])


def test_a_source_is_asked_calibrated_and_printed_in_each_dataset():
    whole = of.combine([of.load("gss2018"), replace(_generated(), name="made")])
    asked = of.elicit(whole.opinions, whole.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    aligned = of.align(of.calibrate(asked, whole.codebook, method="linear", folds=4, seed=1), whole.codebook)
    assert of.tables.settings(aligned).rows["section"].unique().sort().to_list() == ["gss2018", "made"]
    assert of.tables.datasets(whole.codebook, whole.opinions, groups=whole.groups).rows.height == 2
    assert of.summarize(aligned, by=["dataset", "source"]).height == 4


def _generated():
    """A survey of eight questions, two of them called as in GSS 2018."""
    keys = ["natspac", "nataid", *(f"made{number}" for number in range(6))]
    book = of.codebook({key: {"text": f"{key}, is it so?", "labels": ["no", "maybe", "yes"]} for key in keys})
    shares = book.select("question", pl.lit("sex=Female").alias("demographic"), "choice", source=pl.lit("human"))
    opinions = shares.with_columns(prob=pl.Series([0.2, 0.3, 0.5] * len(keys)))
    return of.Survey("made", "Made up", opinions, book, ("sex",))
