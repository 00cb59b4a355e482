"""Options of the wrong kind are refused by name, and none is passed over."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OptionError

RAW = "m|logprob|base|standard"
SCORES = pl.DataFrame(
    {
        "question": ["q1", "q2", "q3"] * 2,
        "demographic": "sex=F",
        "source": [RAW] * 3 + [f"{RAW}|ridge"] * 3,
        "alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9],
        "dataset": "A",
    }
)


@pytest.mark.parametrize(
    "options",
    [
        *({"by": by} for by in (None, 1, ["dataset", "dataset"])),
        *({"cluster": cluster} for cluster in (None, 1, [], ["question", "question"])),
        *({"conf": conf} for conf in ("a", None, 1, float("nan"))),
        *({"draws": draws} for draws in ("a", None, 0, 1.5)),
        *({"seed": seed} for seed in ("a", -1, 1.5)),
        *({"method": method} for method in (None, [], 3)),
        *({"pair": pair} for pair in (None, 1, [1], [], ["ab"], [(RAW, RAW)])),
    ],
    ids=str,
)
def test_compare_names_the_option_that_is_wrong(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        of.compare(SCORES, **{"method": "cluster bootstrap", "seed": 1, **options})


def test_other_verbs_name_it_too():
    for verb in (of.summarize, of.intervals):
        with pytest.raises(OptionError, match="by=.* has a name twice"):
            verb(SCORES, by=["dataset", "dataset"])
    for wrong in ({"questions": 5}, {"questions": [2.5]}, {"groups": 1.5}, {"power": "x"}, {"family": ["x"]}):
        with pytest.raises(OptionError, match=next(iter(wrong))):
            of.minimum_detectable(SCORES, **wrong)
    with pytest.raises(OptionError, match="margin='x' is no number"):
        of.equivalence(SCORES, margin="x")


def test_weights_of_people_that_are_not_there_are_not_passed_over():
    survey = of.load("gss2018")
    for weight in ("wtssall", "question"):
        with pytest.raises(OptionError, match=r"weight=.* pass them, as microdata=…"):
            of.compare_respondents(survey.opinions, survey.codebook, weight=weight)


def test_an_influence_that_one_draw_lacks_is_not_known():
    rows = {"question": "q", "demographic": "all", "alignment": 0.5, "fit_influence": [0.01, None, 0.01, 0.02]}
    sources = [f"{RAW}|{name} draw {draw}" for name in ("paper-5", "paper-3") for draw in (1, 2)]
    averaged = of.over_draws(pl.DataFrame(rows | {"source": sources})).sort("source")
    assert averaged["fit_influence"].to_list() == [pytest.approx(0.015), None]
