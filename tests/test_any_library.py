"""Every verb, table, figure and way out gives for frames of pandas, Arrow and DuckDB what it gives for Polars'."""

import importlib
import inspect
import re
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.exporting import Explanation
from opinionframe.figures import Figure
from opinionframe.tables import Table

LIBRARIES = {
    "pandas": lambda frame: frame.to_pandas(),
    "Arrow": lambda frame: frame.to_arrow(),
    "Arrow reader": lambda frame: frame.to_arrow().to_reader(),
    "DuckDB": lambda frame: duckdb.connect().from_arrow(frame.to_arrow()),
    "Polars, lazy": lambda frame: frame.lazy(),
}
QUESTIONS = ["natspac", "natenvir", "natheal", "natcity", "natdrug", "nateduc"]
GROUPS = ["all", "sex=Female", "sex=Male"]
EVERYONE = pl.DataFrame(
    {
        "sex": ["Female", "Male"] * 20,
        "doctors": [1, 2, 3, 1] * 10,
        "schools": [1, 1, 2, None, 3] * 8,
        "age": [31.5, None] * 20,
    }
)
LABELS = {"labels": ["A lot", "Some", "None"], "codes": [1, 2, 3]}
ASKED = {"doctors": {"text": "How much do you trust doctors?", **LABELS}, "schools": {"text": "And schools?", **LABELS}}


@cache
def frames() -> dict[str, pl.DataFrame]:
    """A frame of each kind, made once, from three sources on six questions of the GSS."""
    survey = of.load("gss2018")
    codebook = survey.codebook.filter(pl.col("question").is_in(QUESTIONS))
    human = survey.opinions.filter(pl.col("question").is_in(QUESTIONS), pl.col("demographic").is_in(GROUPS))
    prompts = of.prompts(human, codebook, elicitation=["logprob", "verbalized"], prompt="sd", groups=survey.groups)
    answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)
    rows = pl.concat([human, of.to_opinions(answers, prompts, codebook)], how="diagonal")
    opinions = of.calibrate(rows, codebook, method=["linear", "ridge"], folds=3, seed=1)
    aligned = of.align(opinions, codebook)
    curves = of.learning_curve(rows, codebook, method="linear", sizes=[6], draws=2, seed=1)
    book = of.codebook(ASKED)
    people = of.recode(EVERYONE, book)
    of_models = aligned.filter(pl.col("source").str.starts_with("fake"))
    beside = pl.col("source").str.replace("|standard", "|few_shot", literal=True)
    published = of.paper.published()
    answered = of.baselines(of.reference(people, book, by="sex"), book)
    cells = {"cell_id": ["F", "F"], "question": ["q", "q"], "option": ["yes", "no"], "share": [0.2, 0.8]}
    return {
        "groups": survey.groups,
        "words": pl.DataFrame({"attribute": ["sex"], "class": ["Female"], "label": ["Women"], "phrase": ["a woman"]}),
        "everyone": EVERYONE,
        "answered": answered,
        "classes": human.filter(pl.col("demographic") != "all"),
        "bounds": of.bounds(opinions, codebook),
        "with_few_shot": pl.concat([of_models, of_models.with_columns(beside)]),
        "published": published.filter(table=published["table"][0]),
        "audit": of.paper.audit(),
        "popfidelity": pl.DataFrame({**cells, "n": [50.0, 50.0], "source": ["survey", "survey"]}),
        "codebook": codebook,
        "book": book,
        "human": human,
        "prompts": prompts,
        "answers": answers,
        "rows": rows,
        "opinions": opinions,
        "aligned": aligned,
        "tests": of.compare(aligned),
        "by_group": of.compare(aligned, by="demographic"),
        "diagnosis": of.diagnose(rows, codebook, method="linear", folds=3, seed=1),
        "contrasts": of.contrasts(opinions, codebook),
        "examples": of.draw_examples(rows, codebook, n=2, draws=2, seed=1),
        "curves": curves,
        "regions": of.prediction_regions(opinions, codebook, split="question", conf=0.7),
        "people": people,
        "estimates": of.rectify(answered.filter(source="uniform"), people, book, by="sex"),
        "one": of.rectify(None, people, book, by="sex").filter(pl.col("demographic") != "all"),
        "margins": pl.DataFrame({"demographic": ["sex=Female", "sex=Male"], "share": [0.5, 0.5]}),
        "extracted": of.extraction(answers, prompts, codebook),
        "wide": of.to_wide(human, codebook, columns="place"),
    }


