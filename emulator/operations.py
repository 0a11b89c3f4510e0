"""The operations that are served: handlers found by place and name, input checked, use allowed.

The handler of an operation is the coroutine function of the operation's name in snake case, in
any module of `handlers/<service>/`, where the service is botocore's name with `-` as `_` (and a
`_` behind a keyword: `lambda_`). Sources are scanned, not imported: a handler's module is
imported when it is first called.
"""

import importlib
import importlib.util
import keyword
import re
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator import api, constraints
from emulator.api import Operation
from emulator.context import Context
from emulator.errors import AwsError
from emulator.policies import actions

if TYPE_CHECKING:
    import ast

Handler = Callable[[Context, dict[str, Any]], Awaitable[Any]]

_COROUTINE = re.compile(r"^async def ([a-z]\w*)\s*\(", re.MULTILINE)
_NOUN = re.compile(r'^NOUN = "(\w+)"', re.MULTILINE)
_HANDLER = re.compile(
    r"^async def ([a-z]\w*)\(\s*ctx: Context, params: dict\[str, Any\],?\s*\)", re.MULTILINE
)
# Operations whose names begin so change nothing.
_READS = re.compile(
    "(Describe|List|Get|Head|Search|Lookup|Select|Query|BatchGet|Filter|Scan|Check|Export"
    "|Estimate|Simulate|Preview|Validate|View|Decode|Test(?!Failover)|Select|Download|Discover|Poll|Read"
    # a query of logs only looks, though it is kept with what it found
    "|StartQuery$|StopQuery$)"
)

_handlers: dict[tuple[str, str], Handler | None] = {}
_checks: dict[Operation, constraints.Check | None] = {}
_names: dict[Operation, frozenset[bytes]] = {}
_access: dict[Handler, "Access"] = {}


# What tells a handler from a part that handlers share.
HANDLER_PARAMETERS = ["ctx", "params"]


class HandlerError(RuntimeError):
    """Something stands in handlers/ that no request could ever reach."""


def find(service: str, operation: Operation | str) -> Handler | None:
    """The handler of a service's operation; None when there is none: it is not emulated."""
    name = operation if isinstance(operation, str) else operation.name
    try:
        return _handlers[service, name]
    except KeyError:
        handler = _handlers[service, name] = _load(service, api.snake_case(name))
        return handler


def check(operation: Operation, params: dict[str, Any], form: bytes = b"") -> None:
    """Hold the parameters against the input shape; AwsError in the service's own words.

    `form` is the body of a request in EC2's protocol, if it is one: EC2 alone refuses parameters
    that it does not know.
    """
    if form:
        _check_names(operation, form)
    try:
        compiled = _checks[operation]
    except KeyError:
        compiled = _checks[operation] = constraints.compile_input(operation)
    if compiled is not None:
        breaches: list[constraints.Breach] = []
        compiled(params, None, breaches)
        if breaches:
            raise constraints.report(operation, breaches)


class Access(NamedTuple):
    """What permission a call needs: `always` is none; scopes speak of `verb` and `noun`."""

    always: bool
    verb: str
    noun: str
    signing_name: str
    operation: str


def access(operation: Operation, handler: Handler) -> Access:
    """The permission that an operation needs: scopes sort it under a module's name.

    A module about part of a noun names it in NOUN; one whose operations AWS allows everybody,
    or which judges for itself, says ALWAYS_ALLOWED.
    """
    try:
        return _access[handler]
    except KeyError:
        module = sys.modules[handler.__module__]
        found = _access[handler] = Access(
            bool(getattr(module, "ALWAYS_ALLOWED", False)),
            "read" if _READS.match(operation.name) else "write",
            getattr(module, "NOUN", handler.__module__.rpartition(".")[2]),
            operation.service.signing_name,
            operation.name,
        )
        return found


def reads(operation: Operation) -> bool:
    """Whether an operation only looks."""
    return _READS.match(operation.name) is not None


@cache
def access_of(action: str) -> Access | None:
    """What scopes know an action (`ec2:StopInstances`) by; None: nothing here does that."""
    for service, names in served().items():
        signing_name = api.service(service).signing_name
        if actions.PREFIXES.get(signing_name, signing_name) != action.partition(":")[0]:
            continue
        for name in names:
            if actions.action(service, signing_name, name).lower() == action.lower():
                handler = find(service, name)
                if handler is not None:
                    return access(api.service(service).operations[name], handler)
    return None


@cache
def served() -> dict[str, tuple[str, ...]]:
    """Every service with a handler, and the names of its operations that have one, sorted.

    Reads the models of all these services; raises HandlerError as `verify_all` does.
    """
    return {service: _verified(service) for service in sorted(_packages())}


