"""The content of a zip: the archive goes in; a folder beside it comes out, checked, and whole or not at all."""

import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from opinionframe.errors import FetchError, examples

MOST_TIMES, SMALL = 100, 50 * 2**20
"""Text of surveys shrinks to a twentieth; what swells to more than a hundred times its size, and to more than these
bytes, is no survey."""
MOST_BYTES, MOST_MEMBERS = 50 * 10**9, 100_000


def unpack(archive: Path) -> Path:
    """The folder of `archive`'s content, named as it without `.zip`.

    Raises: FetchError for a broken or encrypted zip, one with a path that climbs out, an absolute path or a link, one
        that would unpack to far more than it is, or to more than the disk holds.
    """
    folder = archive.with_suffix("")
    if folder.is_dir():
        return folder
    temporary = Path(tempfile.mkdtemp(prefix=".unpack-", dir=archive.parent))
    try:
        with zipfile.ZipFile(archive) as content:
            _refuse_unsafe(archive, content.infolist())
            _refuse_swelling(archive, content.infolist())
            content.extractall(temporary)
        temporary.replace(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FetchError(f"{archive} is no complete zip: {error}. Remove it and fetch it again.") from error
    except (RuntimeError, NotImplementedError) as error:
        raise FetchError(f"{archive} cannot be unpacked here: {error}. Unpack it by hand into {folder}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _refuse_unsafe(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    if unsafe := [(member.filename,) for member in members if _unsafe(member)]:
        raise FetchError(
            f"{archive} has {len(unsafe)} members that would land outside its folder or are links, "
            f"e.g. {examples(unsafe)}. Nothing was unpacked. Do not trust this file."
        )


def _refuse_swelling(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse sizes that no survey has, as they are declared: zipfile reads no member beyond its own."""
    packed, unpacked = archive.stat().st_size, sum(member.file_size for member in members)
    sizes = f"{archive} has {packed:,} bytes and {len(members):,} members of together {unpacked:,} bytes"
    swells = unpacked > SMALL and unpacked > MOST_TIMES * packed
    if swells or unpacked > MOST_BYTES or len(members) > MOST_MEMBERS:
        raise FetchError(
            f"{sizes}, more than {MOST_TIMES} times its own, {MOST_BYTES:,} bytes or {MOST_MEMBERS:,} members. "
            "Nothing was unpacked. If you trust it, unpack it by hand and give a reader the path."
        )
    if unpacked > (free := shutil.disk_usage(archive.parent).free):
        raise FetchError(f"{sizes}, and the disk has {free:,} left. Nothing was unpacked. Make room, and fetch again.")


def _unsafe(member: zipfile.ZipInfo) -> bool:
    paths = PurePosixPath(member.filename), PureWindowsPath(member.filename)
    climbs = any(path.is_absolute() or path.drive or ".." in path.parts for path in paths)
    return climbs or stat.S_ISLNK(member.external_attr >> 16)
