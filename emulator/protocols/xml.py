"""XML as AWS writes it: results compiled per shape into functions from values to text."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from emulator import dialect as dialects
from emulator import rows
from emulator.api import Ref, Shape
from emulator.protocols import scalars, timestamps
from emulator.protocols.refusals import Refusal

Write = Callable[[Any, timedelta], str]

# What a parser would not give back as it was: markup, line ends that XML normalises, and the
# characters that XML 1.0 cannot hold at all.
_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\x85\u2028\ud800-\udfff\ufffe\uffff]')
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\r": "&#13;",
    "\x85": "&#133;",
    "\u2028": "&#8232;",
}


_UNCLEAN = bytes(range(32)) + b'&<>"\x7f'


class Flavour(NamedTuple):
    """What differs between the XML of ec2, query and rest-xml."""

    name: str
    list_item: str
    """The name of a list's elements where the model gives none."""


EC2 = Flavour("ec2", "item")
QUERY = Flavour("query", "member")
REST = Flavour("rest-xml", "member")


def escape(value: Any) -> str:
    """Text for an element or attribute; what XML cannot hold becomes U+FFFD."""
    text = str(value)
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found.group(), "\ufffd"), text)


def escape_attribute(value: Any) -> str:
    """Text for an attribute, whose line ends and tabs XML would turn into spaces."""
    return escape(value).replace("\n", "&#10;").replace("\t", "&#9;")


def name_of(ref: Ref, member: str) -> str:
    """The element under which a structure's member stands."""
    if ref.type == "list" and ref.traits.get("flattened"):
        inner = ref.shape.member.form_name
        if inner:
            return inner
    return ref.form_name or member


def namespace(traits: dict[str, Any]) -> str:
    """The xmlns attribute that a place in the model asks for."""
    found = traits.get("xmlNamespace")
    if not found:
        return ""
    if isinstance(found, str):
        return f' xmlns="{found}"'
    prefix = f":{found['prefix']}" if found.get("prefix") else ""
    return f' xmlns{prefix}="{found["uri"]}"'


class Members(dict[str, Write]):
    """Member → the function that writes its element; each is compiled when it is first met."""

    def __init__(self, shape: Shape, flavour: Flavour) -> None:
        super().__init__()
        self._shape = shape
        self._flavour = flavour

    def __missing__(self, name: str) -> Write:
        ref = rows.member(self._shape, name)
        found = self[name] = element(ref, name_of(ref, name), self._flavour)
        return found


@cache
def content(shape: Shape, flavour: Flavour) -> Write:
    """The function that writes the elements inside a structure; None is left out."""
    members = Members(shape, flavour)

    def write(value: dict[str, Any], shift: timedelta) -> str:
        return "".join(
            [members[name](each, shift) for name, each in value.items() if each is not None]
        )

    return write


@cache
def element(ref: Ref, name: str, flavour: Flavour) -> Write:
    """The function that writes one value as an element, or as elements when it is flattened."""
    opening, closing = f"<{name}{namespace(ref.traits)}>", f"</{name}>"
    if ref.type == "structure":
        if any(each.traits.get("xmlAttribute") for each in ref.shape.members.values()):
            return _element_with_attributes(ref, name, flavour)
        inside = content(ref.shape, flavour)
        return lambda value, shift: f"{opening}{inside(value, shift)}{closing}"
    if ref.type == "list":
        return _list(ref, name, flavour)
    if ref.type == "map":
        return _map(ref, name, flavour)
    if ref.type in ("string", "character"):
        return lambda value, shift: f"{opening}{escape(value)}{closing}"
    leaf = scalars.writer(ref)
    return lambda value, shift: f"{opening}{leaf(value, shift)}{closing}"


def _element_with_attributes(ref: Ref, name: str, flavour: Flavour) -> Write:
    """A structure some of whose members are attributes, as S3's Grantee has xsi:type."""
    attributes = {
        member: each.location_name or member
        for member, each in ref.shape.members.items()
        if each.traits.get("xmlAttribute")
    }
    inside = content(ref.shape, flavour)
    opening = f"<{name}{namespace(ref.traits)}"

    def write(value: dict[str, Any], shift: timedelta) -> str:
        shown = "".join(
            f' {wire_name}="{escape_attribute(value[member])}"'
            for member, wire_name in attributes.items()
            if value.get(member) is not None
        )
        rest = {key: each for key, each in value.items() if key not in attributes}
        return f"{opening}{shown}>{inside(rest, shift)}</{name}>"

    return write


def item_name(ref: Ref, name: str, flavour: Flavour) -> str:
    """The name of a list's elements; those of a flattened list bear the list's own."""
    if ref.traits.get("flattened"):
        return name
    return ref.shape.member.form_name or flavour.list_item


