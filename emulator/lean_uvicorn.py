"""uvicorn without its command line: click, and what restarts processes, are never used here."""

import importlib
import sys
from types import ModuleType
from typing import Any

_MAIN = "uvicorn.main"
_NAMES = ("Server", "main", "run")


def _import() -> ModuleType:
    """The package, whose command line is imported when somebody asks for it (25 ms)."""
    if "uvicorn" in sys.modules:
        return sys.modules["uvicorn"]
    stand_in = ModuleType(_MAIN)
    for name in _NAMES:
        setattr(stand_in, name, None)
    sys.modules[_MAIN] = stand_in
    try:
        package = importlib.import_module("uvicorn")
    finally:
        del sys.modules[_MAIN]
    for name in _NAMES:
        vars(package).pop(name, None)

    def late(name: str) -> Any:
        if name in _NAMES:
            return getattr(importlib.import_module(_MAIN), name)
        raise AttributeError(f"module 'uvicorn' has no attribute {name!r}")

    vars(package)["__getattr__"] = late
    return package


_import()

from uvicorn.config import Config  # noqa: E402
from uvicorn.server import Server  # noqa: E402

__all__ = ["Config", "Server"]
