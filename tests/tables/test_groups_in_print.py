"""Tables and figures print classes under their labels and in their natural order, intersections and waves too."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError
from opinionframe.schemas.printed_groups import printed_groups

RAW = "m|logprob|sd|standard"
GROUPS = of.groups(
    {
        "hisp": {"classes": ["2", "1"], "labels": ["Cuban", "None"], "name": "Hispanic origin"},
        "age": ["young", "middle", "old"],
        "sex": {"classes": ["2", "1"], "labels": ["Women", "Men"]},
    }
)
CROSSED = [f"age={age} & sex={sex}" for age in ("old", "middle", "young") for sex in ("1", "2")]
NAMED = ["young & Women", "young & Men", "middle & Women", "middle & Men", "old & Women", "old & Men"]
WAVES = ["wave=W26", "wave=W100", "wave=W9", "wave=W4"]


def aligned(demographics: list[str]) -> pl.DataFrame:
    """Scores of two questions; each group's is another, and falls in the order given."""
    cells = [
        {"question": q, "demographic": group, "source": f"{RAW}{calibrator}", "alignment": 0.9 - place / 100 + gain}
        for place, group in enumerate(demographics)
        for q, gain in (("q1", 0.0), ("q2", 0.02), ("q3", 0.05))
        for calibrator in ("", "|ridge")
    ]
    scores = pl.col("alignment") + pl.when(pl.col("source").str.ends_with("ridge")).then(
        pl.col("alignment") / 50
    ).otherwise(0)
    return pl.DataFrame(cells).with_columns(scores, baseline=pl.lit(0.5), ceiling=pl.lit(1.0))


def printed(demographics: list[str], **options: object) -> list[tuple[str, str]]:
    table = of.tables.demographics(aligned(demographics), elicitation="logprob", prompt="sd", **options)
    return table.cells.select("section", "label").rows()


def drawn(figure: of.figures.Figure) -> list[dict[str, object]]:
    """The points of a forest, panel by panel."""
    panels = figure.chart.to_dict()["datasets"].values()
    return [row for rows in panels for row in rows if "group" in row]


def test_demographics_stand_in_the_order_of_their_places_under_their_labels() -> None:
    assert printed([*CROSSED, "all", "hisp=1", "hisp=2"], groups=GROUPS) == [
        *(("age & sex", name) for name in NAMED),
        ("Hispanic origin", "Cuban"),
        ("Hispanic origin", "None"),
        ("All groups", "All"),
    ]


def test_classes_that_groups_lack_stand_last_and_none_is_lost() -> None:
    shown = printed(["age=9+", "age=old", "age=1-8", "age=young"], groups=GROUPS)
    assert [label for _, label in shown] == ["young", "old", "1-8", "9+"]
    assert len(printed(CROSSED)) == len(CROSSED)


def test_gss_prints_income_and_ideology_in_their_order() -> None:
    survey = of.load("gss2018")
    groups = survey.opinions["demographic"].unique().to_list()
    shown = printed(groups, groups=survey.groups)
    assert [label for section, label in shown if section == "income"] == [
        "Under $25,000", "$25,000 to $49,999", "$50,000 to $89,999", "$90,000 or more",
    ]  # fmt: skip
    assert [label for section, label in shown if section == "ideology"] == [
        "Extremely liberal", "Liberal", "Slightly liberal", "Moderate", "Slightly conservative", "Conservative",
        "Extremely conservative",
    ]  # fmt: skip
    cells = of.tables.datasets(survey.codebook, survey.opinions, groups=survey.groups).cells["demographics"][0]
    assert "degree (Less than high school, High school, Junior college, Bachelor's, Graduate)" in cells


def test_an_enum_keeps_its_order_into_the_table() -> None:
    degrees = ["Less than HS", "HS", "Some college", "BA"]
    book = of.codebook({f"q{i}": {"text": f"Item {i}?", "labels": ["Low", "Mid", "High"]} for i in range(2)})
    people = pl.DataFrame(
        {f"q{i}": [1, 2, 3, 3] for i in range(2)} | {"education": pl.Series(degrees, dtype=pl.Enum(degrees))}
    )
    groups = of.groups(people, by="education")
    scores = (
        people.pipe(of.reference, book, by="education")
        .pipe(of.elicit, book, of.FakeModel(seed=1), prompt="sd", seed=1, groups=groups)
        .pipe(of.align, book)
    )
    table = of.tables.demographics(scores, elicitation="logprob", prompt="sd", groups=groups)
    assert table.cells["label"].to_list() == [*degrees, "All"]


