"""Form-encoded parameters, as the query and ec2 protocols send them: dotted names, one tree."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from emulator.api import Operation, Ref, Shape
from emulator.errors import Fault
from emulator.protocols import scalars

Tree = dict[str, Any]
Read = Callable[[Any, timedelta], Any]

MAX_PARAMETERS = 20_000
MAX_DEPTH = 64
MAX_INDEX = 10_000


@dataclass(frozen=True, eq=False)
class Naming:
    """How a protocol names members and lists in a form; one object for each protocol.

    `member` gives the name under which a structure's member stands; `list_path` the names between
    a list and its indices (several are alternatives, none: no name). `readers` keeps what reads
    the input of operations.
    """

    member: Callable[[Ref, str], str]
    list_path: Callable[[Ref], tuple[str, ...]]
    readers: dict[Operation, Read | None] = field(default_factory=dict)


def decode(text: str) -> str:
    """One name or value out of a form; + is a space."""
    if "%" not in text and "+" not in text and text.isascii():
        return text
    try:
        return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("serialization", "The request contains bytes that are not UTF-8") from None


def pairs(form: str) -> list[tuple[str, str]]:
    """The names and values of a form or query string, decoded, in their order."""
    if not form:
        return []
    parts = form.split("&")
    if len(parts) > MAX_PARAMETERS:
        raise Fault("too_large", "The request has too many parameters")
    split = [part.partition("=") for part in parts]
    if "%" not in form and "+" not in form and form.isascii():
        return [(name, value) for name, _, value in split if name]
    return [(decode(name), decode(value)) for name, _, value in split if name]


def tree(parameters: list[tuple[str, str]]) -> Tree:
    """Dotted names as nested dictionaries: A.1.B=x becomes {"A": {"1": {"B": "x"}}}."""
    root: Tree = {}
    for name, value in parameters:
        if "." not in name:
            _put(root, name, value)
            continue
        *path, last = name.split(".")
        if len(path) > MAX_DEPTH:
            raise Fault("serialization", "The request's parameters are nested too deeply")
        node = root
        for step in path:
            below = node.get(step)
            if below is None or below == "":
                below = node[step] = {}
            elif isinstance(below, str):
                raise Fault(
                    "malformed", f"The parameter {step[:64]} is both a value and a structure"
                )
            node = below
        _put(node, last, value)
    return root


def _put(node: Tree, name: str, value: str) -> None:
    if isinstance(node.get(name), dict):
        if value == "":
            return
        raise Fault("malformed", f"The parameter {name[:64]} is both a value and a structure")
    node[name] = value


class Members(dict[str, tuple[str, Read] | None]):
    """Wire name → (member, reader) of one structure; each is compiled when it first arrives."""

    def __init__(self, shape: Shape, naming: Naming) -> None:
        super().__init__()
        self._naming = naming
        self._refs = {naming.member(ref, name): (name, ref) for name, ref in shape.members.items()}

    def __missing__(self, wire_name: str) -> tuple[str, Read] | None:
        if wire_name not in self._refs:
            return None
        name, ref = self._refs[wire_name]
        found = self[wire_name] = (name, reader(ref, self._naming))
        return found


@cache
def structure(shape: Shape, naming: Naming) -> Read:
    """The function that reads a structure from its part of the tree; unknown names are skipped."""
    members = Members(shape, naming)

    def read(node: Any, shift: timedelta) -> dict[str, Any]:
        if isinstance(node, str):
            if node:
                raise scalars.refuse(node, "a structure")
            return {}
        found = {}
        for wire_name, below in node.items():
            known = members[wire_name]
            if known is not None:
                found[known[0]] = known[1](below, shift)
        return found

    return read


def reader(ref: Ref, naming: Naming) -> Read:
    """The function that reads a value of this type from its part of the tree."""
    if ref.type == "structure":
        return structure(ref.shape, naming)
    if ref.type == "list":
        return _list_reader(ref, naming)
    if ref.type == "map":
        return _map_reader(ref, naming)
    read_text = scalars.reader(ref)

    def read(node: Any, shift: timedelta) -> Any:
        if isinstance(node, dict):
            raise Fault("malformed", "A parameter that is a value was given as a structure")
        return read_text(node, shift)

    return read


def _list_reader(ref: Ref, naming: Naming) -> Read:
    names = naming.list_path(ref)
    element = ref.shape.member
    read_element: Read | None = None

    def read(node: Any, shift: timedelta) -> list[Any]:
        nonlocal read_element
        if read_element is None:
            read_element = reader(element, naming)
        return [read_element(each, shift) for each in elements(node, names)]

    return read


def _map_reader(ref: Ref, naming: Naming) -> Read:
    names = () if ref.traits.get("flattened") else ("entry",)
    key_name = ref.shape.key.form_name or "key"
    value_name = ref.shape.value.form_name or "value"
    read_key = reader(ref.shape.key, naming)
    read_value = reader(ref.shape.value, naming)

    def read(node: Any, shift: timedelta) -> dict[str, Any]:
        found = {}
        for entry in elements(node, names):
            if not isinstance(entry, dict) or key_name not in entry:
                raise Fault("malformed", "A map's entry has no key")
            value = entry.get(value_name, "")
            found[read_key(entry[key_name], shift)] = read_value(value, shift)
        return found

    return read


def elements(node: Any, names: tuple[str, ...]) -> list[Any]:
    """The elements below a list's node in the order of their indices."""
    if isinstance(node, str):
        if node:
            raise scalars.refuse(node, "a list")
        return []
    for name in names:
        if name in node:
            node = node[name]
            if isinstance(node, str):
                return elements(node, ())
            break
    if len(node) == 1 and "1" in node:
        return [node["1"]]
    return [node[key] for key in sorted(node, key=_index)]


def _index(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= MAX_INDEX):
        raise Fault("malformed", f"{text[:64]!r} is not a valid index of a list")
    return int(text)


RESERVED = frozenset(
    ("Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion",
     "Timestamp", "Expires", "SecurityToken")
)  # fmt: skip


def _own(form: str) -> str:
    """What stands behind the Action and the Version with which nearly every form begins."""
    action, *following = form.split("&", 2)
    if following and action.startswith("Action=") and following[0].startswith("Version="):
        return following[1] if len(following) == 2 else ""
    return form


def parameters(operation: Operation, request: Any, naming: Naming) -> tuple[Tree, Read | None]:
    """The tree of a request's own parameters, and what reads it."""
    try:
        body = request.body.decode("ascii")
    except UnicodeDecodeError:
        body = request.body.decode("latin-1")
    found = pairs(_own(body.strip()))
    if request.query:
        found = pairs(request.query) + found
    own = [each for each in found if each[0] not in RESERVED and not each[0].startswith("X-Amz-")]
    root = tree(own) if own else {}
    try:
        return root, naming.readers[operation]
    except KeyError:
        read = structure(operation.input, naming) if operation.input else None
        naming.readers[operation] = read
        return root, read
