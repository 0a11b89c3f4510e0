"""AWS's own API models, read from botocore's data files: services, operations, shapes.

A model is held as one small piece of JSON per operation and shape (`emulator.model_files`), and a
piece is parsed when it is first asked for.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import orjson

from emulator import model_files, query_names

_IS_ERROR = re.compile(rb'"exception": ?true')
_NOT_TRAITS = frozenset(
    ("shape", "documentation", "type", "members", "member", "key", "value", "required")
)

index = model_files.index


class UnknownServiceError(LookupError):
    """Botocore has no service of this name."""


class Ref:
    """A use of a shape: as a member, a list's element, a map's key or value.

    `traits` are the shape's own serialization traits overridden by those given at this place:
    location, locationName, queryName, flattened, streaming, timestampFormat, xmlNamespace,
    xmlAttribute, jsonvalue, idempotencyToken and so on.
    """

    __slots__ = ("shape", "traits")

    def __init__(self, shape: "Shape", traits: dict[str, Any]) -> None:
        self.shape = shape
        self.traits = traits

    @property
    def type(self) -> str:
        """The kind of value: that of the shape."""
        return self.shape.type

    @property
    def location_name(self) -> str | None:
        """The wire's name for this place, where it is not the member's own name."""
        name: str | None = self.traits.get("locationName")
        return name

    @property
    def form_name(self) -> str | None:
        """The same in forms and XML, whose names a model may lack that was made for JSON."""
        return self.traits.get("formName") or self.location_name


class Shape:
    """A type of AWS's: a structure, list, map or scalar, and the constraints on its values.

    `type` is one of structure, list, map, string, timestamp, blob, integer, long, float, double,
    boolean (and character, where a model still has it).
    """

    __slots__ = ("__dict__", "_model", "name", "service", "type")

    def __init__(self, service: "Service", name: str, model: dict[str, Any]) -> None:
        self.service = service
        self.name = name
        self.type: str = model["type"]
        self._model = model

    def __repr__(self) -> str:
        return f"<Shape {self.service.name}.{self.name}: {self.type}>"

    @cached_property
    def members(self) -> dict[str, Ref]:
        """The members of a structure, in the model's order; empty for other types."""
        found = self._model.get("members", {})
        return {name: self._ref(member) for name, member in found.items()}

    @cached_property
    def member(self) -> Ref:
        """The element of a list."""
        return self._ref(self._model["member"])

    @cached_property
    def key(self) -> Ref:
        """The key of a map."""
        return self._ref(self._model["key"])

    @cached_property
    def value(self) -> Ref:
        """The value of a map."""
        return self._ref(self._model["value"])

    @cached_property
    def traits(self) -> dict[str, Any]:
        """All that the model says beside type and members (min, enum, payload, error …)."""
        return {key: value for key, value in self._model.items() if key not in _NOT_TRAITS}

    @property
    def required(self) -> tuple[str, ...]:
        """The members that must be there."""
        return tuple(self._model.get("required", ()))

    @property
    def enum(self) -> tuple[str, ...]:
        """The values that a string may have; empty: any."""
        return tuple(self._model.get("enum", ()))

    @property
    def min(self) -> int | float | None:
        """The least value, or length."""
        return self._model.get("min")

    @property
    def max(self) -> int | float | None:
        """The greatest value, or length."""
        return self._model.get("max")

    @property
    def pattern(self) -> str | None:
        """The regular expression that a string matches."""
        return self._model.get("pattern")

    @property
    def error(self) -> dict[str, Any]:
        """What is said of an error shape: code, httpStatusCode, senderFault."""
        found: dict[str, Any] = self._model.get("error", {})
        return found

    @property
    def is_error(self) -> bool:
        """Whether the structure is an exception."""
        return bool(self._model.get("exception"))

    @property
    def is_document(self) -> bool:
        """Whether any JSON value may stand here."""
        return bool(self._model.get("document"))

    @property
    def is_event_stream(self) -> bool:
        """Whether values arrive as a stream of framed events."""
        return bool(self._model.get("eventstream"))

    def _ref(self, model: dict[str, Any]) -> Ref:
        shape = self.service.shape(model["shape"])
        own = {key: value for key, value in model.items() if key not in _NOT_TRAITS}
        return Ref(shape, {**shape.traits, **own})


