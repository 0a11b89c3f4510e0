"""The URIs of a REST service, compiled into a tree that finds the operation of a request."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol
from urllib.parse import unquote_plus

from emulator import api
from emulator.errors import Fault

# More parameters than any operation has; what comes after them is not looked at.
_MOST_PARAMETERS = 512
# Parameters that belong to the signature or to the SDK, not to an operation.
_FOREIGN = frozenset({"x-id", "AWSAccessKeyId", "Signature", "Expires"})


class Request(Protocol):
    """What matching reads of a request."""

    method: str
    query: str
    headers: dict[str, str]


@dataclass(slots=True, frozen=True)
class Match:
    """An operation, or why there is none although the path is one of the service's.

    `rank` orders the matches of several services: the more the URI says literally, the better.
    """

    operation: str | None
    rank: tuple[int, int]
    fault: Fault | None = None


@dataclass(slots=True)
class Candidate:
    """One operation at the end of a path: what its query string must say."""

    operation: api.Operation
    literals: dict[str, str]
    _needs: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    _takes: frozenset[str] | None = None

    def needs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the query parameters and of the headers that the operation requires."""
        if self._needs is None:
            shape = self.operation.input
            required = set(shape.required) if shape else set()
            self._needs = (
                tuple(wire for name, wire in _placed(shape, "querystring") if name in required),
                tuple(wire.lower() for name, wire in _placed(shape, "header") if name in required),
            )
        return self._needs

    def takes(self) -> frozenset[str]:
        """Names of all query parameters that the operation knows."""
        if self._takes is None:
            members = [wire for _, wire in _placed(self.operation.input, "querystring")]
            self._takes = _FOREIGN.union(self.literals, members)
        return self._takes


@dataclass(slots=True)
class Node:
    """A place in the tree: what may follow, and the operations by method if a URI ends here."""

    literals: "dict[str, Node]" = field(default_factory=dict)
    label: "Node | None" = None
    greedy: "list[tuple[tuple[str, ...], Node]]" = field(default_factory=list)
    operations: dict[str, list[Candidate]] = field(default_factory=dict)
    literal_count: int = 0


class Matcher:
    """All URIs of one service.

    `strict` is for APIs whose query parameters choose the operation (S3's sub-resources): a
    parameter that the chosen operation does not know is then a fault, because serving the bare
    verb instead would, for one, delete a bucket where its configuration was meant.
    """

    def __init__(self, service: api.Service, *, strict: bool) -> None:
        self.service = service.name
        self.strict = strict
        self.root = Node()
        self.sub_resources: set[str] = set()
        for operation in service.operations.values():
            self._add(operation)
        for node in _nodes(self.root):
            node.greedy.sort(key=lambda branch: -len(branch[0]))
            for method, candidates in node.operations.items():
                ranked = [(_preference(one, candidates), one) for one in candidates]
                ranked.sort(key=lambda pair: pair[0])
                node.operations[method] = [one for _, one in ranked]

    def match(self, request: Request, path: str) -> Match | None:
        """Find the operation; None when the path is none of this service's."""
        segments = path.lstrip("/").split("/") if path[:2] != "//" else path[1:].split("/")
        other_method = None
        for node in _ends(self.root, segments, 0):
            candidates = node.operations.get(request.method)
            if candidates is not None:
                return self._choose(node, candidates, request)
            other_method = other_method or node
        if other_method is None:
            return None
        action = f"{request.method} {path[:128]}"
        return Match(None, (-1, 0), Fault("unknown_operation", action=action, version=""))

    def _choose(self, node: Node, candidates: list[Candidate], request: Request) -> Match:
        parameters = _parameters(request.query)
        possible = [one for one in candidates if _says(parameters, one.literals)]
        if not possible:
            action = f"{request.method} ?{request.query[:128]}"
            return Match(None, (-1, 0), Fault("unknown_operation", action=action, version=""))
        most = len(possible[0].literals)
        possible = [one for one in possible if len(one.literals) == most]
        chosen = possible[-1]
        if len(possible) > 1:
            chosen = _fullest(possible, parameters, request.headers)
        rank = (node.literal_count, most)
        if self.strict and parameters:
            fault = self._stranger(chosen, parameters, request.method)
            if fault is not None:
                return Match(None, rank, fault)
        return Match(chosen.operation.name, rank)

    def _stranger(self, chosen: Candidate, parameters: dict[str, str], method: str) -> Fault | None:
        takes = chosen.takes()
        for name, value in parameters.items():
            if name in takes or name[:6].lower() == "x-amz-":
                continue
            if name in self.sub_resources:
                return Fault("unknown_operation", action=f"{method} ?{name}", version="")
            # Reads with a foreign parameter that has a value are served: caches are busted so.
            if value and method in ("GET", "HEAD"):
                continue
            return Fault("not_emulated", operation=f"{method} ?{name[:128]}", service=self.service)
        return None

    def _add(self, operation: api.Operation) -> None:
        path, _, query = operation.request_uri.partition("?")
        segments = [segment for segment in path.split("/") if segment]
        node = self.root
        for index, segment in enumerate(segments):
            if segment.endswith("+}"):
                suffix = tuple(segments[index + 1 :])
                node = _greedy_branch(node, suffix)
                break
            if segment.startswith("{"):
                node.label = node.label or Node(literal_count=node.literal_count)
                node = node.label
            else:
                count = node.literal_count + 1
                node = node.literals.setdefault(segment, Node(literal_count=count))
        literals = _parameters(query)
        self.sub_resources.update(literals)
        candidate = Candidate(operation, literals)
        node.operations.setdefault(operation.http_method, []).append(candidate)


