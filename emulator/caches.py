"""The folder of caches: what can be made again at any time, kept between runs."""

import hashlib
import os
from functools import cache
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


@cache
def digest(*places: str) -> str:
    """What these files and folders of the code hold, as one short word."""
    root, found = Path(__file__).parent.parent, hashlib.sha256()
    for place in places:
        path = root / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]
