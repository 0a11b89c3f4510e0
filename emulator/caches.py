"""The folder of caches: what can be made again at any time, kept between runs."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The per-user folder of caches, private to us; OSError where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "driftcloud"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"no caches can be kept in {folder} ({error.strerror}): name a folder of yours in the"
            " variable XDG_CACHE_HOME"
        ) from error
    return folder
