"""How far a calibration is: every fit is told of once, whatever the method, and none changes for it."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.calibration.calibrate import calibrated
from opinionframe.calibration.methods.registry import calibrators_of
from opinionframe.calibration.supervision import Plan
from opinionframe.study import run_study
from opinionframe.study.settings import parse_study


@pytest.fixture(scope="module")
def asked() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Three settings of GSS 2018."""
    survey = of.load("gss2018")
    human = survey.opinions.filter(pl.col("demographic").is_in(["sex=Female", "sex=Male"]))
    opinions = of.elicit(human, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    other = of.elicit(human, survey.codebook, of.FakeModel(seed=2, name="other"), prompt="sd", seed=1)
    return pl.concat([opinions, other.filter(pl.col("source") != "human")]), survey.codebook


@pytest.mark.parametrize("method", ["paper", "forest", "power", "ridge", "default"])
@pytest.mark.parametrize(("refits", "passes"), [(False, 1), (True, 6)])
def test_fits_are_told_of_in_order_up_to_their_number(asked, method, refits, passes):
    """Five folds meet in five rounds of pairs, so that a setting has six fits where these are held out too."""
    plan = Plan(split="question", folds=5, seed=1)
    told: list[tuple[int, int]] = []
    calibrators = calibrators_of([method])
    watched = calibrated(*asked, calibrators, plan, refits=refits, progress=lambda *at: told.append(at))
    assert told[0] == (0, 3 * passes)
    assert told[-1] == (3 * passes, 3 * passes)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    if method in ("paper", "forest", "power"):
        assert {done for done, _ in told} == set(range(3 * passes + 1))
    unwatched = calibrated(*asked, calibrators, plan, refits=refits)
    assert_frame_equal(watched, unwatched, check_row_order=False, abs_tol=1e-9)


def test_a_study_tells_how_many_settings_are_calibrated(tmp_path):
    text = (
        f'output = "{tmp_path}"\n[survey]\nname = "gss2018"\ndemographics = ["sex"]\n'
        '[[model]]\nkind = "fake"\n[calibrate]\nmethod = ["power", "linear"]\nfolds = 6\n'
    )
    told: list[tuple[str, int, int]] = []
    run_study(parse_study(text, "study.toml"), lambda what, done, total, _note="": told.append((what, done, total)))
    of_fits = [(done, total) for what, done, total in told if what == "calibrating"]
    # Two settings, three methods with no-model, which a diagnosis needs, one fit and five rounds of pairs of six folds.
    assert of_fits[0] == (0, 2 * 3 * 6)
    assert of_fits[-1] == (36, 36)
    assert len(of_fits) > 12
    assert {what for what, *_ in told if what.startswith("diagnosing")} == {"diagnosing power", "diagnosing linear"}