class Operation:
    """One operation of a service, as its model describes it."""

    __slots__ = ("__dict__", "_model", "name", "service")

    def __init__(self, service: "Service", name: str, model: dict[str, Any]) -> None:
        self.service = service
        self.name = name
        self._model = model

    @property
    def http_method(self) -> str:
        """The method of the request, upper case."""
        method: str = self._model["http"].get("method", "POST")
        return method

    @property
    def request_uri(self) -> str:
        """The template of the path, with labels and any fixed query."""
        uri: str = self._model["http"].get("requestUri", "/")
        return uri

    @property
    def response_code(self) -> int:
        """The HTTP status of success."""
        code: int = self._model["http"].get("responseCode", 200)
        return code

    @cached_property
    def input(self) -> Shape | None:
        """The structure of the parameters; None: the operation takes none."""
        return self._shape("input")

    @cached_property
    def output(self) -> Shape | None:
        """The structure of the result; None: the operation answers nothing."""
        return self._shape("output")

    @property
    def input_traits(self) -> dict[str, Any]:
        """What is said of the input at the operation (locationName, xmlNamespace)."""
        traits: dict[str, Any] = self._model.get("input", {})
        return traits

    @property
    def output_traits(self) -> dict[str, Any]:
        """What is said of the output at the operation (resultWrapper, locationName)."""
        traits: dict[str, Any] = self._model.get("output", {})
        return traits

    @cached_property
    def errors(self) -> tuple[Shape, ...]:
        """The modelled errors of the operation."""
        return tuple(self.service.shape(ref["shape"]) for ref in self._model.get("errors", ()))

    @cached_property
    def event_stream(self) -> str | None:
        """The member, of input or output, that is an event stream; None: there is none."""
        for shape in (self.input, self.output):
            for name, ref in (shape.members if shape else {}).items():
                if ref.shape.is_event_stream:
                    return name
        return None

    @property
    def traits(self) -> dict[str, Any]:
        """All that the model says (idempotent, httpChecksum, endpoint, authtype …)."""
        return self._model

    @cached_property
    def xform_name(self) -> str:
        """The name in snake case, as boto3 calls the method."""
        return snake_case(self.name)

    def _shape(self, direction: str) -> Shape | None:
        ref = self._model.get(direction)
        return self.service.shape(ref["shape"]) if ref else None


class Operations(Mapping[str, Operation]):
    """The operations of a service by name; each is parsed when it is first asked for."""

    def __init__(self, service: "Service", pieces: dict[str, bytes]) -> None:
        self._service = service
        self._pieces = pieces
        self._known: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        operation = self._known.get(name)
        if operation is None:
            model = orjson.loads(self._pieces[name])
            operation = self._known[name] = Operation(self._service, name, model)
        return operation

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    def __contains__(self, name: object) -> bool:
        return name in self._pieces


