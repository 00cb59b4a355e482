"""Verdicts: each is given by the first interval that says it, and each is explained."""

import polars as pl
import pytest

from opinionframe.diagnosis.verdicts import VERDICTS, verdict

GAINS = dict.fromkeys(("over_placebo_conf_low", "over_labels_conf_low", "over_labels_conf_high"), pl.Float64)
COLLAPSED, PLACEBO, LESS, LABELS, NO_MORE, MORE = VERDICTS


@pytest.mark.parametrize(
    ("collapsed", "placebo_low", "labels", "no_model_low", "said"),
    [
        (True, 0.1, (0.1, 0.2), 0.1, COLLAPSED),
        (False, -0.1, (0.1, 0.2), 0.1, PLACEBO),
        (False, None, (0.1, 0.2), 0.1, PLACEBO),
        (False, 0.1, (-0.2, -0.1), 0.1, LESS),
        (False, 0.1, (-0.1, 0.1), 0.1, LABELS),
        (False, 0.1, (None, None), 0.1, LABELS),
        (False, 0.1, (0.1, 0.2), -0.1, NO_MORE),
        (False, 0.1, (0.1, 0.2), 0.1, MORE),
    ],
)
def test_the_first_that_holds_is_given(collapsed, placebo_low, labels, no_model_low, said):
    gains = pl.DataFrame(
        {
            "collapsed": [collapsed],
            "over_placebo_conf_low": [placebo_low],
            "over_labels_conf_low": [labels[0]],
            "over_labels_conf_high": [labels[1]],
            "over_no_model_conf_low": [no_model_low],
        },
        schema_overrides=GAINS,
    )
    assert gains.select(verdict()).item() == said
