"""What is published holds the package and nothing else, and works where nothing else is installed."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BESIDE = {"CHANGELOG.md", "CITATION.cff", "LICENSE", "README.md", "PKG-INFO", "pyproject.toml", ".gitignore"}
SCRIPT = """
import opinionframe as of
survey = of.load("gss2018")
aligned = of.align(of.baselines(survey.opinions, survey.codebook), survey.codebook)
of.tables.alignment(aligned).save("scores.tex")
of.figures.ranked(aligned).save("ranked.svg")
print(of.__file__, *of.summarize(aligned).sort("source")["alignment"].round(4), sep="\\n")
"""

ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Where the source tree is on no path."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the source distribution, and the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--outdir", folder, ROOT])
    return folder


def run(command, cwd=None):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, cwd=cwd, env=ALONE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def package():
    """The files of the package that are under version control."""
    listed = run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "opinionframe"])
    return {name for name in listed.splitlines() if (ROOT / name).exists()}


def test_the_wheel_is_the_package_and_nothing_else(built):
    [wheel] = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    about = {name for name in names if ".dist-info/" in name}
    assert names - about == package()
    assert {name.split("/")[-1] for name in about} == {"METADATA", "WHEEL", "RECORD", "LICENSE", "entry_points.txt"}
    assert wheel.stat().st_size < 3_000_000


def test_the_source_is_what_the_wheel_is_made_from(built):
    [source] = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == package() | BESIDE


def test_it_works_where_nothing_else_is_installed(built, tmp_path):
    [wheel] = built.glob("*.whl")
    place = tmp_path / "venv"
    venv.create(place, with_pip=True)
    run([place / "bin" / "python", "-m", "pip", "install", "-q", wheel])
    where, *scores = run([place / "bin" / "python", "-c", SCRIPT], cwd=tmp_path).splitlines()
    assert where.startswith(str(place))
    assert [float(score) for score in scores] == [0.8693, 0.8693, 0.7843]
    assert "Usage" in run([place / "bin" / "opinionframe", "--help"], cwd=tmp_path)
    said = run([place / "bin" / "opinionframe", "doctor", "--format", "csv"], cwd=tmp_path)
    assert "pip install 'opinionframe[local]'" in said
    assert "failed" not in said