def _list(ref: Ref, name: str, flavour: Flavour) -> Write:
    write_item: Write | None = None
    wrapped = not ref.traits.get("flattened")
    opening, closing, empty = f"<{name}{namespace(ref.traits)}>", f"</{name}>", f"<{name}/>"
    dialect = Dialect(flavour)

    def write(value: Any, shift: timedelta) -> str:
        nonlocal write_item
        if isinstance(value, rows.Rows):
            inside = value.text(dialect, ref, name, shift)
        else:
            if write_item is None:
                inner = ref.shape.member
                write_item = element(inner, item_name(ref, name, flavour), flavour)
            inside = "".join([write_item(each, shift) for each in value])
        if not wrapped:
            return inside
        return f"{opening}{inside}{closing}" if inside else empty

    return write


def _map(ref: Ref, name: str, flavour: Flavour) -> Write:
    key = element(ref.shape.key, ref.shape.key.form_name or "key", flavour)
    value_ref = ref.shape.value
    value_name = value_ref.form_name or "value"
    flattened = ref.traits.get("flattened")
    entry = name if flattened else "entry"
    opening, closing = f"<{name}{namespace(ref.traits)}>", f"</{name}>"

    def write(value: dict[Any, Any], shift: timedelta) -> str:
        each = element(value_ref, value_name, flavour)
        inside = "".join(
            f"<{entry}>{key(k, shift)}{each(v, shift)}</{entry}>" for k, v in value.items()
        )
        return inside if flattened else f"{opening}{inside}{closing}"

    return write


class Escaped(dict[str, str]):
    """Escaped texts by their originals: a look-up costs a third of a search."""

    _MOST = 16_384
    _LONGEST = 64

    def __missing__(self, value: Any) -> str:
        text = escape(value)
        if type(value) is str and len(value) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[value] = text
        return text


_escaped = Escaped()


class Dialect(dialects.Dialect):
    """How rows become XML of one flavour."""

    separator = ""
    quote = ""

    def __init__(self, flavour: Flavour) -> None:
        self.name = flavour.name
        self._flavour = flavour

    def is_clean(self, text: str) -> bool:
        """Whether a text needs no escaping."""
        if text.isascii():
            plain = text.encode()
            return len(plain.translate(None, _UNCLEAN)) == len(plain)
        return text.isprintable() and not _SPECIAL.search(text)

    def wire_name(self, ref: Ref, member: str) -> str:
        """The name of the member's element."""
        return name_of(ref, member)

    def list_name(self, ref: Ref, member: str) -> str:
        """The name under which `Rows.text` is asked for a list."""
        return name_of(ref, member)

    def member(self, ref: Ref, name: str) -> Write:
        """The function that writes a whole member."""
        return element(ref, name, self._flavour)

    def around(self, ref: Ref, name: str) -> tuple[str, str]:
        """The tags around a member's text."""
        if any(each.traits.get("xmlAttribute") for each in ref.shape.members.values()):
            raise rows.ViewError(f"{ref.shape.name} has attributes: show it with Computed")
        return f"<{name}{namespace(ref.traits)}>", f"</{name}>"

    def around_list(self, ref: Ref, name: str) -> tuple[str, str]:
        """The tags around a list's elements."""
        return ("", "") if ref.traits.get("flattened") else self.around(ref, name)

    def around_item(self, ref: Ref, name: str) -> tuple[str, str]:
        """The tags around one element of a list."""
        return self.around(ref.shape.member, item_name(ref, name, self._flavour))

    def empty_list(self, ref: Ref, name: str) -> str:
        """A list without elements."""
        return "" if ref.traits.get("flattened") else f"<{name}/>"

    def leaf(self, ref: Ref, variable: str) -> str | None:
        """The expression for a scalar's text, in terms of `environment`."""
        kind = ref.type
        if kind in ("string", "character"):
            return f"escaped[{variable}]"
        if kind in scalars.INTEGER_RANGES:
            return f"int({variable})"
        if kind == "boolean":
            return f"TRUE if {variable} else FALSE"
        if kind == "timestamp" and ref.traits.get("timestampFormat", "iso8601") == "iso8601":
            return f"iso8601({variable}, shift)"
        return None

    environment = {  # noqa: RUF012
        "escaped": _escaped,
        "iso8601": timestamps.iso8601,
        "TRUE": "true",
        "FALSE": "false",
    }


def fields(refusal: Refusal, flavour: Flavour) -> str:
    """The members of an error beside code and message; those not modelled as plain text."""
    known = refusal.shape.members if refusal.shape else {}
    parts = []
    for name, value in refusal.fields.items():
        if value is None or name.lower() in ("message", "code", "type"):
            continue
        if name in known:
            write = element(known[name], name_of(known[name], name), flavour)
            parts.append(write(value, timedelta(0)))
        elif isinstance(value, (str, int, float)):
            parts.append(f"<{name}>{escape(value)}</{name}>")
    return "".join(parts)
