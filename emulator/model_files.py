"""Botocore's data files: found and read without botocore, cut into small pieces of JSON.

Importing botocore costs 180 ms, and its EC2 model 30 MB; a model's pieces, without their
documentation, a twentieth of that.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import struct
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from emulator.caches import cache_folder

_DOCUMENTATION = re.compile(rb'"documentation": ?"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SECTION = re.compile(rb'\n  "(\w+)": ?')
_INDENT = re.compile(rb"\n *")
_HEAD_BYTES = 8192
_PARTS = ("operations", "shapes")
_LENGTH = struct.Struct("!I")
_KEPT_SECONDS = 30 * 86400


@cache
def index() -> dict[str, dict[str, Any]]:
    """The metadata of every service.

    Reading the heads of all files takes some tenths of a second, so that what was found is kept
    in the cache, under a name that another release of botocore does not have.
    """
    kept = None
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        kept = cache_folder() / f"services-{_release()}.json"
        found: dict[str, dict[str, Any]] = orjson.loads(kept.read_bytes())
        return found
    found = _read_index()
    if kept is not None:
        with contextlib.suppress(OSError):
            _keep(kept, orjson.dumps(found))
    return found


def _read_index() -> dict[str, dict[str, Any]]:
    found = {}
    for entry in _data().iterdir():
        home = folder(entry.name) if entry.is_dir() else None
        if home is not None:
            found[entry.name] = _metadata(text(home, _HEAD_BYTES))
    return dict(sorted(found.items()))


def _release() -> str:
    """What tells one installation of botocore from another, as one short word."""
    module = _data().parent / "__init__.py"
    state = module.stat()
    words = f"{module}|{state.st_size}|{state.st_mtime_ns}|{_data().stat().st_mtime_ns}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


@cache
def _data() -> Path:
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("botocore, whose data files describe AWS's APIs, is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def folder(name: str) -> Path | None:
    """The folder of the newest version of a service's model."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return None
    home = _data() / name
    versions = sorted(home.iterdir(), reverse=True) if home.is_dir() else []
    return next((each for each in versions if any(each.glob("service-2.json*"))), None)


def text(home: Path, limit: int = 0) -> bytes:
    """A model's text, or its first `limit` bytes."""
    plain = home / "service-2.json"
    if plain.exists():
        with plain.open("rb") as file:
            return file.read(limit or -1)
    with (home / "service-2.json.gz").open("rb") as file:
        return zlib.decompressobj(31).decompress(file.read(limit or -1), limit)


def model(home: Path) -> dict[str, Any]:
    """A model's metadata, and its operations and shapes: a piece of JSON for each name.

    Cutting EC2's takes 70 ms, so that the pieces are kept in the cache, under a name that neither
    another release of botocore nor another version of this module has.
    """
    kept = None
    with contextlib.suppress(OSError, RuntimeError, ValueError, KeyError):
        kept = cache_folder() / f"model-{home.parent.name}-{_version(home)}"
        return _read_pieces(kept.read_bytes())
    found = sections(text(home))
    if kept is not None:
        with contextlib.suppress(OSError):
            _keep(kept, _written_pieces(found))
            for old in kept.parent.glob(f"model-{home.parent.name}-{'[0-9a-f]' * 16}"):
                if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                    old.unlink()
    return found


def _version(home: Path) -> str:
    own = Path(__file__).stat()
    files = sorted((file.name, file.stat()) for file in home.glob("service-2.json*"))
    words = f"{_release()}|{own.st_size}|{own.st_mtime_ns}|" + "|".join(
        f"{name}|{state.st_size}|{state.st_mtime_ns}" for name, state in files
    )
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _written_pieces(found: dict[str, Any]) -> bytes:
    """A model as one file: checksum and length of the table, table, pieces."""
    names = {part: {name: len(piece) for name, piece in found[part].items()} for part in _PARTS}
    table = orjson.dumps({"metadata": found["metadata"], **names})
    pieces = (piece for part in _PARTS for piece in found[part].values())
    body = b"".join((_LENGTH.pack(len(table)), table, *pieces))
    return _LENGTH.pack(zlib.crc32(body)) + body


