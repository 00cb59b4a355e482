"""`fetch`: the name of a survey or a link goes in; the path of its file comes out, or where to get it by hand."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opinionframe.errors import FetchError, OptionError
from opinionframe.surveys.entry import entry
from opinionframe.surveys.fetching.cache import cache_folder, is_offline
from opinionframe.surveys.fetching.download import download, is_whole
from opinionframe.surveys.fetching.hub import PREFIX, hub_file
from opinionframe.surveys.fetching.unpack import unpack


def fetch(
    name: str,
    *,
    url: str | None = None,
    sha256: str | None = None,
    cache: str | Path | None = None,
    offline: bool | None = None,
) -> Path:
    """The path of survey `name`'s file, or of its folder for a zip; fetched only if it is not there already.

    A download goes on where it broke off, is checked, and only then appears under its name.

    Args:
        name: A survey of `available()`, or with `url` any name of one's own.
        url: A direct link, or `hf://datasets/OWNER/NAME/PATH` on the Hugging Face Hub (`@REVISION` after NAME).
        sha256: The hash that the content of a direct link must have.
        cache: The folder for files; without one $OPINIONFRAME_CACHE, `datasets_cache/` of the working folder if
            there is one, or the user's cache.
        offline: Whether nothing is sent; if None, where $OPINIONFRAME_OFFLINE or $HF_HUB_OFFLINE is 1.

    Raises:
        FetchError: offline, not reachable, cut off, not the pinned content, an unsafe zip, or a survey
            that needs a form.
        OptionError: an unknown survey, a direct link without sha256, a name that is no folder of the cache, or a survey
            that is shipped.

    >>> fetch("gss2018")
    Traceback (most recent call last):
    opinionframe.errors.OptionError: 'gss2018' is shipped with the package: load('gss2018') needs no download.
    """
    _refuse_paths(name)
    source = _source(name, url, sha256)
    folder = cache_folder(cache) / name
    offline = is_offline() if offline is None else offline
    if source["kind"] == "hub":
        return hub_file(source["url"], folder, offline=offline)
    target = folder / source["file"]
    if source["kind"] == "form":
        return _by_hand(name, target)
    if not is_whole(target, source["sha256"]):
        if offline:
            raise _offline_error(name, source["url"], target)
        download(source["url"], target, source["sha256"])
    return unpack(target) if target.suffix.lower() == ".zip" else target


def _refuse_paths(name: str) -> None:
    """Refuse a name that would be another folder than one of the cache.

    Raises: OptionError.
    """
    is_one_folder = bool(name.strip(". ")) and not re.search(r"[/\\:\x00-\x1f]", name)
    if not is_one_folder:
        raise OptionError(f"name={name!r} must be the name of one folder of the cache, such as 'town2026'.")


def _source(name: str, url: str | None, sha256: str | None) -> Mapping[str, Any]:
    """The kind of source (`hub`, `link` or `form`), with what that kind needs: url, sha256, file."""
    if url is None:
        about = entry(name)
        if "fetch" not in about:
            raise OptionError(f"{name!r} is shipped with the package: load({name!r}) needs no download.")
        source: Mapping[str, Any] = about["fetch"]
        return source
    if url.startswith(PREFIX):
        return {"kind": "hub", "url": url}
    if not sha256:
        raise OptionError(f"A direct link needs sha256, the hash of the content that you mean: {url}.")
    if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise OptionError(f"sha256={sha256!r} is no SHA-256: 64 digits from 0 to 9 and a to f.")
    if not url.startswith(("https://", "http://")):
        raise OptionError(f"url={url!r} is no direct link. Allowed: https://…, http://…, {PREFIX}OWNER/NAME/PATH.")
    return {"kind": "link", "url": url, "sha256": sha256.lower(), "file": _file_name(url)}


def _file_name(url: str) -> str:
    name = re.split(r"[/\\:]", url.partition("?")[0].rstrip("/"))[-1]
    return name if name.strip(".") else "download"


def _by_hand(name: str, target: Path) -> Path:
    if target.exists():
        return target
    about = entry(name)
    raise FetchError(
        f"{about['title']} cannot be fetched by a program. {about['licence']} {about['redistribution']} "
        f"Get it at {about['url']} and put it at {target}, or give a reader its path wherever it is."
    )


def _offline_error(name: str, url: str, target: Path) -> FetchError:
    return FetchError(
        f"{name} is not in the cache and nothing is fetched offline. Unset $OPINIONFRAME_OFFLINE and "
        f"$HF_HUB_OFFLINE, or put the file of {url} at {target}."
    )