@cache
def counts() -> dict[str, int]:
    """How many operations of each service are served: as `served`, but from the text alone."""
    return {
        service: len(
            {
                name
                for path in _packages()[service].glob("[a-z]*.py")
                for name in _HANDLER.findall(path.read_text(encoding="utf-8"))
            }
        )
        for service in sorted(_packages())
    }


@cache
def nouns() -> frozenset[str]:
    """What scopes sort operations under: the nouns of all modules that answer some."""
    found = set()
    for folder in _packages().values():
        for path in folder.glob("[a-z]*.py"):
            text = path.read_text(encoding="utf-8")
            if _HANDLER.search(text):
                named = _NOUN.search(text)
                found.add(named[1] if named else path.stem)
    return frozenset(found)


def verify_all() -> None:
    """Make sure that everything public in handlers/ answers an operation; else HandlerError.

    A public coroutine that takes (ctx, params) must bear the name of an operation of the package's
    service, once in the package, and what bears such a name must take (ctx, params). Coroutines
    that take other things are parts which modules of the package share.
    """
    served()


def package_name(service: str) -> str:
    """Name of the package in handlers/ of a botocore service."""
    name = service.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


# --- finding ----------------------------------------------------------------------------------


@cache
def _root() -> Path:
    spec = importlib.util.find_spec("handlers")
    if spec is None or not spec.submodule_search_locations:
        raise HandlerError("there is no package of handlers")
    return Path(spec.submodule_search_locations[0])


@cache
def _packages() -> dict[str, Path]:
    """Folders in handlers/ by the service that they answer for."""
    folders = (path for path in _root().iterdir() if path.is_dir() and path.name[:1].isalpha())
    return {path.name.rstrip("_").replace("_", "-"): path for path in folders}


@cache
def _modules(service: str) -> dict[str, str]:
    """Module of each handler of a service, found in the text of the sources."""
    folder = _packages().get(service)
    found: dict[str, str] = {}
    if folder is not None:
        for path in sorted(folder.glob("[a-z]*.py")):
            for match in _COROUTINE.finditer(path.read_text(encoding="utf-8")):
                found.setdefault(match[1], f"{_root().name}.{folder.name}.{path.stem}")
    return found


def _load(service: str, name: str) -> Handler | None:
    module = _modules(service).get(name)
    if module is None:
        return None
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler


def _verified(service: str) -> tuple[str, ...]:
    import ast

    folder = _packages()[service]
    if not api.has_service(service) or folder.name != package_name(service):
        close = _suggest(folder.name, map(package_name, api.index()))
        raise HandlerError(f"handlers/{folder.name}/ is no service of AWS's{close}")
    names = {api.snake_case(name): name for name in api.service(service).operations}
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("[a-z]*.py")):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(function, ast.AsyncFunctionDef) and function.name[0] != "_":
                place = f"handlers/{folder.name}/{path.name}:{function.lineno}"
                if function.name in names or _parameters(function) == HANDLER_PARAMETERS:
                    _verify(function, names, seen, place)
                    seen[function.name] = place
    return tuple(sorted(names[name] for name in seen))


def _verify(
    function: "ast.AsyncFunctionDef", names: dict[str, str], seen: dict[str, str], place: str
) -> None:
    name = function.name
    if name not in names:
        close = _suggest(name, names)
        raise HandlerError(f"{place}: {name} is no operation of this service{close}")
    if name in seen:
        raise HandlerError(f"{place}: {name} stands in {seen[name]} already")
    given = _parameters(function)
    if given != HANDLER_PARAMETERS:
        raise HandlerError(f"{place}: {name} must take (ctx, params), not ({', '.join(given)})")


def _parameters(function: "ast.AsyncFunctionDef") -> list[str]:
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    rest = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return [one.arg for one in plain] + [f"*{one.arg}" for one in rest]


def _suggest(name: str, names: Iterable[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {found[0]}?" if found else ""


# --- parameters that EC2 does not know --------------------------------------------------------

# Parameters of the protocol and the signature, whatever the operation.
_COMMON = frozenset(
    b"Action Version AWSAccessKeyId Signature SignatureMethod SignatureVersion Timestamp Expires"
    b" SecurityToken DryRun X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires"
    b" X-Amz-Security-Token X-Amz-Signature X-Amz-SignedHeaders".split()
)


def _check_names(operation: Operation, form: bytes) -> None:
    try:
        known = _names[operation]
    except KeyError:
        own = constraints.wire_names(operation)
        known = _names[operation] = _COMMON.union(name.encode() for name in own)
    for part in form.split(b"&"):
        name = part.partition(b"=")[0].partition(b".")[0]
        if name not in known and name and b"%" not in name:
            text = name[:128].decode("latin-1")
            raise AwsError("UnknownParameter", f"The parameter {text} is not recognized", 400)
