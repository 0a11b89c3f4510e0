"""The constraints of an input shape, compiled at first use, and AWS's wordings of a breach.

Three wordings exist. Most services run their input through one validator of AWS's, which reports
all breaches in one sentence with Java's names ('roleSessionName', 'targets.1.member.id'). EC2
reports the first, by the parameter's name on the wire. S3 checks little and calls most of it
malformed XML.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from emulator import patterns
from emulator.api import Operation, Ref, Shape
from emulator.errors import AwsError
from emulator.protocols.faults import MISSING_IN_A_SENTENCE, VALIDATION_CODES

# Where a value stands: its name and what it stands in; None is the input itself.
Path = tuple["Path | None", "Step"]


class Step(NamedTuple):
    """One name of a path: as the validator's Java has it, and as it travels."""

    java: str
    wire: str


class Breach(NamedTuple):
    """A value that breaks a constraint: `text` says which one."""

    kind: str
    path: "Path | None"
    value: Any
    text: str
    ref: Ref | None


Check = Callable[[Any, "Path | None", list[Breach]], None]
Test = Callable[[Any], object]

_LONGEST_ECHO = 1024
_NUMBERS = frozenset({"integer", "long", "float", "double"})
_NOT_NULL = "Member must not be null"


def compile_input(operation: Operation) -> Check | None:
    """The check of an operation's input; None when its shape constrains nothing."""
    shape = operation.input
    if shape is None:
        return None
    dialect = _dialect(operation)
    return _Compiler(dialect).structure(shape)


def report(operation: Operation, breaches: list[Breach]) -> AwsError:
    """The error that the operation's service answers to these breaches."""
    dialect = _dialect(operation)
    if dialect == "ec2":
        return _ec2_error(breaches[0])
    if dialect == "s3":
        return _s3_error(breaches[0])
    service = operation.service.name
    if service in MISSING_IN_A_SENTENCE and breaches[0].kind == "null":
        name = _name(breaches[0], wire=True)
        return AwsError("MissingParameter", f"The request must contain the parameter {name}", 400)
    sentences = "; ".join(_sentence(breach) for breach in breaches)
    detected = "error" if len(breaches) == 1 else "errors"
    # What once spoke query keeps query's codes, in whatever protocol it is asked today.
    query = "query" in operation.service.protocols or operation.service.query_compatible
    code = VALIDATION_CODES.get(service, "ValidationError" if query else "ValidationException")
    return AwsError(code, f"{len(breaches)} validation {detected} detected: {sentences}", 400)


