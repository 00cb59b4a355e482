"""Pages that show what code gives are made anew where the package has changed, though their own text has not."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any


def package_state(package: Path) -> str:
    """A digest of all files of `package`."""
    digest = hashlib.sha256()
    for file in sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(file.relative_to(package).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def kept_notebooks(build: Path, state: str, gallery: Path) -> str:
    """The folder of executed notebooks of this `state` in `build`; what other states have left there is removed.

    So is the `gallery` they have made, whose scripts would not run again otherwise.
    """
    folder = build / "notebooks" / state
    if not folder.is_dir():
        shutil.rmtree(folder.parent, ignore_errors=True)
        shutil.rmtree(gallery, ignore_errors=True)
        folder.mkdir(parents=True)
    return str(folder)


def setup(app: Any) -> dict[str, bool]:
    """Has every page read anew where the state of the package is another."""
    app.add_config_value("package_state", "", "env")
    return {"parallel_read_safe": True}
