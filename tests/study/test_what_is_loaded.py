"""A study loads what it uses: packages that take a second to import stay away where nothing asks for them."""

import subprocess
import sys

STUDY = """
[survey]
name = "gss2018"
demographics = ["all", "sex"]

[[model]]
kind = "fake"

[calibrate]
method = ["ridge", "default"]

[compare]
pair = ["raw-calibrated"]
adjust = "bonferroni"
"""
UNUSED = (
    "altair", "sklearn", "statsmodels", "pandas", "scipy.stats", "scipy.optimize", "torch", "transformers", "openai",
)  # fmt: skip


def test_a_study_by_the_default_loads_no_package_that_it_does_not_use(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from opinionframe.study import read_study, run_study; "
        "run_study(read_study(Path('study.toml'))); "
        f"print([name for name in {UNUSED!r} if name in sys.modules])"
    )
    run = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "report" / "index.html").exists()
