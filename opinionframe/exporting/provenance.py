"""The facts of a manifest: versions of packages, revision, time, and what the study gives, without secrets."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import polars as pl

from opinionframe.divergence import definition
from opinionframe.errors import OptionError
from opinionframe.schemas.secret_shapes import secret_place

PACKAGES = (
    "opinionframe", "polars", "pyarrow", "numpy", "scipy", "scikit-learn", "statsmodels", "dataframely",
    "great-tables", "altair", "vl-convert-python", "torch", "transformers", "openai",
)  # fmt: skip
"""The packages whose versions can change a number."""

FORMAT = 1
"""Version of the manifest's own layout."""

RESERVED = (
    "format", "created", "packages", "git", "files", "frame", "paper", "prompts", "metrics", "licence", "earlier",
)  # fmt: skip
"""Keys of the manifest that the export fills in."""

PAPER = (
    "Kambhatla, G., Gautam, S., Zhang, A., Liu, A., Srinivasan, R., Li, J. J., & Lease, M. "
    "Improving the Distributional Alignment of LLMs using Supervision."
)
"""What the metric and the method are to be cited by."""


def provenance(manifest: Mapping[str, Any] | None, now: datetime | None) -> dict[str, Any]:
    """The manifest's facts: those of this installation, then those the study gives.

    Raises: OptionError for a secret, a reserved key, or something that is no JSON value.
    """
    time = (now or datetime.now(UTC)).astimezone(UTC)
    facts: dict[str, Any] = {
        "format": FORMAT,
        "created": time.isoformat(timespec="seconds"),
        "packages": _versions(),
        "paper": PAPER,
    }
    revision = _git_revision()
    return facts | ({"git": revision} if revision else {}) | public(dict(manifest or {}))


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _git_revision() -> dict[str, Any] | None:
    """Revision of the study's folder and whether it has uncommitted changes; None outside a repository."""
    try:
        revision = _git("rev-parse", "HEAD")
        return {"revision": revision, "changed": bool(_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", *arguments]  # the user's own git, found on the path like any other tool of a study
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603


def public(manifest: dict[str, Any]) -> dict[str, Any]:
    """`manifest` as plain JSON values. Raises: OptionError for a secret, a reserved key or no JSON value."""
    if reserved := sorted(manifest.keys() & set(RESERVED)):
        raise OptionError(f"manifest may not set {', '.join(reserved)}: export fills it in.")
    try:
        plain = json.loads(json.dumps(manifest, allow_nan=False, default=str))
    except (TypeError, ValueError) as error:
        raise OptionError(
            f"manifest cannot be written as JSON: {error}. Use text, numbers, lists and mappings."
        ) from error
    if secret := secret_place(plain):
        raise OptionError(f"manifest[{secret!r}] looks like a key or token, which must not be published. Remove it.")
    return dict(plain)


def metrics(frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """For each metric that a frame of scores names, what alignment is under it."""
    named = {
        metric
        for frame in frames.values()
        if frame.schema.get("metric") == pl.String
        for metric in frame["metric"].drop_nulls().unique()
    }
    return {"metrics": {metric: definition(metric) for metric in sorted(named)}} if named else {}


def prompt_hashes(frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """For each frame of prompts, how many there are and a checksum of their texts, in any order of rows."""
    hashes = {}
    for name, frame in frames.items():
        if {"prompt_id", "text"} <= set(frame.columns):
            rows = frame.select("prompt_id", "text").sort("prompt_id", "text").write_csv()
            hashes[name] = {"rows": frame.height, "sha256": hashlib.sha256(rows.encode()).hexdigest()}
    return {"prompts": hashes} if hashes else {}
