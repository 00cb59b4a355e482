"""The reports kept in the repository are what their scripts make today."""

import subprocess
import sys
from pathlib import Path

MAKE = Path(__file__).parents[2] / "reports" / "make.py"


def test_reports_are_what_their_scripts_make() -> None:
    command = [sys.executable, str(MAKE), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
