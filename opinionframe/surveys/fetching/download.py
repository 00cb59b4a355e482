"""One file by a direct link: the address and the hash go in; the whole file under its name comes out, or none."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from opinionframe.errors import FetchError

ATTEMPTS = 3
CHUNK = 1 << 20  # bytes
TIMEOUT = 60  # seconds
PARTIAL = ".partial"
# Some publishers answer 403 to a client that names no browser; the package names itself beside it.
AGENT = "Mozilla/5.0 (compatible; opinionframe)"


class _Response(Protocol):
    status: int

    def read(self, size: int) -> bytes: ...


def download(url: str, target: Path, sha256: str) -> None:
    """Fetch `url` to `target`, which appears whole and with the hash `sha256`, or not at all.

    What came of a broken download waits in `.partial` beside it, and the next call goes on from there.

    Raises: FetchError.
    """
    part = target.parent / PARTIAL / sha256
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        _fill(url, part, target)
        _keep(url, part, target, sha256)
    finally:
        if not _size(part):
            part.unlink(missing_ok=True)
        with suppress(OSError):  # another download may still be there
            part.parent.rmdir()


def _keep(url: str, part: Path, target: Path, sha256: str) -> None:
    """Move the whole `part` to its name, or remove what is not the pinned content."""
    part_hash = file_hash(part)
    if part_hash == sha256:
        part.replace(target)
        return
    part.unlink()
    raise FetchError(
        f"{url} gave {part_hash} (sha256), not the pinned {sha256}. The publisher may have replaced the file: nothing "
        f"was kept. Look at the source, and if you trust the new file, save it yourself and give its path to a reader."
    )


def is_whole(path: Path, sha256: str) -> bool:
    """Whether `path` is a file with that hash."""
    return path.is_file() and file_hash(path) == sha256


def file_hash(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fill(url: str, part: Path, target: Path) -> None:
    """Download into `part` until the server has no more, picking up after each break."""
    for _ in range(ATTEMPTS):
        if not (error := _attempt(url, part)):
            return
    raise FetchError(
        f"{url} could not be fetched: {error}. {_size(part):,} bytes are kept; call fetch again to go on from there, "
        f"or put the file at {target} by hand."
    )


def _attempt(url: str, part: Path) -> str:
    """One request for what is missing; the reason if it broke off, else nothing."""
    import http.client
    import urllib.error
    import urllib.request

    size = _size(part)
    headers = {"User-Agent": AGENT} | ({"Range": f"bytes={size}-"} if size else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  fetch() admits http and https alone
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response, part.open("ab") as file:  # noqa: S310  as above
            return _copy(response, file, expected=response.length)
    except urllib.error.HTTPError as error:
        # Nothing lies beyond what is here: complete, or another file; the hash decides.
        return "" if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE else f"HTTP {error.code} {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def _copy(response: _Response, file: BinaryIO, expected: int | None) -> str:
    """Append the body to `file`; the reason if it broke off, else nothing."""
    if response.status != 206:  # the server sends all of it again
        file.truncate(0)
    received = 0
    while chunk := response.read(CHUNK):
        file.write(chunk)
        received += len(chunk)
    file.flush()
    os.fsync(file.fileno())
    return "" if expected is None or received == expected else f"cut off after {received:,} of {expected:,} bytes"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
