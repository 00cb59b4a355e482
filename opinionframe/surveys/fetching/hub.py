"""One file of a dataset on the Hugging Face Hub: its address goes in, its path here comes out."""

import os
import re
from pathlib import Path

from opinionframe.errors import FetchError, MissingPackageError, OptionError

PREFIX = "hf://datasets/"


def hub_file(url: str, folder: Path, *, offline: bool) -> Path:
    """The file of `hf://datasets/OWNER/NAME[@REVISION]/PATH` in `folder`.

    Raises:
        FetchError: not on the Hub, not reachable, or offline and not there.
        MissingPackageError: without the extra `hub`.
        OptionError: for a url of another form.
    """
    repo, revision, path = split_url(url)
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise MissingPackageError(
            "Fetching from the Hub needs huggingface_hub. Install it with: pip install 'opinionframe[hub]'."
        ) from error
    try:
        path_on_disk = hf_hub_download(
            repo,
            path,
            repo_type="dataset",
            revision=revision,
            local_dir=folder,
            local_files_only=offline,
            endpoint=os.environ.get("HF_ENDPOINT"),
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        hint = "Nothing is fetched offline. " if offline else ""
        raise FetchError(f"{url} could not be fetched: {error}. {hint}Or put it at {folder / path}.") from error
    return Path(str(path_on_disk))


def split_url(url: str) -> tuple[str, str | None, str]:
    """The dataset, its revision (or none) and the path within it.

    >>> split_url("hf://datasets/Anthropic/llm_global_opinions@main/data/global_opinions.csv")
    ('Anthropic/llm_global_opinions', 'main', 'data/global_opinions.csv')
    """
    parts = url.removeprefix(PREFIX).split("/", 2)
    if len(parts) < 3 or not all(parts):
        raise OptionError(f"url={url!r} is no file of a dataset. Write {PREFIX}OWNER/NAME/PATH.")
    if {".", ".."} & set(re.split(r"[/\\]", "/".join(parts))):
        raise OptionError(f"url={url!r} leaves the dataset. Write {PREFIX}OWNER/NAME/PATH without '..'.")
    name, _, revision = parts[1].partition("@")
    return f"{parts[0]}/{name}", revision or None, parts[2]