class Service:
    """One AWS API: its metadata, operations and shapes."""

    def __init__(self, name: str, folder: Path) -> None:
        sections = model_files.model(folder)
        self.name = name
        self.metadata: dict[str, Any] = sections["metadata"]
        self.operations: Mapping[str, Operation] = Operations(self, sections["operations"])
        self._pieces: dict[str, bytes] = sections["shapes"]
        self._shapes: dict[str, Shape] = {}
        extras = folder / "service-2.sdk-extras.json"
        merge = orjson.loads(extras.read_bytes())["merge"] if extras.exists() else {}
        self._extras = {**merge.get("shapes", {}), **query_names.SHAPES.get(name, {})}

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that the service answers, in the model's order."""
        return tuple(self.metadata.get("protocols") or (self.metadata["protocol"],))

    @property
    def api_version(self) -> str:
        """The date that names the version of the API."""
        return str(self.metadata["apiVersion"])

    @property
    def service_id(self) -> str:
        """AWS's id of the service, such as "Cost Explorer"."""
        found: str = self.metadata.get("serviceId", self.name)
        return found

    @property
    def signing_name(self) -> str:
        """The service's name in the credential scope."""
        return _signing_name(self.metadata)

    @property
    def endpoint_prefix(self) -> str:
        """The service's name in host names."""
        return str(self.metadata["endpointPrefix"])

    @property
    def target_prefix(self) -> str | None:
        """What stands before the operation in X-Amz-Target; None: no JSON or CBOR."""
        return self.metadata.get("targetPrefix")

    @property
    def json_version(self) -> str:
        """The version of the JSON protocol that the service speaks."""
        version: str = self.metadata.get("jsonVersion", "1.1")
        return version

    @property
    def xml_namespace(self) -> str:
        """The namespace of the service's XML, by its address."""
        found: str = self.metadata.get("xmlNamespace") or query_names.NAMESPACES.get(self.name, "")
        return found

    @property
    def query_compatible(self) -> bool:
        """Whether errors keep the codes that the service had when it spoke query."""
        return "awsQueryCompatible" in self.metadata

    def shape(self, name: str) -> Shape:
        """The shape of this name; KeyError where there is none."""
        shape = self._shapes.get(name)
        if shape is None:
            model = orjson.loads(self._pieces[name])
            model_files.merge(model, self._extras.get(name, {}))
            shape = self._shapes[name] = Shape(self, name, model)
        return shape

    @cached_property
    def errors(self) -> dict[str, Shape]:
        """The modelled errors by shape name and, where it differs, by wire code."""
        marked = (name for name, piece in self._pieces.items() if _IS_ERROR.search(piece))
        by_name = {name: self.shape(name) for name in marked}
        by_code = {shape.error.get("code", name): shape for name, shape in by_name.items()}
        return {**by_code, **by_name}


@cache
def service(name: str) -> Service:
    """The API that botocore calls `name`, in its newest version; UnknownServiceError."""
    folder = model_files.folder(name)
    if folder is None:
        raise UnknownServiceError(name)
    return Service(name, folder)


def has_service(name: str) -> bool:
    """Whether botocore has an API of this name; reads no model."""
    return model_files.folder(name) is not None


def services_signing_as(signing_name: str) -> tuple[str, ...]:
    """The services whose requests carry this name in the credential scope."""
    return _by_signing_name().get(signing_name, ())


def services_targeting(prefix: str) -> tuple[str, ...]:
    """The services whose X-Amz-Target, or CBOR path, begins with this prefix."""
    return _by_target().get(prefix, ())


@cache
def _by_signing_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, metadata in index().items():
        own = _signing_name(metadata)
        found[own] = (*found.get(own, ()), name)
    return found


@cache
def _by_target() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, metadata in index().items():
        if prefix := metadata.get("targetPrefix"):
            # SDKs made from Smithy models send the last word alone: CloudTrail_20131101
            for word in dict.fromkeys((prefix, prefix.rpartition(".")[2])):
                found[word] = (*found.get(word, ()), name)
    return found


def _signing_name(metadata: dict[str, Any]) -> str:
    return str(metadata.get("signingName") or metadata["endpointPrefix"])


_ACRONYM_PLURAL = re.compile("[A-Z]{2,}s$")
_FIRST_CAPITAL = re.compile("(.)([A-Z][a-z]+)")
_END_CAPITAL = re.compile("([a-z0-9])([A-Z])")


@cache
def snake_case(name: str) -> str:
    """CamelCase → snake_case by boto3's rule: DescribeDBInstances → describe_db_instances."""
    plural = _ACRONYM_PLURAL.search(name)
    if plural:
        name = f"{name[: plural.start()]}_{plural.group().lower()}"
    return _END_CAPITAL.sub(r"\1_\2", _FIRST_CAPITAL.sub(r"\1_\2", name)).lower()
