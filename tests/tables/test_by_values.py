"""What keeps results apart in print: its names, and its order, which is not that of letters where it has another."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.schemas.frames import Groups
from opinionframe.tables.by_values import by_values

SURVEY = of.load("gss2018")
NOBODY = Groups.create_empty()


@pytest.mark.parametrize(
    ("values", "headings"),
    [
        (pl.Series([10, 9, None]), ["9", "10", "No wave"]),
        (pl.Series(["late", "early"], dtype=pl.Enum(["early", "late"])), ["early", "late"]),
        (pl.Series(["b", "a"]), ["a", "b"]),
    ],
)
def test_values_stand_in_the_order_of_their_column(values: pl.Series, headings: list[str]) -> None:
    rows = values.alias("wave").to_frame()
    named = by_values(rows, ["wave"], NOBODY)
    assert named["heading"].to_list() == headings
    assert rows.join(named, on="wave", how="left", nulls_equal=True)["place"].null_count() == 0


def test_groups_keep_their_type_order_and_labels() -> None:
    classes = pl.Series("demographic", ["degree=High school", "degree=Graduate", "all", None])
    named = by_values(classes.to_frame(), ["demographic"], SURVEY.groups)
    assert named["heading"].to_list() == ["degree: High school", "degree: Graduate", "All groups", "No demographic"]
    encoded = classes.cast(pl.Enum(["all", "degree=Graduate", "degree=High school"])).to_frame()
    assert by_values(encoded, ["demographic"], SURVEY.groups)["label"].to_list() == named["label"].to_list()


def test_a_diagnosis_by_an_enum_keeps_its_order() -> None:
    made = of.elicit(SURVEY.opinions, SURVEY.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    frame = of.diagnose(made, SURVEY.codebook, method="linear", folds=9, seed=1)
    waves = pl.Enum(["spring", "autumn"])
    both = pl.concat([frame.with_columns(wave=pl.lit(name, waves)) for name in ("autumn", "spring")])
    assert of.tables.diagnosis(both, by="wave").cells["section"].to_list() == ["spring", "autumn"]
