"""A page becomes a picture, through a browser that is installed."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from opinionframe.errors import MissingPackageError, OpinionFrameError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
SECONDS = 60
SCALE = 2
"""Device pixels per CSS pixel: about 190 dots per inch in print."""

_MEASURE = (
    "<script>addEventListener('load', () => { const box = document.querySelector('.gt_table').getBoundingClientRect();"
    "document.title = Math.ceil(box.right) + 'x' + Math.ceil(box.bottom); });</script></body>"
)


def photograph(page: str, path: Path) -> None:
    """Writes the table on `page` as a PNG of its own size.

    Raises: MissingPackageError where no browser is found; OpinionFrameError where it fails.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise MissingPackageError(
            f"A PNG of a table needs a browser on the PATH, one of: {', '.join(BROWSERS)}. Save it as .html instead."
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        source, picture = folder / "table.html", folder / "table.png"
        source.write_text(page.replace("</body>", _MEASURE), encoding="utf-8")
        dom = _run(found, folder, ["--window-size=1600,1000", "--dump-dom", source.as_uri()])
        size = re.search(r"<title>(\d+)x(\d+)</title>", dom)
        width, height = (int(size[1]) + 8, int(size[2]) + 8) if size else (1600, 1000)
        options = [f"--window-size={width},{height}", f"--force-device-scale-factor={SCALE}", f"--screenshot={picture}"]
        _run(found, folder, [*options, source.as_uri()])
        if not picture.exists():
            raise OpinionFrameError(f"{found} wrote no picture. Save the table as .html instead.")
        shutil.move(picture, path)


def _run(browser: str, folder: Path, options: list[str]) -> str:
    # Chromium refuses its sandbox to root, which is who runs in containers.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [browser, *QUIET, *root, f"--user-data-dir={folder / 'profile'}", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)  # noqa: S603  our own arguments
    except (OSError, subprocess.SubprocessError) as error:
        raise OpinionFrameError(f"{browser} could not draw the table: {error}. Save it as .html instead.") from error
    return done.stdout