SEED = {"seed": 1}
LINEAR = {"method": "linear", "folds": 3, **SEED}
ONE = "fake|logprob|sd|standard"
CALIBRATED = f"{ONE}|linear"
TOY = of.codebook(ASKED, dataset="toy")
OTHER = of.Survey("toy", "Toy", of.reference(of.recode(EVERYONE, TOY), TOY), TOY, ())
VERBS = {
    # Verbs of the top level: what each is called with, frames by their names in `frames`.
    "align": (of.align, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "allocate": (of.allocate, {"estimates": "one"}, {"budget": 100}),
    "anova": (of.anova, {"aligned": "with_few_shot"}, {}),
    "apply": (of.apply, {"opinions": "rows", "codebook": "codebook"}, {"calibration": "fitted"}),
    "ask": (of.ask, {"prompts": "prompts"}, {"model": of.FakeModel(seed=1), **SEED}),
    "audit_split": (of.audit_split, {"opinions": "rows", "codebook": "codebook"}, {"folds": 3, **SEED}),
    "baselines": (of.baselines, {"opinions": "rows", "codebook": "codebook"}, {}),
    "bounds": (of.bounds, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "calibrate": (of.calibrate, {"opinions": "rows", "codebook": "codebook"}, LINEAR),
    "calibrate_few": (
        of.calibrate_few,
        {"opinions": "rows", "codebook": "codebook", "examples": "examples"},
        {"method": "linear", **SEED},
    ),
    "ceiling": (of.ceiling, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "codebook": (of.codebook, {"questions": "codebook"}, {}),
    "compare": (of.compare, {"aligned": "aligned"}, {}),
    "compare_respondents": (
        of.compare_respondents,
        {"opinions": "answered", "codebook": "book", "microdata": "people"},
        {"pair": [("uniform", "label-mean")]},
    ),
    "contrasts": (of.contrasts, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "crosswalk": (of.crosswalk, {"microdata": "everyone", "codebook": "book"}, {}),
    "denoise": (of.denoise, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "diagnose": (of.diagnose, {"opinions": "rows", "codebook": "codebook"}, LINEAR),
    "draw_bias": (of.draw_bias, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "draw_examples": (of.draw_examples, {"opinions": "rows", "codebook": "codebook"}, {"n": 2, "draws": 2, **SEED}),
    "dry_run": (of.dry_run, {"prompts": "prompts"}, {}),
    "elicit": (
        of.elicit,
        {"opinions": "human", "codebook": "codebook", "cells": "human", "groups": "groups"},
        {"model": of.FakeModel(seed=1), "prompt": "sd", **SEED},
    ),
    "equivalence": (of.equivalence, {"aligned": "aligned"}, {"margin": 0.05}),
    "explain": (
        of.explain,
        {"aligned": "aligned", "opinions": "opinions", "prompts": "prompts", "answers": "answers"},
        {"source": ONE, "question": "natspac"},
    ),
    "export": (of.export, {"rows": "rows", "scores": "aligned"}, {}),
    "extraction": (of.extraction, {"answers": "answers", "prompts": "prompts", "codebook": "codebook"}, {}),
    "fit": (of.fit, {"opinions": "rows", "codebook": "codebook"}, {"method": "linear", **SEED}),
    "from_popfidelity": (of.from_popfidelity, {"cells": "popfidelity"}, {"options": {"q": ["yes", "no"]}}),
    "from_wide": (of.from_wide, {"wide": "wide", "codebook": "codebook"}, {"places": "choice"}),
    "groups": (of.groups, {"source": "people", "words": "words"}, {"by": ["sex"]}),
    "intervals": (of.intervals, {"aligned": "aligned"}, {}),
    "learning_curve": (
        of.learning_curve,
        {"opinions": "rows", "codebook": "codebook"},
        {"method": "linear", "sizes": [6], "draws": 2, **SEED},
    ),
    "member_weights": (of.member_weights, {"opinions": "rows", "codebook": "codebook"}, {"folds": 3, **SEED}),
    "minimum_detectable": (of.minimum_detectable, {"aligned": "aligned"}, {}),
    "over_draws": (of.over_draws, {"aligned": "aligned"}, {}),
    "parse": (of.parse, {"answers": "answers", "prompts": "prompts"}, {}),
    "poststratify": (of.poststratify, {"opinions": "classes", "margins": "margins", "codebook": "codebook"}, {}),
    "prediction_regions": (
        of.prediction_regions,
        {"opinions": "opinions", "codebook": "codebook"},
        {"split": "question", "conf": 0.7},
    ),
    "prompts": (
        of.prompts,
        {"opinions": "human", "codebook": "codebook", "cells": "human", "groups": "groups", "examples": "examples"},
        {"variant": "few_shot", **SEED},
    ),
    "recode": (of.recode, {"microdata": "everyone", "codebook": "book"}, {}),
    "rectify": (of.rectify, {"opinions": "answered", "sample": "people", "codebook": "book"}, {"by": "sex"}),
    "reference": (of.reference, {"microdata": "people", "codebook": "book"}, {"by": "sex"}),
    "report": (of.report, {"opinions": "rows", "answers": "answers", "prompts": "prompts"}, {"folds": 3, **SEED}),
    "respondents": (of.respondents, {"microdata": "people", "codebook": "book"}, {"by": "sex"}),
    "sample_size": (of.sample_size, {"estimates": "estimates"}, {"half_width": 0.1}),
    "stack": (of.stack, {"opinions": "rows", "codebook": "codebook"}, {"folds": 3, **SEED}),
    "stack_weights": (of.stack_weights, {"opinions": "rows", "codebook": "codebook"}, {"folds": 3, **SEED}),
    "summarize": (of.summarize, {"aligned": "aligned"}, {}),
    "to_opinions": (
        of.to_opinions,
        {"answers": "answers", "prompts": "prompts", "codebook": "codebook", "cells": "human"},
        {},
    ),
    "to_wide": (of.to_wide, {"opinions": "opinions", "codebook": "codebook"}, {}),
    "paper.claims": (of.paper.claims, {"aligned": "aligned", "codebook": "codebook"}, SEED),
    "combine": (of.combine, {"groups": "groups"}, {"surveys": [of.load("gss2018"), OTHER]}),
    "tables.alignment": (of.tables.alignment, {"aligned": "aligned", "tests": "tests", "bounds": "bounds"}, {}),
    "tables.audit": (of.tables.audit, {"rows": "audit"}, {}),
    "tables.contrasts": (of.tables.contrasts, {"contrasts": "contrasts", "groups": "groups"}, {}),
    "tables.datasets": (
        of.tables.datasets,
        {"codebook": "codebook", "opinions": "human", "groups": "groups"},
        {},
    ),
    "tables.degraded": (
        of.tables.degraded,
        {"frame": "aligned", "codebook": "codebook", "groups": "groups"},
        {"full": "linear", "few": "ridge"},
    ),
    "tables.demographics": (
        of.tables.demographics,
        {"frame": "aligned", "tests": "by_group", "codebook": "codebook", "groups": "groups"},
        {"prompt": "sd", "calibrator": "linear"},
    ),
    "tables.diagnosis": (of.tables.diagnosis, {"diagnosis": "diagnosis", "groups": "groups"}, {}),
    "tables.estimates": (
        of.tables.estimates,
        {"estimates": "estimates", "codebook": "book", "opinions": "answered", "groups": "groups"},
        {},
    ),
    "tables.extraction": (of.tables.extraction, {"extracted": "extracted"}, {}),
    "tables.leaderboard": (
        of.tables.leaderboard,
        {"frame": "aligned", "codebook": "codebook"},
        {"same": {"gss2018": "WVS"}},
    ),
    "tables.prompts": (of.tables.prompts, {"prompts": "prompts"}, {}),
    "tables.published": (of.tables.published, {"figures": "published"}, {}),
    "tables.regions": (
        of.tables.regions,
        {"regions": "regions", "codebook": "codebook", "groups": "groups"},
        {"source": CALIBRATED},
    ),
    "tables.settings": (of.tables.settings, {"frame": "aligned", "tests": "tests", "codebook": "codebook"}, {}),
    "tables.tests": (of.tables.tests, {"tests": "tests", "groups": "groups", "codebook": "codebook"}, {}),
    "tables.triples": (
        of.tables.triples,
        {"frame": "with_few_shot", "codebook": "codebook"},
        {"variant": "few_shot"},
    ),
    "figures.cell": (
        of.figures.cell,
        {"opinions": "opinions", "codebook": "codebook", "groups": "groups"},
        {"question": "natspac", "source": ONE},
    ),
    "figures.estimates": (
        of.figures.estimates,
        {"estimates": "estimates", "codebook": "book", "opinions": "answered", "groups": "groups"},
        {"question": "doctors"},
    ),
    "figures.forest": (of.figures.forest, {"tests": "by_group", "groups": "groups"}, {"source": CALIBRATED}),
    "figures.learning": (of.figures.learning, {"curves": "curves"}, {}),
    "figures.ranked": (of.figures.ranked, {"aligned": "aligned"}, {}),
    "figures.regions": (
        of.figures.regions,
        {"regions": "regions", "codebook": "codebook", "groups": "groups"},
        {"question": "natspac", "source": CALIBRATED},
    ),
    "figures.spread": (of.figures.spread, {"aligned": "aligned"}, {}),
    "figures.stages": (of.figures.stages, {"frame": "aligned"}, {"models": ["fake"], "calibrator": "linear"}),
    "schemas.Opinions.validate": (of.schemas.Opinions.validate, {"df": "rows", "codebook": "codebook"}, {}),
}


def results(name, convert, folder):
    """What a verb gives for frames of one library, as frames and texts that can be compared."""
    verb, given, options = VERBS[name]
    have = frames()
    if "calibration" in options:
        options = {"calibration": of.fit(have["rows"], have["codebook"], method="linear", seed=1)}
    arguments = {argument: convert(have[frame], argument) for argument, frame in given.items()} | options
    if name == "export":
        return written(of.export(folder, formats=["parquet"], **arguments).parent)
    if name == "report":
        survey = of.load("gss2018")
        survey = of.Survey("gss", "GSS", have["human"], have["codebook"], ("sex",), groups=survey.groups)
        return {"summary": of.report(folder, survey=survey, **arguments).summary}
    first = [arguments.pop("df")] if "df" in arguments else []
    result = verb(*first, **arguments)
    return FIELDS[type(result)](result)


FIELDS = {
    Table: lambda table: {"cells": table.cells, "text": table.as_latex()},
    Figure: lambda figure: {"text": figure.chart.to_json()},
    Explanation: lambda found: {"cells": found.cells, "distributions": found.distributions, "answers": found.answers},
    of.Calibration: lambda calibration: {"rows": calibration.parameters},
    of.Survey: lambda survey: {"opinions": survey.opinions, "codebook": survey.codebook, "groups": survey.groups},
    pl.LazyFrame: lambda rows: {"rows": rows.collect()},
    pl.DataFrame: lambda rows: {"rows": rows},
    tuple: lambda frames: {str(place): frame for place, frame in enumerate(frames)},
}
"""The frames and texts of a result."""


def written(folder):
    return {path.name: pl.read_parquet(path) for path in sorted(Path(folder).glob("*.parquet"))}


def stays(name, argument):
    """Whether a relation of DuckDB would stay there: `tests/schemas/test_relation.py` has these."""
    return name in ("align", "apply", "calibrate", "fit") and argument == "opinions"


@cache
def polars_results(name, folder):
    return results(name, lambda frame, _: frame, folder)


DEALT = [
    (name, library)
    for place, name in enumerate(VERBS)
    for library in ("pandas", [*LIBRARIES][1 + place % 4])
    if name != "report" or library == "pandas"
]
"""Each verb with pandas and one of the others: `tests/schemas/test_to_polars.py` has what each of them can hold."""


@pytest.mark.filterwarnings("ignore::opinionframe.OpinionFrameWarning")
@pytest.mark.parametrize(("name", "library"), DEALT)
def test_frames_of_any_library_give_the_same(name, library, tmp_path_factory, tmp_path):
    def convert(frame, argument):
        return frame if library == "DuckDB" and stays(name, argument) else LIBRARIES[library](frame)

    here = polars_results(name, tmp_path_factory.getbasetemp() / "polars" / name)
    there = results(name, convert, tmp_path / "there")
    assert here
    assert list(there) == list(here)
    for part, value in here.items():
        if isinstance(value, pl.DataFrame):
            assert_frame_equal(there[part], value, check_dtypes=False, check_row_order=False, rel_tol=1e-12)
        else:
            assert there[part] == value


UNREAD = ("claims", "degraded", "demographics", "leaderboard", "settings", "triples")
"""Those that ask the codebook for data sets, and leave it unread where the scores name them."""
READ = [
    (name, argument)
    for name in VERBS
    for argument in VERBS[name][1]
    if argument != "codebook" or name.split(".")[-1] not in UNREAD
]


@pytest.mark.filterwarnings("ignore::opinionframe.OpinionFrameWarning")
@pytest.mark.parametrize(("name", "argument"), READ)
def test_what_is_no_frame_is_refused_in_words(name, argument, tmp_path):
    def convert(frame, at):
        return [1, 2] if at == argument else frame

    with pytest.raises(of.OpinionFrameError, match="must be a Polars|is no frame|not list|which a list has none of"):
        results(name, convert, tmp_path)


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(sorted(GROUPS))])
def test_keys_of_classes_are_drawn_as_text(dtype):
    tests = frames()["by_group"]
    classes = tests.with_columns(pl.col("demographic").cast(dtype))
    drawn = [of.figures.forest(rows, source=CALIBRATED).chart.to_json() for rows in (tests, classes)]
    assert drawn[0] == drawn[1]


ROOMS = ("alignment", "calibration", "diagnosis", "elicitation", "estimation", "exporting", "figures", "inference")
ROOMS += ("microdata", "paper", "reporting", "surveys", "tables")
INNER = {"write_report", "deal_folds"}
"""What rooms export to each other, after a verb has checked its frames."""


def test_no_verb_that_takes_a_frame_is_forgotten():
    forgotten = []
    for room in ROOMS:
        public = importlib.import_module(f"opinionframe.{room}")
        for name in set(public.__all__) - INNER:
            verb = getattr(public, name)
            hints = str(inspect.signature(verb)) if inspect.isfunction(verb) else ""
            takes = re.search(r"Frame", hints.partition(") ->")[0])
            tried = name in VERBS or f"{room}.{name}" in VERBS
            if takes and not tried:
                forgotten.append(f"{room}.{name}")
    assert forgotten == []
