"""opinionframe: how well do language models answer for groups of people?

Everything is a long frame with a schema (`opinionframe.schemas`), and every step a verb from frame to frame.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import polars as pl

from opinionframe import paper, schemas
from opinionframe.alignment import CommonCellsWarning, align, over_draws, summarize
from opinionframe.calibration import (
    Calibration,
    Calibrator,
    apply,
    baselines,
    calibrate,
    calibrators,
    fit,
    member_weights,
    read_calibration,
    register_calibrator,
    stack,
    stack_weights,
)
from opinionframe.diagnosis import audit_split, calibrate_few, contrasts, diagnose, draw_examples, learning_curve
from opinionframe.elicitation import (
    ExtractionWarning,
    FakeModel,
    GroupWordsWarning,
    Journal,
    LlamaServer,
    LocalModel,
    NumberLabelsWarning,
    OpenAIModel,
    ServerWarning,
    Wording,
    ask,
    dry_run,
    elicit,
    extraction,
    parse,
    prompts,
    read_response,
    read_wording,
    register_model,
    to_opinions,
)
from opinionframe.errors import OpinionFrameError, OpinionFrameWarning
from opinionframe.estimation import allocate, poststratify, prediction_regions, rectify, sample_size
from opinionframe.exporting import explain, export, from_popfidelity, from_wide, to_wide
from opinionframe.inference import (
    anova,
    bounds,
    ceiling,
    compare,
    compare_respondents,
    denoise,
    draw_bias,
    equivalence,
    intervals,
    minimum_detectable,
)
from opinionframe.microdata import Design, crosswalk, recode, reference, respondents
from opinionframe.surveys import (
    Survey,
    available,
    codebook,
    combine,
    fetch,
    groups,
    load,
    read_labelled,
    read_opinionqa,
    read_wgm,
    read_wvs,
)

if TYPE_CHECKING:
    from opinionframe import figures, tables
    from opinionframe.reporting.report import report

__version__ = "0.2.0"

ROOMS_OF_PRINT = {"figures": "figures", "tables": "tables", "report": "reporting"}
"""What is loaded when it is first asked for, since a script that only reckons has no use for it."""


def __getattr__(name: str) -> Any:
    """A room of print, or a verb of it."""
    if name not in ROOMS_OF_PRINT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module(f"{__name__}.{ROOMS_OF_PRINT[name]}")
    return room if name == ROOMS_OF_PRINT[name] else getattr(room, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if "POLARS_FMT_STR_LEN" not in os.environ:
    # Sources differ at their ends, which Polars cuts off from the 30th letter on where nobody says otherwise.
    pl.Config.set_fmt_str_lengths(80)

__all__ = [
    "Calibration",
    "Calibrator",
    "CommonCellsWarning",
    "Design",
    "ExtractionWarning",
    "FakeModel",
    "GroupWordsWarning",
    "Journal",
    "LlamaServer",
    "LocalModel",
    "NumberLabelsWarning",
    "OpenAIModel",
    "OpinionFrameError",
    "OpinionFrameWarning",
    "ServerWarning",
    "Survey",
    "Wording",
    "align",
    "allocate",
    "anova",
    "apply",
    "ask",
    "audit_split",
    "available",
    "baselines",
    "bounds",
    "calibrate",
    "calibrate_few",
    "calibrators",
    "ceiling",
    "codebook",
    "combine",
    "compare",
    "compare_respondents",
    "contrasts",
    "crosswalk",
    "denoise",
    "diagnose",
    "draw_bias",
    "draw_examples",
    "dry_run",
    "elicit",
    "equivalence",
    "explain",
    "export",
    "extraction",
    "fetch",
    "figures",
    "fit",
    "from_popfidelity",
    "from_wide",
    "groups",
    "intervals",
    "learning_curve",
    "load",
    "member_weights",
    "minimum_detectable",
    "over_draws",
    "paper",
    "parse",
    "poststratify",
    "prediction_regions",
    "prompts",
    "read_calibration",
    "read_labelled",
    "read_opinionqa",
    "read_response",
    "read_wgm",
    "read_wording",
    "read_wvs",
    "recode",
    "rectify",
    "reference",
    "register_calibrator",
    "register_model",
    "report",
    "respondents",
    "sample_size",
    "schemas",
    "stack",
    "stack_weights",
    "summarize",
    "tables",
    "to_opinions",
    "to_wide",
]
