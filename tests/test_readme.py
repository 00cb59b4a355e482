"""What the README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.usefixtures("small_model")
def test_the_script_runs_as_printed(tmp_path):
    (script,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=1500
    )
    assert ran.returncode == 0, ran.stderr
    assert "SmolLM2-135M-Instruct" in ran.stdout
    for name in ("alignment.tex", "spread.svg", "out/manifest.json", "out/aligned.parquet"):
        assert (tmp_path / name).is_file(), name
