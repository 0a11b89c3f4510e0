"""XML bodies that clients send: expat without DTDs and entities, read per shape."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any
from xml.parsers import expat  # DTDs are refused below  # nosec B405

from emulator.api import Ref, Shape
from emulator.errors import Fault
from emulator.protocols import scalars

MAX_DEPTH = 64
Read = Callable[[list["Node"], timedelta], Any]


class Node:
    """One element, its names without namespaces."""

    __slots__ = ("attributes", "children", "tag", "texts")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: dict[str, list[Node]] = {}
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        """The element's own text."""
        return "".join(self.texts)


def malformed(message: str = "The XML you provided was not well-formed") -> Fault:
    """The fault of XML that is none, or not what was wanted."""
    return Fault("malformed", message)


def load(body: bytes) -> Node:
    """The root of an XML body; Fault malformed."""
    top = Node("", {})
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise malformed("The XML is nested too deeply")
        node = Node(tag.rpartition(":")[2], attributes)
        stack[-1].children.setdefault(node.tag, []).append(node)
        stack.append(node)

    def end(_tag: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].texts.append(data)

    def refuse(*_details: Any) -> None:
        raise malformed("The XML has a document type declaration, which is not allowed")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise malformed() from None
    return next(iter(top.children.values()))[0]


@cache
def structure(shape: Shape) -> Callable[[Node, timedelta], dict[str, Any]]:
    """The function that reads a structure's element; unknown elements are skipped."""
    readers: dict[str, tuple[str, Read]] = {}

    def prepare() -> None:
        for name, ref in shape.members.items():
            if ref.traits.get("location") or ref.traits.get("xmlAttribute"):
                continue
            inner = ref.shape.member.location_name if _is_flat_list(ref) else None
            found = (name, reader(ref))
            readers[ref.location_name or inner or name] = found
            if inner:
                readers.setdefault(inner, found)

    attributes = {
        (ref.location_name or name).rpartition(":")[2]: name
        for name, ref in shape.members.items()
        if ref.traits.get("xmlAttribute")
    }

    def read(node: Node, shift: timedelta) -> dict[str, Any]:
        if not readers:
            prepare()
        found: dict[str, Any] = {}
        for key, value in node.attributes.items() if attributes else ():
            member = attributes.get(key.rpartition(":")[2])
            if member is not None:
                found[member] = value
        for tag, nodes in node.children.items():
            known = readers.get(tag)
            if known is not None:
                found[known[0]] = known[1](nodes, shift)
        return found

    return read


def _is_flat_list(ref: Ref) -> bool:
    return ref.type == "list" and bool(ref.traits.get("flattened"))


def reader(ref: Ref) -> Read:
    """The function that reads the elements of one name."""
    if ref.type == "structure":
        read_structure = structure(ref.shape)
        return lambda nodes, shift: read_structure(nodes[-1], shift)
    if ref.type == "list":
        return _list_reader(ref)
    if ref.type == "map":
        return _map_reader(ref)
    read = scalars.reader(ref)

    def read_scalar(nodes: list[Node], shift: timedelta) -> Any:
        if nodes[-1].children:
            raise malformed(f"{nodes[-1].tag[:64]} holds elements where text belongs")
        return read(nodes[-1].text, shift)

    return read_scalar


def _list_reader(ref: Ref) -> Read:
    flat = ref.traits.get("flattened")
    item = ref.shape.member.location_name or "member"
    read_item: Read | None = None

    def read(nodes: list[Node], shift: timedelta) -> list[Any]:
        nonlocal read_item
        if read_item is None:
            read_item = reader(ref.shape.member)
        found = nodes if flat else nodes[-1].children.get(item, [])
        return [read_item([each], shift) for each in found]

    return read


def _map_reader(ref: Ref) -> Read:
    flat = ref.traits.get("flattened")
    key_name = ref.shape.key.location_name or "key"
    value_name = ref.shape.value.location_name or "value"
    read_key = reader(ref.shape.key)

    def read(nodes: list[Node], shift: timedelta) -> dict[str, Any]:
        read_value = reader(ref.shape.value)
        found = {}
        for entry in nodes if flat else nodes[-1].children.get("entry", []):
            keys, values = entry.children.get(key_name), entry.children.get(value_name)
            if not keys or not values:
                raise malformed("A map's entry has no key or no value")
            found[read_key(keys, shift)] = read_value(values, shift)
        return found

    return read