@cache
def matcher(service: str) -> Matcher:
    """The compiled URIs of a service, built at first use."""
    model = api.service(service)
    return Matcher(model, strict="rest-xml" in model.protocols)


def _greedy_branch(node: Node, suffix: tuple[str, ...]) -> Node:
    for known, branch in node.greedy:
        if known == suffix:
            return branch
    branch = Node(literal_count=node.literal_count + len(suffix))
    node.greedy.append((suffix, branch))
    return branch


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    below = [*node.literals.values(), *(branch for _, branch in node.greedy)]
    if node.label is not None:
        below.append(node.label)
    for child in below:
        yield from _nodes(child)


def _ends(node: Node, segments: list[str], at: int) -> Iterator[Node]:
    """Nodes where the path may end, the most specific first."""
    left = len(segments) - at
    # A trailing slash says nothing, unless it belongs to a greedy label.
    if left == 0 or (left == 1 and not segments[at]):
        if node.operations:
            yield node
        return
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        yield from _ends(literal, segments, at + 1)
    if node.label is not None and segment:
        yield from _ends(node.label, segments, at + 1)
    for suffix, branch in node.greedy:
        length = len(suffix)
        if length < left and (not length or tuple(segments[-length:]) == suffix):
            yield branch


def _parameters(query: str) -> dict[str, str]:
    """Parameters of a query string by name, the first value of each."""
    parameters: dict[str, str] = {}
    if query:
        for part in query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS]:
            name, _, value = part.partition("=")
            if name:
                if "%" in name or "+" in name:
                    name = unquote_plus(name)
                parameters.setdefault(name, value)
    return parameters


def _says(parameters: dict[str, str], literals: dict[str, str]) -> bool:
    for name, value in literals.items():
        if name not in parameters or (value and parameters[name] != value):
            return False
    return True


def _fullest(
    possible: list[Candidate], parameters: dict[str, str], headers: dict[str, str]
) -> Candidate:
    """Of operations on one URI: the one named by x-id, else the one that uses most of what came."""
    named = parameters.get("x-id")
    for one in possible:
        if one.operation.name == named:
            return one
    for one in possible:
        queries, heads = one.needs()
        if all(name in parameters for name in queries) and all(name in headers for name in heads):
            return one
    return possible[-1]


def _preference(one: Candidate, others: list[Candidate]) -> tuple[int, int, bool, int, str]:
    """Most literals first, then most required parameters, then the newer of two names.

    An operation whose name extends another's on the same URI replaced it
    (GetBucketLifecycleConfiguration, GetBucketLifecycle).
    """
    name = one.operation.name
    rivals = [other for other in others if other.literals == one.literals]
    needed = sum(map(len, one.needs())) if len(rivals) > 1 else 0
    extends = any(name != o.operation.name and name.startswith(o.operation.name) for o in rivals)
    return (-len(one.literals), -needed, not extends, len(name), name)


def _placed(shape: api.Shape | None, place: str) -> Iterator[tuple[str, str]]:
    """Members of a structure that travel in one place: (member's name, name on the wire)."""
    if shape is not None:
        for name, member in shape.members.items():
            if member.traits.get("location") == place:
                yield name, str(member.traits.get("locationName", name))