def _read_pieces(content: bytes) -> dict[str, Any]:
    """The model that was written so; ValueError when it is not whole."""
    if len(content) < 2 * _LENGTH.size:
        raise ValueError("too short")
    check, size = _LENGTH.unpack_from(content)[0], _LENGTH.unpack_from(content, _LENGTH.size)[0]
    if zlib.crc32(memoryview(content)[_LENGTH.size :]) != check:
        raise ValueError("not what was written")
    end = 2 * _LENGTH.size + size
    table = orjson.loads(content[2 * _LENGTH.size : end])
    found: dict[str, Any] = {"metadata": table["metadata"]}
    for part in _PARTS:
        pieces = found[part] = {}
        for name, length in table[part].items():
            pieces[name] = content[end : end + length]
            end += length
    return found


def _keep(place: Path, content: bytes) -> None:
    """Write a file of the cache, which appears whole or not at all."""
    fresh = place.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(place)


def _metadata(head: bytes) -> dict[str, Any]:
    """The metadata section, which stands at a model's beginning."""
    start = head.index(b'"metadata":') + len(b'"metadata":')
    metadata: dict[str, Any] = orjson.loads(head[start : _closing_brace(head, start)])
    return metadata


def _closing_brace(text: bytes, start: int) -> int:
    """The end of the JSON object that begins at `start`; its strings hold no braces."""
    depth = 0
    for brace in re.compile(rb"[{}]").finditer(text, start):
        depth += 1 if brace.group() == b"{" else -1
        if depth == 0:
            return brace.end()
    raise ValueError("the model's head is longer than expected")


def sections(raw: bytes) -> dict[str, Any]:
    """metadata (parsed), operations and shapes (a piece of JSON for each name)."""
    lean = _DOCUMENTATION.sub(b'"documentation":""', raw)
    marks = list(_SECTION.finditer(lean))
    if not {b"metadata", b"operations", b"shapes"} <= {mark.group(1) for mark in marks}:
        return sections_of_other_layout(raw)
    found: dict[str, Any] = {"operations": {}, "shapes": {}}
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        section = mark.group(1).decode()
        text = lean[mark.end() : after.start() if after else lean.rindex(b"}")]
        text = text.rstrip(b", \n")
        if section == "metadata":
            found[section] = orjson.loads(text)
        elif section in found:
            found[section] = dict(_pieces(text))
    return found


def _pieces(section: bytes) -> Iterator[tuple[str, bytes]]:
    """An indented JSON object's names, each with its value's text.

    The files are indented by two, strings hold no line breaks: so each name of a section, and
    nothing else, stands behind exactly four spaces.
    """
    for piece in section[:-1].split(b'\n    "')[1:]:
        name, _, value = piece.partition(b'":')
        yield name.decode(), _INDENT.sub(b"", value.rstrip(b", \n"))


def sections_of_other_layout(raw: bytes) -> dict[str, Any]:
    """The same of a file that is not indented as botocore's are."""
    model = orjson.loads(raw)
    found: dict[str, Any] = {"metadata": model["metadata"]}
    for section in ("operations", "shapes"):
        entries = model.get(section, {}).items()
        found[section] = {name: orjson.dumps(_lean(value)) for name, value in entries}
    return found


def _lean(value: Any) -> Any:
    """A model without its documentation."""
    if isinstance(value, dict):
        return {
            key: _lean(each)
            for key, each in value.items()
            if not (key == "documentation" and isinstance(each, str))
        }
    return [_lean(each) for each in value] if isinstance(value, list) else value


def merge(model: dict[str, Any], extras: dict[str, Any]) -> None:
    """Lays what botocore adds to a model over it, level by level."""
    for key, value in extras.items():
        if isinstance(value, dict) and isinstance(model.get(key), dict):
            merge(model[key], value)
        else:
            model[key] = value
