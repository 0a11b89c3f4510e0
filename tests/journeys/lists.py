"""Lists: the operations that go on with a token, as botocore knows them."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import cbor2
import orjson
from botocore.exceptions import DataNotFoundError
from botocore.session import Session

from emulator import operations
from tests.emulator.protocols.values import request_of
from tests.journeys.hostile import model
from tests.journeys.wire import Answer, Call


@cache
def _paginators(service: str) -> dict[str, dict[str, Any]]:
    try:
        paged: Any = Session().get_paginator_model(service)
    except DataNotFoundError:
        return {}
    return {
        name: one
        for name, one in paged._paginator_config.items()
        if name in operations.served()[service]
        and isinstance(one["input_token"], str)
        and re.fullmatch(r"\w+", one["output_token"])
    }


def of(service: str) -> Iterator[tuple[str, Call, Callable[[str], Call]]]:
    """Lists that need no parameter: the name, a call for the smallest page, one that goes on."""
    for name, one in _paginators(service).items():
        operation = model(service).operation_model(name)
        size = operation.input_shape.members.get(one.get("limit_key"))
        if size is None or operation.input_shape.required_members:
            continue
        least: dict[str, Any] = {one["limit_key"]: max(int(size.metadata.get("min") or 1), 1)}
        if size.type_name == "string":
            least = {one["limit_key"]: "1"}

        def following(token: str, operation: Any = operation, given: Any = least,
                      member: str = one["input_token"]) -> Call:  # fmt: skip
            return _call(operation, {**given, member: token})

        yield name, _call(operation, least), following


def token(answer: Answer, service: str, name: str) -> str:
    """The token that an answer gives to go on with; empty: the list ends, or was refused."""
    member = _paginators(service)[name]["output_token"]
    if answer.status != 200:
        return ""
    if answer.body[:1] in b"<":
        shape = model(service).operation_model(name).output_shape.members[member]
        tag = shape.serialization.get("name", member)
        found = re.search(rf"<{tag}>([^<]+)</{tag}>".encode(), answer.body)
        return found[1].decode() if found else ""
    read = orjson.loads if answer.body[:1] in b"{" else cbor2.loads
    return str(read(answer.body).get(member) or "")


def _call(operation: Any, params: dict[str, Any]) -> Call:
    made = request_of(operation, operation.service_model.protocol, params)
    headers = {k: v for k, v in made.headers.items() if k not in ("host", "content-length")}
    signing = operation.service_model.signing_name
    return Call(signing, made.method, made.path, made.query, headers, made.body)
