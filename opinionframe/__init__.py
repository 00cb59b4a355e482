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
    from opinionframe.diagnosis.audit_split import audit_split
    from opinionframe.diagnosis.contrasts import contrasts
    from opinionframe.diagnosis.diagnose import diagnose
    from opinionframe.diagnosis.learning.calibrate_few import calibrate_few
    from opinionframe.diagnosis.learning.curve import learning_curve
    from opinionframe.diagnosis.learning.draw_examples import draw_examples
    from opinionframe.estimation.allocate import allocate
    from opinionframe.estimation.poststratify import poststratify
    from opinionframe.estimation.rectify import rectify
    from opinionframe.estimation.regions.prediction_regions import prediction_regions
    from opinionframe.estimation.sample_size import sample_size
    from opinionframe.exporting.explain import explain
    from opinionframe.exporting.export import export
    from opinionframe.exporting.foreign import from_popfidelity
    from opinionframe.exporting.wide import from_wide, to_wide
    from opinionframe.inference.anova import anova
    from opinionframe.inference.bounds import bounds
    from opinionframe.inference.ceiling import ceiling
    from opinionframe.inference.compare import compare
    from opinionframe.inference.compare_respondents import compare_respondents
    from opinionframe.inference.denoise import denoise
    from opinionframe.inference.draw_bias import draw_bias
    from opinionframe.inference.equivalence import equivalence
    from opinionframe.inference.intervals import intervals
    from opinionframe.inference.minimum_detectable import minimum_detectable
    from opinionframe.reporting.report import report

__version__ = "0.2.0"

LATER = {
    "figures": "figures",
    "tables": "tables",
    "report": "reporting",
    "audit_split": "diagnosis",
    "calibrate_few": "diagnosis",
    "contrasts": "diagnosis",
    "diagnose": "diagnosis",
    "draw_examples": "diagnosis",
    "learning_curve": "diagnosis",
    "allocate": "estimation",
    "poststratify": "estimation",
    "prediction_regions": "estimation",
    "rectify": "estimation",
    "sample_size": "estimation",
    "explain": "exporting",
    "export": "exporting",
    "from_popfidelity": "exporting",
    "from_wide": "exporting",
    "to_wide": "exporting",
    "anova": "inference",
    "bounds": "inference",
    "ceiling": "inference",
    "compare": "inference",
    "compare_respondents": "inference",
    "denoise": "inference",
    "draw_bias": "inference",
    "equivalence": "inference",
    "intervals": "inference",
    "minimum_detectable": "inference",
}
"""What is loaded when it is first asked for, since few scripts have a use for all of it."""


def __getattr__(name: str) -> Any:
    """A room, or a verb of one."""
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module(f"{__name__}.{LATER[name]}")
    return room if name == LATER[name] else getattr(room, name)


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
