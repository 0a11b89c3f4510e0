"""What tests of sharing between accounts have in common."""

import io
import zipfile
from typing import Any

from tests.fixtures.server import Cloud


def to(statement: dict[str, Any], principal: Any) -> dict[str, Any]:
    """A statement of a resource's policy."""
    return statement | {"Principal": principal if principal == "*" else {"AWS": principal}}


def user_arn(cloud: Cloud, name: str) -> str:
    """A user's ARN."""
    return f"arn:aws:iam::{cloud.account.number}:user/{name}"


def root(cloud: Cloud) -> str:
    """The ARN that stands for an account."""
    return f"arn:aws:iam::{cloud.account.number}:root"


def zipped() -> bytes:
    """A function's code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return 1")
    return packed.getvalue()


def invoked(functions: Any, **given: Any) -> dict[str, Any]:
    """The answer of a function, read to its end."""
    answer: dict[str, Any] = functions.invoke(**given)
    answer["Payload"].read()
    return answer
