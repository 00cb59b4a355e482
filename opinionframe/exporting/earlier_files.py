"""What a folder holds already: the manifest of an earlier export goes in; the files of it that stay come out."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opinionframe.errors import OptionError
from opinionframe.exporting.frame_files import CREATED, described

EARLIER = "earlier"
"""The fact of the manifest that holds those of earlier exports whose files are still there."""

FILES = "files"
CARD = "README.md"
KINDS = ("keep", "remove")


@dataclass(frozen=True)
class Earlier:
    """What earlier exports left: `files` that stay, as entries of the manifest, with the `facts` of their exports.

    `superseded` are files of theirs that nobody changed, and that stay no longer; `survey` and `licence` are those of
    the card, None where there is none.
    """

    files: list[dict[str, Any]]
    facts: list[dict[str, Any]]
    superseded: list[Path]
    survey: dict[str, Any] | None
    licence: str | None

    @property
    def frames(self) -> list[str]:
        """The names of the frames that stay."""
        return list(frames_in(self.files))

    @property
    def facts_by_name(self) -> dict[str, Any]:
        """What the manifest says of earlier exports; nothing where no file of theirs stays."""
        return {EARLIER: self.facts} if self.facts else {}


def frames_in(files: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The `rows` and `columns` of each frame in `files` of a manifest: one in a file, all in a workbook.

    >>> csv = {"file": "a.csv", "frame": "a", "rows": 1, "columns": {"choice": "UInt8", "label": "String"}}
    >>> frames_in([{"file": "a.parquet", "frame": "a", "rows": 1, "columns": {"choice": "UInt8"}}, csv])
    {'a': {'rows': 1, 'columns': {'choice': 'UInt8', 'label': 'String'}}}
    """
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        frames = {file["frame"]: file} if "frame" in file else file.get("frames", {})
        for name, frame in frames.items():
            known = found.get(name, {}).get("columns", {})
            found[name] = {"rows": frame["rows"], "columns": known | frame["columns"]}
    return found


def earlier_files(folder: Path, now_exported: Collection[str], rewritten: str | None, *, keep: bool) -> Earlier:
    """What the earlier exports into `folder` leave beside the frames `now_exported`.

    `rewritten` is the workbook that this export writes, if any.

    A frame of the same name is superseded, in every format; others stay with `keep`. A file that is gone is forgotten,
    and one that was changed since has the checksum that it has now.

    Raises: OptionError for a manifest that this package did not write, or a workbook that would lose a frame.
    """
    manifest = _manifest(folder / "manifest.json")
    staying, superseded = [], []
    for entry in manifest.get(FILES, ()):
        path = folder / Path(entry["file"]).name
        names = set(frames_in([entry]))
        if not names or not path.is_file():
            continue
        if not keep or names <= set(now_exported):
            if described(path)["sha256"] == entry.get("sha256"):
                superseded.append(path)
        elif names & set(now_exported) or path.name == rewritten:
            lacking = sorted(names - set(now_exported))
            raise OptionError(
                f"{path} would lose {', '.join(lacking)}. Export all its frames anew, or into another folder, or give "
                "earlier='remove'."
            )
        else:
            staying.append({CREATED: manifest.get(CREATED), **entry, **described(path)})
    last = {key: value for key, value in manifest.items() if key not in (FILES, EARLIER)}
    written = {entry[CREATED] for entry in staying}
    facts = [each for each in (*manifest.get(EARLIER, ()), last) if each.get(CREATED) in written]
    has_card = staying and any(entry["file"] == CARD for entry in manifest[FILES])
    about: dict[str, Any] = next((each for each in reversed(facts) if "survey" in each), {}) if has_card else {}
    return Earlier(staying, facts, superseded, about.get("survey"), about.get("licence"))


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest at `path`, empty where there is none. Raises: OptionError for one of another program."""
    if not path.exists():
        return {}
    try:
        manifest = json.loads(path.read_bytes())
        names = [entry["file"] for entry in manifest[FILES]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OptionError(
            f"{path} is no manifest of an export, and would be overwritten. Export into another folder, or move it."
        ) from error
    if not all(isinstance(name, str) for name in names):
        raise OptionError(f"{path} names files that are no text. Export into another folder, or move it.")
    return dict(manifest)
