"""Publishing on the Hugging Face Hub: a folder goes in, the address of a dataset repository comes out."""

import os
from pathlib import Path

from opinionframe.errors import FetchError, MissingPackageError


def push_folder(folder: Path, repo: str, files: list[str], *, private: bool) -> str:
    """The address of the dataset `repo`, made if it is not there, with `files` of `folder` uploaded to it.

    The login is the one that `hf auth login` stored, or HF_TOKEN; it is never an argument.

    Raises:
        FetchError: the Hub is not reachable, or refuses.
        MissingPackageError: without the extra `hub`.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingPackageError(
            "Publishing on the Hub needs huggingface_hub. Install it with: pip install 'opinionframe[hub]'."
        ) from error
    hub = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    try:
        address = hub.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        hub.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=files,
            commit_message="Publish with opinionframe",
        )
    except Exception as error:
        raise FetchError(
            f"{repo} could not be published: {error}. "
            f"The files are in {folder}; log in with `hf auth login` and try again."
        ) from error
    return str(address)
