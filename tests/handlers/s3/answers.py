"""What S3 answered, without what every answer has."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Sql = Callable[..., list[dict[str, Any]]]


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    """The code and status of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    told = caught.value.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


def answer(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """The members of an answer."""
    found: dict[str, Any] = call(**params)
    found.pop("ResponseMetadata")
    return found


def keys(found: dict[str, Any], member: str = "Contents") -> list[str]:
    """The keys of a list."""
    return [one["Key"] for one in found.get(member, [])]