def test_waves_stand_in_time_in_tables_and_figures() -> None:
    in_time = ["W4", "W9", "W26", "W100"]
    assert [label for _, label in printed(WAVES)] == in_time
    tests = of.compare(aligned([*WAVES, "age=old", "age=young"]), by="demographic", seed=1)
    points = drawn(of.figures.forest(tests))
    assert [point["group"] for point in points if point["attribute"] == "wave"] == in_time
    dates = [f"wave={date} & sex={sex}" for date in ("Feb 2021", "Nov 2020", "2 May 2019") for sex in ("2", "1")]
    order = printed_groups(dates, GROUPS)["label"].to_list()
    assert order[:3] == ["2 May 2019 & Women", "2 May 2019 & Men", "Nov 2020 & Women"]


def test_a_trend_over_waves_goes_from_respondents_to_the_table() -> None:
    book = of.codebook({f"q{i}": {"text": f"Item {i}?", "labels": ["Yes", "No"]} for i in range(2)})
    people = pl.DataFrame({"q0": [1, 2, 2, 1], "q1": [2, 2, 1, 1], "wave": [2020, 1998, 2008, 2020]})
    human = people.pipe(of.reference, book, by=["wave"], everyone=False)
    asked = of.elicit(human, book, of.FakeModel(seed=1), prompt="sd", seed=1)
    table = of.tables.demographics(of.align(asked, book), elicitation="logprob", prompt="sd")
    assert table.cells["label"].to_list() == ["1998", "2008", "2020"]


def test_a_forest_has_the_order_of_groups_or_of_differences() -> None:
    tests = of.compare(aligned(CROSSED), by="demographic", seed=1)
    shown = drawn(of.figures.forest(tests, groups=GROUPS))
    assert [point["group"] for point in shown] == NAMED
    plain = drawn(of.figures.forest(tests))
    estimates = [point["estimate"] for point in plain]
    assert estimates == sorted(estimates)
    assert plain != shown


def test_a_cell_is_named_by_its_labels(opinions, codebook) -> None:
    rows = opinions.filter(demographic=opinions["demographic"][0]).with_columns(demographic=pl.lit("sex=2"))
    source = next(name for name in rows["source"].unique().sort() if name != "human")
    chart = str(of.figures.cell(rows, codebook, "q1", "sex=2", source=source, groups=GROUPS).chart.to_dict())
    assert "More or less? (sex: Women)" in chart
    assert "sex=2" not in chart


def test_losses_by_group_are_printed_under_labels() -> None:
    scores = aligned(["hisp=1", "hisp=2"])
    few = scores.filter(pl.col("source").str.ends_with("ridge")).with_columns(
        pl.col("source").str.replace("ridge", "ridge-5"), pl.col("alignment") - 0.1
    )
    rows = of.tables.degraded(pl.concat([scores, few]), full="ridge", few="ridge-5", groups=GROUPS).cells
    assert rows.select("attribute", "class").sort("class").rows() == [
        ("Hispanic origin", "Cuban"),
        ("Hispanic origin", "None"),
    ]


@pytest.mark.parametrize(
    "taker", [lambda g: printed(CROSSED, groups=g), lambda g: of.prompts(pl.DataFrame(), pl.DataFrame(), groups=g)]
)
def test_broken_groups_are_refused(taker) -> None:
    with pytest.raises(FrameError, match="groups"):
        taker(GROUPS.with_columns(place=pl.lit(1)))


def test_groups_that_are_called_the_same_stay_apart() -> None:
    groups = of.groups(
        {
            "sex": {"classes": ["1", "2"], "labels": ["2", "3"], "name": "gender"},
            "gender": ["1", "2"],
            "age": {"classes": ["1"], "labels": ["old"]},
        }
    )
    asked = ["sex=1", "sex=2", "sex=3", "gender=1", "gender=2", "sex=2 & age=1", "sex=3 & age=1"]
    assert printed(asked, groups=groups) == [
        ("gender", "1"),
        ("gender", "2"),
        ("gender (sex)", "2"),
        ("gender (sex)", "3 (2)"),
        ("gender (sex)", "3 (3)"),
        ("gender (sex) & age", "3 & old (2 & 1)"),
        ("gender (sex) & age", "3 & old (3 & 1)"),
    ]
    table = of.tables.demographics(aligned(asked), elicitation="logprob", prompt="sd", groups=groups)
    assert "Groups have no label for 1 class, which stands as the rows spell it: 'sex=3'." in table.notes


