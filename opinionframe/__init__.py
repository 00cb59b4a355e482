"""opinionframe: how well do language models answer for groups of people?

Everything is a long frame with a schema (`opinionframe.schemas`), and every step a verb from frame to frame.
"""

from opinionframe import figures, schemas, tables
from opinionframe.alignment import align, summarize
from opinionframe.calibration import (
    Calibration,
    apply,
    baselines,
    calibrate,
    fit,
    read_calibration,
    stack,
    stack_weights,
)
from opinionframe.diagnosis import audit_split, diagnose, learning_curve
from opinionframe.elicitation import (
    CoverageWarning,
    FakeModel,
    Journal,
    LlamaServer,
    LocalModel,
    OpenAIModel,
    Wording,
    ask,
    coverage,
    dry_run,
    elicit,
    parse,
    prompts,
    read_response,
    read_wording,
    score,
)
from opinionframe.errors import OpinionFrameError, OpinionFrameWarning
from opinionframe.exporting import explain, export, from_popfidelity, from_wide
from opinionframe.inference import (
    bounds,
    ceiling,
    compare,
    compare_respondents,
    compare_triples,
    detectable,
    draw_bias,
    equivalent,
    intervals,
    noise_corrected,
)
from opinionframe.microdata import Design, recode, reference, respondents
from opinionframe.paper import audit_published, audit_published_rows, published
from opinionframe.paper.models import paper_models
from opinionframe.surveys import (
    Survey,
    available,
    codebook,
    fetch,
    load,
    read_labelled,
    read_opinionqa,
    read_wgm,
    read_wvs,
)

__version__ = "0.1.0"

__all__ = [
    "Calibration",
    "CoverageWarning",
    "Design",
    "FakeModel",
    "Journal",
    "LlamaServer",
    "LocalModel",
    "OpenAIModel",
    "OpinionFrameError",
    "OpinionFrameWarning",
    "Survey",
    "Wording",
    "align",
    "apply",
    "ask",
    "audit_published",
    "audit_published_rows",
    "audit_split",
    "available",
    "baselines",
    "bounds",
    "calibrate",
    "ceiling",
    "codebook",
    "compare",
    "compare_respondents",
    "compare_triples",
    "coverage",
    "detectable",
    "diagnose",
    "draw_bias",
    "dry_run",
    "elicit",
    "equivalent",
    "explain",
    "export",
    "fetch",
    "figures",
    "fit",
    "from_popfidelity",
    "from_wide",
    "intervals",
    "learning_curve",
    "load",
    "noise_corrected",
    "paper_models",
    "parse",
    "prompts",
    "published",
    "read_calibration",
    "read_labelled",
    "read_opinionqa",
    "read_response",
    "read_wgm",
    "read_wording",
    "read_wvs",
    "recode",
    "reference",
    "respondents",
    "schemas",
    "score",
    "stack",
    "stack_weights",
    "summarize",
    "tables",
]
