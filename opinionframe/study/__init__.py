"""A study as a file: survey, models, elicitations, calibrators and output in TOML, run by one call."""

from opinionframe.reporting import Report
from opinionframe.study.asking import journal_folder, plan_study, study_prompts
from opinionframe.study.run import run_study
from opinionframe.study.settings import Study, demo_study, read_study, shipped_study

__all__ = [
    "Report",
    "Study",
    "demo_study",
    "journal_folder",
    "plan_study",
    "read_study",
    "run_study",
    "shipped_study",
    "study_prompts",
]
