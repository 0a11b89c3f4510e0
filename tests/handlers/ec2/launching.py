"""Launching as tests need it: a small instance of a public image."""

from typing import Any

from models import public_images
from tests.handlers.ec2.answers import refusal

IMAGE = public_images.image_id("al2023", "us-east-1")
ARM_IMAGE = public_images.image_id("al2023-arm", "us-east-1")
WINDOWS_IMAGE = public_images.image_id("windows-2022", "us-east-1")


def launch(ec2: Any, count: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Instances, newly launched."""
    given = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": count, "MaxCount": count}
    instances: list[dict[str, Any]] = ec2.run_instances(**(given | more))["Instances"]
    return instances


def launch_one(ec2: Any, **more: Any) -> str:
    """The id of one instance, newly launched."""
    instance_id: str = launch(ec2, **more)[0]["InstanceId"]
    return instance_id


def tagged(kind: str, **tags: str) -> dict[str, Any]:
    """A tag specification."""
    return {"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}


def refused_launch(ec2: Any, **more: Any) -> tuple[str, str]:
    """Code and message of the error that a launch ends in."""
    given = {"ImageId": IMAGE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    return refusal(ec2.run_instances, **(given | more))
