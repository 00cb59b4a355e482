"""Pictures of tables: an HTML page goes in; a PNG of the table's size, drawn by an installed browser, comes out."""

import os
import re
import shutil
import struct
import subprocess
import tempfile
import zlib
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
SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""Samples per pixel, by the color type of a PNG."""

SECONDS = 60
SCALE = 2
"""Device pixels per CSS pixel: about 190 dots per inch in print."""

EDGE = 16
"""White pixels around the table."""

_MEASURE = (
    "<style>.gt_table { margin: 0 !important; } body { margin: 8px; }</style>"
    "<script>addEventListener('load', () => { const box = document.querySelector('.gt_table').getBoundingClientRect();"
    "document.title = [box.right, box.bottom, HEIGHT - innerHeight].map(Math.ceil).join('x'); });</script></body>"
)
_WINDOW = (1600, 1000)


def photograph(page: str, path: Path) -> None:
    """Writes the table on `page` as a PNG of its own size.

    Raises: MissingPackageError where no browser is found; OpinionFrameError where it fails.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise MissingPackageError(
            f"A PNG of a table needs a browser on the PATH, one of: {', '.join(BROWSERS)}. Save it as .html instead."
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        source, picture = folder / "table.html", folder / "table.png"
        measure = _MEASURE.replace("HEIGHT", str(_WINDOW[1]))
        source.write_text(page.replace("</body>", measure), encoding="utf-8")
        dom = _run(browser, folder, [f"--window-size={_WINDOW[0]},{_WINDOW[1]}", "--dump-dom", source.as_uri()])
        size = re.search(r"<title>(\d+)x(\d+)x(\d+)</title>", dom)
        if size is None:
            raise OpinionFrameError(f"{browser} could not measure the table. Save it as .html instead.")
        width, height, bars = int(size[1]) + EDGE, int(size[2]) + EDGE, int(size[3])
        window = f"--window-size={width},{height + bars}"
        _run(
            browser,
            folder,
            [window, f"--force-device-scale-factor={SCALE}", f"--screenshot={picture}", source.as_uri()],
        )
        if not picture.exists():
            raise OpinionFrameError(f"{browser} wrote no picture. Save the table as .html instead.")
        path.write_bytes(cropped(picture.read_bytes(), height * SCALE))


def cropped(png: bytes, height: int) -> bytes:
    """The first `height` rows of a PNG: below them the browser leaves room for bars it does not draw."""
    header, data, position = b"", b"", len(SIGNATURE)
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        body = png[position + 8 : position + 8 + length]
        header, data = (body, data) if kind == b"IHDR" else (header, data + body if kind == b"IDAT" else data)
        position += length + 12
    width, rows, depth, color = struct.unpack_from(">IIBB", header)
    row = 1 + width * CHANNELS[color] * depth // 8
    n_rows = min(height, rows)
    pixels = zlib.compress(zlib.decompress(data)[: row * n_rows], 9)
    chunks = ((b"IHDR", struct.pack(">II", width, n_rows) + header[8:]), (b"IDAT", pixels), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _run(browser: str, folder: Path, options: list[str]) -> str:
    """What the browser prints. Raises: OpinionFrameError where it fails."""
    # Chromium refuses its sandbox to root, which is who runs in containers.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [browser, *QUIET, *root, f"--user-data-dir={folder / 'profile'}", *options]
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)  # noqa: S603  our own arguments
    except (OSError, subprocess.SubprocessError) as error:
        raise OpinionFrameError(f"{browser} could not draw the table: {error}. Save it as .html instead.") from error
    return process.stdout
