"""The content of a zip: the archive goes in; a folder beside it comes out, checked, and whole or not at all."""

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from opinionframe.errors import FetchError, examples


def unpack(archive: Path) -> Path:
    """The folder of `archive`'s content, named as it without `.zip`.

    Raises: FetchError for a broken zip, or one with a path that climbs out, an absolute path or a link.
    """
    folder = archive.with_suffix("")
    if folder.is_dir():
        return folder
    temporary = Path(tempfile.mkdtemp(prefix=".unpack-", dir=archive.parent))
    try:
        with zipfile.ZipFile(archive) as content:
            _refuse_unsafe(archive, content.infolist())
            content.extractall(temporary)
        temporary.replace(folder)
    except zipfile.BadZipFile as error:
        raise FetchError(f"{archive} is no complete zip: {error}. Remove it and fetch it again.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _refuse_unsafe(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    if unsafe := [(member.filename,) for member in members if _unsafe(member)]:
        raise FetchError(
            f"{archive} has {len(unsafe)} members that would land outside its folder or are links, "
            f"e.g. {examples(unsafe)}. Nothing was unpacked. Do not trust this file."
        )


def _unsafe(member: zipfile.ZipInfo) -> bool:
    paths = PurePosixPath(member.filename), PureWindowsPath(member.filename)
    climbs = any(path.is_absolute() or path.drive or ".." in path.parts for path in paths)
    return climbs or stat.S_ISLNK(member.external_attr >> 16)
