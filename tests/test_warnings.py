"""A warning names the line that called the package, however deep within it the reason was found."""

import re
import warnings
from pathlib import Path

import polars as pl
import pytest

import opinionframe as of

SURVEY = of.load("gss2018")
BOOK = of.codebook(
    {
        "q": {"text": "Q?", "labels": ["Yes", "No"], "codes": [1, 2]},
        "r": {"text": "R?", "labels": ["Yes", "No"], "codes": [1, 2]},
    }
)

WARNS = {
    "reference": lambda: of.reference(pl.DataFrame({"q": [1, 2], "r": [None, None]}), BOOK),
    "recode": lambda: of.recode(pl.DataFrame({"q": [1, 2], "r": [1, 2]}), BOOK, nonresponse=[9]),
    "prompts": lambda: of.prompts(
        SURVEY.opinions.with_columns(pl.col("demographic").str.replace("sex=", "v024=")), SURVEY.codebook
    ),
}


@pytest.mark.parametrize("verb", WARNS)
def test_a_warning_names_the_callers_line(verb) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        WARNS[verb]()
    assert said
    assert {(issubclass(each.category, of.OpinionFrameWarning), each.filename) for each in said} == {(True, __file__)}


def test_all_warnings_are_given_in_one_way() -> None:
    package = Path(of.__file__).parent
    raw = [path.name for path in package.rglob("*.py") if re.search(r"warnings\.warn\(", path.read_text())]
    assert raw == ["errors.py"]