class _Compiler:
    """Builds the check of a shape out of those of its parts; a recursive one refers to itself."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.known: dict[str, list[Check | None]] = {}

    def structure(self, shape: Shape) -> Check | None:
        known = self.known.get(shape.name)
        if known is not None:
            # Still being built: the shape is recursive, and its check is looked up when run.
            if known[0] is None:
                return _later(known)
            return None if known[0] is _nothing else known[0]
        cell: list[Check | None] = [None]
        self.known[shape.name] = cell
        required: list[tuple[str, Step, Ref]] = []
        checks: list[tuple[str, Step, Check]] = []
        needed = frozenset(shape.required)
        for name, ref in shape.members.items():
            step = Step(name[:1].lower() + name[1:], self._wire(name, ref))
            if name in needed:
                required.append((name, step, ref))
            check = self.of(ref, in_list=False)
            if check is not None:
                checks.append((name, step, check))
        if not required and not checks:
            cell[0] = _nothing
            return None
        cell[0] = _structure_check(required, checks)
        return cell[0]

    def of(self, ref: Ref, *, in_list: bool) -> Check | None:
        """The check of a member, a list's element or a map's value."""
        shape = ref.shape
        if shape.is_document or shape.is_event_stream or ref.traits.get("streaming"):
            return None
        if shape.type == "structure":
            return self.structure(shape)
        own = _tests(shape, "" if in_list and self.dialect == "ec2" else self.dialect)
        if shape.type == "list":
            return _all(_scalar_check(own, ref), self._elements(shape))
        if shape.type == "map":
            return _all(_scalar_check(own, ref), self._entries(shape))
        return _scalar_check(own, ref)

    def _elements(self, shape: Shape) -> Check | None:
        element = shape.member
        if element.type in ("structure", "list", "map"):
            check = self.of(element, in_list=True)
            return None if check is None else _each_check(check)
        if self.dialect != "java":
            return None
        return _inner_check(_tests(element.shape, "java"), list, "Member", element)

    def _entries(self, shape: Shape) -> Check | None:
        keys = values = None
        if self.dialect == "java":
            keys = _inner_check(_tests(shape.key.shape, "java"), list, "Map keys", shape.key)
        if shape.value.type in ("structure", "list", "map"):
            check = self.of(shape.value, in_list=True)
            values = None if check is None else _each_value_check(check)
        elif self.dialect == "java":
            tests = _tests(shape.value.shape, "java")
            values = _inner_check(tests, dict.values, "Map value", shape.value)
        return _all(keys, values)

    def _wire(self, name: str, ref: Ref) -> str:
        if self.dialect == "ec2":
            return _ec2_name(name, ref)
        return str(ref.traits.get("locationName", name))


def wire_names(operation: Operation) -> tuple[str, ...]:
    """Names that the top-level members of an operation's input have in EC2's forms."""
    shape = operation.input
    return tuple(_ec2_name(name, ref) for name, ref in shape.members.items()) if shape else ()


def _ec2_name(name: str, ref: Ref) -> str:
    located = str(ref.traits.get("locationName", name))
    return str(ref.traits.get("queryName") or located[:1].upper() + located[1:])


def _dialect(operation: Operation) -> str:
    protocols = operation.service.protocols
    if "ec2" in protocols:
        return "ec2"
    return "s3" if "rest-xml" in protocols else "java"


# What a service takes and its model does not list:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-instance-types.html
_UNLISTED = {"ESPartitionInstanceType": {"t3.small.elasticsearch", "t3.medium.elasticsearch"}}

# --- the tests of one value -------------------------------------------------------------------


def _tests(shape: Shape, dialect: str) -> list[tuple[str, Test, str]]:
    """(kind, test, constraint in words) of a shape's own constraints, in AWS's order."""
    found: list[tuple[str, Test, str]] = []
    if dialect == "s3":
        return [_enum(shape)] if shape.enum and shape.type == "string" else []
    least, most = shape.min, shape.max
    if shape.type in _NUMBERS:
        if most is not None:
            found.append(("most", _at_most(most), f"value less than or equal to {most}"))
        if least is not None:
            found.append(("least", _at_least(least), f"value greater than or equal to {least}"))
    elif shape.type in ("string", "blob", "list", "map"):
        if most is not None:
            text = f"length less than or equal to {most}"
            found.append(("longest", _no_longer(most), text))
        if least:
            text = f"length greater than or equal to {least}"
            found.append(("shortest", _no_shorter(least), text))
    found = [(kind, test, f"Member must have {text}") for kind, test, text in found]
    if shape.type == "string":
        if shape.pattern and dialect == "java":
            matcher = patterns.matcher(shape.pattern)
            if matcher is not None:
                text = f"Member must satisfy regular expression pattern: {shape.pattern}"
                found.append(("pattern", _matches(matcher), text))
        if shape.enum and dialect:
            found.append(_enum(shape))
    return found


def _enum(shape: Shape) -> tuple[str, Test, str]:
    allowed = frozenset(shape.enum) | _UNLISTED.get(shape.name, set())
    text = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
    return ("enum", allowed.__contains__, text)


def _at_most(most: float) -> Test:
    return lambda value: value <= most


def _at_least(least: float) -> Test:
    return lambda value: value >= least


def _no_longer(most: float) -> Test:
    return lambda value: len(value) <= most


def _no_shorter(least: float) -> Test:
    return lambda value: len(value) >= least


def _matches(matcher: Callable[[str], object]) -> Test:
    return lambda value: len(value) > patterns.LONGEST_INPUT or matcher(value) is not None


# --- the checks, closures all -----------------------------------------------------------------


def _nothing(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
    del value, path, breaches


def _later(cell: list[Check | None]) -> Check:
    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        if cell[0] is not None:
            cell[0](value, path, breaches)

    return check


def _structure_check(
    required: list[tuple[str, Step, Ref]], checks: list[tuple[str, Step, Check]]
) -> Check:
    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        for name, step, ref in required:
            if value.get(name) is None:
                breaches.append(Breach("null", (path, step), None, _NOT_NULL, ref))
        for name, step, inner in checks:
            member = value.get(name)
            if member is not None:
                inner(member, (path, step), breaches)

    return check


def _scalar_check(tests: list[tuple[str, Test, str]], ref: Ref) -> Check | None:
    if not tests:
        return None

    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        for kind, test, text in tests:
            if not test(value):
                breaches.append(Breach(kind, path, value, text, ref))

    return check


def _inner_check(
    tests: list[tuple[str, Test, str]], scalars: Callable[[Any], Any], whose: str, ref: Ref
) -> Check | None:
    """Scalars in a list or map: the validator reports the whole, and all their constraints."""
    if not tests:
        return None
    words = ", ".join(text for _, _, text in tests)
    text = f"{whose} must satisfy constraint: [{words}]"

    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        for scalar in scalars(value):
            for _, test, _ in tests:
                if scalar is not None and not test(scalar):
                    breaches.append(Breach("inner", path, value, text, ref))
                    return

    return check


def _each_check(inner: Check) -> Check:
    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        for index, element in enumerate(value, 1):
            if element is not None:
                step = Step(f"{index}.member", str(index))
                inner(element, (path, step), breaches)

    return check


def _each_value_check(inner: Check) -> Check:
    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        for key, element in value.items():
            if element is not None:
                inner(element, (path, Step(f"{key}.member", str(key))), breaches)

    return check


def _all(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second

    def check(value: Any, path: "Path | None", breaches: list[Breach]) -> None:
        first(value, path, breaches)
        second(value, path, breaches)

    return check


# --- the words --------------------------------------------------------------------------------


def _sentence(breach: Breach) -> str:
    name = _name(breach, wire=False)
    value = _echo(breach)
    return f"Value{value} at '{name}' failed to satisfy constraint: {breach.text}"


def _echo(breach: Breach) -> str:
    if breach.value is None:
        return " null"
    secret = breach.ref is not None and breach.ref.traits.get("sensitive")
    if secret or isinstance(breach.value, (bytes, bytearray)):
        return ""
    return f" '{_java(breach.value)[:_LONGEST_ECHO]}'"


def _java(value: Any) -> str:
    """A value as Java's toString() has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_java, value)) + "]"
    return str(value)


