"""A study as a file: survey, models, elicitations, calibrators and output in TOML, run by one call."""

from opinionframe.reporting import Report
from opinionframe.study.asking import plan_study
from opinionframe.study.run import run_study
from opinionframe.study.settings import Study, demo_study, read_study, shipped_study

__all__ = ["Report", "Study", "demo_study", "plan_study", "read_study", "run_study", "shipped_study"]