def test_classes_without_a_label_are_counted_below_the_table() -> None:
    frame = aligned(["sex=1", "sex=3", "born=2 & sex=1", "all"])
    note = "Groups have no label for 2 classes, which stand as the rows spell them: 'born=2', 'sex=3'."
    assert note in of.tables.demographics(frame, elicitation="logprob", prompt="sd", groups=GROUPS).notes
    without = of.tables.demographics(frame, elicitation="logprob", prompt="sd").notes
    assert not [text for text in without if "no label" in text]
    whole = of.tables.demographics(aligned(["sex=1"]), elicitation="logprob", prompt="sd", groups=GROUPS).notes
    assert not [text for text in whole if "no label" in text]


def test_panels_of_a_forest_stand_as_sections_of_a_table_do() -> None:
    asked = ["sex=1", "all", "Zodiac=Leo", "age=young", "age=old"]
    tests = of.compare(aligned(asked), by="demographic")
    figure = of.figures.forest(tests, groups=GROUPS)
    panels = dict.fromkeys(row["attribute"] for row in drawn(figure))
    assert list(panels) == ["age", "sex", "Zodiac", "all"]


def study(people: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Scores of three questions, raw and calibrated, made from respondents without a word of their Groups."""
    book = of.codebook({f"q{i}": {"text": f"Item {i}?", "labels": ["Low", "Mid", "High"]} for i in range(3)})
    answers = pl.DataFrame({f"q{i}": [1 + (i + n) % 3 for n in range(len(people))] for i in range(3)})
    rows = of.reference(pl.concat([people, answers], how="horizontal"), book, by)
    asked = rows.pipe(of.elicit, book, of.FakeModel(seed=1), prompt="sd", seed=1)
    return asked.pipe(of.calibrate, book, folds=3, seed=1).pipe(of.baselines, book).pipe(of.align, book)


DEGREES = ["None", "High school", "Some college", "Bachelor"]


def test_an_enum_keeps_its_order_without_groups_all_the_way() -> None:
    people = pl.DataFrame({"degree": pl.Series(sorted(DEGREES), dtype=pl.Enum(DEGREES)), "sex": ["Female", "Male"] * 2})
    scores = study(people, ["degree", "sex", "sex & degree"])
    shuffled = scores.sample(fraction=1.0, shuffle=True, seed=1)
    for frame in (scores, shuffled, shuffled.lazy()):
        table = of.tables.demographics(frame, elicitation="logprob", prompt="sd")
        assert table.rows.filter(section="degree")["label"].to_list() == DEGREES
        assert table.rows.filter(section="sex & degree")["label"].to_list() == [
            "Female & None",
            "Female & Bachelor",
            "Male & High school",
            "Male & Some college",
        ]
        assert not any("by their letters" in note for note in table.notes)
    other = of.groups({"degree": [*reversed(DEGREES)]})
    table = of.tables.demographics(scores, elicitation="logprob", prompt="sd", groups=other)
    assert table.rows.filter(section="degree")["label"].to_list() == DEGREES[::-1]


def test_words_without_an_order_are_said_to_stand_by_their_letters() -> None:
    scores = study(pl.DataFrame({"degree": DEGREES, "age": ["18-29", "30-49", "50-64", "65+"]}), ["degree", "age"])
    table = of.tables.demographics(scores, elicitation="logprob", prompt="sd")
    assert table.rows.filter(section="degree")["label"].to_list() == sorted(DEGREES)
    (note,) = [note for note in table.notes if "by their letters" in note]
    assert note.startswith("Classes of degree stand by their letters: groups=…")
    placed = of.tables.demographics(scores, elicitation="logprob", prompt="sd", groups=of.groups({"degree": DEGREES}))
    assert not any("by their letters" in note for note in placed.notes)


def test_a_survey_that_the_package_knows_keeps_its_order() -> None:
    survey = of.load("gss2018")
    raw = survey.opinions.pipe(of.baselines, survey.codebook).filter(source="question-mean")
    model = raw.with_columns(source=pl.lit("m|logprob|sd|standard"))
    scores = of.align(pl.concat([survey.opinions, model], how="diagonal"), survey.codebook)
    table = of.tables.demographics(scores, elicitation="logprob", prompt="sd")
    given = of.tables.demographics(scores, elicitation="logprob", prompt="sd", groups=survey.groups)
    assert table.rows.equals(given.rows)
    assert table.rows.filter(section="ideology")["label"][0] == "Extremely liberal"
    described = of.tables.datasets(survey.codebook, survey.opinions)
    assert "income (Under $25,000, " in described.cells["demographics"][0]
    assert "ideology (Extremely liberal, Liberal, " in described.cells["demographics"][0]
