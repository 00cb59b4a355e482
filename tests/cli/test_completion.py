"""Completion as a user has it: installed into a home folder, then asked by a real bash."""

import os
import shutil
import subprocess
import sys

import pytest

INSTALL = "opinionframe --install-completion bash; exit $?"
"""Bash stays to be found as the shell: for one command alone it makes room."""
ASK = """
source ~/.bashrc
COMP_WORDS=({words})
COMP_CWORD={place}
$(complete -p opinionframe | sed 's/.*-F \\([^ ]*\\).*/\\1/') opinionframe
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    command = home / "bin" / "opinionframe"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m opinionframe.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return home


def bash(home, script):
    environment = {**os.environ, "HOME": str(home), "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = ["bash", "--norc", "-c", script]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_bash_completes_commands_and_options(home):
    if not shutil.which("bash"):
        pytest.skip("no bash on this machine: that it completes commands is not tested")
    installed = bash(home, INSTALL)
    assert installed.returncode == 0, installed.stderr
    commands = bash(home, ASK.format(words="opinionframe re", place=1)).stdout.split()
    assert {"rectify", "reference", "regions", "report"} == set(commands)
    options = bash(home, ASK.format(words="opinionframe reference --we", place=2)).stdout.split()
    assert options == ["--weight"]
