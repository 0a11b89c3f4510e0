"""Values generated for botocore's shapes from a seed, and the requests botocore makes of them."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.serialize import create_serializer

TEXTS = (
    "plain", "a b", "a+b&c=d", "50%", "é ü ñ", "日本", "😀", "<tag/>", "\"quoted\" 'too'", "x,y",
    "arn:aws:ec2:us-east-1:123456789012:instance/i-1", "tab\there", "line\nbreak", "cr\rlf\r\n",
    " spaces around ", "{}[]", "\\back\\slash", "]]>", "&amp;", "#;:@$!*()~'", "true", "12", "\x85",
)  # fmt: skip
# Words that are heard in any case of letters, and told in capitals.
CAPITALS = {"ChecksumAlgorithm", "ChecksumMode"}
HEADER_TEXTS = ("plain", "a b", "50%", "x;y=1", "arn:aws:iam::1:role/x", "true", "12", "a,b", '"q"')
LABEL_TEXTS = ("plain", "a b", "50%", "é", "a+b", "x:y", "arn:aws:a:b:c:d/e", "日本", "~.-_")


@dataclass
class Request:
    """A request as the gateway would hand it to a parser."""

    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Generator:
    """Values for shapes, all from one seed."""

    def __init__(self, seed: int, *, milliseconds: bool, empties: bool = True) -> None:
        self.random = random.Random(seed)
        self._milliseconds = milliseconds
        self._empties = empties

    def structure(self, shape: Any, depth: int = 0) -> dict[str, Any]:
        """Required members, and each other member with some probability."""
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [self.random.choice(names)] if names else []
        found = {}
        wanted = 0.9 if depth == 0 else 0.5 / depth
        for name in names:
            member = shape.members[name]
            if member.serialization.get("eventstream"):
                continue
            location = member.serialization.get("location")
            needed = name in shape.required_members or location == "uri"
            if needed or getattr(shape, "is_tagged_union", False) or self.random.random() < wanted:
                value = self.value(member, depth + 1)
                if value is not None:
                    found[name] = value
        return found

    def value(self, shape: Any, depth: int) -> Any:
        """A value of any type; None where it would be nested too deeply."""
        kind = shape.type_name
        location = shape.serialization.get("location")
        if location == "headers":
            return {f"key{number}": self.random.choice(HEADER_TEXTS) for number in range(1, 3)}
        if location == "header" and kind == "list" and shape.member.type_name == "string":
            return ["plain", "a,b", "x y"]
        if depth > 7:
            return None if kind in ("structure", "list", "map") else self.scalar(shape)
        if kind == "structure":
            if shape.is_document_type:
                return {"any": ["thing", 1, True, {"nested": "é"}]}
            return self.structure(shape, depth) or ({} if self._empties else None)
        if kind == "list":
            count = self.random.choice((0, 1, 2, 3) if depth < 4 else (0, 1))
            items = [self.value(shape.member, depth + 1) for _ in range(count)]
            found = [each for each in items if each is not None]
            return found if found or self._empties else None
        if kind == "map":
            count = self.random.choice((0, 1, 2))
            pairs = {
                f"{self.key(shape.key)}{number}": self.value(shape.value, depth + 1)
                for number in range(count)
            }
            pairs = {name: each for name, each in pairs.items() if each is not None}
            return pairs if pairs or self._empties else None
        return self.scalar(shape)

    def key(self, shape: Any) -> str:
        """A map's key."""
        return self.random.choice(("key", "a.b", "x y", "é", "<k>"))

    def scalar(self, shape: Any) -> Any:
        """A scalar: texts that are hard on syntax, numbers at the ends of their ranges."""
        pick = self.random.choice
        kind, location = shape.type_name, shape.serialization.get("location")
        if kind in ("string", "character"):
            if shape.serialization.get("hostLabel"):
                return "123456789012"
            if shape.serialization.get("jsonvalue") and location == "header":
                return {"json": ["value", 1]}
            if location == "uri":
                return pick(LABEL_TEXTS)
            text: str = pick(HEADER_TEXTS if location in ("header", "headers") else TEXTS)
            return text.upper() if location == "header" and shape.name in CAPITALS else text
        if location == "statusCode":
            return 202
        if kind == "integer":
            return pick((0, 1, -1, 42, 2**31 - 1, -(2**31)))
        if kind == "long":
            return pick((0, 1, -1, 2**53, 2**63 - 1, -(2**63)))
        if kind in ("float", "double"):
            return pick((0.0, 1.5, -2.25, 0.5, 1e10, 1024.0))
        if kind == "boolean":
            return pick((True, False))
        if kind == "blob":
            return pick((b"bytes", b"\x00\xff\xfe", b"<x/>", b"{}"))
        form = shape.serialization.get("timestampFormat", "")
        return self.moment(whole=location == "header" or form == "rfc822")

    def moment(self, *, whole: bool) -> datetime:
        """A moment between 1970 and 2100, in whole seconds, milliseconds or microseconds."""
        seconds = self.random.randrange(0, 4_102_444_800)
        rest = 0 if whole else self.random.randrange(1000) * 1000
        if not whole and not self._milliseconds:
            rest += self.random.randrange(1000)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=rest)


def request_of(operation: Any, protocol: str, params: dict[str, Any]) -> Request:
    """What botocore would send."""
    serialized = create_serializer(protocol, include_validation=False).serialize_to_request(
        params, operation
    )
    serialized.pop("host_prefix", None)
    prepare_request_dict(serialized, "http://localhost")
    prepared = create_request_object(serialized).prepare()
    path, _, query = prepared.url.removeprefix("http://localhost").partition("?")
    body = prepared.body or b""
    return Request(
        method=prepared.method,
        path=path,
        query=query,
        headers={
            name.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in prepared.headers.items()
        },
        body=body.encode() if isinstance(body, str) else bytes(body),
    )
