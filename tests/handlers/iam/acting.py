"""Acting as somebody: users with keys of their own, and what they are refused."""

import json
from typing import Any

from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud


def document(*statements: dict[str, Any]) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """A statement that allows."""
    made = {"Effect": "Allow", "Action": action, "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


def deny(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """A statement that denies."""
    return allow(action, resource, **condition) | {"Effect": "Deny"}


def as_user(cloud: Cloud, name: str, *statements: dict[str, Any]) -> Cloud:
    """A new user with one inline policy, and clients that sign with its key."""
    iam = cloud.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(
            UserName=name, PolicyName="inline", PolicyDocument=document(*statements)
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Cloud(cloud.running, cloud.account, key["AccessKeyId"], key["SecretAccessKey"])


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    """Code and message of an error; none of a call that went well."""
    try:
        answer = call(**params)
        for member in ("Body", "Payload"):
            if member in answer:
                answer[member].read()
    except ClientError as error:
        told = error.response["Error"]
        return told["Code"], told["Message"]
    return "", ""
