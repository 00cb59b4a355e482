"""The audit in print: every claim stays, verdicts are explained, and a study that contradicts a claim says so."""

import polars as pl
import pytest

from opinionframe import tables
from opinionframe.errors import FrameError, OptionError
from opinionframe.paper import audit

IMPROVES = "settings that calibration improves"


def finding(claim: str, estimate: float | None, low: float, high: float, calibrator: str | None = "kriging"):
    return {
        "calibrator": calibrator,
        "claim": claim,
        "estimate": estimate,
        "conf_low": low,
        "conf_high": high,
        "unit": "%",
    }


STUDY = pl.DataFrame(
    [
        finding(IMPROVES, 60.0, 40.0, 80.0),
        finding("mean change of alignment", 14.0, 5.0, 20.0),
        finding("mean loss in the settings that fall", None, 0.1, 2.0),
        finding("standard deviation over settings, raw", 3.0, 1.0, 5.0),
        finding("settings whose own standard deviation falls", 100.0, 100.0, 100.0),
        finding("times by which it shrinks", 6.0, 4.0, 8.0),
        finding("groups that calibration improves", 70.0, 60.0, 80.0),
    ]
)


def test_no_claim_is_lost_and_each_says_whether_the_study_contradicts_it() -> None:
    """94.8 lies above [40, 80]; 16.3 within [5, 20]; at least 3 below [4, 8]; without an interval there is no word."""
    alone, beside = tables.audit(audit()), tables.audit(audit(), STUDY)
    assert beside.rows.select(alone.rows.columns).equals(alone.rows)
    said = dict(beside.rows.select("claim", "against").drop_nulls().rows())
    assert said == {
        IMPROVES: "contradicts",
        "mean change of alignment": "agrees",
        "shrinkage of that standard deviation: at least": "agrees",
    }
    row = beside.rows.filter(claim=IMPROVES)
    assert row.select("estimate", "estimate_low", "estimate_high").row(0) == (60.0, 40.0, 80.0)
    found = beside.rows.drop_nulls("estimate")["claim"].to_list()
    assert "standard deviation over settings, raw" in found
    assert "settings whose own standard deviation falls" in found


def test_a_study_that_falls_short_of_at_least_contradicts_it() -> None:
    short = STUDY.filter(claim="times by which it shrinks").with_columns(conf_low=1.0, conf_high=2.5)
    rows = tables.audit(audit(), short).rows.drop_nulls("against")
    assert rows["against"].to_list() == ["contradicts"]


def test_what_the_audit_has_no_claim_for_is_said() -> None:
    notes = tables.audit(audit(), STUDY).notes
    assert any(note.endswith("a claim beside them: 1, e.g. groups that calibration improves 70.0.") for note in notes)
    assert any("calibrated by kriging" in note for note in notes)


def test_verdicts_are_explained_where_they_occur() -> None:
    rows = audit()
    every = " ".join(tables.audit(rows).notes)
    for verdict in rows["verdict"].unique():
        assert f"{verdict}: " in every
    held = " ".join(tables.audit(rows.filter(verdict="holds")).notes)
    assert "holds: " in held
    assert "differs" not in held
    assert "Bold" not in held


def test_several_calibrators_are_refused_until_one_is_named() -> None:
    two = pl.concat([STUDY, STUDY.with_columns(calibrator=pl.lit("ridge"), estimate=1.0)])
    with pytest.raises(FrameError, match="The study has 2 calibrators: kriging, ridge"):
        tables.audit(audit(), two)
    table = tables.audit(audit(), two, calibrator="ridge")
    assert table.rows.filter(claim=IMPROVES)["estimate"].item() == 1.0
    with pytest.raises(OptionError, match="calibrator='lasso' is not known"):
        tables.audit(audit(), two, calibrator="lasso")
    with pytest.raises(FrameError, match="study has 2 rows of one claim"):
        tables.audit(audit(), pl.concat([STUDY.head(1), STUDY.head(1)]))
