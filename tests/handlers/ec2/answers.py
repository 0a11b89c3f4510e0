"""What tests of EC2 share: an error's words, and a machine put there by SQL."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import ids

Sql = Callable[..., list[dict[str, Any]]]


def refusal(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    """Code and message of the error that a call ends in."""
    with pytest.raises(ClientError) as error:
        call(**given)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def make_instance(sql: Sql, cloud: Any, state: str = "running", **more: Any) -> str:
    """An instance of the account in us-east-1a, with an interface of its own."""
    row = {
        "account_id": cloud.account.id,
        "instance_id": ids.new("i"),
        "name": "web",
        "instance_type": "t3.micro",
        "region": "us-east-1",
        "state": state,
        "availability_zone": "us-east-1a",
        "root_device_name": "/dev/xvda",
        "network_interface_id": ids.new("eni"),
        "private_ip_address": "10.0.0.7",
        **more,
    }
    names = ", ".join(row)
    values = ", ".join(f"${n + 1}" for n in range(len(row)))
    sql(f"insert into instances ({names}) values ({values})", *row.values())
    return str(row["instance_id"])
