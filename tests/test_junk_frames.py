"""Every table, every figure and every way in and out refuses junk with an error of this package."""

import inspect

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OpinionFrameError
from opinionframe.exporting import explain, export, from_popfidelity, from_wide, to_wide

NAMES = ("question", "demographic", "choice", "source", "prob", "alignment", "baseline", "ceiling", "dataset")
NAMES += ("extracted", "claim", "kind", "n_train", "mse", "share", "option", "cell_id", "label")
JUNK = {
    "nothing": None,
    "no frame": {"question": ["q"]},
    "other columns": pl.DataFrame({"x": [1]}),
    "other columns, lazy": pl.LazyFrame({"x": [1]}),
    "empty": pl.DataFrame(),
    "text for numbers": pl.DataFrame({key: ["a", "b"] for key in NAMES}),
    "numbers for text": pl.DataFrame({key: [1, 2] for key in NAMES}),
    "nulls": pl.DataFrame({key: [None, None] for key in NAMES}),
}
SURVEY = of.load("gss2018")

TABLES = {
    "alignment": of.tables.alignment,
    "settings": of.tables.settings,
    "triples": of.tables.triples,
    "demographics": of.tables.demographics,
    "degraded": lambda frame: of.tables.degraded(frame, full="a", few="b"),
    "extraction": of.tables.extraction,
    "datasets": lambda frame: of.tables.datasets(frame, SURVEY.opinions),
    "prompts": of.tables.prompts,
    "audit": of.tables.audit,
    "contrasts": of.tables.contrasts,
    "diagnosis": of.tables.diagnosis,
    "tests": of.tables.tests,
    "estimates": lambda frame: of.tables.estimates(frame, SURVEY.codebook, SURVEY.opinions),
    "published": of.tables.published,
    "leaderboard": of.tables.leaderboard,
    "regions": lambda frame: of.tables.regions(frame, SURVEY.codebook),
}
FIGURES = {
    "spread": of.figures.spread,
    "stages": lambda frame: of.figures.stages(frame, ["m"]),
    "learning": lambda frame: of.figures.learning(frame, line="label"),
    "forest": of.figures.forest,
    "ranked": of.figures.ranked,
    "estimates": lambda frame: of.figures.estimates(frame, SURVEY.codebook, SURVEY.opinions, "natspac"),
    "regions": lambda frame: of.figures.regions(frame, SURVEY.codebook, "natspac"),
    "cell": lambda frame: of.figures.cell(frame, SURVEY.codebook, "natspac", source="uniform"),
}
WAYS = {
    "groups": lambda frame: of.groups(frame, ["sex"]),
    "explain": lambda frame: explain(frame, SURVEY.opinions, "uniform"),
    "from_popfidelity": lambda frame: from_popfidelity(frame, {"q": ["a", "b"]}),
    "from_wide": lambda frame: from_wide(frame, SURVEY.codebook),
    "to_wide": lambda frame: to_wide(frame, SURVEY.codebook),
}
TAKES = {
    f"{room}.{name}": taker
    for room, takers in (("tables", TABLES), ("figures", FIGURES), ("exporting", WAYS))
    for name, taker in takers.items()
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("taker", TAKES)
def test_junk_is_refused_in_words(taker, junk) -> None:
    with pytest.raises(OpinionFrameError) as refused:
        TAKES[taker](JUNK[junk])
    assert len(str(refused.value)) > 30


@pytest.mark.parametrize(("room", "takers"), [("tables", TABLES), ("figures", FIGURES)])
def test_no_table_and_no_figure_is_forgotten(room, takers) -> None:
    public = getattr(of, room)
    functions = {name for name in public.__all__ if name.islower() and callable(getattr(public, name))}
    assert functions == set(takers)


@pytest.mark.parametrize("junk", ["nothing", "no frame"])
def test_what_is_no_frame_is_not_exported(tmp_path, junk) -> None:
    with pytest.raises(OpinionFrameError):
        export(tmp_path, rows=JUNK[junk])


NEEDED = {"opinions": SURVEY.opinions, "codebook": SURVEY.codebook, "respondents": SURVEY.opinions, "seed": 1}
NEEDED |= {"source": "uniform", "sources": ["uniform"], "method": "linear"}
REFERRING = [
    name
    for name in of.__all__
    if callable(verb := getattr(of, name)) and name.islower() and "reference" in inspect.signature(verb).parameters
]


@pytest.mark.parametrize("name", REFERRING)
def test_a_reference_that_is_no_name_is_refused(name) -> None:
    verb = getattr(of, name)
    needed = {
        each: NEEDED.get(each)
        for each, parameter in inspect.signature(verb).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    with pytest.raises(OpinionFrameError, match="reference"):
        verb(**needed | {"reference": 5})