def _steps(path: "Path | None") -> Iterator[Step]:
    if path is not None:
        yield from _steps(path[0])
        yield path[1]


def _name(breach: Breach, *, wire: bool) -> str:
    return ".".join(step.wire if wire else step.java for step in _steps(breach.path))


def _ec2_error(breach: Breach) -> AwsError:
    if breach.kind == "null":
        name = _name(breach, wire=True)
        name = {"ResourceId": "resourceIdSet"}.get(name, name)  # so CreateTags is recorded
        return AwsError("MissingParameter", f"The request must contain the parameter {name}", 400)
    name = _name(breach, wire=False)
    # EC2 speaks of "greater than" the least value that it accepts.
    expected = {
        "least": f" Expecting a value greater than {breach.ref and breach.ref.shape.min}.",
        "most": f" Expecting a value less than or equal to {breach.ref and breach.ref.shape.max}.",
    }.get(breach.kind)
    value = _java(breach.value)[:_LONGEST_ECHO]
    if expected is not None:
        text = f"Value ( {value} ) for parameter {name} is invalid.{expected}"
    else:
        limit = "" if breach.kind == "enum" else f" {breach.text}."
        text = f"Value ({value}) for parameter {name} is invalid.{limit}"
    return AwsError("InvalidParameterValue", text, 400)


def _s3_error(breach: Breach) -> AwsError:
    place = breach.ref.traits.get("location") if breach.ref else None
    name = breach.path[1].wire if breach.path else ""
    if breach.ref and breach.ref.shape.name == "BucketLocationConstraint":
        text = "The specified location-constraint is not valid"
        return AwsError("InvalidLocationConstraint", text, 400, LocationConstraint=breach.value)
    if place is None:
        text = (
            "The XML you provided was not well-formed or did not validate against our published "
            "schema"
        )
        return AwsError("MalformedXML", text, 400)
    if breach.kind == "null":
        return AwsError("InvalidRequest", f"Missing required parameter {name}", 400)
    if name.lower() == "x-amz-storage-class":
        return AwsError("InvalidStorageClass", "The storage class you specified is not valid", 400)
    encoding = "Invalid Encoding Method specified in Request"
    text = encoding if name == "encoding-type" else "Invalid Argument"
    value = str(breach.value)[:_LONGEST_ECHO]
    return AwsError("InvalidArgument", text, 400, ArgumentName=name, ArgumentValue=value)
