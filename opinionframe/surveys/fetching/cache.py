"""The folder of fetched files, and whether the network may be used."""

import os
from pathlib import Path

FOLDER = "datasets_cache"
_SWITCHES = ("OPINIONFRAME_OFFLINE", "HF_HUB_OFFLINE")


def cache_folder(cache: str | Path | None = None) -> Path:
    """The folder of fetched files: `cache`, $OPINIONFRAME_CACHE, `datasets_cache/` here, or the user's cache.

    >>> cache_folder("downloads").as_posix()
    'downloads'
    """
    if chosen := cache or os.environ.get("OPINIONFRAME_CACHE"):
        return Path(chosen)
    local = Path.cwd() / FOLDER
    if local.is_dir():
        return local
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opinionframe"


def is_offline() -> bool:
    """Whether $OPINIONFRAME_OFFLINE or $HF_HUB_OFFLINE forbids the network."""
    return any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in _SWITCHES)
