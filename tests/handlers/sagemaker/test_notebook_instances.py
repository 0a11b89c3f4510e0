"""Notebooks: made, started, stopped, changed and deleted, with what they cost."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.sagemaker.conftest import ROLE


def create(sagemaker: Any, name: str = "lab", **more: Any) -> str:
    """A new ml.m5.xlarge with 50 GiB, unless told otherwise; its ARN."""
    asked = {
        "NotebookInstanceName": name,
        "InstanceType": "ml.m5.xlarge",
        "RoleArn": ROLE,
        "VolumeSizeInGB": 50,
    }
    return str(sagemaker.create_notebook_instance(**asked | more)["NotebookInstanceArn"])


def describe(sagemaker: Any, name: str = "lab") -> dict[str, Any]:
    """The notebook of that name."""
    return dict(sagemaker.describe_notebook_instance(NotebookInstanceName=name))


def hourly(sql: Sql, cloud: Cloud) -> Decimal:
    """What the account's one machine costs an hour."""
    [row] = sql("select hourly_cost from managed_services where account_id = $1", cloud.account.id)
    found: Decimal = row["hourly_cost"]
    return found


def test_a_whole_life(cloud: Cloud, sagemaker: Any, sql: Sql) -> None:
    name = {"NotebookInstanceName": "lab"}
    arn = create(sagemaker, Tags=[{"Key": "team", "Value": "ml"}])
    assert arn == f"arn:aws:sagemaker:us-east-1:{cloud.account.number}:notebook-instance/lab"
    shown = describe(sagemaker)
    assert shown["NotebookInstanceStatus"] == "InService"
    assert shown["Url"] == "lab.notebook.us-east-1.sagemaker.aws"
    assert (shown["VolumeSizeInGB"], shown["RoleArn"]) == (50, ROLE)
    # 0.23 an hour, and 50 GiB at 0.14 a month of 730 hours
    assert hourly(sql, cloud) == Decimal("0.2396")
    for call, to in (
        (sagemaker.start_notebook_instance, "Pending"),
        (sagemaker.delete_notebook_instance, "Deleting"),
        (sagemaker.update_notebook_instance, "Updating"),
    ):
        allowed = "[Stopped, Failed]"
        assert refusal(call, **name) == (
            "ValidationException",
            f"Status (InService) not in ({allowed}). Unable to transition to ({to}) for Notebook"
            f" Instance ({arn})",
        )
    sagemaker.stop_notebook_instance(**name)
    assert describe(sagemaker)["NotebookInstanceStatus"] == "Stopped"
    assert hourly(sql, cloud) == Decimal("0.0096")
    assert "not in ([InService])" in refusal(sagemaker.stop_notebook_instance, **name)[1]
    sagemaker.update_notebook_instance(**name, InstanceType="ml.t3.medium", VolumeSizeInGB=100)
    assert refusal(sagemaker.update_notebook_instance, **name, VolumeSizeInGB=5)[0] == (
        "ValidationException"
    )
    shown = describe(sagemaker)
    assert (shown["InstanceType"], shown["VolumeSizeInGB"]) == ("ml.t3.medium", 100)
    assert shown["NotebookInstanceStatus"] == "Stopped"
    sagemaker.start_notebook_instance(**name)
    assert hourly(sql, cloud) == Decimal("0.0692")
    sagemaker.stop_notebook_instance(**name)
    sagemaker.delete_notebook_instance(**name)
    assert refusal(sagemaker.describe_notebook_instance, **name) == (
        "ValidationException",
        "RecordNotFound",
    )
    assert sagemaker.list_notebook_instances()["NotebookInstances"] == []


def test_lists_are_sorted_filtered_and_paged(sagemaker: Any) -> None:
    for name in ("delta", "alpha", "charlie", "bravo"):
        create(sagemaker, name)
    sagemaker.stop_notebook_instance(NotebookInstanceName="bravo")

    def names(**asked: Any) -> list[str]:
        pages = sagemaker.get_paginator("list_notebook_instances").paginate(**asked)
        return [one["NotebookInstanceName"] for page in pages for one in page["NotebookInstances"]]

    ordered = ["alpha", "bravo", "charlie", "delta"]
    assert names(SortBy="Name", SortOrder="Ascending", MaxResults=1) == ordered
    assert names(SortBy="Name", SortOrder="Descending", MaxResults=3) == ordered[::-1]
    created = ["delta", "alpha", "charlie", "bravo"]
    assert names(SortBy="CreationTime", SortOrder="Ascending", MaxResults=2) == created
    assert names(StatusEquals="Stopped") == ["bravo"]
    assert names(NameContains="lph") == ["alpha"]
    assert names(CreationTimeAfter="2100-01-01T00:00:00Z") == []
    assert names(NotebookInstanceLifecycleConfigNameContains="x") == []
    token = sagemaker.list_notebook_instances(MaxResults=1)["NextToken"]
    assert refusal(sagemaker.list_notebook_instances, MaxResults=1, NextToken=token + "x")[0] == (
        "ValidationException"
    )


def test_names_are_taken_once_and_networks_are_ones_own(sagemaker: Any, other_cloud: Cloud) -> None:
    create(sagemaker)
    assert "duplicate Notebook Instance" in _message(sagemaker)
    subnet = other_cloud.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    with pytest.raises(sagemaker.exceptions.ClientError, match="does not exist"):
        create(sagemaker, "other", SubnetId=subnet)


def _message(sagemaker: Any) -> str:
    with pytest.raises(sagemaker.exceptions.ClientError) as caught:
        create(sagemaker)
    return str(caught.value.response["Error"]["Message"])


def test_states_take_their_time(
    cloud: Cloud, sagemaker: Any, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 3600.0)
    name = {"NotebookInstanceName": "lab"}

    def pass_an_hour() -> None:
        sql("update managed_services set settles_at = settles_at - interval '2 hours'"
            " where account_id = $1", cloud.account.id)  # fmt: skip

    create(sagemaker)
    for call, during, after in (
        (None, "Pending", "InService"),
        (sagemaker.stop_notebook_instance, "Stopping", "Stopped"),
        (sagemaker.update_notebook_instance, "Updating", "Stopped"),
        (sagemaker.start_notebook_instance, "Pending", "InService"),
        (sagemaker.stop_notebook_instance, "Stopping", "Stopped"),
    ):
        if call:
            call(**name)
        assert describe(sagemaker)["NotebookInstanceStatus"] == during
        pass_an_hour()
        assert describe(sagemaker)["NotebookInstanceStatus"] == after
    sagemaker.delete_notebook_instance(**name)
    assert describe(sagemaker)["NotebookInstanceStatus"] == "Deleting"
    pass_an_hour()
    assert sagemaker.list_notebook_instances()["NotebookInstances"] == []
