"""Where fetched files are kept, and whether anything may be fetched at all."""

import os
from pathlib import Path

FOLDER = "datasets_cache"


def cache_folder(cache: str | Path | None = None) -> Path:
    """The folder of fetched files: `cache`, $OPINIONFRAME_CACHE, `datasets_cache/` here, or the user's cache.

    >>> cache_folder("downloads").as_posix()
    'downloads'
    """
    if named := cache or os.environ.get("OPINIONFRAME_CACHE"):
        return Path(named)
    here = Path.cwd() / FOLDER
    if here.is_dir():
        return here
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opinionframe"


def is_offline() -> bool:
    """Whether $OPINIONFRAME_OFFLINE or $HF_HUB_OFFLINE forbids the network."""
    return any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in _SWITCHES)


_SWITCHES = ("OPINIONFRAME_OFFLINE", "HF_HUB_OFFLINE")
