"""Every table and figure of scores says their metric, and none prints scores of two."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe import divergence
from opinionframe.errors import FrameError
from opinionframe.schemas.vocabulary import METRICS

RAW, CALIBRATED, FEW = "m|verbalized|base|standard", "m|verbalized|base|standard|ridge", "m|verbalized|base|few_shot"
SOURCES = {RAW: 0.5, CALIBRATED: 0.7, FEW: 0.6, f"{RAW}|few": 0.65}


def _scores(metric: str | None) -> pl.DataFrame:
    cells = {"question": ["q1", "q2", "q3"], "demographic": ["sex=F"] * 3, "baseline": [0.5] * 3, "ceiling": [0.9] * 3}
    parts = [
        pl.DataFrame(cells | {"source": source, "alignment": [at, at + 0.1, at + 0.05]})
        for source, at in SOURCES.items()
    ]
    return pl.concat(parts).with_columns(metric=pl.lit(metric, pl.String))


def _two() -> pl.DataFrame:
    """Half of the sources scored by one metric, half by another, as two saved runs would be."""
    first = pl.col("source").is_in([RAW, CALIBRATED])
    return pl.concat([_scores("wasserstein").filter(first), _scores("total_variation").filter(~first)])


def _curves(scores: pl.DataFrame) -> pl.DataFrame:
    return scores.select("source", "alignment", "metric", n_train=pl.lit(1.0))


PRINTED = {
    "alignment": of.tables.alignment,
    "settings": of.tables.settings,
    "settings of a summary": lambda scores: of.tables.settings(of.summarize(scores, ["source", "metric"])),
    "triples": lambda scores: of.tables.triples(scores, variant="few_shot"),
    "demographics": lambda scores: of.tables.demographics(scores, calibrator="ridge"),
    "degraded": lambda scores: of.tables.degraded(scores, full="ridge", few="few"),
    "spread": of.figures.spread,
    "stages": lambda scores: of.figures.stages(scores, ["m"], calibrator="ridge"),
    "learning": lambda scores: of.figures.learning(_curves(scores), y="alignment"),
    "forest": lambda scores: of.figures.forest(
        of.compare(scores, pair=[(CALIBRATED, RAW), (FEW, "uniform")], by=["demographic", "metric"])
        if scores["metric"].n_unique() > 1
        else of.compare(scores, by="demographic"),
        source=CALIBRATED,
    ),
}


def _text(printed: of.tables.Table | of.figures.Figure) -> str:
    return " ".join(printed.notes) if isinstance(printed, of.tables.Table) else str(printed.chart.to_dict())


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_says_its_metric(name):
    for metric, title in (
        ("wasserstein", "1 - Wasserstein distance"),
        ("total_variation", "1 - total variation distance"),
    ):
        assert title in _text(PRINTED[name](_scores(metric)))
    assert "distance" not in _text(PRINTED[name](_scores(None)))


@pytest.mark.parametrize("name", [name for name in PRINTED if name != "forest"])
def test_scores_of_two_metrics_are_not_printed_together(name):
    with pytest.raises(
        FrameError,
        match=r"2 metrics.*total_variation \(\d+ rows\).*wasserstein \(\d+ rows\)|2 metrics.*wasserstein.*total",
    ):
        PRINTED[name](_two())


def test_a_forest_of_two_metrics_is_refused():
    both = pl.concat([_scores("wasserstein"), _scores("total_variation")])
    tests = of.compare(both, by=["demographic", "metric"])
    with pytest.raises(FrameError, match="tests has scores of 2 metrics"):
        of.figures.forest(tests, source=CALIBRATED)
    assert of.figures.forest(tests.filter(metric="wasserstein"), source=CALIBRATED)


def test_tests_of_another_metric_mark_nothing():
    scores = _scores("wasserstein")
    tests = of.compare(pl.concat([scores, _scores("total_variation")]), by="metric")
    marked = of.tables.alignment(scores, tests)
    assert marked.notes == of.tables.alignment(scores, tests.filter(metric="wasserstein")).notes
    with pytest.raises(FrameError, match="rows of total_variation, none of wasserstein"):
        of.tables.alignment(scores, tests.filter(metric="total_variation"))


def test_the_printed_paper_stands_beside_a_summary_of_its_metric_only():
    printed = of.paper.published().filter(table=7, summary=False).select("dataset", "source", "alignment", "metric")
    own = of.summarize(_scores("wasserstein")).select(
        dataset=pl.lit("own"), source="source", alignment="alignment", metric="metric"
    )
    assert "own" in of.tables.settings(pl.concat([printed, own])).cells["section"].to_list()
    with pytest.raises(FrameError, match="2 metrics"):
        of.tables.settings(pl.concat([printed, own.with_columns(metric=pl.lit("total_variation"))]))


@pytest.mark.parametrize("name", ["", " ", "by scale", "By-Scale", "Total Variation", "total-variation", "WASSERSTEIN"])
def test_a_name_of_no_metric_is_refused_with_those_that_there_are(name):
    scores = _scores("total_variation")
    one = pl.when(pl.col("source") == RAW).then(pl.lit(name)).otherwise("metric")
    with pytest.raises(FrameError, match="3 cells.*metric.*total_variation, hellinger.*one of your own"):
        of.summarize(scores.with_columns(metric=one), ["source", "metric"])
    with pytest.raises(Exception, match="3 cells"):
        of.summarize(scores.lazy().with_columns(metric=one), ["source", "metric"]).collect()
    sound = of.schemas.Alignment.filter(scores.with_columns(metric=one))[0]
    assert sound.height == scores.height - 3


def test_a_metric_of_ones_own_is_printed_as_it_is_named():
    assert "Alignment = 1 - energy distance." in of.tables.alignment(_scores("energy distance")).notes


def test_the_metrics_of_align_are_those_that_frames_know():
    assert list(divergence.METRICS) == list(METRICS)
